"""Counting who sees what (API.md "Watching"): one view of each user and title and day of Viet Nam.

Noting costs nothing: whoever watches on is noted every ten seconds, and only the first time of a day is new. What is
new is stored within a second, all that came together; then it is counted, and some time later the titles show it. Who
stops, stores and counts first; a crash loses what was noted in its last second, and nothing is ever counted twice, on
however many instances somebody watches (docs/decisions/0012).
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from smovie.bounded_cache import BoundedCache
from smovie.errors import Unavailable
from smovie.ids import new_id
from smovie.models.views import View, day_of, hour_of, start_of_day
from smovie.store import views
from smovie.store.mongo import Database
from smovie.store.views import Place, day_place, hour_place

log = structlog.get_logger("views")

STORE_AFTER_S = 0.3  # a crash loses what came meanwhile
SHOW_EVERY_S = 30.0
LEFT_AFTER_S = 10.0  # a view stored and not counted for so long is nobody's any more
RETRY_S = 1.0
MOST_WAITING = 100_000  # views, while MongoDB is away
MOST_KNOWN = 100_000  # viewers and titles of today; of others MongoDB is asked again
MOST_TOGETHER = 250  # views in one write
_SHOWN_WITHIN_S = 1.5  # when stopping
_PAST = (timedelta(hours=3), timedelta(days=2))


class ViewDesk:
    """Counts views: `note` them, `run` beside, `flush` at the end."""

    def __init__(self, db: Database, clock: Callable[[], float] = time.time) -> None:
        self._db = db
        self._clock = clock
        self._source = new_id()  # of what this process counts
        self._day = ""
        self._day_ends = 0.0
        self._known: BoundedCache[bool] = BoundedCache(MOST_KNOWN)
        self._waiting: list[View] = []
        self._under_way: list[View] = []  # handed to MongoDB, and maybe stored
        self._uncounted: list[View] = []  # stored
        self._hours: Counter[Place] = Counter()  # all that this process has counted
        self._days: Counter[Place] = Counter()
        self._has_new = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._past = datetime.fromtimestamp(0, UTC)  # of hours before nothing is remembered
        self._refused = 0  # since that was said last

    def note(self, user_id: str, movie_id: str) -> None:
        """Somebody has seen enough of a title for a view. Once a day it counts; never waits, never fails."""
        at = self._clock()
        if at >= self._day_ends:
            self._begin_day(at)
        if self._known.get((user_id, movie_id)):
            return
        if len(self._waiting) >= MOST_WAITING:
            self._refused += 1  # who watches on is noted again
            return
        self._known.put((user_id, movie_id), True, 1)
        moment = datetime.fromtimestamp(at, UTC)
        self._waiting.append(View(id=new_id(), user_id=user_id, movie_id=movie_id, day=self._day, at=moment))
        self._has_new.set()

    @property
    def waiting(self) -> int:
        """How many were noted and are not stored and counted."""
        return len(self._waiting) + len(self._under_way) + len(self._uncounted)

    async def run(self, show_every_s: float = SHOW_EVERY_S) -> None:
        """Store, count and show what was noted, until cancelled; also what others left when they crashed."""
        await asyncio.gather(self._count_on(), self._show_on(show_every_s))

    async def flush(self) -> None:
        """Return when all that was noted so far is stored and counted. Errors: Unavailable; what is left stays."""
        async with self._one_at_a_time:
            while self._waiting or self._under_way:
                await self._store_some()
            while self._uncounted:
                await self._count_some()
            if not self._waiting:  # nobody came while the last were counted
                self._has_new.clear()
            self._forget_past()

    async def show(self) -> None:
        """Let titles show what is counted. Errors: Unavailable."""
        while await views.show_counts(self._db):
            pass

    async def stop(self) -> None:
        """Count and show what was noted. What MongoDB has no time for, others show, or who starts next."""
        try:
            await self.flush()
            async with asyncio.timeout(_SHOWN_WITHIN_S):
                await self.show()
        except (Unavailable, TimeoutError):
            log.warning("stopping before all views are counted", waiting=self.waiting)

    async def _count_on(self) -> None:
        while True:
            await self._has_new.wait()
            await asyncio.sleep(STORE_AFTER_S)
            try:
                await self.flush()
            except Exception as exc:
                await self._rest(exc)

    async def _show_on(self, every_s: float) -> None:
        while True:
            try:
                while await views.count_left(self._db, self._clock() - LEFT_AFTER_S):
                    pass
                await self.show()
                await asyncio.sleep(every_s - self._clock() % every_s)  # all instances at once: lists change seldom
            except Exception as exc:
                await self._rest(exc)

    async def _rest(self, exc: Exception) -> None:
        level = log.warning if isinstance(exc, Unavailable) else log.error
        refused, self._refused = self._refused, 0
        level(
            "views wait to be counted", waiting=self.waiting, refused=refused, problem=repr(exc)[:300], retry_s=RETRY_S
        )
        await asyncio.sleep(RETRY_S)

    async def _store_some(self) -> None:
        if not self._under_way:
            self._under_way, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
        # Until an answer has come these and no others are tried again, so that each is counted here once.
        stored = await views.insert(self._db, self._under_way, self._source)
        new = [view for view in self._under_way if view.id in stored]
        self._under_way = []
        self._hours.update(map(hour_place, new))
        self._days.update(map(day_place, new))
        self._uncounted += new

    async def _count_some(self) -> None:
        some = self._uncounted[:MOST_TOGETHER]
        hours = {place: self._hours[place] for place in map(hour_place, some)}
        days = {place: self._days[place] for place in map(day_place, some)}
        await views.raise_counts(self._db, self._source, hours, days)
        await views.mark_counted(self._db, [view.id for view in some])
        del self._uncounted[: len(some)]

    def _begin_day(self, at: float) -> None:
        self._day = day_of(datetime.fromtimestamp(at, UTC))
        self._day_ends = (start_of_day(self._day) + timedelta(days=1)).timestamp()
        self._known.clear()

    def _forget_past(self) -> None:
        """Forget places that nothing is counted in any more, nor would be if the clock were set back an hour."""
        hour, day = (hour_of(datetime.fromtimestamp(self._clock(), UTC) - ago) for ago in _PAST)
        if hour > self._past:
            self._past = hour
            self._hours = Counter({place: count for place, count in self._hours.items() if place[1] >= hour})
            self._days = Counter({place: count for place, count in self._days.items() if place[1] >= day})
