"""What positions cost, without sockets: publishing to a room, and bringing a listener up to date (docs/decisions/0003).

python -m bench.hub
"""

import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvloop

from bench.store import a_comment
from bench.table import show_table
from handlers.live.frames import RoomCodec, encode
from hub.hub import Hub
from hub.position import Position
from smovie.comments import event_of
from smovie.embedded import embedded_mongod, own_folder
from smovie.models.comments import CommentQuery
from smovie.store import comments
from smovie.store.comments import CommentWriter
from smovie.store.indexes import create_indexes
from smovie.store.mongo import open_database
from tests.hub.fakes import at_once

LISTENERS = 1_000
MISSED = 100  # events: what a client misses in the seconds of a broken line
ROOM = "room"


class Ear:
    """A listener that takes everything at once."""

    user_id = username = "u"

    def send(self, frames: bytes) -> int:
        return 0

    def unsent(self) -> int:
        return 0

    def refresh(self) -> None:
        raise AssertionError("the log holds everything")

    def drop(self, code: int, reason: str) -> None:
        raise AssertionError("nobody is slow")


def a_hub() -> tuple[Hub, Callable[[], None]]:
    """A hub with listeners, and what runs its due ticks."""
    due: list[Callable[[], None]] = []
    hub = Hub(
        codec=RoomCodec(), call_soon=due.append, call_later=lambda _delay_s, call: due.append(call),
        clock=time.monotonic,
    )  # fmt: skip
    for _ in range(LISTENERS):
        ear = Ear()
        at_once(hub.join(ROOM, ear))
        hub.start(ROOM, ear)

    def tick() -> None:
        work, due[:] = due[:], []
        for call in work:
            call()

    return hub, tick


def microseconds(work: Callable[[], Any], times: int) -> float:
    """Mean time of `work`, in µs."""
    began = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - began) / times * 1e6


async def from_mongodb(event_count: int) -> float:
    """Reading as many comments back from the database, µs."""
    with tempfile.TemporaryDirectory() as folder, own_folder(Path(folder)):
        async with embedded_mongod(Path(folder)) as url, open_database(url, "bench") as db:
            await create_indexes(db)
            writer = CommentWriter(db)
            await asyncio.gather(*(writer.store(a_comment(writer.next_id())) for _ in range(event_count)))
            began = time.perf_counter()
            for _ in range(100):
                assert len(await comments.page(db, "e", CommentQuery(limit=100))) == event_count
            return (time.perf_counter() - began) / 100 * 1e6


def main() -> None:
    hub, tick = a_hub()
    event = event_of(a_comment("0" * 20))

    def publish_alone() -> None:
        at_once(hub.publish(ROOM, event))
        tick()

    def publish_ten_together() -> None:
        for _ in range(10):
            at_once(hub.publish(ROOM, event))
        tick()

    rows: list[list[object]] = [
        ["encode an event", microseconds(lambda: encode(event), 20_000)],
        [f"publish to {LISTENERS:,} listeners, one in a tick", microseconds(publish_alone, 500)],
        [f"publish to {LISTENERS:,} listeners, ten in a tick: each", microseconds(publish_ten_together, 200) / 10],
    ]
    head = hub.position(ROOM)

    def come_back() -> None:
        ear = Ear()
        assert at_once(hub.join(ROOM, ear, Position(head.epoch, head.seq - MISSED))).recovered
        hub.start(ROOM, ear)
        hub.leave(ROOM, ear)

    rows.append([f"come back after {MISSED} missed events: from the log", microseconds(come_back, 500)])
    rows.append([f"the same {MISSED} read from MongoDB", uvloop.run(from_mongodb(MISSED))])
    show_table("a room without sockets", ["what", "µs"], rows)


if __name__ == "__main__":
    main()
