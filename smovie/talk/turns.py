"""Work that many want at once and that one may do for all."""

import asyncio
from collections.abc import Awaitable, Callable

PAUSE_S = 0.1  # between two turns of one key, while there is no end of who wants another


class Turns:
    """Per key one turn of work at a time, and the next one shared by all who ask before it begins."""

    def __init__(self) -> None:
        self._next: dict[str, asyncio.Task[None]] = {}
        self._current: dict[str, asyncio.Task[None]] = {}

    async def share(self, key: str, work: Callable[[], Awaitable[None]]) -> None:
        """Return when a turn is over that began after the call. Errors: the work's own."""
        turn = self._next.get(key)
        if turn is None:
            turn = self._next[key] = asyncio.create_task(self._take(key, work, self._current.get(key)))
            turn.add_done_callback(lambda done: done.cancelled() or done.exception())  # who asked may have gone
        await asyncio.shield(turn)

    async def _take(self, key: str, work: Callable[[], Awaitable[None]], before: "asyncio.Task[None] | None") -> None:
        if before is not None:
            await asyncio.wait([before])
            await asyncio.sleep(PAUSE_S)
        turn = self._current[key] = self._next.pop(key)  # from here on whoever asks needs another
        try:
            await work()
        finally:
            if self._current.get(key) is turn:
                del self._current[key]
