"""The rails of the home page that are somebody's own: what they go on with, and what is like what they saw last."""

import asyncio
from collections.abc import Iterable
from typing import Any

import orjson

from smovie.catalog.render import Json, encode
from smovie.catalog.snapshot import Entry
from smovie.discovery.rails import FEWEST_ON_RAIL
from smovie.discovery.similar import Say, SimilarDesk, similar_cards
from smovie.models.accounts import Identity
from smovie.models.catalog import Language
from smovie.models.home import MOST_ON_RAIL
from smovie.models.similar import MOST_SIMILAR
from smovie.store.progress import recent_titles
from smovie.watching import WatchingDesk, continue_row

BECAUSE_RAILS = 2
_WATCHED = 100  # titles, those watched last: they are not offered again
_CONTINUE_PATH = "/api/v1/me/continue"


async def personal_rails(
    desk: WatchingDesk, similar: SimilarDesk, caller: Identity, language: Language, say: Say
) -> list[bytes]:
    """The caller's own rails, encoded; none for who has watched nothing. Errors: Unavailable."""
    await desk.writer.settle(caller.user_id)  # both read what the player told a moment ago
    row, recent = await asyncio.gather(
        continue_row(desk, caller.user_id, language, MOST_ON_RAIL), recent_titles(desk.db, caller.user_id, _WATCHED)
    )
    watched = {movie_id for movie_id, _, _ in recent}
    entries = desk.catalog.snapshot.entries
    done = (entries[movie_id] for movie_id, _, is_done in recent if is_done and movie_id in entries)
    return [*_continue_rail(row, say), *_because_rails(similar, done, watched, language, say)]


def _continue_rail(row: list[Json], say: Say) -> list[bytes]:
    if not row:
        return []
    head = {"id": "continue", "kind": "continue", "title": say("rail_continue", {}), "more": _CONTINUE_PATH}
    cards = [_with(encode(one["movie"]), watching={k: v for k, v in one.items() if k != "movie"}) for one in row]
    return [encode(head)[:-1] + b',"results":[' + b",".join(cards) + b"]}"]


def _because_rails(
    desk: SimilarDesk, done: Iterable[Entry], watched: set[str], language: Language, say: Say
) -> list[bytes]:
    rails: list[bytes] = []
    offered = set(watched)
    for entry in done:
        similar = similar_cards(desk, entry.slug, MOST_SIMILAR, language, say)
        cards = [card for card in similar if card["id"] not in offered][:MOST_ON_RAIL]
        if len(cards) >= FEWEST_ON_RAIL:
            offered.update(card["id"] for card in cards)
            rails.append(_because_rail(entry, cards, language, say))
        if len(rails) == BECAUSE_RAILS:
            break
    return rails


def _because_rail(entry: Entry, cards: list[Json], language: Language, say: Say) -> bytes:
    title: str = orjson.loads(entry.cards[language])["title"]
    return encode(
        {
            "id": f"because-{entry.slug}",
            "kind": "because",
            "title": say("rail_because", {"title": title}),
            "because": {"kind": "watched", "id": entry.id, "slug": entry.slug, "name": title},
            "results": cards,
            "more": f"/api/v1/movies/{entry.slug}/similar",
        }
    )


def _with(card: bytes, **members: Any) -> bytes:
    """An encoded card with more members."""
    return card[:-1] + b"," + encode(members)[1:]
