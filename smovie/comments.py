"""Talking: the rules by which a comment is taken, over whichever door it came in."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Any

from smovie.bounded_cache import BoundedCache
from smovie.catalog.feed import CatalogFeed
from smovie.errors import Forbidden, NotFound, TooMany, Unavailable
from smovie.ids import id_at
from smovie.models.accounts import Identity
from smovie.models.base import iso_z, now
from smovie.models.comments import Comment, CommentDraft, CommentPage, CommentQuery, show_comment, shown_avatar
from smovie.notifications import NotificationDesk, tell_of_reply
from smovie.slices import in_slices
from smovie.store import comments
from smovie.store.comments import CommentWriter
from smovie.store.mongo import Database
from smovie.talk.limits import CommentLimit, SlowMode
from smovie.talk.rooms import Rooms, room_of
from smovie.talk.rules import RoomRules, check_may_talk, is_staff
from smovie.talk.turns import Turns
from smovie.throttles import Throttles

SETTLE_EVERY_S = 0.5
STILL_UNDER_WAY_S = 1.0  # between a comment's storing and its telling, by whoever lives
MOST_SWEPT = 2_000  # comments, the newest: about what a room's log holds
_POSITIONS_KEPT = 20_000


@dataclass(frozen=True)
class CommentDesk:
    """What the verbs of comments work with."""

    db: Database
    catalog: CatalogFeed
    writer: CommentWriter
    limit: CommentLimit
    slow_mode: SlowMode
    rules: RoomRules
    throttles: Throttles
    rooms: Rooms
    notifications: NotificationDesk
    positions: BoundedCache[int] = field(default_factory=lambda: BoundedCache(_POSITIONS_KEPT))  # seqs, by comment
    turns: Turns = field(default_factory=Turns)  # of counting reactions, by comment


def check_episode(catalog: CatalogFeed, episode_id: str) -> None:
    """Errors: NotFound for an episode that is not there or not visible."""
    if episode_id not in catalog.snapshot.by_episode:
        raise NotFound("episode_not_found")


async def post(desk: CommentDesk, author: Identity, episode_id: str, draft: CommentDraft) -> tuple[Comment, int | None]:
    """Store a comment, then bring it to its room. Shape: (the stored comment, its seq where it is known).

    A retry with the same `cmid` gives the comment of the first try and reaches the room once, also where its author may
    not talk any more. Errors: Forbidden when they may not, NotFound for the episode or parent, TooMany, Unavailable.
    Source: ROOMS.md 11 to 13, 18.
    """
    if not author.verified:
        raise Forbidden("unverified")
    check_episode(desk.catalog, episode_id)
    await desk.limit.take(author.user_id)
    parent_id = await _thread_of(desk.db, episode_id, draft.parent_id)
    try:
        rules = await check_may_talk(desk.rules, author, episode_id)
        slow_s = 0 if is_staff(author) else rules.slow_mode_s
        await desk.slow_mode.take(episode_id, author.user_id, slow_s)
    except (Forbidden, TooMany):
        earlier = await comments.by_cmid(desk.db, author.user_id, draft.cmid) if draft.cmid else None
        if earlier is None or earlier.episode_id != episode_id:
            raise
        return earlier, desk.positions.get(earlier.id)
    comment = Comment(
        id=desk.writer.next_id(),
        episode_id=episode_id,
        user_id=author.user_id,
        username=author.username,
        message=draft.message,
        cmid=draft.cmid,
        parent_id=parent_id,
        reply_to=draft.parent_id,
        at_s=draft.at_s,
        spoiler=draft.spoiler,
        created_at=now(),
    )
    try:
        stored = await desk.writer.store(comment)
    except Unavailable:
        await desk.slow_mode.give_back(episode_id, author.user_id, slow_s)
        raise
    if stored is comment:
        # We may have stood still, been taken for dead, and others have told it.
        await _tell_room(desk, stored, once=_seconds_since(stored) > STILL_UNDER_WAY_S)
    elif desk.writer.claim(stored.id):
        await _tell_room(desk, stored, once=True)
    return stored, desk.positions.get(stored.id)


def _seconds_since(comment: Comment) -> float:
    return (now() - comment.created_at).total_seconds()


async def _tell_room(desk: CommentDesk, stored: Comment, *, once: bool = False) -> None:
    """`once`: for one that was stored a while ago, and may have been told, or deleted, meanwhile."""
    if stored.deleted_at is not None:
        return
    room = room_of(stored.episode_id)
    position = await desk.rooms.publish(room, event_of(stored), subject=stored.id, once=once)
    if position is not None:
        desk.positions.put(stored.id, position.seq, 1)
    desk.rooms.has_written(room, stored.username)
    tell_of_reply(desk.notifications, stored)


async def tell_settled(desk: CommentDesk) -> None:
    """Bring comments to their rooms whose write had no answer but happened, until cancelled.

    Their authors were told `unavailable`; one who tries again is answered with the comment, one who does not still
    said it: it is in the page, so it must be in the room.
    """
    while True:
        await asyncio.sleep(SETTLE_EVERY_S)
        with contextlib.suppress(Unavailable):
            for comment in await desk.writer.find_settled():
                await _tell_room(desk, comment, once=True)


async def tell_untold(desk: CommentDesk, since: float) -> None:
    """Bring comments to their rooms that were stored since (seconds since 1970) and never told: whoever stored them
    was killed in between (ROOMS.md 27). Several instances may look at once; each comment is told once."""
    upto = now().timestamp() - STILL_UNDER_WAY_S
    with contextlib.suppress(Unavailable):
        stored = await comments.stored_between(desk.db, id_at(since - STILL_UNDER_WAY_S), id_at(upto), MOST_SWEPT)
        async for comment in in_slices(stored):  # a look through a long log takes a while, and most are known
            room = room_of(comment.episode_id)
            await desk.rooms.follow(room)
            # One that so much was said after was told, surely; telling it again would push out the next that was.
            if desk.rooms.knows(room, comment.id) or comment.id <= desk.rooms.forgotten_upto(room):
                tell_of_reply(desk.notifications, comment)
            else:
                await _tell_room(desk, comment, once=True)


async def _thread_of(db: Database, episode_id: str, parent_id: str | None) -> str | None:
    """The comment a reply hangs under: replies are one level deep."""
    if parent_id is None:
        return None
    parent = await find_comment(db, parent_id, episode_id)
    return parent.parent_id or parent.id


async def find_comment(db: Database, comment_id: str, episode_id: str | None = None) -> Comment:
    """A comment that was not deleted, of a certain room where one is named. Errors: NotFound."""
    comment = await comments.by_id(db, comment_id)
    if comment is None or comment.deleted_at or episode_id not in (None, comment.episode_id):
        raise NotFound("comment_not_found")
    return comment


async def read_page(desk: CommentDesk, episode_id: str, query: CommentQuery) -> CommentPage:
    """A page of a room's comments in ascending order. Errors: NotFound for the episode."""
    check_episode(desk.catalog, episode_id)
    found = await comments.page(desk.db, episode_id, query)
    full = len(found) == query.limit
    edge = (found[-1] if query.after and not query.before else found[0]).id if full else None
    return CommentPage(results=[show_comment(comment) for comment in found], next=edge)


def event_of(comment: Comment) -> dict[str, Any]:
    """The `comment` event of ROOMS.md 12, without its seq."""
    return {
        "type": "comment",
        "id": comment.id,
        "episode_id": comment.episode_id,
        "message": comment.message,
        "username": comment.username,
        "user": {"id": comment.user_id, "username": comment.username, "avatar": shown_avatar(comment)},
        "parent_id": comment.parent_id,
        "at_s": comment.at_s,
        "spoiler": comment.spoiler,
        "created_at": iso_z(comment.created_at),
    }
