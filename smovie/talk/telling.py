"""Bringing what is stored to a room so that what was told last is what is stored, whoever else changes it meanwhile."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from smovie.models.base import now
from smovie.models.comments import Comment
from smovie.talk.rooms import Numbered, Rooms, room_of

T = TypeVar("T")

_YOUNG_S = 5.0  # a comment that is stored and may still be on its way to its room
_TOLD_WITHIN_S = 1.0
_LOOK_AGAIN_S = 0.02


async def tell_until_true(
    state: T, tell: Callable[[T], Awaitable[Numbered | None]], read: Callable[[], Awaitable[T]]
) -> int | None:
    """Tell a state that was just stored; then again whatever is stored by then, until that is what was told.

    Two who change one thing tell of it in any order: whoever told last looks last, and mends it. Shape: the last seq.
    """
    while True:
        position = await tell(state)
        stored = await read()
        if stored == state:
            return position.seq if position else None
        state = stored


async def wait_told(rooms: Rooms, comment: Comment) -> None:
    """Return when the room knows a comment, so that what is told of it comes later; not long, for its teller may have
    been killed, and who sweeps then leaves out what was deleted."""
    if (now() - comment.created_at).total_seconds() > _YOUNG_S:
        return
    room, until = room_of(comment.episode_id), time.monotonic() + _TOLD_WITHIN_S
    await rooms.follow(room)
    while not rooms.knows(room, comment.id) and time.monotonic() < until:
        await asyncio.sleep(_LOOK_AGAIN_S)
