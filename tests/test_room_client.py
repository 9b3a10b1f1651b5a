"""How the checker's client reads a long room back while the room begins anew again and again."""

from collections.abc import Iterator
from typing import Any

import pytest

from bench.instances import Instance
from bench.room_client import Room, RoomClient
from bench.websocket import Frame

PAGE = 2


class Line:
    """A line that keeps what is sent over it."""

    heard_at = 0.0

    def __init__(self) -> None:
        self.asked: list[Frame] = []

    def send(self, frame: Frame) -> None:
        self.asked.append(frame)

    def cut(self) -> None:
        pass


def comment(number: int) -> Frame:
    return {"id": f"c{number:03}", "message": f"[m] {number}"}


class Reader(RoomClient):
    """A client on such a line, in a room whose comments are numbered from 0."""

    def __init__(self, line: Line) -> None:
        super().__init__("reader", Instance("http://nobody"), Room("episode", "[m]"), "token")
        self._line: Any = line

    def hear(self, kind: str, **members: Any) -> None:
        line: Any = self._line
        self.take(line, {"type": kind, **members})

    def join(self, newest: int) -> None:
        page = [comment(number) for number in range(max(newest - PAGE + 1, 0), newest + 1)]
        self.hear("joined", epoch=f"e{newest}", seq=newest, limits={}, recovered=False, comments=page)

    def answer(self, asked: Frame) -> None:
        before = int(asked["before"][1:])
        page = [comment(number) for number in range(max(before - PAGE, 0), before)]
        self.hear("history", id=asked["id"], comments=page)


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def reader(line: Line, io_loop: Any) -> Iterator[Reader]:
    reader = Reader(line)
    yield reader
    reader.leave()


def read_to_the_end(reader: Reader, line: Line) -> int:
    """Answer until nothing more is asked; how many pages that took."""
    answered = 0
    while answered < len(line.asked):
        reader.answer(line.asked[answered])
        answered += 1
    return answered


async def test_a_room_is_read_down_to_its_beginning(reader: Reader, line: Line) -> None:
    reader.join(newest=9)
    reader.read_back()
    assert read_to_the_end(reader, line) == 5, "the last finds nothing older"
    assert len(reader.view.comments) == 10
    assert not reader.waits_for_older


async def test_pages_that_come_faster_than_the_room_is_read_make_nothing_be_read_again(
    reader: Reader, line: Line
) -> None:
    reader.join(newest=9)
    reader.read_back()
    for newest in (13, 17, 21):
        reader.answer(line.asked[-1])
        reader.join(newest)
        assert reader.waits_for_older
    read_to_the_end(reader, line)
    assert len(reader.view.comments) == 22
    assert len({asked["before"] for asked in line.asked}) == len(line.asked) - 3, "each page broke one question off"


async def test_a_fresh_page_after_the_end_is_read_down_to_what_is_known(reader: Reader, line: Line) -> None:
    reader.join(newest=9)
    reader.read_back()
    read_to_the_end(reader, line)
    reader.join(newest=15)
    read_to_the_end(reader, line)
    assert len(reader.view.comments) == 16
