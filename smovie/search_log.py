"""What people search for and what they choose of it, counted by day for the reports (docs/search.md).

A query is counted, and nothing else is kept: not who asked, nor from where, nor when in the day. What looks personal is
not counted at all. Noting takes some microseconds in memory; it is written once a second, in bulk.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from smovie.catalog.feed import CatalogFeed
from smovie.catalog.queries import find_title
from smovie.errors import Invalid, Unavailable
from smovie.models.base import now
from smovie.models.searches import DaysSearches, SearchClick
from smovie.search.finder import find_in_steps
from smovie.search.keys import folded_key
from smovie.slices import finish_in_slices
from smovie.store import searches
from smovie.store.mongo import Database
from smovie.throttles import Throttle, Throttles

log = structlog.get_logger("search")

WRITE_EVERY_S = 1.0
MOST_LETTERS = 80  # of a query that is counted; a longer one is a text that somebody pasted
MOST_HITS = 50  # of a search, whatever its page: one of these may be clicked on
MOST_WAITING = 5_000  # queries; past it new ones are not counted until the next write
_WRITTEN_TOGETHER = 500
# An e-mail address, an address with whatever it carries, or a number as long as those of telephones and cards.
_PERSONAL = re.compile(r"@|://|\d(?:[ .()/-]*\d){8}")


@dataclass(slots=True)
class _Noted:
    count: int = 0
    without_hits: int = 0
    hits: int | None = None
    clicks: Counter[str] = field(default_factory=Counter)


def counted_as(text: str) -> str | None:
    """The query that a text is counted as; None for one that is not counted: nothing, too long, or personal."""
    if len(text) > MOST_LETTERS or _PERSONAL.search(text):
        return None
    return folded_key(text)[:MOST_LETTERS] or None


class SearchLog:
    """What was noted and is not written yet, at most a second of it while the database answers."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._noted: dict[tuple[datetime, str], _Noted] = {}
        self._left_out = 0
        self._one_at_a_time = asyncio.Lock()

    def note(self, text: str, hits: int) -> None:
        """Somebody searched for a text."""
        if noted := self._open(text):
            noted.count += 1
            noted.without_hits += not hits
            noted.hits = hits

    def note_click(self, text: str, movie_id: str) -> None:
        """Somebody chose a title of what a text gave."""
        if noted := self._open(text):
            noted.clicks[movie_id] += 1

    async def run(self) -> None:
        """Write what was noted, again and again, until cancelled."""
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            await asyncio.shield(self.flush())  # who stops waits for it, and cuts nothing off

    async def flush(self) -> None:
        """Write what was noted. What cannot be written now stays; a write whose answer was lost may count twice."""
        async with self._one_at_a_time:
            await self._write()

    async def _write(self) -> None:
        noted, self._noted = self._noted, {}
        if self._left_out:
            log.warning("more different queries than are counted in a second", left_out=self._left_out)
            self._left_out = 0
        waiting = [
            DaysSearches(
                day=day, q=query, count=one.count, without_hits=one.without_hits, hits=one.hits, clicks=one.clicks
            )
            for (day, query), one in noted.items()
        ]
        for some in _parts(waiting):
            try:
                await searches.add(self._db, some)
            except Unavailable:
                self._put_back(some)
            except Exception as exc:  # a report lacks some searches, and nothing else
                log.error("searches were not counted", number=len(some), exc_info=exc)

    def _put_back(self, some: Sequence[DaysSearches]) -> None:
        for one in some:
            if noted := self._open_key((one.day, one.q)):
                noted.count += one.count
                noted.without_hits += one.without_hits
                noted.hits = one.hits if noted.hits is None else noted.hits
                noted.clicks.update(one.clicks)

    def _open(self, text: str) -> _Noted | None:
        query = counted_as(text)
        return self._open_key((now().replace(hour=0, minute=0, second=0, microsecond=0), query)) if query else None

    def _open_key(self, key: tuple[datetime, str]) -> _Noted | None:
        noted = self._noted.get(key)
        if noted is None:
            if len(self._noted) >= MOST_WAITING:
                self._left_out += 1
                return None
            noted = self._noted[key] = _Noted()
        return noted


@dataclass(frozen=True)
class SearchDesk:
    """What telling of a search works with."""

    catalog: CatalogFeed
    throttles: Throttles
    log: SearchLog


async def report_click(desk: SearchDesk, address: str, click: SearchClick) -> None:
    """Count a title that somebody chose. Errors: NotFound; Invalid where the search does not give it; TooMany."""
    await desk.throttles.take(Throttle.SEARCH_CLICKS_PER_ADDRESS, address)
    movie_id = find_title(desk.catalog.snapshot, click.movie).id
    index = desk.catalog.snapshot.search
    found = await finish_in_slices(lambda: find_in_steps(index, click.q, MOST_HITS), lambda: index.changes)
    if all(hit.id != movie_id for hit in found.hits):
        raise Invalid(errors=[("/movie", "invalid_not_found_by", {})])
    desk.log.note_click(click.q, movie_id)


def _parts(some: Sequence[DaysSearches]) -> Iterator[Sequence[DaysSearches]]:
    return (some[start : start + _WRITTEN_TOGETHER] for start in range(0, len(some), _WRITTEN_TOGETHER))
