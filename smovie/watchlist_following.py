"""Letting watchlists follow what is watched (docs/watching.md), beside the telling, which waits for nothing of it.

Players tell every few seconds; a list is looked at once a sitting, ten minutes being one. Who puts a title into their
list while they watch it is so found within ten minutes.
"""

import asyncio
import time

import structlog

from smovie.bounded_cache import BoundedCache
from smovie.errors import Unavailable
from smovie.watchlist import WatchlistDesk, follow_watching

log = structlog.get_logger("watching")

WRITE_EVERY_S = 0.5
LOOKED_AT_AGAIN_S = 600.0
MOST_WAITING = 10_000
_TOGETHER = 20
_LATELY = 50_000

_Watched = tuple[str, str, bool]  # user, title, whether all of it


class WatchlistFollower:
    """Takes what is watched, and lets the lists follow within a second."""

    def __init__(self, desk: WatchlistDesk) -> None:
        self._desk = desk
        self._waiting: set[_Watched] = set()
        self._lately: BoundedCache[float] = BoundedCache(_LATELY)  # when it was taken, by what
        self._one_at_a_time = asyncio.Lock()

    def note(self, user_id: str, movie_id: str, finished: bool) -> None:
        """Somebody watches a title, or has watched all of it. Never waits, never fails."""
        watched, at = (user_id, movie_id, finished), time.monotonic()
        taken_at = self._lately.get(watched)
        if (taken_at is None or at - taken_at > LOOKED_AT_AGAIN_S) and len(self._waiting) < MOST_WAITING:
            self._lately.put(watched, at, 1)
            self._waiting.add(watched)

    async def run(self) -> None:
        """Let lists follow, until cancelled."""
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            await asyncio.shield(self.flush())  # who stops waits for it, and cuts nothing off

    async def flush(self) -> None:
        """Let lists follow what was noted. What cannot be written now stays."""
        async with self._one_at_a_time:
            waiting, self._waiting = sorted(self._waiting), set()  # of a title, that it was begun comes first
            for start in range(0, len(waiting), _TOGETHER):
                await asyncio.gather(*map(self._follow, waiting[start : start + _TOGETHER]))

    async def _follow(self, watched: _Watched) -> None:
        user_id, movie_id, finished = watched
        try:
            await follow_watching(self._desk, user_id, movie_id, finished=finished)
        except Unavailable:
            self._waiting.add(watched)
        except Exception as exc:  # a list lags behind, and nothing else
            log.error("a watchlist did not follow", exc_info=exc)
