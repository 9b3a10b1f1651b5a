"""Sockets that wait their turn before they are let in: what happens meanwhile to them, and to the server."""

import asyncio
from contextlib import AsyncExitStack

import pytest
import structlog

from tests.live.raw_socket import HANDSHAKE
from tests.support.raw import RawClient, raw, request_of
from tests.support.server import RunningServer
from tests.support.wait import until

KNOCK = request_of("GET", "/ws/notifications", *(f"{name}: {value}" for name, value in HANDSHAKE.items()))


class Shut:
    """A crowd's turns, none of which comes until it is opened."""

    def __init__(self) -> None:
        self.waiting = 0
        self.opened = asyncio.Event()

    async def turn(self) -> None:
        self.waiting += 1
        await self.opened.wait()


@pytest.fixture
def shut(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> Shut:
    shut = Shut()
    monkeypatch.setattr(server.runtime.live, "coming", shut)
    return shut


async def knocking(server: RunningServer, shut: Shut, lines: AsyncExitStack, count: int) -> list[RawClient]:
    """So many clients that have asked and now wait."""
    clients = [await lines.enter_async_context(raw(server.port)) for _ in range(count)]
    for client in clients:
        await client.send(KNOCK)
    await until(lambda: shut.waiting == count)
    return clients


async def test_who_hangs_up_meanwhile_leaves_nothing_behind_and_the_others_come_in(
    server: RunningServer, shut: Shut
) -> None:
    async with AsyncExitStack() as lines:
        clients = await knocking(server, shut, lines, 6)
        there_before = len(server.runtime.live)
        with structlog.testing.capture_logs() as said:
            for client in clients[::2]:
                client.writer.transport.abort()
            shut.opened.set()
            assert [(await client.answer()).status for client in clients[1::2]] == [101] * 3
            await until(lambda: len(server.runtime.live) == there_before + 3)
        assert [line for line in said if line["log_level"] not in ("info", "debug")] == []
    await until(lambda: len(server.runtime.live) == there_before and not server.runtime.traffic.under_way)


async def test_where_the_server_stops_meanwhile_they_are_told_when_to_come_again(
    server: RunningServer, shut: Shut, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with AsyncExitStack() as lines:
        (client,) = await knocking(server, shut, lines, 1)
        monkeypatch.setattr(server.runtime.live, "is_draining", True)
        shut.opened.set()
        answer = await client.answer()
        assert (answer.status, answer.json["type"]) == (503, "/problems/unavailable")
        assert int(answer.headers["retry-after"]) > 0
