"""A room's first page: read once for all who join within a moment, and good only while nothing of it was taken back."""

import asyncio

import orjson
import pytest

from handlers.live.first_pages import CROWD, GIVEN_FOR_S, MOST_BEHIND, FirstPages, Page
from hub.position import Position
from smovie.errors import Unavailable
from tests.hub.fakes import ROOM, Box, Event, FakeListener


class Reader:
    """A store whose pages are numbered, so that each tells which reading it came from; it answers when told."""

    def __init__(self) -> None:
        self.count = 0
        self.answers = asyncio.Event()
        self.answers.set()
        self.fails = False

    async def __call__(self) -> Event:
        self.count += 1
        number = self.count
        await self.answers.wait()
        if self.fails:
            raise Unavailable("database_away")
        return {"comments": number}


class Case:
    """A room, its pages and its reader."""

    def __init__(self) -> None:
        self.box, self.reader = Box(), Reader()
        self.pages = FirstPages(self.box.hub, self.box.clock)
        self.box.seat(FakeListener("who is there"))

    async def page(self) -> tuple[int, int]:
        """(the seq up to which a page goes, which reading it is) for somebody who joins now."""
        seq, page = await self.pages.page(ROOM, self.here, self.reader)
        return seq, _reading_of(page)

    async def crowd_comes(self) -> None:
        for _ in range(CROWD + 1):
            await self.page()

    @property
    def here(self) -> Position:
        return self.box.hub.position(ROOM)


def _reading_of(page: Page) -> int:
    return int(orjson.loads(orjson.dumps(page))["comments"])


async def test_a_crowd_that_joins_at_once_costs_one_reading() -> None:
    case = Case()
    case.box.publish_now(3)
    case.reader.answers.clear()
    crowd = [asyncio.create_task(case.page()) for _ in range(100)]
    await asyncio.sleep(0)
    case.reader.answers.set()
    assert await asyncio.gather(*crowd) == [(3, 1)] * 100


async def test_who_comes_alone_gets_all_that_was_said_before() -> None:
    case = Case()
    for number in range(1, CROWD + 1):
        assert await case.page() == (number - 1, number)
        case.box.publish_now()


async def test_a_crowd_gets_a_page_with_the_position_it_was_read_at() -> None:
    case = Case()
    await case.crowd_comes()
    seq, reading = await case.page()
    case.box.publish_now(MOST_BEHIND)
    assert await case.page() == (seq, reading)
    case.box.publish_now()
    assert await case.page() == (seq + MOST_BEHIND + 1, reading + 1)


async def test_a_crowd_is_one_for_as_long_as_it_comes() -> None:
    case = Case()
    await case.crowd_comes()
    case.box.clock.pass_s(GIVEN_FOR_S + 0.01)
    seq, reading = await case.page()
    case.box.publish_now()
    assert await case.page() == (seq, reading)
    case.box.clock.pass_s(2.0)
    assert await case.page() == (seq + 1, reading + 1)
    case.box.publish_now()
    assert await case.page() == (seq + 2, reading + 2)


async def test_it_is_read_anew_after_a_moment() -> None:
    case = Case()
    assert await case.page() == (0, 1)
    case.box.clock.pass_s(GIVEN_FOR_S + 0.01)
    assert await case.page() == (0, 2)


async def test_what_was_taken_back_is_in_no_page_that_is_given_later() -> None:
    case = Case()
    case.box.say({"type": "said", "text": "secret"}, subject="c1")
    case.box.loop.run()
    await case.crowd_comes()
    assert await case.page() == (1, 1)
    case.box.say({"type": "deleted"}, subject="c1", redacts=True)  # not on its way to anybody yet
    assert (await case.page())[1] == 2
    case.box.loop.run()
    assert (await case.page())[1] == 2


async def test_what_is_taken_back_while_the_page_is_read_is_not_given_to_who_waits_for_it() -> None:
    case = Case()
    await case.crowd_comes()
    case.box.clock.pass_s(GIVEN_FOR_S + 0.01)
    case.reader.answers.clear()
    first = asyncio.create_task(case.page())
    await asyncio.sleep(0)
    case.box.publish_now()
    second = asyncio.create_task(case.page())
    await asyncio.sleep(0)
    case.box.say({"type": "deleted"}, subject="c1", redacts=True)
    case.box.loop.run()
    case.reader.answers.set()
    await first
    assert await second == (1, 3)


async def test_another_epoch_gets_another_page() -> None:
    case = Case()
    assert await case.page() == (0, 1)
    case.box.hub.begin(ROOM, Position("another", 0), [])
    assert await case.page() == (0, 2)


async def test_without_the_mirror_no_page_is_shared() -> None:
    case = Case()
    await case.crowd_comes()
    assert await case.page() == (0, 1)
    case.box.publish_now()
    case.box.hub.degrade()
    assert await case.page() == (1, 2)


async def test_a_failed_reading_fails_those_who_wait_and_nobody_after_them() -> None:
    case = Case()
    case.reader.fails = True
    with pytest.raises(Unavailable):
        await case.page()
    case.reader.fails = False
    assert await case.page() == (0, 2)
