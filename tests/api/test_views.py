"""Views are counted once a user, title and day, and exactly, whoever crashes and whatever answer is lost."""

import asyncio
import contextlib
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo.errors import OperationFailure

from smovie.errors import Unavailable
from smovie.models.base import iso_z, now
from smovie.models.views import VIET_NAM, day_of, start_of_day
from smovie.store import views
from smovie.store.mongo import Database, open_database
from smovie.views import ViewDesk
from tests.api.test_reviews import fail_point
from tests.api.test_snapshot_follows import a_document
from tests.conftest import StartServer
from tests.support.server import start_server, test_settings
from tests.support.wait import until

TODAY = start_of_day(day_of(now()))  # not a fixed one: MongoDB forgets who saw what
NOON = TODAY + timedelta(hours=12)


class Clock:
    """A clock that a test sets."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at.timestamp()

    def __call__(self) -> float:
        return self.at


async def rows(db: Database, collection: str, unit: str) -> dict[tuple[str, datetime], int]:
    return {(row["movie_id"], row[unit]): row["count"] async for row in db.__getattr__(collection).find({})}


async def figures(db: Database) -> dict[str, int]:
    return {row["_id"]: row.get("stats", {}).get("views", 0) async for row in db.movies.find({})}


async def assert_exact(db: Database, wanted: Iterable[tuple[str, str]] | None = None) -> None:
    """What is stored as seen is what hours, days and titles say; and is what was wanted, where that is given."""
    stored = [row async for row in db.views.find({})]
    if wanted is not None:
        assert Counter((row["user_id"], row["movie_id"]) for row in stored) == Counter(set(wanted))
    hours = Counter((row["movie_id"], row["hour"]) for row in stored)
    assert await rows(db, "views_hourly", "hour") == hours
    assert await rows(db, "views_daily", "day") == Counter((r["movie_id"], start_of_day(r["day"])) for r in stored)
    seen = Counter(row["movie_id"] for row in stored)
    assert await figures(db) == {title: seen[title] for title in await figures(db)}


async def count_all(*desks: ViewDesk) -> None:
    """Count and show what was noted, however long MongoDB takes to answer again."""

    async def have() -> bool:
        with contextlib.suppress(Unavailable, OperationFailure):
            for desk in desks:
                await desk.flush()
                await desk.show()
            return True
        return False

    await until(have, within_s=30)


async def settle(db: Database) -> None:
    """Count what was left, and show it."""

    async def is_counted() -> bool:
        with contextlib.suppress(Unavailable):
            await views.count_left(db, 4e9)
        return not await db.views.count_documents({"uncounted": {"$exists": True}})

    await until(is_counted, within_s=30)
    await count_all(ViewDesk(db))


async def test_the_same_user_counts_once_a_title_and_day(db: Database) -> None:
    await db.movies.insert_many([a_document(1), a_document(2)])
    clock = Clock()
    desk = ViewDesk(db, clock)
    for _ in range(3):
        for user, title in (("a", "title1"), ("b", "title1"), ("a", "title2")):
            desk.note(user, title)
        await desk.flush()
    other = ViewDesk(db, clock)  # another instance, or this one started again
    other.note("a", "title1")
    other.note("c", "title2")
    await other.flush()
    await desk.show()
    assert await figures(db) == {"title1": 2, "title2": 2}
    await assert_exact(db, [("a", "title1"), ("b", "title1"), ("a", "title2"), ("c", "title2")])


async def test_a_day_begins_at_midnight_in_viet_nam(db: Database) -> None:
    await db.movies.insert_one(a_document(1))
    clock = Clock(TODAY - timedelta(seconds=1))
    desk = ViewDesk(db, clock)
    desk.note("a", "title1")
    clock.at += 1
    desk.note("a", "title1")
    await desk.flush()
    await desk.show()
    assert await figures(db) == {"title1": 2}
    days = (TODAY - timedelta(days=1), TODAY)
    assert await rows(db, "views_daily", "day") == {("title1", day): 1 for day in days}
    hours = (TODAY - timedelta(hours=1), TODAY)
    assert await rows(db, "views_hourly", "hour") == {("title1", hour): 1 for hour in hours}
    assert TODAY.astimezone(VIET_NAM).hour == 0


async def test_figures_that_are_there_are_added_to(db: Database) -> None:
    await db.movies.insert_one(a_document(1, stats={"views": 1_000, "rating_sum": 8, "rating_count": 1}))
    desk = ViewDesk(db, Clock())
    desk.note("a", "title1")
    await desk.stop()
    stats = (await db.movies.find_one({}))["stats"]
    assert (stats["views"], stats["rating_sum"], stats["rating_count"]) == (1_001, 8, 1)


# -- many, and in the middle -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mongo_driver", ["motor", "pymongo"])
async def test_two_instances_that_note_the_same_at_once_count_it_once(start: StartServer, mongo_driver: str) -> None:
    first = await start(mongo_driver=mongo_driver)
    second = await start(first.runtime.db.name, mongo_driver=mongo_driver)
    db = first.runtime.db
    await db.movies.insert_many([a_document(number) for number in range(5)])
    dice = random.Random(5)
    noted = [(f"user{dice.randrange(300)}", f"title{dice.randrange(5)}") for _ in range(2_000)]
    for pair in noted:
        for server in dice.choice([[first], [second], [first, second]]):
            server.runtime.views.note(*pair)
        if dice.random() < 0.001:
            await asyncio.gather(count_all(first.runtime.views), count_all(second.runtime.views))
    await asyncio.gather(count_all(first.runtime.views), count_all(second.runtime.views))
    await assert_exact(db, noted)


@pytest.mark.parametrize("collection", ["views", "views_hourly", "views_daily", "movies"])
async def test_an_answer_lost_before_or_after_the_write_counts_once(db: Database, collection: str) -> None:
    await db.movies.insert_many([a_document(number) for number in range(3)])
    command = "insert" if collection == "views" else "update"
    lost = {"failCommands": [command], "namespace": f"{db.name}.{collection}"}
    ways: list[dict[str, Any]] = [
        {"closeConnection": True},
        {"errorCode": 2},
        {"writeConcernError": {"code": 64, "errmsg": "waiting for replication timed out"}},  # it is done, they say no
        {"writeConcernError": {"code": 91, "errmsg": "shutting down", "errorLabels": ["RetryableWriteError"]}},
    ]
    noted = []
    desks = [ViewDesk(db, Clock()), ViewDesk(db, Clock())]
    for number, way in enumerate(ways):
        pairs = [(f"user{number}-{user}", f"title{user % 3}") for user in range(20)]
        noted += pairs
        async with fail_point(db, times=3, **lost, **way):
            for desk in desks:
                for pair in pairs:
                    desk.note(*pair)
            await count_all(*desks)
    await assert_exact(db, noted)


async def test_a_write_that_arrives_late_adds_nothing(db: Database) -> None:
    await db.movies.insert_one(a_document(1))
    desk, place = ViewDesk(db, Clock()), ("title1", NOON)
    day = ("title1", TODAY)
    for user in "abc":
        desk.note(user, "title1")
        await desk.flush()
    (source,) = (await db.views_hourly.find_one({}))["by"]
    await views.raise_counts(db, source, {place: 1}, {day: 2})
    assert (await rows(db, "views_hourly", "hour"), await rows(db, "views_daily", "day")) == ({place: 3}, {day: 3})
    await desk.show()
    late = [row async for row in db.views_daily.find({})]
    desk.note("d", "title1")
    await desk.flush()
    await desk.show()
    await db.views_daily.update_one({"_id": late[0]["_id"]}, {"$set": {"unshown": True}})
    await desk.show()
    await assert_exact(db, [(user, "title1") for user in "abcd"])


async def test_while_mongodb_is_away_views_are_kept_up_to_a_bound(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smovie.views.MOST_WAITING", 100)
    await db.movies.insert_one(a_document(1))
    desk = ViewDesk(db, Clock())
    away = {"failCommands": ["insert"], "closeConnection": True, "namespace": f"{db.name}.views"}
    pairs = [(f"user{number}", "title1") for number in range(150)]
    async with fail_point(db, times=1_000, **away):
        for pair in pairs:
            desk.note(*pair)
        with pytest.raises(Unavailable):
            await desk.flush()
    await count_all(desk)
    await assert_exact(db, pairs[:100])
    for pair in pairs:  # who watches on is noted again
        desk.note(*pair)
    await count_all(desk)
    await assert_exact(db, pairs)


async def test_a_stopped_server_has_counted_everything(start: StartServer, mongod: str, tmp_path: Path) -> None:
    settings = test_settings(mongo_url=mongod, mongo_database=(await start()).runtime.db.name, data_dir=tmp_path)
    async with start_server(settings) as server:
        await server.runtime.db.movies.insert_one(a_document(1))
        for number in range(300):
            server.runtime.views.note(f"user{number}", "title1")
    async with open_database(mongod, settings.mongo_database) as db:
        await assert_exact(db, [(f"user{number}", "title1") for number in range(300)])


VIEWERS = """
import asyncio, sys, time
from smovie.store.mongo import open_database
from smovie.views import ViewDesk

async def main():
    async with open_database(sys.argv[1], sys.argv[2]) as db:
        desk = ViewDesk(db)
        counting = asyncio.create_task(desk.run())
        for number in range(10**9):
            for user in range(number * 50, number * 50 + 50):
                desk.note(f"user{user}", f"title{user % 7}")
            print(time.time(), number * 50 + 49, flush=True)
            await asyncio.sleep(0.05)

asyncio.run(main())
"""


async def test_a_killed_process_loses_its_last_second_and_what_it_left_is_counted(
    start: StartServer, mongod: str
) -> None:
    server = await start()
    db = server.runtime.db
    await db.movies.insert_many([a_document(number) for number in range(7)])
    viewers = await asyncio.create_subprocess_exec(
        sys.executable, "-c", VIEWERS, mongod, db.name, stdout=asyncio.subprocess.PIPE
    )
    assert viewers.stdout
    try:
        await until(lambda: db.views_hourly.count_documents({"count": {"$gt": 400}}), within_s=60)
        await until(lambda: db.views.count_documents({"uncounted": {"$exists": True}}), within_s=60)
    finally:
        killed_at = time.time()
        viewers.kill()
        said = (await viewers.communicate())[0].decode().split("\n")
    times = [(float(at), int(user)) for at, user in (line.split(" ") for line in said if line.count(" ") == 1)]
    # In its last second, where it has the machine to itself.
    safe = max((user for at, user in times if at < killed_at - 3.0), default=-1)
    await settle(db)
    await assert_exact(db)
    numbers = {int(row["user_id"].removeprefix("user")) async for row in db.views.find({}, {"user_id": 1})}
    assert numbers >= set(range(safe + 1))


async def test_what_is_noted_is_stored_and_counted_by_itself(db: Database) -> None:
    desk = ViewDesk(db)
    running = asyncio.create_task(desk.run())
    for number in (1, 2):
        desk.note(f"user{number}", "title1")
        await until(lambda: db.views_hourly.count_documents({"count": number}))  # noqa: B023
    running.cancel()


async def test_whoever_runs_counts_what_another_has_left(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smovie.views.LEFT_AFTER_S", -60.0)
    await db.movies.insert_one(a_document(1))
    killed = ViewDesk(db)
    killed.note("a", "title1")
    failing = {"failCommands": ["update"], "errorCode": 2, "namespace": f"{db.name}.views_hourly"}
    async with fail_point(db, times=10, **failing):
        with pytest.raises((Unavailable, OperationFailure)):
            await killed.flush()
    assert await figures(db) == {"title1": 0}
    running = asyncio.create_task(ViewDesk(db).run())
    await until(lambda: db.movies.count_documents({"stats.views": 1}), within_s=30)
    running.cancel()
    await assert_exact(db, [("a", "title1")])


# -- whose they are ----------------------------------------------------------------------------------------------------


async def test_who_leaves_is_forgotten_and_stays_counted(start: StartServer) -> None:
    server = await start()
    db, desk = server.runtime.db, server.runtime.views
    await db.movies.insert_one(a_document(1))
    member = await server.a_member()
    desk.note(member.id, "title1")
    await desk.flush()
    (seen,) = (await server.api.get("/me/export", access=member.access)).json["views"]
    assert seen["movie_id"] == "title1"
    assert (await server.api.delete("/me", {"password": member.password}, access=member.access)).status == 204
    assert await db.views.count_documents({"user_id": member.id}) == 0
    for user in "ab":
        desk.note(user, "title1")
    await desk.stop()
    assert await figures(db) == {"title1": 3}


async def test_who_saw_what_is_kept_for_days_and_counts_for_a_year(db: Database) -> None:
    kept = {
        (name, key): index["expireAfterSeconds"] / 86_400
        for name in ("views", "views_hourly", "views_daily")
        for index in (await db.__getattr__(name).index_information()).values()
        if "expireAfterSeconds" in index
        for key, _ in index["key"]
    }
    assert kept == {("views", "at"): 2, ("views_hourly", "hour"): 400, ("views_daily", "day"): 400}


async def test_who_has_watched_half_a_minute_has_viewed_the_title(start: StartServer) -> None:
    server = await start()
    db = server.runtime.db
    episode = {"id": "e1", "number": 1, "runtime_s": 3_600}
    await db.movies.insert_one(a_document(1, seasons=[{"id": "s1", "number": 1, "episodes": [episode]}]))
    await until(lambda: "e1" in server.runtime.catalog.snapshot.by_episode)
    member = await server.a_member()
    for position_s in (10, 31, 41):
        body = {"position_s": position_s, "duration_s": 3_600, "state": "playing", "client_time": iso_z(now())}
        answer = await server.api.post("/episodes/e1/progress", body, access=member.access)
        assert answer.status == 200, answer.json
        await server.runtime.views.flush()
        assert await db.views.count_documents({"user_id": member.id}) == int(position_s > 30)
