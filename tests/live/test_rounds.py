"""A crowd takes turns: a few in each round of the loop, in order, and few never wait."""

import asyncio

import pytest

from handlers.live import rounds
from handlers.live.rounds import Rounds, Turns
from smovie.errors import Unavailable


async def test_few_go_at_once() -> None:
    gone = list[int]()
    of_three = Rounds(3, gone.append)
    for number in range(3):
        of_three.add(number)
    assert gone == [0, 1, 2]


async def test_a_crowd_goes_a_few_a_round_in_the_order_in_which_it_came() -> None:
    gone, after_each = list[int](), list[int]()
    of_three = Rounds(3, gone.append)
    for number in range(10):
        of_three.add(number)
    assert len(of_three) == 7
    while len(gone) < 10:
        after_each.append(len(gone))
        await asyncio.sleep(0)
    assert (gone, after_each) == (list(range(10)), [3, 6, 9])


async def test_a_round_that_is_over_counts_no_more() -> None:
    gone = list[int]()
    of_one = Rounds(1, gone.append)
    for number in range(3):
        of_one.add(number)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert gone == list(range(number + 1))


async def test_who_comes_later_does_not_pass_those_who_wait() -> None:
    gone = list[str]()
    of_one = Rounds(1, gone.append)
    for name in "abc":
        of_one.add(name)
    await asyncio.sleep(0)
    of_one.add("late")
    while len(gone) < 4:
        await asyncio.sleep(0)
    assert gone == ["a", "b", "c", "late"]


async def test_one_that_fails_keeps_nobody_from_their_turn() -> None:
    gone, told = list[str](), list[object]()
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(context["exception"]))

    def act(name: str) -> None:
        if name == "bad":
            raise RuntimeError("no")
        gone.append(name)

    of_one = Rounds(1, act)
    for name in ("first", "bad", "last"):
        of_one.add(name)
    while len(gone) < 2:
        await asyncio.sleep(0)
    assert gone == ["first", "last"]
    assert [str(exc) for exc in told] == ["no"]


async def test_a_turn_that_nobody_waits_for_any_more_is_passed_over() -> None:
    one_a_round = Turns(1)
    waiting = [asyncio.create_task(one_a_round.turn()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    await asyncio.gather(waiting[0], waiting[2])
    assert waiting[1].cancelled()


async def test_too_many_who_wait_are_refused_and_told_when_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "MOST_WAITING", 2)
    one_a_round = Turns(1)
    waiting = [asyncio.create_task(one_a_round.turn()) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable) as refused:
        await one_a_round.turn()
    assert refused.value.retry_after_s == 5
    await asyncio.gather(*waiting)
    await one_a_round.turn()
