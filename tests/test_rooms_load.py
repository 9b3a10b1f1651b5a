"""The load generator tells what a server does wrong: it is held against servers that lose, double and delay."""

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import pytest
from websockets.asyncio.server import ServerConnection, serve

from bench.rooms_load import Crowd, Figures, Place

SOCKETS = 3
# How often a socket is sent a message, by (message's number, socket's number).
Copies = Callable[[int, int], int]
# Which message's words a socket is told under a message's number.
Words = Callable[[int, int], int]

pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="the generator is written in C")


@asynccontextmanager
async def crowd_in_a_room(
    folder: Path,
    *,
    copies: Copies = lambda _message, _socket: 1,
    words: Words = lambda message, _socket: message,
    delay_s: float = 0.0,
) -> AsyncIterator[Crowd]:
    """A crowd in the room of two servers that number what they hear together, and send it to all."""
    sockets: list[ServerConnection] = []
    texts: dict[int, str] = {}
    numbers = itertools.count(1)

    async def in_room(socket: ServerConnection) -> None:
        await socket.send('{"type":"joined","comments":[]}')
        sockets.append(socket)
        async for heard in socket:
            seq = next(numbers)
            await asyncio.sleep(delay_s)
            texts[seq] = orjson.loads(heard)["message"]
            for place, each in enumerate(sockets):
                said = {"type": "said", "message": texts[words(seq, place)]}
                event = b'{"seq":%d,' % seq + orjson.dumps(said)[1:]
                for _ in range(copies(seq, place)):
                    await each.send(event, text=True)

    async with one_of(in_room) as port, one_of(in_room) as other_port:
        payload = '{"type":"comment","message":"{M} xin chào {n}"}'
        place = Place(port, "/rooms/{room}?token={token}", payload, ["r"], ["t"], [other_port], '"type":"joined"')
        async with Crowd(place, folder) as crowd:
            assert (await crowd.join(SOCKETS))["opened"] == SOCKETS
            yield crowd


@asynccontextmanager
async def one_of(in_room: Callable[[ServerConnection], Awaitable[None]]) -> AsyncIterator[int]:
    """A server; its port."""
    async with serve(in_room, "127.0.0.1", 0, compression=None, close_timeout=1) as server:
        yield next(iter(server.sockets)).getsockname()[1]


async def talk(crowd: Crowd, *, drain: float = 5.0) -> Figures:
    """20 messages, after some that are not counted."""
    return await crowd.talk(2, 50, 0.4, warm_up=0.1, drain=drain)


async def test_nothing_is_found_wrong_with_a_server_that_is_right(tmp_path: Path) -> None:
    async with crowd_in_a_room(tmp_path) as crowd:
        for _ in range(2):
            got = await talk(crowd)
            assert (got["sent"], got["received"], got["own"]) == (20, 60, 20)
            assert (got["lost"], got["skipped"], got["doubled"], got["other"], got["closed_early"]) == (0, 0, 0, 0, 0)


async def test_what_one_socket_does_not_get_is_lost(tmp_path: Path) -> None:
    async with crowd_in_a_room(tmp_path, copies=lambda message, socket: int((message, socket) != (15, 1))) as crowd:
        got = await talk(crowd, drain=0.2)
    assert (got["lost"], got["skipped"], got["doubled"]) == (1, 1, 0)


async def test_what_one_socket_gets_twice_is_doubled(tmp_path: Path) -> None:
    async with crowd_in_a_room(tmp_path, copies=lambda message, socket: 1 + ((message, socket) == (15, 2))) as crowd:
        got = await talk(crowd, drain=0.2)
    assert (got["lost"], got["skipped"], got["doubled"], got["other"]) == (-1, 0, 1, 0)


async def test_another_message_under_the_same_number_is_another_order(tmp_path: Path) -> None:
    async with crowd_in_a_room(
        tmp_path, words=lambda message, socket: message - ((message, socket) == (15, 1))
    ) as crowd:
        got = await talk(crowd)
    assert (got["skipped"], got["doubled"], got["other"]) == (0, 0, 1)


async def test_a_delay_is_in_every_latency(tmp_path: Path) -> None:
    async with crowd_in_a_room(tmp_path, delay_s=0.05) as crowd:
        got = await talk(crowd)
    assert 50 <= got["p50_ms"] <= got["p99_ms"] <= got["max_ms"] * 1.02
    assert 50 <= got["across_p50_ms"] <= got["across_p99_ms"] <= got["max_ms"] * 1.02


async def test_each_says_its_next_when_its_last_is_back(tmp_path: Path) -> None:
    async with crowd_in_a_room(tmp_path, delay_s=0.05) as crowd:
        got = await crowd.talk_in_turn(2, 0.5, warm_up=0.1)
    assert 2 <= got["sent"] <= 2 * 0.5 / 0.05
    assert got["lost"] == 0
