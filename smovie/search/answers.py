"""Searching and suggesting as JSON, from the snapshot. Who asks for much lets others go first after each slice of it.

Shape of every answer: (JSON bytes, strong ETag). They are not kept: people type anything, and what is kept of lists
and details is worth more.
"""

from dataclasses import dataclass
from typing import Any

import orjson

from smovie.catalog.queries import Body, tagged
from smovie.catalog.render import Json, encode
from smovie.catalog.snapshot import Snapshot
from smovie.models.catalog import Language
from smovie.models.search import SearchQuery, SuggestQuery
from smovie.search.finder import Answer, Hit, find_in_steps
from smovie.search.index import Title
from smovie.search.ranges import Marker, Range
from smovie.search.suggesting import Suggestion, Trending
from smovie.search.suggesting import suggest_in_steps as find_suggestions
from smovie.slices import Steps, finish_in_slices

_MOST_PEOPLE = 3  # whose names are marked in a hit


@dataclass(frozen=True)
class Found:
    """The answer to a search, and how many hits it has."""

    body: Body
    hits: int


async def search(snapshot: Snapshot, query: SearchQuery, language: Language) -> Found:
    """The titles that a text means, best first, with where in them its words stand."""
    return await finish_in_slices(lambda: search_in_steps(snapshot, query, language), lambda: snapshot.search.changes)


def search_in_steps(snapshot: Snapshot, query: SearchQuery, language: Language) -> Steps[Found]:
    """The same, for who does it at one go."""
    answer = yield from find_in_steps(snapshot.search, query.q, query.limit)
    marker = Marker(answer.words)
    hits = []
    for hit in answer.hits:
        yield
        hits.append(_hit(snapshot, hit, answer, marker, language))
    body = tagged(encode({"q": query.q})[:-1] + b',"results":[' + b",".join(hits) + b"]}")
    return Found(body, len(answer.hits))


async def suggest(snapshot: Snapshot, query: SuggestQuery, language: Language, trending: Trending) -> Body:
    """What a text may become."""
    return await finish_in_slices(
        lambda: suggest_in_steps(snapshot, query, language, trending), lambda: snapshot.search.changes
    )


def suggest_in_steps(snapshot: Snapshot, query: SuggestQuery, language: Language, trending: Trending) -> Steps[Body]:
    """The same, for who does it at one go."""
    found = yield from find_suggestions(snapshot.search, query.q, snapshot.most_viewed, trending)
    yield
    marker = Marker(found.words)
    results = [_suggested(snapshot, item, marker, language) for item in found.items]
    return tagged(encode({"q": query.q, "results": results}))


def _hit(snapshot: Snapshot, hit: Hit, answer: Answer, marker: Marker, language: Language) -> bytes:
    index = snapshot.search
    shown = snapshot.entries[hit.id].cards[language]
    matched = _matched(snapshot, orjson.loads(shown), index[index.row_of(hit.id)], answer, marker)
    return shown[:-1] + b"," + encode({"tier": hit.tier, "score": hit.score, "matched": matched})[1:]


def _matched(snapshot: Snapshot, card: Json, title: Title, answer: Answer, marker: Marker) -> list[Json]:
    """The names with the query's words in them; people and genres where the names do not have them all."""
    found = [_found("title", card["title"], marker)]
    if card["original_title"] != card["title"]:
        found.append(_found("original_title", card["original_title"], marker))
    most, wanted = max(map(_marked, found)), sum(map(len, answer.words))
    for name in title.names if most < wanted else ():  # other names, and the title in the other language
        other = _found("other_title", name.shown, marker)
        if _marked(other) > most:
            found.append(other)
            most = _marked(other)
    if most < wanted:
        meant = [snapshot.search.people[person].name for person in title.people if person in answer.people]
        people = [_found("person", name, marker) for name in meant]
        found += sorted(people, key=_marked, reverse=True)[:_MOST_PEOPLE]
        found += [_found("genre", genre["name"], marker) for genre in card["genres"]]
    return [one for one in found if one["ranges"]]


def _found(field: str, text: str, marker: Marker) -> Json:
    return {"field": field, "text": text, "ranges": marker.ranges(text)}


def _marked(found: Json) -> int:
    ranges: list[Range] = found["ranges"]
    return sum(end - start for start, end in ranges)


def _suggested(snapshot: Snapshot, item: Suggestion, marker: Marker, language: Language) -> Json:
    shown: dict[str, Any] = {"slug": None, "year": None, "poster": None}
    if item.type == "title":
        card = orjson.loads(snapshot.entries[item.id].cards[language])
        shown = {name: card[name] for name in shown}
        text = card["title"]
    elif item.type == "person":
        person = snapshot.person(item.id)
        text = person.name if person else ""
    else:
        name = snapshot.search.genres[item.id].shown
        text = name.in_language(language) if name else ""
    return {"type": item.type, "id": item.id, "text": text, **shown, "ranges": marker.ranges(text)}
