"""Which titles the same people have finished, from memory: one of the reasons why a title is like another.

How many finished both counts against how many finished each (their cosine), so that what everybody has seen is not
like everything, and less where it is only a few. Counted in the background, on every instance, of what was finished
last. Nobody's id is kept, and what fewer than three people have in common is not told of.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from heapq import nlargest
from math import sqrt
from operator import itemgetter

import structlog

from smovie.slices import Steps, finish_in_slices
from smovie.store.co_watching import finished_by_each
from smovie.store.mongo import Database

log = structlog.get_logger("co_watching")

REFRESH_EVERY_S = 900
MOST_ROWS = 200_000  # of a person and a title each, those finished last
MOST_OF_ONE = 50  # titles a person: what one counts grows with their square
FEWEST_IN_COMMON = 3  # people: fewer say little, and something of who they are
MOST_BESIDE = 20  # titles beside each
LEAST_STRENGTH = 0.05  # less hardly moves a title up, and would be a reason for everything that many see
_SURE_OF = 5  # people in common who make half of what all would


@dataclass(frozen=True, slots=True)
class Beside:
    """How much each of some titles is watched by the people who watch one: 0 to 1, by id."""

    strengths: Mapping[str, float] = field(default_factory=dict)
    version: int = 0  # another one whenever they are other


NOTHING = Beside()


class CoWatching:
    """What is watched beside each title: `run` keeps it current, `beside` gives it at once."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._beside: dict[str, Beside] = {}
        self._version = 0

    async def run(self) -> None:
        """Follow what is finished, until cancelled."""
        while True:
            try:
                await self.refresh()
            except Exception as exc:  # MongoDB away, in whichever of the driver's words
                problem = str(exc)[:300]
                log.warning("what is watched together was not counted", problem=problem, retry_s=REFRESH_EVERY_S)
            await asyncio.sleep(REFRESH_EVERY_S)

    async def refresh(self) -> None:
        """Count anew. Errors: the driver's."""
        finished = await finished_by_each(self._db, rows=MOST_ROWS, most_of_one=MOST_OF_ONE)
        self._version += 1
        self._beside = await finish_in_slices(
            lambda: count_together(finished, self._beside, self._version), lambda: self._version
        )

    def beside(self, movie_id: str) -> Beside:
        """What is watched by those who watch a title."""
        return self._beside.get(movie_id, NOTHING)


def count_together(
    finished: Iterable[Iterable[str]], known: Mapping[str, Beside], version: int
) -> Steps[dict[str, Beside]]:
    """The titles beside each, from the ids that each person finished. What is as it was known keeps its version."""
    viewers: dict[str, list[tuple[str, ...]]] = {}  # of a title: what each of them finished
    for ids in finished:
        titles = tuple(dict.fromkeys(ids))
        for movie_id in titles:
            viewers.setdefault(movie_id, []).append(titles)
        yield
    found: dict[str, Beside] = {}
    for movie_id, theirs in viewers.items():
        if len(theirs) < FEWEST_IN_COMMON:
            continue
        common: Counter[str] = Counter()
        for titles in theirs:
            common.update(titles)
            yield
        del common[movie_id]
        strengths: dict[str, float] = {}
        for other, count in common.items():
            if count >= FEWEST_IN_COMMON:
                strength = _strength(count, len(theirs), len(viewers[other]))
                if strength >= LEAST_STRENGTH:
                    strengths[other] = strength
                yield
        if strengths:
            best = dict(nlargest(MOST_BESIDE, sorted(strengths.items()), key=itemgetter(1)))
            before = known.get(movie_id, NOTHING)
            found[movie_id] = before if before.strengths == best else Beside(best, version)
    return found


def _strength(common: int, ours: int, theirs: int) -> float:
    """0 to 1, to two places: a viewer more is no new list."""
    return round(common / sqrt(ours * theirs) * common / (common + _SURE_OF), 2)
