"""The table of RFC 6455 at the front door of a running server: each row at once, and again byte by byte."""

import pytest

from tests.live.frames_of_a_client import BINARY, CLOSE, CONTINUATION, PING, TEXT, client_frame, one_by_one
from tests.live.raw_socket import RawSocket, close, echo, joined, said
from tests.live.rfc6455 import ROWS, Row
from tests.support.server import Member, RunningServer

CHOPPED_BYTES = 400  # longer rows tell no more byte by byte


async def check(socket: RawSocket, row: Row, *pieces: bytes) -> None:
    """Send a row on a socket that has just shown that it hears, and compare."""
    await socket.send(echo("before"))
    assert (await socket.answers(texts=1)).texts == ["before"]
    await socket.send(*pieces)
    if row.code is not None:
        assert (await socket.ending()).code == row.code
        return
    heard = await socket.answers(texts=len(row.texts), pongs=len(row.pongs))
    assert (heard.texts, heard.pongs) == (list(row.texts), list(row.pongs))
    await socket.send(close(1000))
    ending = await socket.ending()
    assert (ending.texts, ending.pongs, ending.code) == ([], [], 1000)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_at_once(server: RunningServer, reader: Member, row: Row) -> None:
    async with joined(server, reader.access) as socket:
        await check(socket, row, row.sent)


@pytest.mark.parametrize("row", [row for row in ROWS if len(row.sent) <= CHOPPED_BYTES], ids=lambda row: row.name)
async def test_byte_by_byte(server: RunningServer, reader: Member, row: Row) -> None:
    async with joined(server, reader.access) as socket:
        await check(socket, row, *one_by_one(row.sent))


async def test_5_4_a_ping_between_fragments_is_answered_before_the_message_is_whole(
    server: RunningServer, reader: Member
) -> None:
    async with joined(server, reader.access) as socket:
        await socket.send(client_frame(TEXT, said("Hello")[:9], fin=False) + client_frame(PING, b"now"))
        assert (await socket.answers(pongs=1)).texts == []
        await socket.send(client_frame(CONTINUATION, said("Hello")[9:]))
        assert (await socket.answers(texts=1)).texts == ["Hello"]


async def test_7_1_1_the_server_ends_the_line_though_who_broke_the_protocol_does_not_answer(
    server: RunningServer, reader: Member
) -> None:
    async with joined(server, reader.access) as socket:
        await socket.send(client_frame(TEXT, b"\xff"))
        while (frame := await socket.frame()) is not None and frame[0] != CLOSE:
            pass
        assert frame is not None
        assert await socket.frame() is None


async def test_5_5_1_after_its_close_frame_the_server_only_waits_for_ours(
    server: RunningServer, reader: Member
) -> None:
    async with joined(server, reader.access) as socket:
        await socket.send(client_frame(BINARY, b"x") + client_frame(PING, b"late") + echo("late"))
        while (frame := await socket.frame()) is not None and frame[0] != CLOSE:
            assert frame[0] == TEXT
            assert b"late" not in frame[1]
        await socket.send(client_frame(PING, b"later") + close(1003))
        assert await socket.frame() is None
