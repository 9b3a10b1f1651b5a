"""Counts in this process: the moving window of `limits`, exact to the second, and nothing kept that has expired."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits import RateLimitItem, parse
from tornado.ioloop import IOLoop

from smovie.throttles import windows as module
from smovie.throttles.windows import MemoryWindows, Windows

PER_MINUTE = parse("3/minute")
MOSTLY = parse("2/5 minutes")


class Clock:
    def __init__(self) -> None:
        self.at = 1_000_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def memory(clock: Clock) -> MemoryWindows:
    return MemoryWindows(clock)


async def hits(memory: MemoryWindows, key: str, times: int = 1, limit: RateLimitItem = PER_MINUTE) -> list[bool]:
    windows = Windows(memory)
    return [await windows.hit(limit, key) for _ in range(times)]


async def test_a_full_window_has_room_when_its_oldest_count_is_older_than_it_is_long(
    memory: MemoryWindows, clock: Clock
) -> None:
    assert await hits(memory, "a", 2) == [True, True]
    clock.at += 40
    assert await hits(memory, "a", 2) == [True, False]
    clock.at += 21
    assert await hits(memory, "a", 3) == [True, True, False]
    clock.at += 40
    assert await hits(memory, "a", 2) == [True, False]


async def test_keys_and_limits_are_counted_apart(memory: MemoryWindows) -> None:
    assert await hits(memory, "a", 4) == [True, True, True, False]
    assert await hits(memory, "b") == [True]
    assert await hits(memory, "a", 3, MOSTLY) == [True, True, False]


async def test_when_there_is_room_again_is_told(memory: MemoryWindows, clock: Clock) -> None:
    windows = Windows(memory)
    await hits(memory, "a")
    began = clock.at
    clock.at += 10
    await hits(memory, "a", 2)
    assert (await windows.get_window_stats(PER_MINUTE, "a")).reset_time == began + 60
    assert (await windows.get_window_stats(PER_MINUTE, "nobody")).remaining == 3


async def test_a_count_is_made_in_all_windows_or_in_none(memory: MemoryWindows) -> None:
    windows = Windows(memory)
    wanted = [(PER_MINUTE, "address"), (MOSTLY, "account")]
    assert [await windows.count(wanted) for _ in range(2)] == [0, 0]
    for _ in range(10):
        assert await windows.count(wanted)
    assert await hits(memory, "address", 2) == [True, False]


async def test_a_count_can_be_taken_back_and_all_of_a_key_forgotten(memory: MemoryWindows) -> None:
    windows = Windows(memory)
    await hits(memory, "a", 3)
    await windows.take_back([(PER_MINUTE, "a"), (PER_MINUTE, "nobody")])
    assert await hits(memory, "a", 2) == [True, False]
    await windows.take_back([], cleared=[(PER_MINUTE, "a"), (PER_MINUTE, "nobody")])
    assert await hits(memory, "a", 4) == [True, True, True, False]


@given(
    amount=st.integers(1, 4),
    length_s=st.sampled_from([1, 7, 60]),
    steps=st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from([0.0, 0.5, 1.0, 3.0, 7.0, 20.0, 61.0]))),
)
def test_it_counts_as_a_list_of_all_times_would(
    io_loop: IOLoop, amount: int, length_s: int, steps: list[tuple[str, float]]
) -> None:
    clock = Clock()
    memory, counted = MemoryWindows(clock), {"a": list[float](), "b": list[float]()}

    async def act() -> None:
        for key, passed_s in steps:
            clock.at += passed_s
            memory.sweep()
            still = [at for at in counted[key] if at >= clock.at - length_s]
            assert await memory.get_moving_window(key, amount, length_s) == (min(still, default=clock.at), len(still))
            assert await memory.acquire_entry(key, amount, length_s) == (len(still) < amount)
            if len(still) < amount:
                counted[key].append(clock.at)

    io_loop.run_sync(act)


async def test_a_hundred_thousand_addresses_do_not_stay(memory: MemoryWindows, clock: Clock) -> None:
    windows = Windows(memory)
    for number in range(100_000):
        await windows.hit(PER_MINUTE, f"address {number}")
    await windows.hit(MOSTLY, "account")
    memory.sweep()
    assert len(memory) == 100_001, "nothing has expired yet"
    clock.at += 61
    sweeps = 0
    while len(memory) > 1:
        memory.sweep()
        sweeps += 1
    assert sweeps == 20, "one holds the loop for a moment only"
    assert await hits(memory, "account", 2, MOSTLY) == [True, False], "what still counts is kept"


async def test_past_its_bound_the_key_counted_longest_ago_goes(
    memory: MemoryWindows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_KEYS", 3)
    for key in ("a", "b", "c"):
        await hits(memory, key, 2)
    await hits(memory, "a")
    await hits(memory, "d")
    assert len(memory) == 3
    assert await hits(memory, "a") == [False]
    assert await hits(memory, "b", 4) == [True, True, True, False]
