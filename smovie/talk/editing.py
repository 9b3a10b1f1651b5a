"""Changing what was said: by its author for five minutes, or taking it back (ROOMS.md 14)."""

import contextlib
from datetime import timedelta
from typing import Any

from smovie.comments import MOST_SWEPT, STILL_UNDER_WAY_S, CommentDesk, event_of, find_comment
from smovie.errors import Forbidden, NotFound, Unavailable
from smovie.models.accounts import Identity
from smovie.models.audit import Act
from smovie.models.base import iso_z, now
from smovie.models.comments import Comment, CommentEdit
from smovie.notifications import tell_of_moderation
from smovie.store import comment_changes, comments, rooms
from smovie.talk.audit import record
from smovie.talk.rooms import Numbered, room_of
from smovie.talk.rules import check_may_talk, is_staff
from smovie.talk.telling import tell_until_true, wait_told

EDIT_WITHIN = timedelta(minutes=5)


async def edit(
    desk: CommentDesk, author: Identity, comment_id: str, wanted: CommentEdit, *, room: str | None = None
) -> tuple[Comment, int | None]:
    """Let an own comment say something else. Shape: (the comment, the seq of what the room was told).

    With `room`, an episode's id, it must be there. What it said before is kept for moderators.
    Errors: NotFound, Forbidden when it is somebody else's, too old, edited too often, or they may not talk; TooMany.
    """
    before = await find_comment(desk.db, comment_id, room)
    if before.user_id != author.user_id:
        raise Forbidden("not_the_author")
    if now() > before.created_at + EDIT_WITHIN:
        raise Forbidden("edit_too_late", minutes=EDIT_WITHIN.seconds // 60)
    await desk.limit.take(author.user_id)
    await check_may_talk(desk.rules, author, before.episode_id)
    edited = await comment_changes.edit(desk.db, comment_id, wanted.message, now())
    if edited is None:
        await find_comment(desk.db, comment_id, room)  # deleted meanwhile, perhaps
        raise Forbidden("edited_too_often")
    return edited, await _tell(desk, edited)


async def delete(desk: CommentDesk, caller: Identity, comment_id: str, *, room: str | None = None) -> int | None:
    """Take a comment's text away, from every later page and replay; its author may, and moderators. Shape: the seq.

    Replies stay, with a `parent_id` that is not shown any more. It is not pinned any longer.
    Errors: NotFound, also the second time; Forbidden.
    """
    comment = await find_comment(desk.db, comment_id, room)
    by_author = comment.user_id == caller.user_id
    if not by_author and not is_staff(caller):
        raise Forbidden("not_the_author")
    if not by_author:
        await record(desk.db, caller, Act.COMMENT_DELETED, comment_id, room=comment.episode_id, author=comment.user_id)
    deleted = await comment_changes.delete(desk.db, comment_id, "author" if by_author else "moderator", now())
    if deleted is None:
        raise NotFound("comment_not_found")
    if not by_author:
        tell_of_moderation(desk.notifications, deleted)
    await rooms.unpin(desk.db, comment.episode_id, comment_id)
    return await _tell(desk, deleted)


async def tell_untold(desk: CommentDesk) -> None:
    """Tell of edits and deletions that were never told: whoever made them was killed in between (ROOMS.md 27).

    Several instances may look at once; a room that is told twice is as it was."""
    with contextlib.suppress(Unavailable):
        before = now() - timedelta(seconds=STILL_UNDER_WAY_S)
        for comment in await comment_changes.untold_before(desk.db, before, MOST_SWEPT):
            await _tell(desk, comment)
            if comment.deleted_by == "moderator":
                tell_of_moderation(desk.notifications, comment)


async def _tell(desk: CommentDesk, changed: Comment) -> int | None:
    """Bring a comment as it is now to its room. An edit that was told after a deletion would bring the text back: so
    what is stored has the last word."""

    async def tell(comment: Comment) -> Numbered | None:
        room, is_deleted = room_of(comment.episode_id), comment.deleted_at is not None
        event = deletion_of(comment) if is_deleted else _edited(comment)
        position = await desk.rooms.publish(room, event, subject=comment.id, redacts=is_deleted)
        await comment_changes.set_told(desk.db, comment)
        return position

    async def read() -> Comment:
        stored = await comments.by_id(desk.db, changed.id)
        return stored.model_copy(update={"reactions": changed.reactions}) if stored else changed

    await wait_told(desk.rooms, changed)
    return await tell_until_true(changed, tell, read)


def _edited(comment: Comment) -> dict[str, Any]:
    """The comment whole, so that who never had it has it now."""
    assert comment.edited_at
    return {**event_of(comment), "type": "edited", "edited_at": iso_z(comment.edited_at)}


def deletion_of(comment: Comment) -> dict[str, Any]:
    """The `deleted` event, which redacts all others about the comment."""
    return {"type": "deleted", "id": comment.id, "by": comment.deleted_by}
