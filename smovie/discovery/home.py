"""The home page as JSON. What everybody sees of it is encoded once between two changes of the catalogue."""

from collections.abc import Callable, Sequence
from datetime import datetime

import orjson

from smovie.catalog.queries import Body, kept
from smovie.catalog.render import Json, encode
from smovie.catalog.snapshot import Snapshot
from smovie.discovery.banners import show_banner, visible
from smovie.discovery.rails import Rail, public_rails
from smovie.models.catalog import Language

Say = Callable[[str, dict[str, object]], str]  # the text of a code, filled with facts, in the language of an answer


def show_home(snapshot: Snapshot, trending: Sequence[str], language: Language, say: Say, at: datetime) -> Body:
    """What everybody sees at a moment, with what trends as ids."""
    today = at.date().isoformat()
    shown = snapshot.banners.shown(at)

    def make() -> bytes:
        banners = [show_banner(snapshot, banner, language) for banner in visible(snapshot, shown)]
        rails = public_rails(snapshot, trending, today)
        encoded = b",".join(_encode(rail, language, say) for rail in rails)
        return encode({"banners": banners})[:-1] + b',"rails":[' + encoded + b"]}"

    key = ("home", language, today, tuple(trending), tuple(banner.id for banner in shown))
    return kept(snapshot, key, make)


def pick_home(snapshot: Snapshot, trending: Sequence[str], language: Language, say: Say, at: datetime) -> Json:
    """The same for pages in HTML."""
    body, _ = show_home(snapshot, trending, language, say, at)
    home: Json = orjson.loads(body)
    return home


def _encode(rail: Rail, language: Language, say: Say) -> bytes:
    title = rail.genre.name.in_language(language) if rail.genre else say(f"rail_{rail.kind}", {})
    id_ = f"genre-{rail.genre.id}" if rail.genre else rail.kind
    head = encode({"id": id_, "kind": rail.kind, "title": title, "more": rail.more})
    cards = b",".join(entry.cards[language] for entry in rail.entries)
    return head[:-1] + b',"results":[' + cards + b"]}"
