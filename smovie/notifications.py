"""Telling somebody about their own things, in a list that stays and in their own room (ROOMS.md 28).

A reply is told to the author of the comment it hangs under and to the author of the one it answers, where these are
two; to nobody twice, and never to who wrote it. A comment that a moderator deletes is told to its author, and new
episodes to whoever has the title in their watchlist (`smovie/new_episodes.py`).

Telling never fails what it tells of, nor makes it wait: it happens beside it, stored first, then published.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import orjson
import structlog

from smovie.catalog.feed import CatalogFeed
from smovie.catalog.snapshot import Snapshot
from smovie.errors import Unavailable
from smovie.ids import IdSource
from smovie.models.accounts import Identity
from smovie.models.base import now
from smovie.models.catalog import Language
from smovie.models.comments import NOBODY_ID, Comment
from smovie.models.notifications import (
    Kind,
    Notification,
    NotificationPage,
    NotificationQuery,
    QuotedTitle,
    ReadDraft,
    event_of,
    show_notification,
)
from smovie.store import comments, notifications
from smovie.store.mongo import Database
from smovie.talk.rooms import Rooms
from smovie.throttles import Throttle, Throttles

log = structlog.get_logger("notifications")

MOST_KEPT = 500  # of a user; older ones go when a new one comes
_MOST_UNDER_WAY = 1_000  # past it nobody is told: a flood of replies does not become a flood of work


@dataclass(frozen=True)
class NotificationDesk:
    """What the verbs of notifications work with."""

    db: Database
    catalog: CatalogFeed
    throttles: Throttles
    rooms: Rooms
    ids: IdSource = field(default_factory=IdSource)
    under_way: set["asyncio.Task[None]"] = field(default_factory=set)

    async def flush(self) -> None:
        """Return when everybody was told of what has happened so far, or cannot be."""
        while self.under_way:
            await asyncio.wait(list(self.under_way))


def room_of_user(user_id: str) -> str:
    """The hub's name for a user's own room."""
    return f"notifications:{user_id}"


def tell_of_reply(desk: NotificationDesk, reply: Comment) -> None:
    """Tell those who are answered by a comment that is stored, soon; nothing happens when it is no reply."""
    if reply.parent_id is not None:
        _soon(desk, _notify_answered(desk, reply))


def tell_of_moderation(desk: NotificationDesk, comment: Comment) -> None:
    """Tell the author of a comment that a moderator has deleted it, soon."""
    _soon(desk, notify(desk, Kind.MODERATION, comment.user_id, comment))


async def notify(desk: NotificationDesk, kind: Kind, user_id: str, comment: Comment) -> None:
    """Tell a user about a comment, once. Errors: Unavailable.

    Past the receiver's limits a reply is folded: it is in its room, and nowhere else. Who floods somebody with replies
    so hides other replies for an hour, but never what moderators did.
    """
    if user_id == NOBODY_ID:
        return
    told = await notifications.about(desk.db, user_id, comment.id, kind)
    if told is None:
        if kind is Kind.REPLY and not await _may_tell(desk, user_id, sender_id=comment.user_id):
            return
        told = Notification(
            id=desk.ids.next(), user_id=user_id, kind=kind, episode_id=comment.episode_id, comment_id=comment.id,
            parent_id=comment.parent_id, created_at=now(),
        )  # fmt: skip
        if not await notifications.insert(desk.db, told):
            return  # another instance was faster
        await trim(desk.db, user_id)
    # An earlier teller may have been killed between storing and publishing.
    await desk.rooms.publish(room_of_user(user_id), event_of(told, comment), subject=told.id, once=True)


async def read_page(
    desk: NotificationDesk, caller: Identity, query: NotificationQuery, language: Language
) -> NotificationPage:
    """A page of the caller's notifications in ascending order, each with its comment or title as it is now."""
    found = await notifications.page(desk.db, caller.user_id, query)
    shown, unread = await asyncio.gather(
        comments.by_ids(desk.db, [one.comment_id for one in found if one.comment_id]),
        count_unread(desk, caller.user_id),
    )
    by_id = {comment.id: comment for comment in shown}
    edge = found[0].id if len(found) == query.limit else None
    return NotificationPage(
        results=[
            show_notification(one, by_id.get(one.comment_id or ""), _quoted(desk.catalog.snapshot, one, language))
            for one in found
        ],
        next=edge,
        unread=unread,
    )


async def count_unread(desk: NotificationDesk, user_id: str) -> int:
    """How many a user has not read."""
    return await notifications.count_unread(desk.db, user_id, MOST_KEPT)


async def mark_read(desk: NotificationDesk, caller: Identity, draft: ReadDraft) -> int:
    """Note what the caller has read, and let their other sockets know; how many are unread now.

    The event is a durable one: there is no volatile way to other instances, and who resumes has to learn what was read
    elsewhere meanwhile, or would go on showing it as new. Nothing is told when nothing has changed.
    """
    changed = await notifications.set_read(desk.db, caller.user_id, ids=draft.ids, upto=draft.upto)
    unread = await count_unread(desk, caller.user_id)
    if changed:
        which = draft.model_dump(exclude_none=True)
        await desk.rooms.publish(room_of_user(caller.user_id), {"type": "read", "unread": unread, **which})
    return unread


async def _notify_answered(desk: NotificationDesk, reply: Comment) -> None:
    answered = [comment_id for comment_id in {reply.parent_id, reply.reply_to} if comment_id]
    authors = {comment.user_id for comment in await comments.by_ids(desk.db, answered)} - {reply.user_id}
    for user_id in authors:
        await notify(desk, Kind.REPLY, user_id, reply)


async def _may_tell(desk: NotificationDesk, user_id: str, *, sender_id: str) -> bool:
    return await desk.throttles.allows(
        Throttle.NOTIFICATIONS_PER_SENDER, f"{sender_id} {user_id}"
    ) and await desk.throttles.allows(Throttle.NOTIFICATIONS_PER_USER, user_id)


async def trim(db: Database, user_id: str) -> None:
    """Remove what a user was told and does not keep any more."""
    if oldest := await notifications.last_kept(db, user_id, MOST_KEPT):
        await notifications.delete_before(db, user_id, oldest)


def _quoted(snapshot: Snapshot, one: Notification, language: Language) -> QuotedTitle | None:
    entry = snapshot.entries.get(one.movie_id or "")
    if entry is None:
        return None
    card = orjson.loads(entry.cards[language])
    return QuotedTitle(id=entry.id, slug=entry.slug, title=card["title"], poster=card["poster"])


def _soon(desk: NotificationDesk, telling: Coroutine[Any, Any, None]) -> None:
    async def told() -> None:
        try:
            await telling
        except Unavailable as exc:
            log.warning("nobody was notified", problem=repr(exc.__cause__)[:300])
        except Exception as exc:  # the comment is there all the same
            log.error("a notification failed", exc_info=exc)

    if len(desk.under_way) >= _MOST_UNDER_WAY:
        telling.close()
        log.warning("too many notifications under way, one was left out")
        return
    task = asyncio.create_task(told())
    desk.under_way.add(task)
    task.add_done_callback(desk.under_way.discard)
