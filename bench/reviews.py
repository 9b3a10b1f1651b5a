"""How a title's rating follows its reviews, in each way that was weighed (docs/decisions/0011).

python -m bench.reviews [--raters 1000] [--killed]
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

import uvloop
from pymongo import UpdateOne

from bench.table import percentile, show_table
from smovie.embedded import embedded_mongod, own_folder
from smovie.models.base import now
from smovie.models.reviews import ReviewDraft
from smovie.reviews import count_anew
from smovie.store import reviews
from smovie.store.indexes import create_indexes
from smovie.store.mongo import Database, open_database
from smovie.talk.turns import Turns

_RATINGS_OF_EACH = 3
_WITHIN_S = 20.0


class OneByOne:
    """A row and an `$inc` beside each other, which a crash in between makes wrong for good."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def rate(self, user_id: str, rating: int) -> None:
        await self.write(user_id, rating, None)

    async def write(self, user_id: str, rating: int, session: Any) -> None:
        row = {"rating": rating, "text": ""}
        before = await self.db.reviews.find_one_and_update(
            {"movie_id": "title", "user_id": user_id},
            {"$set": row, "$setOnInsert": {"_id": user_id}},
            upsert=True,
            session=session,
        )
        figures = {"stats.rating_sum": rating - (before or {}).get("rating", 0), "stats.rating_count": int(not before)}
        await self.db.movies.update_one({"_id": "title"}, {"$inc": figures}, session=session)


class TransactionEach(OneByOne):
    """Both in a transaction: of those that meet at the title all but one begin anew."""

    async def rate(self, user_id: str, rating: int) -> None:
        async with await self.db._client.start_session() as session:
            await session.with_transaction(lambda given: self.write(user_id, rating, given))


class SharedTransactions(OneByOne):
    """What arrives while a transaction is under way shares the next."""

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self._waiting: list[tuple[str, int, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def rate(self, user_id: str, rating: int) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((user_id, rating, done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        await done

    async def _write_all(self) -> None:
        while self._waiting:
            together, self._waiting = self._waiting[:500], self._waiting[500:]
            async with await self.db._client.start_session() as session:
                await session.with_transaction(lambda given, some=together: self._write_some(some, given))
            for _, _, done in together:
                done.set_result(None)

    async def _write_some(self, some: list[tuple[str, int, "asyncio.Future[None]"]], session: Any) -> None:
        wanted = {user_id: rating for user_id, rating, _ in some}
        keys = {"movie_id": "title", "user_id": {"$in": list(wanted)}}
        before = {row["user_id"]: row["rating"] async for row in self.db.reviews.find(keys, session=session)}
        figures = {
            "stats.rating_sum": sum(wanted.values()) - sum(before.values()),
            "stats.rating_count": len(wanted) - len(before),
        }
        await self.db.movies.update_one({"_id": "title"}, {"$inc": figures}, session=session)
        rows = [
            UpdateOne(
                {"movie_id": "title", "user_id": user_id},
                {"$set": {"rating": rating, "text": ""}, "$setOnInsert": {"_id": user_id}},
                upsert=True,
            )
            for user_id, rating in wanted.items()
        ]
        await self.db.reviews.bulk_write(rows, session=session)


class Counted(OneByOne):
    """The row, marked, then a count that all who wait share: what SMovie does."""

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self._turns = Turns()

    async def rate(self, user_id: str, rating: int) -> None:
        await reviews.put(self.db, "title", user_id, "", ReviewDraft(rating=rating), now())
        await self._turns.share("title", lambda: count_anew(self.db, "title"))


async def measure(db: Database, way: OneByOne, raters: int) -> list[object]:
    """All raters at once, each three times. Shape: a row of the table."""
    await db.reviews.delete_many({})
    await db.movies.replace_one({"_id": "title"}, {"slug": "title", "title": "title"}, upsert=True)
    await way.rate("warm", 1)
    took: list[float] = []

    async def rate(number: int) -> None:
        for turn in range(_RATINGS_OF_EACH):
            began = time.perf_counter()
            await way.rate(f"user{number}", 1 + (number + turn) % 10)
            took.append(time.perf_counter() - began)

    began = time.perf_counter()
    tasks = [asyncio.create_task(rate(number)) for number in range(raters)]
    _, late = await asyncio.wait(tasks, timeout=_WITHIN_S)
    for task in late:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    failed = sum(isinstance(result, BaseException) for result in results)
    seconds = time.perf_counter() - began
    ratings = [row["rating"] async for row in db.reviews.find({})]
    stats = (await db.movies.find_one({"_id": "title"}))["stats"]
    is_exact = (stats["rating_sum"], stats["rating_count"]) == (sum(ratings), len(ratings))
    ascending = sorted(took)
    waits = f"{percentile(ascending, 0.5) * 1e3:.0f} / {percentile(ascending, 0.99) * 1e3:.0f}"
    return [type(way).__name__, len(took) / seconds, waits, failed, "exact" if is_exact else "wrong"]


async def counting(db: Database, stored: int) -> float:
    """How long it takes to count a title's reviews when there are so many, in ms."""
    rows = [{"_id": f"{number}", "movie_id": "title", "user_id": f"{number}", "rating": 5} for number in range(stored)]
    await db.reviews.delete_many({})
    await db.reviews.insert_many(rows)
    await db.movies.replace_one({"_id": "title"}, {"slug": "title", "title": "title"}, upsert=True)
    began = time.perf_counter()
    assert await reviews.COUNTED.recount(db, "title")
    took_ms = (time.perf_counter() - began) * 1e3
    assert (await db.movies.find_one({"_id": "title"}))["stats"]["rating_count"] == stored
    return took_ms


async def held_by_a_dead_transaction(url: str, db: Database) -> float:
    """How long a title can be written by nobody after a process died in a transaction on it, in s."""
    async with open_database(url, db.name) as other:
        session = await other._client.start_session()
        session.start_transaction()
        await other.movies.update_one({"_id": "title"}, {"$inc": {"stats.views": 1}}, session=session)
        began = time.perf_counter()  # nothing more comes of that transaction
        await db.movies.update_one({"_id": "title"}, {"$inc": {"stats.views": 1}})
        held_s = time.perf_counter() - began
        await session.end_session()
    return held_s


async def main(raters: int, *, killed: bool) -> None:
    with tempfile.TemporaryDirectory() as name, own_folder(Path(name)):
        async with embedded_mongod(Path(name)) as url, open_database(url, "bench") as db:
            await create_indexes(db)
            ways = (OneByOne, SharedTransactions, Counted, TransactionEach)
            print(f"counting a title with 100,000 reviews takes {await counting(db, 100_000):.0f} ms")
            rows = [await measure(db, way(db), raters) for way in ways]
            show_table(
                f"{raters:,} raters of one title", ["way", "ratings/s", "p50 / p99 ms", "not done", "figures"], rows
            )
            if killed:
                held_s = await held_by_a_dead_transaction(url, db)
                print(f"a transaction whose process is dead holds the title for {held_s:.0f} s")


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--raters", type=int, default=1_000)
    options.add_argument("--killed", action="store_true", help="also wait for what a dead transaction holds: a minute")
    given = options.parse_args()
    uvloop.run(main(given.raters, killed=given.killed))
