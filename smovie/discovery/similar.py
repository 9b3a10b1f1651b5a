"""Titles like another, as JSON with the reasons (API.md "Catalogue, search, discovery"): nothing here waits."""

from collections.abc import Callable
from dataclasses import dataclass

import orjson

from smovie.catalog.feed import CatalogFeed
from smovie.catalog.queries import Body, find_entry, kept
from smovie.catalog.render import Json, encode
from smovie.catalog.snapshot import Entry, Facet, Snapshot
from smovie.discovery.co_watching import CoWatching
from smovie.discovery.likeness import Likeness
from smovie.discovery.neighbours import neighbours
from smovie.models.catalog import Language
from smovie.models.similar import ReasonKind, SimilarQuery

Say = Callable[[str, dict[str, object]], str]  # the text of a code, filled with facts, in the language of an answer

MOST_REASONS, MOST_NAMES = 3, 3
_NAMELESS = ("era", "viewers")
_TAGS = {"genre": "genres", "nation": "nations"}


@dataclass(frozen=True)
class SimilarDesk:
    """What the verbs of similar titles work with."""

    catalog: CatalogFeed
    together: CoWatching


def list_similar(desk: SimilarDesk, slug: str, query: SimilarQuery, language: Language, say: Say) -> Body:
    """The titles most like one, with why. Errors: NotFound for one that is not there or not visible."""
    snapshot = desk.catalog.snapshot
    entry = find_entry(snapshot, slug)
    together = desk.together.beside(entry.id)

    def find() -> bytes:
        found = neighbours(snapshot, entry, query.limit, together.strengths)
        return encode([(one.entry.id, reasons(snapshot, one.likeness, language, say)) for one in found])

    def make() -> bytes:
        # What is like what does not change with how many have viewed it, which goes on all the time.
        found, _ = kept(snapshot, ("neighbours", slug, query, language, together.version), find, shows_figures=False)
        cards = [_card(snapshot.entries[movie_id], because, language) for movie_id, because in orjson.loads(found)]
        return b'{"results":[' + b",".join(cards) + b"]}"

    return kept(snapshot, ("similar", slug, query, language, together.version), make)


def similar_cards(desk: SimilarDesk, slug: str, limit: int, language: Language, say: Say) -> list[Json]:
    """The same for pages in HTML."""
    body, _ = list_similar(desk, slug, SimilarQuery(limit=limit), language, say)
    results: list[Json] = orjson.loads(body)["results"]
    return results


def reasons(snapshot: Snapshot, likeness: Likeness, language: Language, say: Say) -> list[Json]:
    """Why, at most three reasons: people first, for they say most to who reads it, and the time last."""
    kinds = sorted(likeness.counts, key=lambda kind: (_rank(kind), -likeness.counts[kind], kind))
    told = []
    for kind in kinds:
        names = [
            _name(snapshot, facet, language) for facet in likeness.shared[kind][:MOST_NAMES] if kind not in _NAMELESS
        ]
        if names or kind in _NAMELESS:
            text = say(f"because_{kind}", {"names": ", ".join(name["name"] for name in names)})
            told.append({"kind": kind, "names": names, "text": text})
    return told[:MOST_REASONS]


def _rank(kind: ReasonKind) -> int:
    return 0 if kind in ("director", "cast", "person") else 2 if kind == "era" else 1


def _card(entry: Entry, because: list[Json], language: Language) -> bytes:
    return entry.cards[language][:-1] + b"," + encode({"because": because})[1:]


def _name(snapshot: Snapshot, facet: Facet, language: Language) -> Json:
    kind, id_ = facet[0], str(facet[1])
    if kind in _TAGS:
        tag = snapshot.tags[_TAGS[kind]].get(id_)
        return {"id": id_, "name": tag.name.in_language(language) if tag else id_}
    return {"id": id_, "name": snapshot.name_of(id_)}
