"""What storing costs: each driver, comments one by one and sharing writes, and reads by id (docs/decisions 0001, 0004).

python -m bench.store [--seconds 4]
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import uvloop

from bench.table import percentile, show_table
from smovie.embedded import embedded_mongod, own_folder
from smovie.ids import new_id
from smovie.models.base import now
from smovie.models.comments import Comment
from smovie.store.comments import CommentWriter
from smovie.store.indexes import create_indexes
from smovie.store.mongo import Database, Driver, open_database

AT_ONCE = 250  # senders, as in the peers' scenario `persist`
DRIVERS = ("motor", "pymongo")


def a_comment(comment_id: str) -> Comment:
    return Comment(
        id=comment_id, episode_id="e", user_id="u", username="Lan", message="Phim hay quá! " * 4, created_at=now()
    )


def a_document(comment_id: str) -> dict[str, Any]:
    """What is stored of such a comment."""
    return {"_id": comment_id, **a_comment(comment_id).model_dump(mode="python", exclude={"id"})}


async def rate(work: Callable[[], Awaitable[None]], seconds: float, at_once: int) -> tuple[float, list[float]]:
    """How often per second `work` is done by so many at once, and how long each took, in ms."""
    took: list[float] = []
    until = time.perf_counter() + seconds

    async def again_and_again() -> None:
        while (began := time.perf_counter()) < until:
            await work()
            took.append((time.perf_counter() - began) * 1e3)

    await asyncio.gather(*(again_and_again() for _ in range(at_once)))
    return len(took) / seconds, took


async def measure(db: Database, seconds: float) -> list[list[object]]:
    """Rows of the table for one driver."""
    writer = CommentWriter(db)

    async def alone() -> None:
        await db.comments.insert_one(a_document(new_id()))

    async def together() -> None:
        await writer.store(a_comment(writer.next_id()))

    async def read() -> None:
        await db.comments.find_one({"_id": known})

    known = new_id()
    await db.comments.insert_one({"_id": known, "episode_id": "e"})
    rows = []
    for name, work, at_once in (
        ("comment, one insert each", alone, AT_ONCE),
        ("comment, sharing writes", together, AT_ONCE),
        ("comment, one insert each", alone, 1),
        ("comment, sharing writes", together, 1),
        ("read by id", read, 50),
    ):
        per_second, took = await rate(work, seconds, at_once)
        took.sort()
        rows.append([db.driver, name, at_once, per_second, percentile(took, 0.5), percentile(took, 0.99)])
    return rows


async def main(seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder, own_folder(Path(folder)):
        async with embedded_mongod(Path(folder)) as url:
            rows = []
            for driver in DRIVERS:
                async with open_database(url, f"bench_{driver}", driver=cast(Driver, driver)) as db:
                    await create_indexes(db)
                    rows += await measure(db, seconds)
    show_table("storing and reading", ["driver", "what", "at once", "per second", "p50 ms", "p99 ms"], rows)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=4.0)
    uvloop.run(main(options.parse_args().seconds))
