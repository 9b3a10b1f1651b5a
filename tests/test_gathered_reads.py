"""Reads that share queries: few for a crowd, none older than the question, a failure only to those it belongs to."""

import asyncio
from collections.abc import Sequence

import pytest

from smovie.errors import Unavailable
from smovie.store.gathered import GatheredReads


class Shelf:
    """Documents by id, whose reading ends when it is told; `asked` are the ids of each query."""

    def __init__(self) -> None:
        self.documents = {"a": "1", "b": "1"}
        self.asked: list[list[str]] = []
        self.may_answer = asyncio.Event()
        self.reads = GatheredReads(self._read)

    async def _read(self, wanted: Sequence[str]) -> dict[str, str]:
        found = {name: self.documents[name] for name in wanted if name in self.documents}
        self.asked.append(list(wanted))
        await self.may_answer.wait()
        if "broken" in wanted:
            raise Unavailable("database_away")
        return found

    async def ask(self, *wanted: str) -> "list[asyncio.Task[str | None]]":
        """Ask and let it be heard."""
        asking = [asyncio.create_task(self.reads.by_id(name)) for name in wanted]
        for _ in range(3):
            await asyncio.sleep(0)
        return asking


async def test_a_question_alone_is_asked_at_once_and_answered() -> None:
    shelf = Shelf()
    asking = await shelf.ask("a")
    assert shelf.asked == [["a"]]
    shelf.may_answer.set()
    assert await asyncio.gather(*asking) == ["1"]


async def test_what_is_not_there_is_none() -> None:
    shelf = Shelf()
    shelf.may_answer.set()
    assert await shelf.reads.by_id("nobody") is None


async def test_a_crowd_shares_the_next_query() -> None:
    shelf = Shelf()
    asking = await shelf.ask("a") + await shelf.ask("b", "c", "b", "d")
    shelf.may_answer.set()
    assert await asyncio.gather(*asking) == ["1", "1", None, "1", None]
    assert shelf.asked == [["a"], ["b", "c", "d"]]


async def test_nobody_is_given_what_was_read_before_they_asked() -> None:
    shelf = Shelf()
    first = await shelf.ask("a")
    shelf.documents["a"] = "2"
    second = await shelf.ask("a")
    shelf.may_answer.set()
    assert await asyncio.gather(*first, *second) == ["1", "2"]


async def test_a_failure_is_told_to_all_who_shared_it_and_the_next_are_read() -> None:
    shelf = Shelf()
    shelf.may_answer.set()
    failed = await asyncio.gather(*await shelf.ask("broken", "a"), return_exceptions=True)
    assert [type(answer) for answer in failed] == [Unavailable, Unavailable]
    assert await shelf.reads.by_id("a") == "1"


async def test_who_gives_up_takes_the_answer_from_nobody() -> None:
    shelf = Shelf()
    impatient, patient = await shelf.ask("a", "a")
    impatient.cancel()
    shelf.may_answer.set()
    assert await patient == "1"


async def test_no_answer_is_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smovie.store.mongo.ANSWER_WITHIN_S", 0.05)
    shelf = Shelf()
    with pytest.raises(Unavailable):
        await shelf.reads.by_id("a")
    shelf.may_answer.set()
