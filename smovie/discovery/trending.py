"""What is viewed most of late, from memory: `GET /trending`, suggestions to who has typed nothing, the first page.

A title's score is its views within the window, each worth half as much with every half-life: what rises comes first,
what many saw last week comes down. The order is read from MongoDB in the background, on every instance, and is the
same on all. Which of the titles are visible is the snapshot's say, at every look.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

import structlog

from smovie.catalog.feed import CatalogFeed
from smovie.catalog.queries import Body, kept
from smovie.catalog.render import encode
from smovie.catalog.snapshot import Snapshot
from smovie.models.base import now
from smovie.models.catalog import Language
from smovie.models.trending import MOST_SHOWN, WINDOWS, Basis, TrendingQuery, Window
from smovie.models.views import day_of, hour_of, start_of_day
from smovie.store.mongo import Database
from smovie.store.trending import Demand, most_demanded

log = structlog.get_logger("trending")

TRENDING_PATH = "/api/v1/trending"
MOST_RANKED = 500  # so that some may be hidden
REFRESH_EVERY_S: dict[Window, int] = {"24h": 60, "7d": 300, "30d": 900}
_HALF_LIVES = {"24h": timedelta(hours=6), "7d": timedelta(days=2), "30d": timedelta(days=7)}
_DAYS = {"7d": 7, "30d": 30}  # today is one of them
_HOURS = 24


@dataclass(frozen=True, slots=True)
class Hit:
    """A title of the list, and why it is there."""

    id: str
    basis: Basis
    recent_views: int


class Trending:
    """The ranked titles of each window: `run` keeps them current, `hits` and `ids` give them at once."""

    def __init__(self, db: Database, catalog: CatalogFeed) -> None:
        self._db = db
        self._catalog = catalog
        self._ranked: dict[Window, Sequence[Demand]] = dict.fromkeys(WINDOWS, ())
        self._version = 0  # rises with every order that is read

    async def run(self) -> None:
        """Follow what is viewed, until cancelled."""
        await asyncio.gather(*(self._follow(window) for window in WINDOWS))

    async def refresh(self, window: Window) -> None:
        """Read a window's order anew. Errors: the driver's."""
        moment = now()
        hour, today = hour_of(moment), start_of_day(day_of(moment))
        unit, until = ("hour", hour) if window == "24h" else ("day", today)
        since = hour - timedelta(hours=_HOURS - 1) if window == "24h" else today - timedelta(days=_DAYS[window] - 1)
        self._ranked[window] = await most_demanded(
            self._db, unit, since=since, until=until, half_life=_HALF_LIVES[window], limit=MOST_RANKED
        )
        self._version += 1

    def ids(self, window: Window, limit: int = MOST_SHOWN) -> list[str]:
        """Ids of visible titles, in most demand first; where few are viewed others stand in."""
        return [hit.id for hit in self.hits(window, limit)]

    def hits(self, window: Window, limit: int) -> list[Hit]:
        """The same with why each is there."""
        snapshot = self._catalog.snapshot
        hits: dict[str, Hit] = {}
        for hit in islice(_candidates(snapshot, self._ranked[window]), MOST_RANKED + limit * 3):
            hits.setdefault(hit.id, hit)
            if len(hits) == limit:
                break
        return list(hits.values())

    def list(self, query: TrendingQuery, language: Language) -> Body:
        """The list as JSON. Shape: (bytes, strong ETag)."""
        snapshot = self._catalog.snapshot

        def make() -> bytes:
            cards = [
                snapshot.entries[hit.id].cards[language][:-1] + b"," + _encode_basis(hit)
                for hit in self.hits(query.window, query.limit)
            ]
            return encode({"window": query.window})[:-1] + b',"results":[' + b",".join(cards) + b"]}"

        return kept(snapshot, ("trending", query, language, self._version), make)

    async def _follow(self, window: Window) -> None:
        while True:
            wait_s = REFRESH_EVERY_S[window]
            try:
                await self.refresh(window)
            except Exception as exc:  # MongoDB away, in whichever of the driver's words
                log.warning("what trends was not read", window=window, problem=str(exc)[:300], retry_s=wait_s)
            await asyncio.sleep(wait_s)


def _candidates(snapshot: Snapshot, ranked: Sequence[Demand]) -> Iterator[Hit]:
    """Visible titles with what speaks for them, those in demand first, then what stands in; some come twice."""
    entries, today = snapshot.entries, now().date().isoformat()
    for demand in ranked:
        if demand.movie_id in entries:
            yield Hit(demand.movie_id, "trending", demand.views)
    for movie_id in snapshot.most_viewed():
        if not entries[movie_id].keys["views"]:
            break
        yield Hit(movie_id, "views", 0)
    for movie_id in snapshot.newest():
        if str(entries[movie_id].keys["release_date"]) <= today:  # what is announced cannot be watched
            yield Hit(movie_id, "new", 0)


def _encode_basis(hit: Hit) -> bytes:
    return encode({"basis": hit.basis, "recent_views": hit.recent_views})[1:]
