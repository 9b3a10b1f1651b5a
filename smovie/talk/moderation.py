"""What moderators say about a room: slow mode, closing, pins, mutes (ROOMS.md 14, 18). All of it is on record."""

from datetime import timedelta
from typing import Any

from smovie.comments import CommentDesk, check_episode, find_comment
from smovie.errors import Conflict, Forbidden, NotFound
from smovie.models.accounts import Identity
from smovie.models.audit import Act
from smovie.models.base import iso_z, now
from smovie.models.comments import show_comment
from smovie.models.rooms import PINS_MAX, Mute, MuteDraft, MuteList, Room, RoomAnswer, RoomDraft, show_mute
from smovie.store import comments, mutes, rooms, users
from smovie.talk.audit import record
from smovie.talk.editing import deletion_of
from smovie.talk.rooms import Numbered, room_of
from smovie.talk.rules import check_staff
from smovie.talk.telling import tell_until_true


async def show_room(desk: CommentDesk, episode_id: str) -> RoomAnswer:
    """The rules and pins of a room as they are stored at this moment. Errors: NotFound for the episode."""
    check_episode(desk.catalog, episode_id)
    room = await rooms.by_id(desk.db, episode_id)
    found = await comments.by_ids(desk.db, room.pinned) if room.pinned else []
    pinned = sorted(found, key=lambda comment: room.pinned.index(comment.id))
    return RoomAnswer(
        episode_id=episode_id, slow_mode_s=room.slow_mode_s, closed=room.closed,
        pinned=[show_comment(comment) for comment in pinned],
    )  # fmt: skip


async def rule_room(desk: CommentDesk, caller: Identity, episode_id: str, draft: RoomDraft) -> int | None:
    """Change rules of a room. Shape: the seq of what the room was told last. Errors: Forbidden, NotFound."""
    check_staff(caller)
    check_episode(desk.catalog, episode_id)
    ruled = draft.model_dump(exclude_none=True)
    await record(desk.db, caller, Act.ROOM_RULED, episode_id, room=episode_id, **ruled)
    room, seq = await rooms.rule(desk.db, episode_id, draft), None
    desk.rules.drop(episode_id)
    for rule in ruled:
        seq = await _tell_rule(desk, room, rule)
    return seq


async def _tell_rule(desk: CommentDesk, room: Room, rule: str) -> int | None:
    async def tell(value: Any) -> Numbered | None:
        event = {"type": "closed", "value": value} if rule == "closed" else {"type": "slow_mode", "seconds": value}
        return await desk.rooms.publish(room_of(room.id), event)

    async def read() -> Any:
        return getattr(await rooms.by_id(desk.db, room.id), rule)

    return await tell_until_true(getattr(room, rule), tell, read)


async def pin(desk: CommentDesk, caller: Identity, comment_id: str, *, room: str) -> int | None:
    """Pin a comment of a room; again is the same as once. Shape: the seq of what the room was told.

    Errors: Forbidden, NotFound, Conflict where as many are pinned as may be.
    """
    check_staff(caller)
    await find_comment(desk.db, comment_id, room)
    await record(desk.db, caller, Act.COMMENT_PINNED, comment_id, room=room)
    if comment_id not in (await rooms.pin(desk.db, room, comment_id)).pinned:
        raise Conflict("too_many_pins", most=PINS_MAX)
    try:
        await find_comment(desk.db, comment_id, room)
    except NotFound:  # deleted meanwhile, and unpinned too early
        await rooms.unpin(desk.db, room, comment_id)
        raise
    return await _tell_pin(desk, room, comment_id, pinned=True)


async def unpin(desk: CommentDesk, caller: Identity, comment_id: str, *, room: str) -> int | None:
    """Pin a comment no longer; one that is not pinned is no error. Errors: Forbidden, NotFound."""
    check_staff(caller)
    await find_comment(desk.db, comment_id, room)
    await record(desk.db, caller, Act.COMMENT_UNPINNED, comment_id, room=room)
    await rooms.unpin(desk.db, room, comment_id)
    return await _tell_pin(desk, room, comment_id, pinned=False)


async def _tell_pin(desk: CommentDesk, room: str, comment_id: str, *, pinned: bool) -> int | None:
    async def tell(is_pinned: bool) -> Numbered | None:
        comment = await comments.by_id(desk.db, comment_id)
        is_deleted = comment is not None and comment.deleted_at is not None
        event: dict[str, Any] = {"type": "unpinned", "id": comment_id}
        if comment and is_deleted:  # meanwhile: what we told of it may have come after that was told
            event = deletion_of(comment)
        elif comment and is_pinned:
            # With the comment: it may be older than what a listener has seen. Deleting it redacts this too.
            event = {"type": "pinned", "id": comment_id, "comment": show_comment(comment).model_dump(mode="json")}
        return await desk.rooms.publish(room_of(room), event, subject=comment_id, redacts=is_deleted)

    async def read() -> bool:
        return comment_id in (await rooms.by_id(desk.db, room)).pinned

    return await tell_until_true(pinned, tell, read)


async def mute(desk: CommentDesk, caller: Identity, episode_id: str, user_id: str, draft: MuteDraft) -> Mute:
    """Let somebody not talk in a room for a while, in the place of an earlier mute; their sockets there are told.

    Errors: Forbidden also for somebody of the caller's own rank or above, NotFound for the episode and the user.
    """
    check_staff(caller)
    check_episode(desk.catalog, episode_id)
    user = await users.by_id(desk.db, user_id)
    if user is None:
        raise NotFound("user_not_found")
    if user.role.includes(caller.role):
        raise Forbidden("forbidden")
    at = now()
    muted = Mute(
        id=mutes.mute_id(episode_id, user_id), episode_id=episode_id, user_id=user_id,
        until=at + timedelta(seconds=draft.seconds), by=caller.user_id, reason=draft.reason, created_at=at,
    )  # fmt: skip
    until = iso_z(muted.until)
    await record(desk.db, caller, Act.USER_MUTED, user_id, room=episode_id, until=until, reason=draft.reason)
    await mutes.put(desk.db, muted)
    desk.rules.drop(episode_id)
    return muted


async def unmute(desk: CommentDesk, caller: Identity, episode_id: str, user_id: str) -> None:
    """Let somebody talk in a room again. Errors: Forbidden, NotFound when they are not muted there."""
    check_staff(caller)
    check_episode(desk.catalog, episode_id)
    await record(desk.db, caller, Act.USER_UNMUTED, user_id, room=episode_id)
    if not await mutes.delete(desk.db, mutes.mute_id(episode_id, user_id)):
        raise NotFound("mute_not_found")
    desk.rules.drop(episode_id)


async def list_mutes(desk: CommentDesk, caller: Identity, episode_id: str) -> MuteList:
    """Who is muted in a room at present. Errors: Forbidden, NotFound for the episode."""
    check_staff(caller)
    check_episode(desk.catalog, episode_id)
    return MuteList(results=[show_mute(mute) for mute in await mutes.of_room(desk.db, episode_id, now())])
