"""What a room allows whom at present, from memory: every comment asks.

What was read stays good while the room feed follows; without it every question is read anew.
"""

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass

from smovie.bounded_cache import BoundedCache
from smovie.errors import Forbidden
from smovie.models.accounts import Identity, Role
from smovie.models.base import now
from smovie.models.rooms import Mute
from smovie.store import mutes, rooms
from smovie.store.mongo import Database

_MOST_KEPT = 50_000  # rooms and mutes


@dataclass(frozen=True)
class Rules:
    """The rules of a room; `mutes` by user, also such as have ended meanwhile."""

    slow_mode_s: int
    closed: bool
    mutes: Mapping[str, Mute]

    def mute_of(self, user_id: str) -> Mute | None:
        """Somebody's mute, while it lasts."""
        mute = self.mutes.get(user_id)
        return mute if mute and mute.until > now() else None


class RoomRules:
    """The rules of rooms that were talked in lately."""

    def __init__(self, db: Database) -> None:
        self.is_followed = False
        self._db = db
        self._kept: BoundedCache[Rules] = BoundedCache(_MOST_KEPT)
        self._changes = 0

    async def of(self, episode_id: str) -> Rules:
        """The rules of a room. Errors: Unavailable."""
        if self.is_followed and (kept := self._kept.get(episode_id)):
            return kept
        changes = self._changes
        room, muted = await asyncio.gather(
            rooms.by_id(self._db, episode_id), mutes.of_room(self._db, episode_id, now())
        )
        rules = Rules(room.slow_mode_s, room.closed, {mute.user_id: mute for mute in muted})
        if changes == self._changes:  # else what we read may be from before
            self._kept.put(episode_id, rules, 1 + len(muted))
        return rules

    def drop(self, episode_id: str) -> None:
        """The rules of a room have changed."""
        self._changes += 1
        self._kept.drop(episode_id)

    def follow(self, *, followed: bool) -> None:
        """From now on `drop` is called for every change, wherever it is made, or no longer."""
        self._changes += 1
        self.is_followed = followed
        self._kept.clear()


def is_staff(caller: Identity) -> bool:
    """Whether somebody moderates rooms."""
    return caller.role.includes(Role.MODERATOR)


def check_staff(caller: Identity) -> None:
    """Errors: Forbidden for who does not moderate."""
    if not is_staff(caller):
        raise Forbidden("forbidden")


async def check_may_talk(rules: RoomRules, caller: Identity, episode_id: str) -> Rules:
    """The rules of a room in which somebody may talk. Errors: Forbidden when it is closed or they are muted there."""
    held = await rules.of(episode_id)
    if mute := held.mute_of(caller.user_id):
        wait_s = max(1, math.ceil((mute.until - now()).total_seconds()))
        raise Forbidden("muted", retry_after_s=wait_s, seconds=wait_s)
    if held.closed:
        raise Forbidden("room_closed")
    return held
