"""What counting views costs, a busy minute of them, and reading what trends (docs/decisions/0012).

python -m bench.views [--titles FILE] [--per-second 200] [--seconds 65] [--json FILE]
"""

import asyncio
import os
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import click
import uvloop

from bench.proc import cpu_s
from bench.snapshot import microseconds
from bench.table import percentile, show_table, write_json
from bench.titles import titles_file
from smovie.catalog import queries
from smovie.catalog.feed import CatalogFeed
from smovie.catalog.snapshot import Snapshot
from smovie.collector import end_loading
from smovie.discovery.trending import Trending
from smovie.embedded import embedded_mongod, own_folder
from smovie.errors import Unavailable
from smovie.importing.importer import import_titles
from smovie.models.base import now
from smovie.models.catalog_query import MovieQuery
from smovie.models.trending import WINDOWS
from smovie.models.views import day_of, hour_of, start_of_day
from smovie.store.indexes import create_indexes
from smovie.store.mongo import Database, open_database
from smovie.views import SHOW_EVERY_S, ViewDesk

_NAIVE = 500
_NEW = 5_000
_TICK_S = 0.001
_LIST = MovieQuery(genre=("drama",))


@click.command()
@click.option("--titles", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="File to import.")
@click.option("--per-second", default=200, help="Titles with a new view each second.")
@click.option("--seconds", default=65.0, help="Length of each busy run.")
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Also write the figures here."
)
def main(titles: Path | None, per_second: int, seconds: float, json_file: Path | None) -> None:
    """Measure views."""
    click.echo(f"load average {os.getloadavg()[0]:.2f}")
    with tempfile.TemporaryDirectory(prefix="smovie-bench-") as folder, own_folder(Path(folder)):
        figures = uvloop.run(_measure(Path(folder), titles, per_second, seconds))
    click.echo(f"load average {os.getloadavg()[0]:.2f}")
    if json_file:
        write_json(json_file, figures)


async def _measure(folder: Path, file: Path | None, per_second: int, seconds: float) -> dict[str, Any]:
    async with embedded_mongod(folder) as url, open_database(url, "bench") as db:
        await create_indexes(db)
        await import_titles(db, titles_file(file, folder), dry_run=False, on_progress=lambda _: None)
        feed = CatalogFeed(db)
        following = asyncio.create_task(feed.run())
        await feed.wait_loaded()
        end_loading()
        ids = sorted(feed.snapshot.entries)
        figures = {
            "noting": await _noting(db, ids),
            "one title": _one_title(feed.snapshot),
            "busy": [
                await _busy(db, feed, ids, per_second, seconds, show_every_s) for show_every_s in (SHOW_EVERY_S, 1.0)
            ],
            "trending": await _trending(db, feed),
        }
        following.cancel()
    show_table("A view, from the caller's side", ["what", "µs"], figures["noting"])
    show_table("A title with one view more, in the snapshot", ["what", "median µs"], figures["one title"])
    columns = ["titles show their views", "views", "CPU", "loop held p99 ms", "most ms", "list p99 µs", "made anew"]
    show_table(f"{per_second} of {len(ids):,} titles viewed each second", columns, figures["busy"])
    show_table("Reading what trends, every title viewed all the time", ["window", "rows", "ms"], figures["trending"])
    return figures


async def _noting(db: Database, ids: Sequence[str]) -> list[list[object]]:
    dice = random.Random(1)
    desk = ViewDesk(db)
    new = [(f"user{number}", dice.choice(ids)) for number in range(_NEW)]
    began = time.perf_counter()
    for pair in new:
        desk.note(*pair)
    noted = time.perf_counter()
    while desk.waiting:
        with suppress(Unavailable):
            await desk.flush()
    counted = time.perf_counter()
    known = microseconds(lambda: desk.note(*new[-1]), 10_000)
    naive = time.perf_counter()
    for _, title in new[:_NAIVE]:
        await db.movies.update_one({"_id": title}, {"$inc": {"stats.views": 1}})
    naive_us = (time.perf_counter() - naive) / _NAIVE * 1e6
    await _settle(desk)
    return [
        ["noted again: who watches on", known],
        ["noted, new today", (noted - began) / _NEW * 1e6],
        ["stored and counted, behind the caller's back", (counted - noted) / _NEW * 1e6],
        ["the naive way: an update for each view", naive_us],
        ["naive / noted again", naive_us / known],
    ]


async def _settle(desk: ViewDesk) -> None:
    """All that was noted is counted and shown, however long others keep the database busy."""
    while True:
        with suppress(Unavailable):
            await desk.flush()
            await desk.show()
            return


def _one_title(snapshot: Snapshot) -> list[list[object]]:
    some = [entry.movie() for entry in list(snapshot.entries.values())[::50]]
    turns = count()

    def next_of(put: Callable[[Any, Any], None]) -> Callable[[], None]:
        def change() -> None:
            turn = next(turns)
            movie = some[turn % len(some)]
            put(movie, movie.stats.model_copy(update={"views": movie.stats.views + turn}))

        return change

    def whole(movie: Any, stats: Any) -> None:
        snapshot.put(movie.model_copy(update={"stats": stats}))

    return [
        ["only its figures", microseconds(next_of(lambda movie, stats: snapshot.put_stats(movie.id, stats)), 2_000)],
        ["the whole title", microseconds(next_of(whole), 2_000)],
    ]


async def _busy(
    db: Database, feed: CatalogFeed, ids: Sequence[str], per_second: int, seconds: float, show_every_s: float
) -> list[object]:
    """Shape: a row of the table. One viewer for each view; who shows them is this process, who writes too."""
    dice, desk, made_anew = random.Random(2), ViewDesk(db), 0
    held_ms: list[float] = []
    list_us: list[float] = []
    tasks = [asyncio.create_task(desk.run(show_every_s)), asyncio.create_task(_watch_loop(held_ms))]
    began, cpu_before, number = time.perf_counter(), cpu_s(os.getpid()), 0
    while (passed_s := time.perf_counter() - began) < seconds:
        while number < passed_s * per_second:
            desk.note(f"{show_every_s} {number}", dice.choice(ids))
            number += 1
        before = time.perf_counter()
        made_anew += feed.snapshot.bodies.get((_LIST.address, "vi")) is None
        queries.list_movies(feed.snapshot, _LIST, "vi")
        list_us.append((time.perf_counter() - before) * 1e6)
        await asyncio.sleep(0.005)
    cpu = (cpu_s(os.getpid()) - cpu_before) / (time.perf_counter() - began)
    for task in tasks:
        task.cancel()
    await _settle(desk)
    held_ms.sort()
    return [
        f"each {show_every_s:g} s", number, cpu, percentile(held_ms, 0.99), held_ms[-1],
        percentile(sorted(list_us), 0.99), f"{made_anew} of {len(list_us)}",
    ]  # fmt: skip


async def _watch_loop(held_ms: list[float]) -> None:
    while True:
        due = time.perf_counter() + _TICK_S
        await asyncio.sleep(_TICK_S)
        held_ms.append((time.perf_counter() - due) * 1e3)


async def _trending(db: Database, feed: CatalogFeed) -> list[list[object]]:
    """Each title viewed in each hour of a day and on each of 30 days."""
    hour, today = hour_of(now()), start_of_day(day_of(now()))
    await _fill(db, "views_hourly", "hour", hour, timedelta(hours=1), 24)
    await _fill(db, "views_daily", "day", today, timedelta(days=1), 30)
    trending = Trending(db, feed)
    rows: list[list[object]] = []
    for window, of_title in zip(WINDOWS, (24, 7, 30), strict=True):
        took = []
        for _ in range(3):
            began = time.perf_counter()
            await trending.refresh(window)
            took.append((time.perf_counter() - began) * 1e3)
        rows.append([window, of_title * len(feed.snapshot.entries), min(took)])
    return rows


async def _fill(db: Database, name: str, unit: str, newest: Any, step: timedelta, rows_of_title: int) -> None:
    ago: dict[str, Any] = {"$multiply": ["$ago", step / timedelta(milliseconds=1)]}
    stages: list[dict[str, Any]] = [
        {"$project": {"ago": {"$range": [0, rows_of_title]}}},
        {"$unwind": "$ago"},
        {
            "$set": {
                "movie_id": "$_id",
                unit: {"$subtract": [newest, ago]},
                "count": {"$add": [1, {"$mod": ["$ago", 7]}]},
            }
        },
        {"$set": {"_id": {"$concat": ["$_id", ":", {"$toString": "$ago"}]}, "ago": "$$REMOVE"}},
        {"$out": name},
    ]
    await db.aggregate(db.movies, stages)


if __name__ == "__main__":
    main()
