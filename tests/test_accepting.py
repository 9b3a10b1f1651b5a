"""Connections are accepted a few at a time, also after there was no descriptor left for one, until it is stopped."""

import asyncio
import os
import resource
import socket
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import structlog
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from handlers import accepting
from handlers.accepting import A_ROUND, Accepting

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


class Greeter(RequestHandler):
    def get(self) -> None:
        self.set_status(204)


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[int, Accepting]]:
    """The port of a server that greets, and what accepts for it."""
    listening = bind_sockets(0, "127.0.0.1")
    port = listening[0].getsockname()[1]
    server = HTTPServer(Application([("/", Greeter)]))
    accepts = Accepting(server, listening)
    yield port, accepts
    accepts.stop()
    await server.close_all_connections()


@contextmanager
def no_descriptor_left() -> Iterator[None]:
    """This process can open nothing more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest_free = os.dup(0)
    os.close(lowest_free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@dataclass
class Accepted:
    """In which round each connection was accepted; a test says when the next begins."""

    round: int = 0
    rounds: list[int] = field(default_factory=list)


@pytest.fixture
def accepted(monkeypatch: pytest.MonkeyPatch) -> Accepted:
    accepted, handle = Accepted(), HTTPServer.handle_stream

    def note(server: HTTPServer, *of: Any) -> None:
        accepted.rounds.append(accepted.round)
        handle(server, *of)

    monkeypatch.setattr(HTTPServer, "handle_stream", note)
    return accepted


async def greeting_of(reader: asyncio.StreamReader) -> bytes:
    return (await reader.readline()).strip()


async def test_a_crowd_is_served_whole() -> None:
    async with serving() as (port, _):
        lines = [await asyncio.open_connection("127.0.0.1", port) for _ in range(A_ROUND * 3)]
        for _, writer in lines:
            writer.write(REQUEST)
        assert {await greeting_of(reader) for reader, _ in lines} == {b"HTTP/1.1 204 No Content"}
        for _, writer in lines:
            writer.close()


async def test_a_round_of_the_loop_accepts_a_few_of_a_crowd(
    monkeypatch: pytest.MonkeyPatch, accepted: Accepted
) -> None:
    monkeypatch.setattr(accepting, "A_ROUND", 2)
    async with serving() as (port, _):
        crowd = [socket.create_connection(("127.0.0.1", port)) for _ in range(5)]
        for line in crowd:
            line.send(REQUEST)
        while len(accepted.rounds) < 5:
            accepted.round += 1
            await asyncio.sleep(0)
        assert sorted(Counter(accepted.rounds).values()) == [1, 2, 2]
        for line in crowd:
            line.close()


async def test_where_no_descriptor_is_left_it_is_said_and_who_came_is_served_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(accepting, "PAUSE_S", 0.01)
    async with serving() as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with structlog.testing.capture_logs() as said, no_descriptor_left():
            writer.write(REQUEST)
            while len(said) < 2:  # tries again by itself
                await asyncio.sleep(0)
        assert said[0]["event"] == "no connection can be accepted"
        assert said[0]["problem"] == "Too many open files"
        assert await greeting_of(reader) == b"HTTP/1.1 204 No Content"
        writer.close()


async def test_a_silent_connection_costs_nothing_and_is_heard_when_it_speaks(accepted: Accepted) -> None:
    async with serving() as (port, _):
        silent, to_silent = await asyncio.open_connection("127.0.0.1", port)
        loud, to_loud = await asyncio.open_connection("127.0.0.1", port)
        to_loud.write(REQUEST)
        assert await greeting_of(loud) == b"HTTP/1.1 204 No Content"
        assert len(accepted.rounds) == 1
        to_silent.write(REQUEST)
        assert await greeting_of(silent) == b"HTTP/1.1 204 No Content"
        to_silent.close()
        to_loud.close()


async def test_once_stopped_nobody_is_accepted_any_more() -> None:
    async with serving() as (port, accepts):
        accepts.stop()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        accepts.stop()  # nothing more to stop
