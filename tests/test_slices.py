"""Long work on the loop: others are served meanwhile, and what it works on may change under it."""

import asyncio
import time
from collections.abc import Callable

from smovie.slices import SLICE_S, Steps, finish, finish_in_slices


def counting(steps: int, begun: list[int], busy_s: float = 0.0) -> Callable[[], Steps[int]]:
    """Work of so many steps, each of which takes its time; it notes each beginning."""

    def begin() -> Steps[int]:
        begun.append(1)
        for _ in range(steps):
            until = time.monotonic() + busy_s
            while time.monotonic() < until:
                pass
            yield
        return steps

    return begin


def test_at_one_go_steps_come_to_their_result() -> None:
    assert finish(counting(3, [])()) == 3


async def test_short_work_is_done_before_anybody_else_is_served() -> None:
    served = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(served.set_result, None)
    assert await finish_in_slices(counting(3, []), lambda: 0) == 3
    assert not served.done()


async def test_others_are_served_between_the_slices_of_long_work() -> None:
    turns = 0

    async def stand_by() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(stand_by())
    assert await finish_in_slices(counting(4, [], busy_s=SLICE_S), lambda: 0) == 4
    other.cancel()
    assert turns >= 3


async def test_work_on_what_has_changed_meanwhile_is_begun_again() -> None:
    begun: list[int] = []
    state = 0

    async def change() -> None:
        nonlocal state
        state += 1

    other = asyncio.create_task(change())
    assert await finish_in_slices(counting(3, begun, busy_s=SLICE_S), lambda: state) == 3
    await other
    assert len(begun) == 2


async def test_work_on_what_never_rests_ends_all_the_same() -> None:
    begun: list[int] = []
    state = 0

    async def keep_changing() -> None:
        nonlocal state
        while True:
            state += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(keep_changing())
    assert await finish_in_slices(counting(2, begun, busy_s=SLICE_S), lambda: state) == 2
    other.cancel()
    assert len(begun) == 4
