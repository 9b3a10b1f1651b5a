"""The catalogue in memory: visible titles, their orderings, and who belongs to which facet.

One event loop reads and writes it, so a change of one title is never half seen; `commit` ends a group of changes and
forgets the pages made before it. Sorted lists hold (key, id): one title moves by bisection, so an edit costs some
20 µs at 36,000 titles where sorting anew would hold the loop for 20 ms (docs/decisions/0002).
"""

import hashlib
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Literal

import orjson

from smovie.bounded_cache import BoundedCache
from smovie.catalog.banners import BannerBoard
from smovie.catalog.render import card, encode, with_figures
from smovie.models.base import iso_z
from smovie.models.catalog import LANGUAGES, Language, Movie, Stats, Tag
from smovie.search.index import SearchIndex
from smovie.sorting import sorted_in_steps
from smovie.text import collation_key, first_letter
from smovie.wide_dict import WideDict

Order = Literal["release_date", "views", "rating", "title_vi", "title_en", "created_at"]
ORDERS: tuple[Order, ...] = ("release_date", "views", "rating", "title_vi", "title_en", "created_at")
_BY_FIGURES: tuple[Order, ...] = ("views", "rating")
SortKey = str | int | float
Facet = tuple[str, str | int]

_FIRST = 200  # of a filtered list: a change makes all lists anew, and most are looked at where they begin
_RESULTS_KEPT = 500_000  # ids of filtered lists kept together, 8 bytes each
_BODIES_KEPT_BYTES = 24 << 20
_STILL_BODIES_KEPT_BYTES = 8 << 20
_DIGEST_BYTES = 12  # as many as an ETag has
_NOBODY: frozenset[str] = frozenset()
_MANIFOLD = frozenset({"seasons", "cast", "directors"})


@dataclass(slots=True, frozen=True)
class Entry:
    """A title as it stands in memory: bytes ready to send, and where it belongs."""

    id: str
    slug: str
    source: bytes  # the noun without its figures as JSON; a detail page is rendered from it when asked for
    stats: bytes  # its figures, which change all the time
    cards: dict[Language, bytes]
    digests: bytes  # of the cards, one behind the other
    keys: dict[Order, SortKey]
    facets: tuple[Facet, ...]
    year: int | None
    genres: int  # how many
    episode_ids: tuple[str, ...]
    changed_at: str  # ISO 8601
    has_trailer: bool

    def digest(self, language: Language) -> bytes:
        """What tells its card in a language from every other: made of nothing but the card's bytes."""
        return self.digests[:_DIGEST_BYTES] if language == "vi" else self.digests[_DIGEST_BYTES:]

    def movie(self) -> Movie:
        """The whole noun again."""
        return Movie.model_validate({**orjson.loads(self.source), "stats": orjson.loads(self.stats)})

    def outline(self) -> Movie:
        """The noun without its seasons and people, a small part of what it takes to read all of a series again."""
        members = {name: value for name, value in orjson.loads(self.source).items() if name not in _MANIFOLD}
        return Movie.model_validate({**members, "stats": orjson.loads(self.stats)})

    def seasons(self) -> list[dict[str, Any]]:
        """Its seasons as JSON, defaults left out: for who wants one episode of what may be thousands."""
        seasons: list[dict[str, Any]] = orjson.loads(self.source).get("seasons", [])
        return seasons


@dataclass(frozen=True)
class Person:
    """Somebody of the catalogue, with the ids of their visible titles."""

    id: str
    name: str
    directed: frozenset[str]
    acted: frozenset[str]


class Snapshot:
    """All visible titles. `version` rises with every committed group of changes."""

    def __init__(self) -> None:
        self.version = 0
        self.entries: WideDict[str, Entry] = WideDict()
        self.by_slug: WideDict[str, Entry] = WideDict()
        self.by_episode: WideDict[str, Entry] = WideDict()
        self.tags: dict[str, dict[str, Tag]] = {"genres": {}, "nations": {}, "exclusivities": {}}
        self.banners = BannerBoard()
        self.search = SearchIndex()
        self.bodies: BoundedCache[tuple[bytes, str]] = BoundedCache(_BODIES_KEPT_BYTES)
        self.still_bodies: BoundedCache[tuple[bytes, str]] = BoundedCache(_STILL_BODIES_KEPT_BYTES)  # without figures
        self._orders: dict[Order, list[tuple[SortKey, str]]] = {order: [] for order in ORDERS}
        self._unordered: dict[Order, list[str]] = {order: [] for order in ORDERS}  # no date, no rating: last, by id
        self._facets: WideDict[Facet, set[str]] = WideDict()
        self._shared: WideDict[Facet, Facet] = WideDict()  # one object of each, however many titles have it
        self._people: WideDict[str, str] = WideDict()
        self._results: BoundedCache[list[str]] = BoundedCache(_RESULTS_KEPT)

    def put(self, movie: Movie, *, sort: bool = True) -> None:
        """Show the title as it is now, or hide it where it is not visible.

        While a snapshot is being filled nobody reads it: `sort=False`, and `sort_in_steps` at the end.
        """
        if not movie.is_visible:
            self.remove(movie.id)
            return
        self._take_out(movie.id)
        self.search.put(movie)
        entry = _to_entry(movie, tuple(self._shared.setdefault(facet, facet) for facet in _facets(movie)))
        self._keep(entry)
        for order in ORDERS:
            self._join_order(order, entry, sort=sort)
        for facet in entry.facets:
            self._facets.setdefault(facet, set()).add(entry.id)
        for person in (*movie.directors, *movie.cast):
            self._people[person.person_id] = person.name

    def put_stats(self, movie_id: str, stats: Stats) -> None:
        """Let a title have these figures, if it is shown: nothing else of it is made anew."""
        if (entry := self.entries.get(movie_id)) is None:
            return
        before = Stats.model_validate_json(entry.stats)
        keys = {order: key for order, key in entry.keys.items() if order not in _BY_FIGURES} | _figure_keys(stats)
        for order in _BY_FIGURES:
            self._leave_order(order, entry)
        cards = {language: with_figures(shown, before, stats) for language, shown in entry.cards.items()}
        entry = replace(entry, stats=_encode_stats(stats), cards=cards, digests=_digests(cards), keys=keys)
        self._keep(entry)
        for order in _BY_FIGURES:
            self._join_order(order, entry)
        self.search.set_views(movie_id, stats.views)

    def remove(self, movie_id: str) -> None:
        """Hide the title, if it is shown."""
        self._take_out(movie_id)
        self.search.remove(movie_id)

    def _take_out(self, movie_id: str) -> None:
        if (entry := self.entries.pop(movie_id, None)) is None:
            return
        if self.by_slug.get(entry.slug) is entry:
            del self.by_slug[entry.slug]
        for episode_id in entry.episode_ids:
            if self.by_episode.get(episode_id) is entry:
                del self.by_episode[episode_id]
        for order in ORDERS:
            self._leave_order(order, entry)
        for facet in entry.facets:
            members = self._facets[facet]
            members.discard(entry.id)
            if not members:
                del self._facets[facet], self._shared[facet]
                if facet[0] in ("cast", "director"):
                    self._forget_person(str(facet[1]))

    def _keep(self, entry: Entry) -> None:
        self.entries[entry.id] = self.by_slug[entry.slug] = entry
        for episode_id in entry.episode_ids:
            self.by_episode[episode_id] = entry

    def _join_order(self, order: Order, entry: Entry, *, sort: bool = True) -> None:
        key = entry.keys.get(order)
        members: list[Any] = self._unordered[order] if key is None else self._orders[order]
        member = entry.id if key is None else (key, entry.id)
        if sort:
            insort(members, member)
        else:
            members.append(member)

    def _leave_order(self, order: Order, entry: Entry) -> None:
        key = entry.keys.get(order)
        members: list[Any] = self._unordered[order] if key is None else self._orders[order]
        del members[bisect_left(members, entry.id if key is None else (key, entry.id))]

    def sort_in_steps(self) -> Iterator[None]:
        """Order what was put unsorted, each step a few ms, so that a loop can go on between."""
        for lists in (self._orders, self._unordered):
            for order, unsorted in lists.items():
                ordered: list[Any] = []
                for part in sorted_in_steps(unsorted):
                    ordered += part
                    yield
                lists[order] = ordered

    def commit(self, *, only_figures: bool = False) -> None:
        """End a group of changes: what was made from the state before it is forgotten. `only_figures`: nothing but
        `put_stats` was called, so that what shows no figures may stay."""
        self.version += 1
        self._results.clear()
        self.bodies.clear()
        if not only_figures:
            self.still_bodies.clear()

    def count(self, facet: Facet) -> int:
        """How many visible titles belong to a facet."""
        return len(self._facets.get(facet, ()))

    def members(self, facet: Facet) -> AbstractSet[str]:
        """Ids of the visible titles that belong to a facet, as they stand: read it at once, and leave it as it is."""
        return self._facets.get(facet, _NOBODY)

    def name_of(self, person_id: str) -> str:
        """The name of somebody who has a visible title, else ""."""
        return self._people.get(person_id, "")

    def person(self, person_id: str) -> Person | None:
        """Somebody who has a visible title, or None."""
        if (name := self._people.get(person_id)) is None:
            return None
        directed = frozenset(self._facets.get(("director", person_id), ()))
        return Person(person_id, name, directed, frozenset(self._facets.get(("cast", person_id), ())))

    def by_creation(self) -> list[tuple[SortKey, str]]:
        """(when it was created, id) of all visible titles, oldest first: a copy, for who goes through it in slices."""
        return self._orders["created_at"].copy()

    def newest_first(self, ids: Iterable[str]) -> list[Entry]:
        """Entries by release date, newest first, undated last."""
        entries = [self.entries[movie_id] for movie_id in ids]
        return sorted(entries, key=lambda entry: (entry.keys.get("release_date", ""), entry.id), reverse=True)

    def most_viewed(self) -> Iterator[str]:
        """Ids of all titles, most viewed first."""
        return (movie_id for _, movie_id in reversed(self._orders["views"]))

    def newest(self) -> Iterator[str]:
        """Ids of all titles with a date of release, the latest first."""
        return (movie_id for _, movie_id in reversed(self._orders["release_date"]))

    def select(
        self, filters: Mapping[str, tuple[Facet, ...]], order: Order, *, descending: bool, start: int, size: int
    ) -> tuple[int, list[Entry]]:
        """One page of the titles that have, for each filter, any of its facets.

        Shape: (how many match in all, the entries of the page). Titles without the sort key come last both ways.
        """
        if not filters:
            ids = self._page_of_all(order, descending=descending, start=start, size=size)
            return len(self.entries), [self.entries[movie_id] for movie_id in ids]
        key = (tuple(sorted(filters.items())), order, descending)
        matching = self._results.get(key)
        if matching is None:
            members = self._matching(filters)
            if start + size <= _FIRST and self._are_many(members, order):
                first = islice(self._walk(members, order, descending=descending), start, start + size)
                return len(members), [self.entries[movie_id] for movie_id in first]
            matching = self._sorted(members, order, descending=descending)
            self._results.put(key, matching, len(matching) + 1)
        return len(matching), [self.entries[movie_id] for movie_id in matching[start : start + size]]

    def _page_of_all(self, order: Order, *, descending: bool, start: int, size: int) -> list[str]:
        ordered = self._orders[order]
        total = len(ordered)
        if descending:
            page = ordered[max(total - start - size, 0) : max(total - start, 0)][::-1]
        else:
            page = ordered[start : start + size]
        ids = [movie_id for _, movie_id in page]
        if len(ids) < size:
            ids += self._unordered[order][max(start - total, 0) : max(start + size - total, 0)]
        return ids

    def _matching(self, filters: Mapping[str, tuple[Facet, ...]]) -> set[str]:
        sets: list[set[str]] = []
        for facets in filters.values():
            members = [self._facets[facet] for facet in facets if facet in self._facets]
            sets.append(members[0] if len(members) == 1 else set().union(*members))
        smallest, *others = sorted(sets, key=len)
        return set(smallest).intersection(*others)

    def _are_many(self, ids: set[str], order: Order) -> bool:
        """Whether walking the ordering takes less than sorting them."""
        return len(ids) * 8 > len(self._orders[order])

    def _walk(self, ids: set[str], order: Order, *, descending: bool) -> Iterator[str]:
        ordered = self._orders[order]
        yield from (movie_id for _, movie_id in (reversed(ordered) if descending else ordered) if movie_id in ids)
        yield from (movie_id for movie_id in self._unordered[order] if movie_id in ids)

    def _sorted(self, ids: set[str], order: Order, *, descending: bool) -> list[str]:
        if self._are_many(ids, order):  # all of it at once takes a quarter of what walking through it does
            matching = [movie_id for _, movie_id in self._orders[order] if movie_id in ids]
        else:
            keyed = [(key, i) for i in ids if (key := self.entries[i].keys.get(order)) is not None]
            matching = [movie_id for _, movie_id in sorted(keyed)]
        if descending:
            matching.reverse()
        return matching + [movie_id for movie_id in self._unordered[order] if movie_id in ids]

    def _forget_person(self, person_id: str) -> None:
        if not self.count(("cast", person_id)) and not self.count(("director", person_id)):
            self._people.pop(person_id, None)


def _to_entry(movie: Movie, facets: tuple[Facet, ...]) -> Entry:
    in_vi, in_en = movie.title_in("vi"), movie.title_in("en")
    title_vi = collation_key(in_vi)
    keys: dict[Order, SortKey | None] = {
        "release_date": movie.release_date or (str(movie.year) if movie.year else None),
        **_figure_keys(movie.stats),
        "title_vi": title_vi,
        "title_en": title_vi if in_en == in_vi else collation_key(in_en),
        "created_at": movie.created_at.timestamp(),
    }
    cards: dict[Language, bytes] = {"vi": encode(card(movie, "vi")), "en": encode(card(movie, "en"))}
    return Entry(
        id=movie.id,
        slug=movie.slug,
        source=movie.model_dump_json(exclude_defaults=True, exclude={"stats"}).encode(),
        stats=_encode_stats(movie.stats),
        cards=cards,
        digests=_digests(cards),
        keys={order: key for order, key in keys.items() if key is not None},
        facets=facets,
        year=movie.year,
        genres=len({genre.id for genre in movie.genres}),
        episode_ids=tuple(episode.id for season in movie.seasons for episode in season.episodes),
        changed_at=iso_z(movie.updated_at),
        has_trailer=movie.trailer is not None,
    )


def _digests(cards: dict[Language, bytes]) -> bytes:
    both = (hashlib.sha256(cards[language], usedforsecurity=False).digest() for language in LANGUAGES)
    return b"".join(digest[:_DIGEST_BYTES] for digest in both)


def _figure_keys(stats: Stats) -> dict[Order, SortKey]:
    keys: dict[Order, SortKey] = {"views": stats.views}
    return keys if stats.rating is None else {**keys, "rating": stats.rating}


def _encode_stats(stats: Stats) -> bytes:
    return stats.model_dump_json(exclude_defaults=True).encode()


def _facets(movie: Movie) -> Iterable[Facet]:
    yield ("kind", movie.kind.value)
    yield ("letter_vi", first_letter(movie.title_in("vi")))
    yield ("letter_en", first_letter(movie.title_in("en")))
    if movie.year:
        yield ("year", movie.year)
    if movie.nation:
        yield ("nation", movie.nation.id)
    if movie.exclusivity:
        yield ("exclusivity", movie.exclusivity.id)
    yield from {("genre", genre.id) for genre in movie.genres}
    yield from {("cast", member.person_id) for member in movie.cast}
    yield from {("director", person.person_id) for person in movie.directors}
