"""How alike two titles are, and why: pure, from what they share and how rare that is (docs/decisions/0013).

Sharing what few titles have says much: a director of three films links them, "drama" hardly links anything.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from smovie.catalog.snapshot import Facet
from smovie.models.similar import ReasonKind

# What sharing somebody or something counts that no other title has; what many have counts less, down to nothing.
DIRECTOR, CAST, PERSON = 3.0, 1.5, 1.2  # PERSON: directs one of the two and acts in the other
GENRE, NATION = 2.0, 0.6
VIEWERS = 4.0  # all who finished the one finished the other, and nobody else did
SAME_KIND = 0.2  # both films, or both series
ERA, ERA_HALVES_YEARS = 0.4, 10.0  # titles of one year; half of it for ten years apart
CLOSE_YEARS = 5  # apart, and still told as a reason
_FREE_OF_GENRES = 0.5  # of what genres count does not depend on how many others the two have


@dataclass(frozen=True, slots=True)
class Trait:
    """Something another title may have too: what that counts, and as which reason."""

    kind: ReasonKind | None
    weight: float


@dataclass(frozen=True, slots=True)
class Profile:
    """What a title is compared by."""

    traits: Mapping[Facet, Trait]
    genres: int
    year: int | None


@dataclass(slots=True)
class Likeness:
    """How alike another title is, and by what: facets of each kind of reason, with what they count together."""

    score: float = 0.0
    counts: dict[ReasonKind, float] = field(default_factory=dict)
    shared: dict[ReasonKind, list[Facet]] = field(default_factory=dict)


def rarity(count: int, total: int) -> float:
    """1 for what no other title has, towards 0 for what all have (inverse document frequency)."""
    return math.log(1 + total / max(count, 1)) / math.log(1 + max(total, 1))


def profile(facets: Iterable[Facet], count: Callable[[Facet], int], total: int) -> Profile:
    """The profile of a title with these facets, where `count` says how many of `total` titles have one."""
    traits: dict[Facet, Trait] = {}
    genres, year = 0, None
    for name, value in facets:
        rare = rarity(count((name, value)), total)
        if name == "director":
            traits["director", value] = Trait("director", DIRECTOR * rare)
            traits.setdefault(("cast", value), Trait("person", PERSON * rare))
        elif name == "cast":
            traits["cast", value] = Trait("cast", CAST * rare)
            traits.setdefault(("director", value), Trait("person", PERSON * rare))
        elif name == "genre":
            genres += 1
            traits["genre", value] = Trait("genre", GENRE * rare)
        elif name == "nation":
            traits["nation", value] = Trait("nation", NATION * rare)
        elif name == "kind":
            traits["kind", value] = Trait(None, SAME_KIND)
        elif name == "year":
            year = int(value)
    return Profile(traits, genres, year)


def score(of: Profile, facets: Iterable[Facet], together: float = 0.0) -> float:
    """How alike a title with these facets is; 0 where they share nothing but their time.

    `together`: how much the same people watch both, 0 to 1.
    """
    others, by_genres = VIEWERS * together, 0.0
    shared = theirs = 0
    year = None
    for name, value in facets:
        trait = of.traits.get((name, value))
        if name == "genre":
            theirs += 1
            shared += trait is not None
            by_genres += trait.weight if trait else 0.0
        elif name == "year":
            year = int(value)
        elif trait:
            others += trait.weight
    return combine(of, others, by_genres, shared, theirs, year)


def combine(of: Profile, others: float, by_genres: float, shared: int, theirs: int, year: int | None) -> float:
    """The score from its parts: what shared genres count, how many they are and of how many; what all else counts."""
    total = others + by_genres * _telling(shared, theirs, of.genres)
    return total + _by_era(of.year, year) if total else 0.0


def compare(of: Profile, facets: Iterable[Facet], together: float = 0.0) -> Likeness:
    """The same as `score`, with the reasons: for the few titles that are shown."""
    facets = tuple(facets)
    likeness = Likeness(score(of, facets, together))
    for facet in facets:
        if (trait := of.traits.get(facet)) and trait.kind:
            likeness.counts[trait.kind] = likeness.counts.get(trait.kind, 0.0) + trait.weight
            likeness.shared.setdefault(trait.kind, []).append(facet)
    if "genre" in likeness.counts:
        theirs = sum(name == "genre" for name, _ in facets)
        likeness.counts["genre"] *= _telling(len(likeness.shared["genre"]), theirs, of.genres)
    for kind, found in likeness.shared.items():
        found.sort(key=lambda facet: (-of.traits[facet].weight, str(facet[1])))
        if kind == "person":  # who also directs both, or acts in both, is a better reason already
            better = {value for other in ("director", "cast") for _, value in likeness.shared.get(other, ())}
            likeness.shared[kind] = [facet for facet in found if facet[1] not in better]
    if together:
        likeness.counts["viewers"], likeness.shared["viewers"] = VIEWERS * together, []
    year = next((int(value) for name, value in facets if name == "year"), None)
    if of.year and year and abs(of.year - year) <= CLOSE_YEARS:
        likeness.counts["era"] = _by_era(of.year, year)
        likeness.shared["era"] = [("year", year)]
    return likeness


def _telling(shared: int, theirs: int, ours: int) -> float:
    """How much of what shared genres count is left: all of it where the two have no others."""
    either = theirs + ours - shared
    return _FREE_OF_GENRES + (1 - _FREE_OF_GENRES) * shared / either if shared else 0.0


def _by_era(one: int | None, other: int | None) -> float:
    if one is None or other is None:
        return 0.0
    return ERA * math.exp2(-abs(one - other) / ERA_HALVES_YEARS)
