"""What the catalogue costs from memory and from MongoDB (docs/decisions/0002).

python -m bench.snapshot [--titles FILE]
"""

import argparse
import asyncio
import gc
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import uvloop

from bench.proc import rss_bytes
from bench.table import show_table
from bench.titles import titles_file
from smovie.catalog import queries
from smovie.catalog.feed import CatalogFeed
from smovie.catalog.snapshot import Snapshot
from smovie.embedded import embedded_mongod, own_folder
from smovie.importing.importer import import_titles
from smovie.models.catalog_query import MovieQuery
from smovie.store.indexes import create_indexes
from smovie.store.mongo import Database, open_database


def microseconds(work: Callable[[], object], times: int) -> float:
    """The median time of `work`, in µs."""
    took = []
    for _ in range(times):
        began = time.perf_counter_ns()
        work()
        took.append((time.perf_counter_ns() - began) / 1e3)
    return statistics.median(took)


async def from_mongodb(db: Database, times: int) -> float:
    """The same page the naive way: count, sort, limit, per request. Median µs."""
    took = []
    for _ in range(times):
        began = time.perf_counter_ns()
        found = {"is_active": True, "genres.id": "war"}
        await db.movies.count_documents(found)
        cursor = db.movies.find(found, {"seasons": 0, "cast": 0}).sort("release_date", -1).limit(20)
        assert [row async for row in cursor]
        took.append((time.perf_counter_ns() - began) / 1e3)
    return statistics.median(took)


def measure(snapshot: Snapshot) -> list[list[object]]:
    """Costs within one process, in µs."""
    query = MovieQuery(genre=("war",))
    some = [entry.movie() for entry in list(snapshot.entries.values())[:: max(len(snapshot.entries) // 200, 1)]]
    edits = iter(some * 3)

    def make_anew() -> None:
        snapshot.commit()
        queries.list_movies(snapshot, query, "vi")

    def edit() -> None:
        snapshot.put(next(edits))

    return [
        ["filtered page, made before", microseconds(lambda: queries.list_movies(snapshot, query, "vi"), 5000)],
        ["filtered page, first after a change", microseconds(make_anew, 300)],
        ["one title edited", microseconds(edit, len(some))],
    ]


async def main(file: Path | None) -> None:
    with tempfile.TemporaryDirectory() as name, own_folder(Path(name)):
        async with embedded_mongod(Path(name)) as url, open_database(url, "bench") as db:
            await create_indexes(db)
            await import_titles(db, titles_file(file, Path(name)), dry_run=False, on_progress=lambda _: None)
            gc.collect()
            before, began = rss_bytes(os.getpid()), time.perf_counter()
            feed = CatalogFeed(db)
            following = asyncio.create_task(feed.run())
            await feed.wait_loaded()
            loaded_s = time.perf_counter() - began
            titles = len(feed.snapshot.entries)
            gc.collect()
            kib = (rss_bytes(os.getpid()) - before) / titles / 1024
            rows = measure(feed.snapshot)
            rows.append(["the same page from MongoDB", await from_mongodb(db, 100)])
            following.cancel()
    print(f"{titles:,} titles loaded in {loaded_s:.1f} s, {kib:.1f} KiB of memory a title")
    show_table("the catalogue, in one process", ["what", "median µs"], rows)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--titles", type=Path)
    uvloop.run(main(options.parse_args().titles))
