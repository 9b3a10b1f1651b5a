"""Keeping figures of titles what the stored documents say (`smovie/store/counted.py`), whoever crashes in between."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from smovie.errors import Unavailable
from smovie.store.counted import Counted
from smovie.store.mongo import Database

log = structlog.get_logger("counting")

_COUNTS_MAX = 20  # tries; each that fails means that another instance has counted


async def count_title(db: Database, of: Counted, movie_id: str) -> None:
    """Make a title's figures what is stored. Errors: Unavailable; whoever looks for marks does it later."""
    for _ in range(_COUNTS_MAX):
        if await of.recount(db, movie_id):
            return
    raise Unavailable("busy", retry_after_s=1)


async def count_all(titles: Sequence[str], count: Callable[[str], Awaitable[None]]) -> None:
    """Count titles together, each whatever becomes of another. Errors: the first that one had."""
    counted = await asyncio.gather(*(count(title) for title in titles), return_exceptions=True)
    if problem := next((result for result in counted if isinstance(result, BaseException)), None):
        raise problem


async def repeat(look: Callable[[], Awaitable[None]], *, every_s: float, what: Counted) -> None:
    """Look for what waits to be counted, again and again, until cancelled."""
    while True:
        await asyncio.sleep(every_s)
        try:
            await look()
        except Unavailable:
            log.warning("figures wait for the database to be counted", of=what.collection)
