"""What a room was told last is what is stored, whoever changes it at once; and work that many want is done for all."""

import asyncio
from dataclasses import dataclass

import pytest

from smovie.errors import Unavailable
from smovie.talk import turns
from smovie.talk.telling import tell_until_true
from smovie.talk.turns import Turns


@dataclass
class Told:
    seq: int


class Room:
    """A value that is stored, and what was told of it; a telling can be held back."""

    def __init__(self) -> None:
        self.stored = ""
        self.told: list[str] = []
        self.free = asyncio.Event()

    async def tell(self, value: str) -> Told:
        if value == "held":
            await self.free.wait()
        self.told.append(value)
        return Told(len(self.told))

    async def read(self) -> str:
        return self.stored

    async def change(self, value: str) -> int | None:
        self.stored = value
        return await tell_until_true(value, self.tell, self.read)


async def test_a_change_that_is_told_late_does_not_have_the_last_word() -> None:
    room = Room()
    late = asyncio.create_task(room.change("held"))
    await asyncio.sleep(0)
    assert await room.change("newer") == 1
    room.free.set()
    assert await late == 3
    assert room.told == ["newer", "held", "newer"]


async def test_who_ask_while_a_turn_is_taken_share_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PAUSE_S", 0.0)
    shared, taken, free = Turns(), 0, asyncio.Event()

    async def work() -> None:
        nonlocal taken
        taken += 1
        await free.wait()

    first = asyncio.create_task(shared.share("a", work))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert taken == 1
    others = [asyncio.create_task(shared.share("a", work)) for _ in range(10)]
    elsewhere = asyncio.create_task(shared.share("b", work))
    free.set()
    await asyncio.gather(first, *others, elsewhere)
    assert taken == 3  # the first, one for all others, and that of the other key
    await shared.share("a", work)
    assert taken == 4


async def test_a_turn_that_fails_is_told_to_all_and_hinders_nobody_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PAUSE_S", 0.0)
    shared = Turns()

    async def fail() -> None:
        raise Unavailable

    async def succeed() -> None:
        pass

    failed = await asyncio.gather(*(shared.share("a", fail) for _ in range(3)), return_exceptions=True)
    assert [type(problem) for problem in failed] == [Unavailable] * 3
    await shared.share("a", succeed)
