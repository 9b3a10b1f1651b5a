"""Counting together through a real Redis, and each by oneself while it is away."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from limits import parse
from structlog.testing import capture_logs
from structlog.typing import EventDict

from smovie.throttles import Throttle, Throttles
from smovie.throttles import counters as module
from smovie.throttles.counters import ANSWER_WITHIN_S, Counters
from tests.support.redis import RedisServer, patience
from tests.support.wait import until

THREE = [(parse("3/minute"), "a key")]
FIVE = [(parse("5/5 minutes"), "an account")]
AT_ONCE_S = ANSWER_WITHIN_S + 0.75  # with slack for a busy machine


@asynccontextmanager
async def counting(url: str | None) -> AsyncIterator[Counters]:
    """An instance's counters, looked after as `run.py` does it."""
    counters = Counters(url)
    watch = asyncio.create_task(counters.watch())
    try:
        yield counters
    finally:
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
        await counters.close()


@pytest.fixture(autouse=True)
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Redis that is back is found soon."""
    monkeypatch.setattr(module, "TRY_AGAIN_S", 0.05)


@pytest.fixture
def patient() -> Iterator[None]:
    with patience():
        yield


@pytest.fixture
def lines() -> Iterator[list[EventDict]]:
    with capture_logs() as lines:
        yield lines


async def refusals(counters: Counters, times: int) -> list[bool]:
    return [bool(await counters.count(THREE)) for _ in range(times)]


@pytest.mark.usefixtures("patient")
async def test_two_instances_on_one_redis_count_together(redis_server: RedisServer) -> None:
    async with counting(redis_server.url) as one, counting(redis_server.url) as two:
        assert await refusals(one, 2) == [False, False]
        assert await refusals(two, 2) == [False, True]
        assert await refusals(one, 1) == [True]


async def test_two_instances_without_redis_count_each_for_itself() -> None:
    async with counting(None) as one, counting(None) as two:
        assert await refusals(one, 4) == [False, False, False, True]
        assert await refusals(two, 4) == [False, False, False, True]


@pytest.mark.usefixtures("patient")
async def test_of_many_counts_at_once_on_two_instances_no_more_pass_than_may(redis_server: RedisServer) -> None:
    async with counting(redis_server.url) as one, counting(redis_server.url) as two:
        waits = await asyncio.gather(*(counters.count(THREE) for counters in [one, two] * 25))
        assert waits.count(0) == 3
        assert all(58 <= wait_s <= 60 for wait_s in waits if wait_s)


@pytest.mark.usefixtures("patient")
async def test_what_was_taken_back_or_cleared_has_room_on_every_instance(redis_server: RedisServer) -> None:
    async with counting(redis_server.url) as one, counting(redis_server.url) as two:
        await refusals(one, 3)
        await two.take_back(THREE)
        assert await refusals(one, 2) == [False, True]
        await two.take_back([], cleared=THREE)
        assert await refusals(one, 4) == [False, False, False, True]


@pytest.mark.usefixtures("patient")
async def test_a_count_refused_by_one_window_is_in_none_of_them(redis_server: RedisServer) -> None:
    async with counting(redis_server.url) as counters:
        for _ in range(5):
            await counters.count([*FIVE, *THREE])
        assert [await counters.count(FIVE) for _ in range(3)][:2] == [0, 0]
        assert await counters.count(FIVE) > 290


@pytest.mark.usefixtures("patient")
async def test_in_redis_nobody_is_named_and_nothing_stays(redis_server: RedisServer) -> None:
    async with counting(redis_server.url) as counters, redis_server.client() as redis:
        throttles = Throttles({Throttle.FAILED_LOGINS_PER_ACCOUNT: "5/minute"}, counters, "a secret")
        await throttles.take(Throttle.FAILED_LOGINS_PER_ACCOUNT, "lan@example.com")
        await Throttles({Throttle.FAILED_LOGINS_PER_ACCOUNT: "5/minute"}, counters, "another").take(
            Throttle.FAILED_LOGINS_PER_ACCOUNT, "lan@example.com"
        )
        keys = await redis.keys()
        assert len(keys) == 2, "who does not know the secret cannot find an address out by its hash"
        for key in keys:
            assert key.startswith("smovie:")
            assert "lan" not in key
            assert 50 <= await redis.ttl(key) <= 60


@pytest.mark.parametrize("how", ["kill", "stop", "pause"])
async def test_a_lost_redis_is_done_without_and_used_again_by_itself(
    redis_server: RedisServer, lines: list[EventDict], how: str
) -> None:
    async with counting(redis_server.url) as one, counting(redis_server.url) as two:
        with patience():
            assert await refusals(one, 4) == [False, False, False, True]
        await lose(redis_server, how)
        for counters in (one, two):
            began = time.monotonic()
            assert await refusals(counters, 1) == [False]
            assert time.monotonic() - began < AT_ONCE_S
            began = time.monotonic()
            assert await refusals(counters, 3) == [False, False, True]
            assert time.monotonic() - began < 2 * ANSWER_WITHIN_S, "only the first has waited"
        await find_again(redis_server, how)
        await until(lambda: said(lines, "answers again") == 2)
        with patience():
            await one.take_back([], cleared=THREE)
            assert await refusals(one, 2) == [False, False]
            assert await refusals(two, 2) == [False, True], "they count together again"
    assert said(lines, "does not answer") == said(lines, "answers again") == 2, "once an instance"


async def lose(redis_server: RedisServer, how: str) -> None:
    if how == "pause":
        redis_server.pause()
    else:
        await (redis_server.kill() if how == "kill" else redis_server.stop())


async def find_again(redis_server: RedisServer, how: str) -> None:
    if how == "pause":
        redis_server.resume()
    else:
        await redis_server.start()


def said(lines: list[EventDict], words: str) -> int:
    return sum(words in line["event"] for line in lines)


async def test_a_redis_that_hangs_delays_a_crowd_once_and_not_one_after_another(redis_server: RedisServer) -> None:
    async with counting(redis_server.url) as counters:
        await counters.count(THREE)
        redis_server.pause()
        began = time.monotonic()
        waits = await asyncio.gather(*(counters.count(THREE) for _ in range(200)))
        assert time.monotonic() - began < AT_ONCE_S
        assert waits.count(0) == 3


@pytest.mark.usefixtures("patient")
async def test_a_redis_that_restarted_between_two_counts_is_no_failure(
    redis_server: RedisServer, lines: list[EventDict]
) -> None:
    async with counting(redis_server.url) as counters:
        await refusals(counters, 4)
        await redis_server.stop()
        await redis_server.start()
        assert await refusals(counters, 4) == [False, False, False, True], "it came back empty"
    assert lines == []


async def test_a_redis_that_takes_no_writes_is_as_good_as_none(
    redis_server: RedisServer, lines: list[EventDict]
) -> None:
    async with counting(redis_server.url) as counters, redis_server.client() as redis:
        await redis.config_set("maxmemory", "1")
        assert await refusals(counters, 4) == [False, False, False, True]
        assert said(lines, "does not answer") == 1
        await redis.config_set("maxmemory", "0")
        await until(lambda: said(lines, "answers again"))
        assert await refusals(counters, 4) == [False, False, False, True]


async def test_one_that_was_never_there_is_no_failure_either(redis_server: RedisServer, lines: list[EventDict]) -> None:
    await redis_server.kill()
    async with counting(redis_server.url) as counters:
        with pytest.raises(ConnectionError):
            await counters.try_redis()
        assert await refusals(counters, 4) == [False, False, False, True]
        await redis_server.start()
        await until(lambda: said(lines, "answers again"))


@pytest.mark.parametrize("option", ["nonsense=1", "db=x", "socket_timeout=soon"])
def test_a_url_with_options_that_mean_nothing_is_refused_at_once(option: str) -> None:
    with pytest.raises(ValueError, match=option.partition("=")[0]):
        Counters(f"redis://127.0.0.1?{option}")
