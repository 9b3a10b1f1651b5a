"""Progress written behind: the newest is stored soon and together, and kept while the database is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from smovie.errors import Unavailable
from smovie.models.base import now
from smovie.models.watching import Progress
from smovie.store import progress as store
from smovie.store import progress_writer
from smovie.store.mongo import Database
from smovie.store.progress_writer import WRITE_EVERY_S, ProgressWriter
from tests.api.test_reviews import fail_point
from tests.support.wait import until

BEGAN = now() - timedelta(hours=1)


def told(user: str, episode: str = "e1", *, at_s: float = 0, position_s: float = 100, done: bool = False) -> Progress:
    at = BEGAN + timedelta(seconds=at_s)
    return Progress(
        id=store.progress_id(user, episode), user_id=user, movie_id="title1", episode_id=episode, season=1, number=1,
        position_s=position_s, duration_s=1_000, state="playing", done=done, done_at=at if done else None,
        watched_at=at, told_at=at,
    )  # fmt: skip


@asynccontextmanager
async def running(writer: ProgressWriter) -> AsyncIterator[None]:
    task = asyncio.create_task(writer.run())
    yield
    task.cancel()
    await asyncio.wait([task])


async def stored(db: Database, user: str, episode: str = "e1") -> Progress | None:
    return (await store.of_episodes(db, user, [episode])).get(episode)


def away(db: Database, **how: Any) -> Any:
    """MongoDB refuses to update, so often."""
    given = {"times": 1_000, "failCommands": ["update"], "closeConnection": True, **how}
    return fail_point(db, namespace=f"{db.name}.progress", **given)


async def test_what_is_told_is_stored_soon_and_the_newest_of_it_only(db: Database, both_drivers: str) -> None:
    assert db.driver == both_drivers
    writer = ProgressWriter(db)
    async with running(writer):
        for at_s in (1, 3, 2):
            writer.put(told("a", at_s=at_s, position_s=100 + at_s))
        writer.put(told("b", position_s=2))
        assert writer.waiting("a", "e1").position_s == 103  # type: ignore[union-attr]
        await until(lambda: writer.waiting("b", "e1") is None, within_s=WRITE_EVERY_S + 2)
    assert await stored(db, "b") == told("b", position_s=2)
    assert await stored(db, "a") == told("a", at_s=3, position_s=103)
    assert [last.user_id for last in await store.last_watched(db, "a", 10)] == ["a"]
    assert await store.last_watched(db, "b", 10) == [], "what was not begun was not watched"


async def test_what_is_stored_of_a_later_time_stays(db: Database) -> None:
    later, earlier = told("a", at_s=9, position_s=900), told("a", at_s=5, position_s=100)
    for one in (later, earlier):
        await store.put(db, [one])
        await store.put_last(db, [store.last_of(one)])
    assert await stored(db, "a") == later
    (last,) = await store.last_watched(db, "a", 10)
    assert last == store.last_of(later)


async def test_that_it_was_done_is_kept_whether_it_was_stored_between_or_not(db: Database) -> None:
    done, again = told("a", at_s=1, position_s=990, done=True), told("a", at_s=2, position_s=50)
    writer = ProgressWriter(db)
    writer.put(done)
    writer.put(again)
    await store.put(db, [done.model_copy(update={"id": "b:e1", "user_id": "b"})])
    writer.put(told("b", at_s=2, position_s=50))
    for user in ("a", "b"):
        await writer.settle(user)
        found = await stored(db, user)
        assert found
        assert (found.done, found.position_s, found.done_at) == (False, 50, done.watched_at)


async def test_a_crowd_goes_together(db: Database) -> None:
    writer = ProgressWriter(db)
    for user in range(1_000):
        writer.put(told(f"user{user}"))
    counted = db._client.admin.command
    before = (await counted("serverStatus"))["metrics"]["commands"]["update"]["total"]
    await writer.close()
    assert (await counted("serverStatus"))["metrics"]["commands"]["update"]["total"] - before <= 20
    assert await db.progress.count_documents({}) == await db.last_watched.count_documents({}) == 1_000


async def test_while_the_database_is_away_it_is_kept_and_then_stored(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_writer, "RETRY_S", 0.05)
    writer = ProgressWriter(db)
    async with running(writer):
        async with away(db):
            writer.put(told("a", position_s=100))
            await until(lambda: writer.is_behind)
            writer.put(told("a", at_s=1, position_s=200))
            writer.put(told("b", at_s=1, position_s=200))
            with pytest.raises(Unavailable):
                await writer.settle("b")
            assert writer.waiting("a", "e1").position_s == 200  # type: ignore[union-attr]
            await writer.settle("c")  # who has told nothing can read
        await until(lambda: not writer.is_behind)
    for user in "ab":
        assert await stored(db, user) == told(user, at_s=1, position_s=200)


async def test_a_write_that_failed_does_not_undo_what_was_told_meanwhile(db: Database) -> None:
    writer = ProgressWriter(db)
    held = {"blockConnection": True, "blockTimeMS": 200, "closeConnection": False, "errorCode": 2}
    async with away(db, times=1, **held) as entered:
        writer.put(told("a", at_s=1, position_s=100))
        closing = asyncio.create_task(writer.close())
        await entered()
        writer.put(told("a", at_s=2, position_s=200))
        await closing
    assert writer.waiting("a", "e1").position_s == 200  # type: ignore[union-attr]
    await writer.close()
    assert (await stored(db, "a")).position_s == 200  # type: ignore[union-attr]


async def test_past_its_bound_more_is_refused_and_what_waits_goes_on(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_writer, "MOST_WAITING", 2)
    writer = ProgressWriter(db)
    writer.put(told("a"))
    writer.put(told("a", "e2"))
    with pytest.raises(Unavailable):
        writer.put(told("b"))
    writer.put(told("a", at_s=1, position_s=500))
    await writer.settle("a")
    assert (await stored(db, "a")).position_s == 500  # type: ignore[union-attr]
    assert await stored(db, "b") is None
    writer.put(told("b"))
    await writer.forget("b")
    writer.put(told("b", "e2"))
    writer.put(told("b", "e3"))
    with pytest.raises(Unavailable):
        writer.put(told("c"))


async def test_what_is_to_be_forgotten_is_not_stored_afterwards(db: Database) -> None:
    writer = ProgressWriter(db)
    held = {"blockConnection": True, "blockTimeMS": 100, "closeConnection": False}
    async with away(db, times=1, **held) as entered:
        writer.put(told("a"))
        writing = asyncio.create_task(writer.close())
        await entered()
        await writer.forget("a")
        await store.delete_of_user(db, "a")
        await writing
    await writer.close()
    assert await stored(db, "a") is None
