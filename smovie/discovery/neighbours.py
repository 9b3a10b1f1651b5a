"""Titles like another, found without looking at all of them.

Whatever a title has leads to others that have it: its people first, then its genres and nation where few titles have
them, and of the common ones those made at about the same time; and its viewers lead to what else they watched. So a
title of the largest genre is compared with some hundreds of others, not with half of the catalogue. Sets are taken
whole or not at all: the answer is always the same.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from heapq import nlargest
from itertools import islice
from types import MappingProxyType

import orjson

from smovie.catalog.snapshot import Entry, Facet, Snapshot
from smovie.discovery.franchises import franchise_of
from smovie.discovery.likeness import VIEWERS, Likeness, Profile, combine, compare, profile

MOST_OF_FRANCHISE = 3
_TELLING = 500  # a set of more titles leads nowhere by itself
_MOST_BY_PEOPLE, _MOST_BY_TAGS, _MOST_BY_YEARS = 400, 600, 800  # found together: no further set is taken
_YEARS_APART = 15
_FEW = 100  # found; then the most viewed of its genres are looked at too
_MOST_VIEWED = 1_000
_SAME = 1e-6  # scores closer than this are one
_NO_VIEWERS: Mapping[str, float] = MappingProxyType({})
_CONSIDERED = 5  # times as many as are wanted, since parts of a franchise are left out


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A title like another, and by what."""

    entry: Entry
    likeness: Likeness


def neighbours(
    snapshot: Snapshot, entry: Entry, limit: int, together: Mapping[str, float] = _NO_VIEWERS
) -> list[Neighbour]:
    """The titles most like one, best first, at most a few of one franchise.

    `together`: how much others are watched by the same people, 0 to 1, by id.
    """
    entries = snapshot.entries
    of = profile(entry.facets, snapshot.count, len(entries))
    found = candidates(snapshot, entry).union(movie_id for movie_id in together if movie_id in entries)
    alike = scores(snapshot, of, found, together)
    least = nlargest(limit * _CONSIDERED, alike.values())[-1:] or [0.0]
    likely = [movie_id for movie_id, score in alike.items() if score and score >= least[0] - _SAME]
    # Of two scores that differ by rounding only, the views decide.
    likely.sort(key=lambda movie_id: (-round(alike[movie_id], 6), -int(entries[movie_id].keys["views"]), movie_id))
    best = (entries[movie_id] for movie_id in likely)
    chosen = islice(_few_of_a_franchise(entry, best), limit)
    return [Neighbour(other, compare(of, other.facets, together.get(other.id, 0.0))) for other in chosen]


def scores(
    snapshot: Snapshot, of: Profile, ids: AbstractSet[str], together: Mapping[str, float] = _NO_VIEWERS
) -> dict[str, float]:
    """What `likeness.score` gives each of some titles, found by what they have and not title by title, which
    takes longer: most have little of it."""
    others = dict.fromkeys(ids, 0.0)
    others.update((movie_id, VIEWERS * together[movie_id]) for movie_id in together.keys() & ids)
    by_genres: dict[str, float] = {}
    shared: Counter[str] = Counter()
    for facet, trait in of.traits.items():
        having = snapshot.members(facet) & ids
        if facet[0] == "genre":
            shared.update(having)
            for movie_id in having:
                by_genres[movie_id] = by_genres.get(movie_id, 0.0) + trait.weight
        else:
            for movie_id in having:
                others[movie_id] += trait.weight
    entries = snapshot.entries
    return {
        movie_id: combine(
            of,
            weight,
            by_genres.get(movie_id, 0.0),
            shared.get(movie_id, 0),
            entries[movie_id].genres,
            entries[movie_id].year,
        )
        for movie_id, weight in others.items()
    }


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
