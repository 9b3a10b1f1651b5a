"""Talking: the rules by which a comment is taken, over whichever door it came in."""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from smovie.bounded_cache import BoundedCache
from smovie.catalog.feed import CatalogFeed
from smovie.errors import Forbidden, NotFound, TooMany, Unavailable
from smovie.ids import id_at
from smovie.models.accounts import Identity
from smovie.models.base import iso_z, now
from smovie.models.comments import Comment, CommentDraft, CommentPage, CommentQuery, show_comment, shown_avatar
from smovie.store import comments
from smovie.store.comments import CommentWriter
from smovie.store.mongo import Database

PER_SECONDS = 10
SETTLE_EVERY_S = 0.5
STILL_UNDER_WAY_S = 1.0  # between a comment's storing and its telling, by whoever lives
MOST_SWEPT = 2_000  # comments, the newest: about what a room's log holds
_POSITIONS_KEPT = 20_000


class Numbered(Protocol):
    """Where an event stands in its room."""

    @property
    def seq(self) -> int:
        """Its number."""


class Rooms(Protocol):
    """The live rooms, as far as the rules of talking need them."""

    async def publish(
        self, name: str, event: Mapping[str, Any], *, subject: str = "", redacts: bool = False, once: bool = False
    ) -> Numbered | None:
        """Bring an event about `subject` to a room; with `once`, only if none about it was."""

    async def follow(self, name: str) -> None:
        """Have what was published in a room lately at hand."""

    def knows(self, name: str, subject: str) -> bool:
        """Whether an event about the subject was published lately."""

    def has_written(self, name: str, username: str) -> None:
        """Somebody's comment is there, so they do not write any more."""


class CommentLimit:
    """How often somebody may comment: so many in 10 s over all their tabs. 0 means without bound."""

    def __init__(self, per_10s: int) -> None:
        self.per_10s = per_10s
        self._item = RateLimitItemPerSecond(max(per_10s, 1), PER_SECONDS)
        self._windows = MovingWindowRateLimiter(MemoryStorage())

    async def take(self, user_id: str) -> None:
        """Count one. Errors: TooMany."""
        if self.per_10s and not await self._windows.hit(self._item, "comment", user_id):
            oldest, _ = await self._windows.get_window_stats(self._item, "comment", user_id)
            wait_s = max(1, round(oldest - now().timestamp()))
            raise TooMany("rate_limited", retry_after_s=min(wait_s, PER_SECONDS))


@dataclass(frozen=True)
class CommentDesk:
    """What the verbs of comments work with."""

    db: Database
    catalog: CatalogFeed
    writer: CommentWriter
    limit: CommentLimit
    rooms: Rooms
    positions: BoundedCache[int]


def new_positions() -> BoundedCache[int]:
    """Where recent comments stand in their rooms, so that a retry is told."""
    return BoundedCache(_POSITIONS_KEPT)


def room_of(episode_id: str) -> str:
    """The hub's name for an episode's room."""
    return f"comments:{episode_id}"


def check_episode(catalog: CatalogFeed, episode_id: str) -> None:
    """Errors: NotFound for an episode that is not there or not visible."""
    if episode_id not in catalog.snapshot.by_episode:
        raise NotFound("episode_not_found")


async def post(desk: CommentDesk, author: Identity, episode_id: str, draft: CommentDraft) -> tuple[Comment, int | None]:
    """Store a comment, then bring it to its room. Shape: (the stored comment, its seq where it is known).

    A retry with the same `cmid` gives the comment of the first try and reaches the room once.
    Errors: Forbidden, NotFound for the episode or parent, TooMany, Unavailable. Source: ROOMS.md 11 to 13.
    """
    if not author.verified:
        raise Forbidden("unverified")
    check_episode(desk.catalog, episode_id)
    await desk.limit.take(author.user_id)
    parent_id = await _thread_of(desk.db, episode_id, draft.parent_id)
    comment = Comment(
        id=desk.writer.next_id(),
        episode_id=episode_id,
        user_id=author.user_id,
        username=author.username,
        message=draft.message,
        cmid=draft.cmid,
        parent_id=parent_id,
        at_s=draft.at_s,
        spoiler=draft.spoiler,
        created_at=now(),
    )
    stored = await desk.writer.store(comment)
    if stored is comment or desk.writer.claim(stored.id):
        await _tell_room(desk, stored)
    return stored, desk.positions.get(stored.id)


async def _tell_room(desk: CommentDesk, stored: Comment, *, once: bool = False) -> None:
    room = room_of(stored.episode_id)
    position = await desk.rooms.publish(room, event_of(stored), subject=stored.id, once=once)
    if position is not None:
        desk.positions.put(stored.id, position.seq, 1)
    desk.rooms.has_written(room, stored.username)


async def tell_settled(desk: CommentDesk) -> None:
    """Bring comments to their rooms whose write had no answer but happened, until cancelled.

    Their authors were told `unavailable`; one who tries again is answered with the comment, one who does not still
    said it: it is in the page, so it must be in the room.
    """
    while True:
        await asyncio.sleep(SETTLE_EVERY_S)
        with contextlib.suppress(Unavailable):
            for comment in await desk.writer.find_settled():
                await _tell_room(desk, comment)


async def tell_untold(desk: CommentDesk, since: float) -> None:
    """Bring comments to their rooms that were stored since (seconds since 1970) and never told: whoever stored them
    was killed in between (ROOMS.md 27). Several instances may look at once; each comment is told once."""
    upto = now().timestamp() - STILL_UNDER_WAY_S
    with contextlib.suppress(Unavailable):
        stored = await comments.stored_between(desk.db, id_at(since - STILL_UNDER_WAY_S), id_at(upto), MOST_SWEPT)
        for comment in stored:
            room = room_of(comment.episode_id)
            await desk.rooms.follow(room)
            if not desk.rooms.knows(room, comment.id):
                await _tell_room(desk, comment, once=True)


async def _thread_of(db: Database, episode_id: str, parent_id: str | None) -> str | None:
    """The comment a reply hangs under: replies are one level deep."""
    if parent_id is None:
        return None
    parent = await comments.by_id(db, parent_id)
    if parent is None or parent.episode_id != episode_id:
        raise NotFound("comment_not_found")
    return parent.parent_id or parent.id


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
