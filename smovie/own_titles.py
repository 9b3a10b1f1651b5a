"""A title as somebody sees it who is signed in: what everybody sees, from memory, and what it is to them."""

import asyncio
import hashlib

from smovie.catalog.queries import Body, find_entry, show_movie
from smovie.catalog.snapshot import Snapshot
from smovie.errors import Unavailable
from smovie.models.accounts import Identity
from smovie.models.catalog import Language
from smovie.models.own_titles import OwnTitle
from smovie.seo.site import Site
from smovie.store import reviews, watchlist
from smovie.store.mongo import Database

_UNAVAILABLE = b'null,"mine_unavailable":true'
_READ_WITHIN_S = 0.5  # what everybody sees does not wait longer for what is theirs


async def show_own_movie(
    db: Database, snapshot: Snapshot, slug: str, language: Language, site: Site, caller: Identity | None
) -> Body:
    """A `MovieAnswer` with `mine`, null and said so while the database is away; no caller: it could not say who calls.

    Errors: NotFound.
    """
    movie_id = find_entry(snapshot, slug).id
    content, etag = show_movie(snapshot, slug, language, site)
    try:
        async with asyncio.timeout(_READ_WITHIN_S):
            mine = await _read(db, caller, movie_id) if caller else _UNAVAILABLE
    except (Unavailable, TimeoutError):
        mine = _UNAVAILABLE
    tag = hashlib.blake2b(etag.encode() + mine, digest_size=12).hexdigest()
    return content[:-1] + b',"mine":' + mine + b"}", f'"{tag}"'


async def _read(db: Database, caller: Identity, movie_id: str) -> bytes:
    review, listed = await asyncio.gather(
        reviews.of_user_and_title(db, caller.user_id, movie_id),
        watchlist.of_user_and_title(db, caller.user_id, movie_id),
    )
    mine = OwnTitle(
        rating=review.rating if review else None, text=review.text if review else "",
        spoiler=bool(review and review.spoiler), watchlist=listed.state if listed else None,
    )  # fmt: skip
    return mine.model_dump_json().encode()
