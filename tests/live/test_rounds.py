"""A crowd takes turns: a few in each round of the loop, in order, and few never wait."""

import asyncio

import pytest

from handlers.live import rounds
from handlers.live.rounds import Rounds
from smovie.errors import Unavailable


async def test_few_go_at_once() -> None:
    of_three, gone = Rounds(3), list[int]()
    for number in range(3):
        of_three.do(lambda number=number: gone.append(number))
    assert gone == [0, 1, 2]


async def test_a_crowd_goes_a_few_a_round_in_the_order_in_which_it_came() -> None:
    of_three, gone, after_each = Rounds(3), list[int](), list[int]()
    for number in range(10):
        of_three.do(lambda number=number: gone.append(number))
    while len(gone) < 10:
        after_each.append(len(gone))
        await asyncio.sleep(0)
    assert (gone, after_each) == (list(range(10)), [3, 6, 9])


async def test_a_round_that_is_over_counts_no_more() -> None:
    of_one, gone = Rounds(1), list[int]()
    for number in range(3):
        of_one.do(lambda number=number: gone.append(number))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert gone == list(range(number + 1))


async def test_who_comes_later_does_not_pass_those_who_wait() -> None:
    of_one, gone = Rounds(1), list[str]()
    for name in "abc":
        of_one.do(lambda name=name: gone.append(name))
    await asyncio.sleep(0)
    of_one.do(lambda: gone.append("late"))
    while len(gone) < 4:
        await asyncio.sleep(0)
    assert gone == ["a", "b", "c", "late"]


async def test_one_that_fails_keeps_nobody_from_their_turn() -> None:
    of_one, gone, told = Rounds(1), list[str](), list[object]()
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(context["exception"]))

    def fail() -> None:
        raise RuntimeError("no")

    for act in (lambda: gone.append("first"), fail, lambda: gone.append("last")):
        of_one.do(act)
    while len(gone) < 2:
        await asyncio.sleep(0)
    assert gone == ["first", "last"]
    assert [str(exc) for exc in told] == ["no"]


async def test_a_turn_that_nobody_waits_for_any_more_is_passed_over() -> None:
    of_one = Rounds(1)
    waiting = [asyncio.create_task(of_one.turn()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    await asyncio.gather(waiting[0], waiting[2])
    assert waiting[1].cancelled()


async def test_too_many_who_wait_are_refused_and_told_when_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "MOST_WAITING", 2)
    of_one = Rounds(1)
    waiting = [asyncio.create_task(of_one.turn()) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable) as refused:
        await of_one.turn()
    assert refused.value.retry_after_s == 5
    await asyncio.gather(*waiting)
    await of_one.turn()
