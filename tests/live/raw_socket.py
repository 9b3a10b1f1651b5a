"""A WebSocket client that keeps no rule of RFC 6455 itself, and forgives the server no broken one."""

import asyncio
import struct
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import orjson

from tests.live.frames_of_a_client import CLOSE, PING, PONG, TEXT, client_frame
from tests.support.raw import WITHIN_S, RawClient, raw, request_of
from tests.support.server import RunningServer

NO_STATUS = 1005
ABORTED = 1006
SAMPLE_KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # of RFC 6455 1.3, with the answer to it
SAMPLE_ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
HANDSHAKE = {
    "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": SAMPLE_KEY,
}  # fmt: skip


def said(text: str, **members: object) -> bytes:
    """The payload of a message whose `id` the server repeats: nothing else is done about it."""
    return orjson.dumps({"type": "echo", "id": text, **members})


def echo(text: str) -> bytes:
    """The same in a frame."""
    return client_frame(TEXT, said(text))


def close(code: int = 1000, reason: bytes = b"") -> bytes:
    """A close frame."""
    return client_frame(CLOSE, struct.pack("!H", code) + reason)


@dataclass
class Heard:
    """What the server answered."""

    texts: list[object] = field(default_factory=list)  # `id` of each answer; "malformed" where a message was no JSON
    pongs: list[bytes] = field(default_factory=list)
    code: int = ABORTED  # of its close frame; 1005 where that has none, 1006 where there is no close frame


@dataclass
class RawSocket:
    """A joined socket."""

    client: RawClient

    async def send(self, *pieces: bytes) -> None:
        """Send; each piece is a read of its own to the server, as far as the loop can do that."""
        for piece in pieces:
            await self.client.send(piece)
            if len(pieces) > 1:
                await asyncio.sleep(0)

    async def frame(self) -> tuple[int, bytes] | None:
        """(opcode, payload) of the next frame, None when the server has hung up. Fails for what no server may send:
        masks (5.1), reserved bits and lengths of a longer form than need be (5.2), long control frames (5.5)."""
        try:
            async with asyncio.timeout(WITHIN_S):
                first, second = await self.client.reader.readexactly(2)
                length = second & 0x7F
                if length >= 126:
                    size = 2 if length == 126 else 8
                    length = int.from_bytes(await self.client.reader.readexactly(size), "big")
                    assert length >= (126 if size == 2 else 1 << 16), "5.2: a length not of the shortest form"
                payload = await self.client.reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        assert second & 0x80 == 0, "5.1: a server masks nothing"
        assert first & 0x70 == 0, "5.2: no extension was agreed on"
        assert first & 0x80, "the server fragments nothing"
        opcode = first & 0x0F
        assert opcode in (TEXT, CLOSE, PING, PONG)
        assert opcode == TEXT or length <= 125, "5.5: a long control frame"
        return opcode, payload

    async def message(self) -> dict[str, object]:
        """The next text message."""
        while (frame := await self.frame()) is not None:
            if frame[0] == TEXT:
                told: dict[str, object] = orjson.loads(frame[1].decode())
                return told
        raise AssertionError("the server has hung up")

    async def answers(self, *, texts: int = 0, pongs: int = 0) -> Heard:
        """The next answers, so many of each kind."""
        heard = Heard()
        while len(heard.texts) < texts or len(heard.pongs) < pongs:
            frame = await self.frame()
            assert frame, f"the server has hung up after {heard}"
            _take(heard, *frame)
            assert heard.code == ABORTED, heard
        return heard

    async def ending(self) -> Heard:
        """All answers until the server hangs up, its goodbye answered; nothing may come behind that."""
        heard = Heard()
        while (frame := await self.frame()) is not None:
            assert heard.code == ABORTED, "5.5.1: something came behind a close frame"
            _take(heard, *frame)
            if heard.code != ABORTED:
                await self.client.send(client_frame(CLOSE, frame[1]))
        return heard


def _take(heard: Heard, opcode: int, payload: bytes) -> None:
    if opcode == CLOSE:
        heard.code = _code_of(payload)
    elif opcode == PONG:
        heard.pongs.append(payload)
    elif opcode == TEXT and (answer := orjson.loads(payload.decode()))["type"] == "error":
        heard.texts.append(answer.get("id", answer["code"]))


def _code_of(payload: bytes) -> int:
    if not payload:
        return NO_STATUS
    code = int(struct.unpack("!H", payload[:2])[0])
    payload[2:].decode()  # 5.5.1: a reason is UTF-8
    assert code not in (1005, 1006, 1015), "7.4.1: a code that must not be sent"
    return code


@asynccontextmanager
async def shaken_hands(
    port: int, path: str, headers: Iterable[str] = (), along: bytes = b""
) -> AsyncIterator[RawSocket]:
    """A socket after the handshake; `along` goes out with the request."""
    async with raw(port) as client:
        sent = [f"{name}: {value}" for name, value in HANDSHAKE.items()]
        await client.send(request_of("GET", path, *sent, *headers) + along)
        answer = await client.answer()
        assert answer.status == 101, answer
        assert answer.headers["sec-websocket-accept"] == SAMPLE_ACCEPT
        yield RawSocket(client)


@asynccontextmanager
async def joined(server: RunningServer, access: str) -> AsyncIterator[RawSocket]:
    """A socket that is in a room."""
    async with shaken_hands(server.port, f"/ws/comments/{server.an_episode_apart()}?token={access}") as socket:
        assert (await socket.message())["type"] == "joined"
        yield socket
