"""The home page as JSON: banners, then rails of titles (API.md "Catalogue, search, discovery").

What everybody sees is encoded once between two changes of the catalogue. Who has signed in gets the same bytes behind
the rails of their own; where those cannot be read, the page says so and is there all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from smovie.catalog.feed import CatalogFeed
from smovie.catalog.queries import Body, kept, tagged
from smovie.catalog.render import encode
from smovie.discovery.banners import show_banner, visible
from smovie.discovery.personal import personal_rails
from smovie.discovery.rails import Rail, public_rails
from smovie.discovery.similar import Say, SimilarDesk
from smovie.discovery.trending import Trending
from smovie.errors import Unavailable
from smovie.models.accounts import Identity
from smovie.models.catalog import Language
from smovie.models.home import MOST_ON_RAIL, PERSONAL_RAILS, RailKind
from smovie.watching import WatchingDesk


@dataclass(frozen=True)
class HomeDesk:
    """What the verbs of the home page work with."""

    catalog: CatalogFeed
    trending: Trending
    similar: SimilarDesk
    watching: WatchingDesk


def show_public_home(
    desk: HomeDesk, language: Language, say: Say, at: datetime, missing: Sequence[RailKind] = ()
) -> Body:
    """What everybody sees at a moment."""
    return _assemble(desk, language, say, at, (), missing)


async def read_home(desk: HomeDesk, caller: Identity, language: Language, say: Say, at: datetime) -> Body:
    """What the caller sees at a moment: with rails of their own, or what is missing of them."""
    try:
        rails = await personal_rails(desk.watching, desk.similar, caller, language, say)
    except Unavailable:
        return show_public_home(desk, language, say, at, PERSONAL_RAILS)
    return _assemble(desk, language, say, at, rails, ())


def _assemble(
    desk: HomeDesk, language: Language, say: Say, at: datetime, own: Sequence[bytes], missing: Sequence[RailKind]
) -> Body:
    snapshot = desk.catalog.snapshot
    trending = tuple(hit.id for hit in desk.trending.hits("24h", MOST_ON_RAIL) if hit.basis != "new")
    banners = snapshot.banners.shown(at)
    today = at.date().isoformat()
    key = (language, today, trending, tuple(banner.id for banner in banners))

    def make_banners() -> bytes:
        return encode([show_banner(snapshot, banner, language) for banner in visible(snapshot, banners)])

    def make_rails() -> bytes:
        return b",".join(_encode(rail, language, say) for rail in public_rails(snapshot, trending, today))

    def make() -> bytes:
        above, _ = kept(snapshot, ("home banners", *key), make_banners, shows_figures=False)
        below, _ = kept(snapshot, ("home rails", *key), make_rails)
        rails = b",".join((*own, *([below] if below else ())))
        return b'{"banners":' + above + b',"rails":[' + rails + b'],"missing":' + encode(list(missing)) + b"}"

    return tagged(make()) if own else kept(snapshot, ("home", *key, tuple(missing)), make)


def _encode(rail: Rail, language: Language, say: Say) -> bytes:
    title = rail.genre.name.in_language(language) if rail.genre else say(f"rail_{rail.kind}", {})
    id_ = f"genre-{rail.genre.id}" if rail.genre else rail.kind
    head = encode({"id": id_, "kind": rail.kind, "title": title, "more": rail.more})
    cards = b",".join(entry.cards[language] for entry in rail.entries)
    return head[:-1] + b',"results":[' + cards + b"]}"
