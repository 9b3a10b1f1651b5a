"""Titles like another, found without looking at all of them.

Whatever a title has leads to others that have it: its people first, then its genres and nation where few titles have
them, and of the common ones those made at about the same time. So a title of the largest genre is compared with some
hundreds of others, not with half of the catalogue. Sets are taken whole or not at all: the answer is always the same.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from heapq import nsmallest
from itertools import islice

import orjson

from smovie.catalog.snapshot import Entry, Facet, Snapshot
from smovie.discovery.franchises import franchise_of
from smovie.discovery.likeness import Likeness, compare, profile, score

MOST_OF_FRANCHISE = 3
_TELLING = 500  # a set of more titles leads nowhere by itself
_MOST_BY_PEOPLE, _MOST_BY_TAGS, _MOST_BY_YEARS = 500, 800, 1_200  # found together: no further set is taken
_YEARS_APART = 15
_FEW = 100  # found; then the most viewed of its genres are looked at too
_MOST_VIEWED = 1_000
_CONSIDERED = 5  # times as many as are wanted, since parts of a franchise are left out


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A title like another, and by what."""

    entry: Entry
    likeness: Likeness


def neighbours(snapshot: Snapshot, entry: Entry, limit: int, without: Collection[str] = ()) -> list[Neighbour]:
    """The titles most like one, best first, at most a few of one franchise; none of `without` (ids)."""
    of = profile(entry.facets, snapshot.count, len(snapshot.entries))
    scored = []
    for movie_id in candidates(snapshot, entry).difference(without):
        other = snapshot.entries[movie_id]
        if alike := score(of, other.facets):
            scored.append((-round(alike, 6), -int(other.keys["views"]), movie_id))
    best = (snapshot.entries[movie_id] for _, _, movie_id in nsmallest(limit * _CONSIDERED, scored))
    chosen = islice(_few_of_a_franchise(entry, best), limit)
    return [Neighbour(other, compare(of, other.facets)) for other in chosen]


def candidates(snapshot: Snapshot, entry: Entry) -> set[str]:
    """Ids of titles worth comparing with one, some two thousand at most."""

    def rarest(*names: str) -> list[Facet]:
        named = [facet for facet in entry.facets if facet[0] in names]
        return sorted(named, key=lambda facet: (snapshot.count(facet), str(facet)))

    found: set[str] = set()
    people = ((role, person) for _, person in rarest("director", "cast") for role in ("director", "cast"))
    _take(found, (snapshot.members(facet) for facet in people), _MOST_BY_PEOPLE)
    tags = rarest("genre", "nation")
    _take(found, (snapshot.members(facet) for facet in tags), _MOST_BY_TAGS)
    if year := next((int(value) for name, value in entry.facets if name == "year"), None):
        _take(found, (members for tag in tags for members in _of_the_time(snapshot, tag, year)), _MOST_BY_YEARS)
    if len(found) < _FEW:
        genres = [snapshot.members(facet) for facet in rarest("genre")]
        viewed = islice(snapshot.most_viewed(), _MOST_VIEWED)
        found.update(movie_id for movie_id in viewed if any(movie_id in genre for genre in genres))
    found.discard(entry.id)
    return found


def _take(found: set[str], sets: Iterable[Collection[str]], most: int) -> None:
    for members in sets:
        if len(found) >= most:
            return
        if len(members) <= _TELLING:
            found.update(members)


def _of_the_time(snapshot: Snapshot, tag: Facet, year: int) -> Iterable[Collection[str]]:
    """The titles with a tag of each year, the nearest first."""
    tagged = snapshot.members(tag)
    for apart in range(_YEARS_APART + 1):
        for other in {year - apart, year + apart}:
            of_the_year = snapshot.members(("year", other))
            if min(len(tagged), len(of_the_year)) <= _TELLING * 2:  # the intersection looks at the smaller one
                yield tagged & of_the_year


def _few_of_a_franchise(entry: Entry, others: Iterable[Entry]) -> Iterable[Entry]:
    taken: Counter[str] = Counter()
    for other in others:
        franchise = franchise_of(orjson.loads(other.cards["vi"])["title"])
        taken[franchise] += 1
        if taken[franchise] <= MOST_OF_FRANCHISE:
            yield other
