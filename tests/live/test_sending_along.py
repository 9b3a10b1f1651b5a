"""Frames that go along with what is about to be sent: together with it, soon in any case, never lost, never late."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from handlers.live.connection import LiveConnection
from handlers.live.wire import NORMAL, Opcode, close_frame, frame

ACK, EVENT = frame(Opcode.TEXT, b"ack"), frame(Opcode.TEXT, b"event")


@asynccontextmanager
async def a_line() -> AsyncIterator[tuple[LiveConnection, asyncio.StreamReader]]:
    """A live connection and its peer's end."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    connection = LiveConnection(1 << 16, lambda _connection: None)
    transport, _ = await asyncio.get_running_loop().connect_accepted_socket(lambda: connection, ours)
    reader, writer = await asyncio.open_connection(sock=theirs)
    yield connection, reader
    writer.close()
    transport.abort()


async def test_it_is_in_front_of_what_is_sent_next() -> None:
    async with a_line() as (connection, reader):
        connection.send_along(ACK)
        connection.send_along(ACK)
        connection.send(EVENT)
        expected = ACK + ACK + EVENT
        assert await reader.readexactly(len(expected)) == expected


async def test_it_waits_for_nobody() -> None:
    async with a_line() as (connection, reader):
        connection.send_along(ACK)
        assert await reader.readexactly(len(ACK)) == ACK
        connection.send(EVENT)
        assert await reader.readexactly(len(EVENT)) == EVENT


async def test_it_goes_before_the_goodbye() -> None:
    async with a_line() as (connection, reader):
        connection.send_along(ACK)
        connection.close(NORMAL)
        expected = ACK + close_frame(NORMAL)
        assert await reader.readexactly(len(expected)) == expected
