"""What a title in very many watchlists costs: counting them, and telling all of a new episode (docs/watching.md); and
what one's own adds to a title's page.

python -m bench.watchlists [--followers 100000]
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any, cast

import uvloop

from bench.sitemaps import Bystander, a_movie
from bench.table import percentile, show_table
from handlers.live.frames import RoomCodec
from hub.hub import Hub
from smovie import new_episodes
from smovie.catalog.feed import CatalogFeed
from smovie.catalog.queries import show_movie
from smovie.embedded import embedded_mongod, own_folder
from smovie.models.accounts import Identity, Role
from smovie.models.base import now
from smovie.models.catalog import Episode, Season
from smovie.notifications import NotificationDesk
from smovie.own_titles import show_own_movie
from smovie.seo.site import Site
from smovie.store import announcements
from smovie.store.indexes import create_indexes
from smovie.store.mongo import Database, open_database
from smovie.store.movies import to_document
from smovie.store.watchlist import COUNTED

_TOGETHER = 5_000
_PAGES = 1_000
_SITE = Site("https://phim.example")


async def follow(db: Database, movie_id: str, followers: int) -> None:
    """Let so many users have a title in their lists."""
    at = now()
    for start in range(0, followers, _TOGETHER):
        rows = [
            {"_id": f"{number:020}", "movie_id": movie_id, "user_id": f"{number:020}", "state": "watching",
             "added_at": at, "changed_at": at, "change": f"{number:020}"}
            for number in range(start, min(start + _TOGETHER, followers))
        ]  # fmt: skip
        await db.watchlist.insert_many(rows)


def a_hub() -> Hub:
    loop = asyncio.get_running_loop()
    return Hub(codec=RoomCodec(), call_soon=loop.call_soon, call_later=loop.call_later, clock=loop.time)


async def telling(db: Database, feed: CatalogFeed, movie_id: str) -> list[object]:
    """Tell all who follow of a new episode. Shape: a row of the table."""
    desk = NotificationDesk(db, feed, cast(Any, None), a_hub())
    await announcements.begin(db, movie_id, [])
    await announcements.note(db, movie_id, ["e1"], now(), now())
    began = time.perf_counter()
    async with Bystander() as bystander:
        assert await new_episodes.tell_next(desk)
    seconds = time.perf_counter() - began
    told = await db.notifications.count_documents({"episode_id": "e1"})
    return [f"telling {told:,} users", seconds * 1e3, told / seconds, bystander.longest_ms]


async def counting(db: Database, movie_id: str, followers: int) -> list[object]:
    began = time.perf_counter()
    async with Bystander() as bystander:
        assert await COUNTED.recount(db, movie_id)
    seconds = time.perf_counter() - began
    assert (await db.movies.find_one({"_id": movie_id}))["stats"]["watchlisted"] == followers
    return [f"counting {followers:,} lists", seconds * 1e3, followers / seconds, bystander.longest_ms]


async def pages(db: Database, feed: CatalogFeed, slug: str) -> list[list[object]]:
    """A title's page for everybody, and with what is one's own. Shape: rows of a table."""
    caller = Identity(
        user_id=f"{7:020}", username="", role=Role.USER, verified=True, session_id="", expires_at=0
    )  # fmt: skip
    rows: list[list[object]] = []
    for what, own in (("for everybody", False), ("with one's own", True)):
        took = []
        for _ in range(_PAGES):
            began = time.perf_counter()
            if own:
                await show_own_movie(db, feed.snapshot, slug, "vi", _SITE, caller)
            else:
                show_movie(feed.snapshot, slug, "vi", _SITE)
            took.append((time.perf_counter() - began) * 1e3)
        took.sort()
        rows.append([what, percentile(took, 0.5), percentile(took, 0.99)])
    return rows


async def main(followers: int) -> None:
    with tempfile.TemporaryDirectory() as name, own_folder(Path(name)):
        async with embedded_mongod(Path(name)) as url, open_database(url, "bench") as db:
            await create_indexes(db)
            season = Season(id="s1", number=1, episodes=(Episode(id="e1", number=1),))
            movie = a_movie(1, now()).model_copy(update={"seasons": (season,)})
            feed = CatalogFeed(db)
            feed.snapshot.put(movie)
            await db.movies.insert_one(to_document(movie))
            await follow(db, movie.id, followers)
            rows = [await counting(db, movie.id, followers), await telling(db, feed, movie.id)]
            show_table(f"a title in {followers:,} lists", ["what", "ms", "per s", "longest hold of the loop, ms"], rows)
            show_table("a title's page, ms", ["what", "p50", "p99"], await pages(db, feed, movie.slug))


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--followers", type=int, default=100_000)
    uvloop.run(main(options.parse_args().followers))
