"""Searching and suggesting as JSON, from the snapshot: no verb here waits for anything.

Shape of every answer: (JSON bytes, strong ETag). They are not kept: people type anything, and what is kept of lists
and details is worth more.
"""

from typing import Any

import orjson

from smovie.catalog.queries import Body, tagged
from smovie.catalog.render import Json, encode
from smovie.catalog.snapshot import Snapshot
from smovie.models.catalog import Language
from smovie.models.search import SearchQuery, SuggestQuery
from smovie.search.finder import Hit, find
from smovie.search.index import Title
from smovie.search.ranges import Range, find_ranges
from smovie.search.suggesting import Suggestion
from smovie.search.suggesting import suggest as find_suggestions

_MOST_PEOPLE = 3  # whose names are marked in a hit


def search(snapshot: Snapshot, query: SearchQuery, language: Language) -> Body:
    """The titles that a text means, best first, with where in them its words stand."""
    answer = find(snapshot.search, query.q, query.limit)
    hits = b",".join(_hit(snapshot, hit, answer.words, language) for hit in answer.hits)
    return tagged(encode({"q": query.q})[:-1] + b',"results":[' + hits + b"]}")


def suggest(snapshot: Snapshot, query: SuggestQuery, language: Language) -> Body:
    """What a text may become."""
    found = find_suggestions(snapshot.search, query.q, snapshot.most_viewed)
    results = [_suggested(snapshot, item, found.words, language) for item in found.items]
    return tagged(encode({"q": query.q, "results": results}))


def _hit(snapshot: Snapshot, hit: Hit, words: tuple[str, ...], language: Language) -> bytes:
    index = snapshot.search
    shown = snapshot.entries[hit.id].cards[language]
    matched = _matched(snapshot, orjson.loads(shown), index[index.row_of(hit.id)], words)
    return shown[:-1] + b"," + encode({"tier": hit.tier, "score": hit.score, "matched": matched})[1:]


def _matched(snapshot: Snapshot, card: Json, title: Title, words: tuple[str, ...]) -> list[Json]:
    """The names with the query's words in them; people and genres where the names do not have them all."""
    found = [_found("title", card["title"], words)]
    if card["original_title"] != card["title"]:
        found.append(_found("original_title", card["original_title"], words))
    most = max(map(_marked, found))
    for other in (_found("other_title", name.shown, words) for name in title.names):
        if _marked(other) > most:  # an alias, or its title in the other language
            found.append(other)
            most = _marked(other)
    if most < sum(map(len, words)):
        people = [_found("person", snapshot.search.people[person].name, words) for person in title.people]
        found += sorted(people, key=_marked, reverse=True)[:_MOST_PEOPLE]
        found += [_found("genre", genre["name"], words) for genre in card["genres"]]
    return [one for one in found if one["ranges"]]


def _found(field: str, text: str, words: tuple[str, ...]) -> Json:
    return {"field": field, "text": text, "ranges": find_ranges(text, words)}


def _marked(found: Json) -> int:
    ranges: list[Range] = found["ranges"]
    return sum(end - start for start, end in ranges)


def _suggested(snapshot: Snapshot, item: Suggestion, words: tuple[str, ...], language: Language) -> Json:
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
    return {"type": item.type, "id": item.id, "text": text, **shown, "ranges": find_ranges(text, words)}
