"""What making sitemaps costs, and how long it holds the loop at a time (smovie/seo/sitemaps.py).

python -m bench.sitemaps [--titles 36273 200000]
"""

import argparse
import asyncio
import time
from typing import Any, cast

import uvloop

from bench.table import show_table
from smovie.catalog.feed import CatalogFeed
from smovie.catalog.snapshot import Snapshot
from smovie.collector import end_loading
from smovie.models.base import now
from smovie.models.catalog import Movie, Translation
from smovie.seo.site import Site
from smovie.seo.sitemaps import Sitemaps

_DESCRIPTION = "Hai người gặp lại nhau sau nhiều năm xa quê. " * 8


def a_catalogue(titles: int) -> CatalogFeed:
    """Titles as a real catalogue would have them, every second with a trailer."""
    snapshot, at = Snapshot(), now()
    for number in range(titles):
        snapshot.put(a_movie(number, at), sort=False)
    for _ in snapshot.sort_in_steps():
        pass
    feed = CatalogFeed(cast(Any, None))  # nothing is read: what it serves is given
    feed.snapshot = snapshot
    return feed


def a_movie(number: int, at: Any) -> Movie:
    title = f"Một cái tên vừa phải {number}"
    trailer = f"https://cdn.example/trailers/{number}.mp4" if number % 2 else None
    return Movie.model_validate(
        {
            "id": f"{number:020}", "kind": "movie", "slug": f"mot-cai-ten-{number}", "title": title,
            "translations": {"vi": Translation(title=title, description=_DESCRIPTION)},
            "trailer": trailer, "trailer_s": 95, "created_at": at, "updated_at": at,
        }
    )  # fmt: skip


class Bystander:
    """Somebody else on the loop: notes the longest time without a turn, in ms of this thread's CPU."""

    async def __aenter__(self) -> "Bystander":
        self.longest_ms = 0.0
        self._task = asyncio.create_task(self._watch())
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await asyncio.sleep(0)
        self._task.cancel()

    async def _watch(self) -> None:
        before = time.thread_time()
        while True:
            await asyncio.sleep(0)
            at = time.thread_time()
            self.longest_ms, before = max(self.longest_ms, (at - before) * 1e3), at


async def all_files(sitemaps: Sitemaps) -> tuple[int, float, float]:
    """Ask for the index and all parts. Shape: (parts, MiB in all, MiB compressed)."""
    index = b"".join((await sitemaps.index()).pieces())
    files = [await sitemaps.part(number + 1) for number in range(index.count(b"<loc>"))]
    return len(files), sum(f.size_bytes for f in files) / 2**20, sum(len(f.gzipped) for f in files) / 2**20


async def measured(what: str, sitemaps: Sitemaps) -> list[object]:
    began = time.perf_counter()
    async with Bystander() as bystander:
        parts, plain, packed = await all_files(sitemaps)
    took_ms = (time.perf_counter() - began) * 1e3
    titles = len(sitemaps.catalog.snapshot.entries)
    return [
        f"{titles:,} titles, {what}",
        took_ms,
        bystander.longest_ms,
        f"{parts} of {plain:.0f} MiB, packed {packed:.1f}",
    ]


async def main(sizes: list[int]) -> None:
    rows = []
    for titles in sizes:
        sitemaps = Sitemaps(a_catalogue(titles), Site("https://phim.example"))
        end_loading()
        rows.append(await measured("first time", sitemaps))
        snapshot = sitemaps.catalog.snapshot
        snapshot.put(a_movie(titles, now()))
        snapshot.commit()
        rows.append(await measured("one more", sitemaps))
        snapshot.remove(f"{0:020}")
        snapshot.commit()
        rows.append(await measured("the oldest gone", sitemaps))
    show_table(
        "all sitemaps, as a crawler asks for them", ["what", "ms", "longest hold of the loop, ms", "files"], rows
    )


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--titles", type=int, nargs="+", default=[36_273, 200_000])
    uvloop.run(main(options.parse_args().titles))
