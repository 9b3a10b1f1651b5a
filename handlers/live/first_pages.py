"""The first page of a room, read once for everybody who joins within a moment.

When a server comes back, a room's whole crowd joins at once and each asks for the same page. It is read for the first
of them and given to those who find the room as the first did. Where the room talks on, a crowd is also given a page
that lacks what was said in the last moment, with the position at which it was read: the hub sends each what happened
since (`Hub.stand_at`), as it would have if they had joined that much earlier.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from hub.hub import Hub
from hub.position import Position
from smovie.bounded_cache import BoundedCache

GIVEN_FOR_S = 1.0
CROWD = 10  # more than so many joins of a room in a second
MOST_BEHIND = 50  # events that a crowd's page may lack: about as many as it holds
_ROOMS_KEPT = 256

Page = Mapping[str, orjson.Fragment]  # members of `joined`, encoded


@dataclass(frozen=True)
class _Reading:
    """A page on its way or read: the position before it was, and how often the room had been redacted."""

    began_at: float
    position: Position
    redactions: int
    page: "asyncio.Task[Page]"


@dataclass
class _Door:
    """A room's newest reading, and how many came in this second and in the one before."""

    counted_from: float
    came: int = 0
    came_before: int = 0
    reading: _Reading | None = None

    def count(self, at: float) -> bool:
        """Count somebody who comes; whether a crowd does."""
        if (passed_s := at - self.counted_from) >= 1:
            self.counted_from, self.came, self.came_before = at, 0, self.came if passed_s < 2 else 0
        self.came += 1
        return max(self.came, self.came_before) > CROWD


class FirstPages:
    """Pages of rooms, as they were a moment ago."""

    def __init__(self, hub: Hub, clock: Callable[[], float]) -> None:
        self._hub = hub
        self._clock = clock
        self._doors: BoundedCache[_Door] = BoundedCache(_ROOMS_KEPT)

    async def page(
        self, room: str, joined: Position, read: Callable[[], Awaitable[Mapping[str, Any]]]
    ) -> tuple[int, Page]:
        """A page for somebody who joined at a position: (the seq to which it goes, its members). Errors: of `read`."""
        at = self._clock()
        door = self._doors.get(room)
        if door is None:
            door = _Door(at)
            self._doors.put(room, door, 1)
        behind = MOST_BEHIND if door.count(at) else 0
        kept = door.reading
        if kept is None or at - kept.began_at > GIVEN_FOR_S or not self._is_good(kept, room, joined, behind):
            kept = _Reading(at, joined, self._hub.redactions(room), asyncio.create_task(encoded(read)))
            door.reading = kept
        try:
            page = await asyncio.shield(kept.page)
        except Exception:
            if door.reading is kept:
                door.reading = None
            raise
        if kept.position != joined and not self._is_good(kept, room, joined, behind):  # taken back meanwhile
            return joined.seq, await encoded(read)
        return kept.position.seq, page

    def _is_good(self, kept: _Reading, room: str, joined: Position, behind: int) -> bool:
        return (
            kept.position.epoch == joined.epoch
            and 0 <= joined.seq - kept.position.seq <= behind
            and kept.redactions == self._hub.redactions(room)
            and not self._hub.is_degraded  # others take back what is not told here
        )


async def encoded(read: Callable[[], Awaitable[Mapping[str, Any]]]) -> Page:
    """A page that is read now."""
    return {name: orjson.Fragment(orjson.dumps(value)) for name, value in (await read()).items()}
