"""A minimal WebSocket client (RFC 6455) as a raw protocol: enough to be a thousand listeners on one CPU.

Its own implementation, so that the server's is not measured against itself. The hub writes the same bytes to every
listener, so what a chunk says is parsed once and remembered for the next socket that gets it.
"""

import asyncio
import base64
import hashlib
import os
import ssl
import struct
import time
from typing import Any, NamedTuple, cast

import orjson

Frame = dict[str, Any]

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
ABNORMAL = 1006
_MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_CHUNKS_KEPT = 64


class Received(NamedTuple):
    """A text frame's object, or a control frame's bytes."""

    opcode: int
    value: Any


class FrameParser:
    """Turns a server's bytes into frames; shared by many sockets."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[tuple[Received, ...], bytes]] = {}

    def parse(self, data: bytes) -> tuple[tuple[Received, ...], bytes]:
        """(whole frames, the beginning of the next). The objects are shared: read them only."""
        known = self._known.get(data)
        if known is None:
            if len(self._known) >= _CHUNKS_KEPT:
                self._known.clear()
            known = self._known[data] = _split(data)
        return known


class WebSocketClient(asyncio.Protocol):
    """One socket; subclasses say what a message does. `heard_at` is `perf_counter` at the newest bytes."""

    def __init__(self, parser: FrameParser) -> None:
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[int] = loop.create_future()
        self.heard_at = 0.0
        self._parser = parser
        self._key = base64.b64encode(os.urandom(16)).decode()
        self._shaking_hands = True
        self._rest = b""
        self._code = ABNORMAL
        self._transport: asyncio.Transport | None = None
        self._has_ended = False

    def on_message(self, message: Frame) -> None:
        """A message of the server's. Read it only."""
        raise NotImplementedError

    def on_pong(self, payload: bytes) -> None:
        """An answer to a ping of ours."""

    def on_closed(self, code: int) -> None:
        """The line is gone; `code` is the server's, 1006 without one."""

    async def open(
        self, port: int, path: str, *headers: str, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
    ) -> None:
        """Connect and shake hands, with more header lines. Errors: OSError when that fails."""
        await asyncio.get_running_loop().create_connection(lambda: self, host, port, ssl=tls)
        assert self._transport is not None
        self._transport.write(
            (
                f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Key: {self._key}\r\nSec-WebSocket-Version: 13\r\n"
                + "".join(f"{header}\r\n" for header in headers)
                + "\r\n"
            ).encode("latin1")
        )
        await self.opened

    def send(self, message: Frame) -> None:
        """Send a message, masked as a client must; nothing once the line is gone."""
        self._send_frame(TEXT, orjson.dumps(message))

    def close(self) -> None:
        """Say goodbye."""
        self._send_frame(CLOSE, struct.pack("!H", 1000))

    def end_stream(self) -> None:
        """Send nothing more."""
        self._has_ended = True
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write_eof()

    def cut(self) -> None:
        """Drop the line without a word, as a lost network does."""
        if self._transport:
            self._transport.abort()

    # -- asyncio's side ------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.heard_at = time.perf_counter()
        if self._rest:
            data = self._rest + data
        if self._shaking_hands:
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self._rest = head
                return
            self._finish_handshake(head)
            if self._shaking_hands:
                return  # refused: what follows is a page, no frames
        received, self._rest = self._parser.parse(data)
        for opcode, value in received:
            if opcode == TEXT:
                self.on_message(value)
            elif opcode == PING:
                self._send_frame(PONG, value)
            elif opcode == PONG:
                self.on_pong(value)
            elif opcode == CLOSE:
                self._code = struct.unpack("!H", value[:2])[0] if len(value) >= 2 else 1005
                self._send_frame(CLOSE, value[:2])
                if self._transport:
                    self._transport.close()

    def connection_lost(self, _exc: Exception | None) -> None:
        self._transport = None
        if not self.opened.done():
            self.opened.set_exception(ConnectionResetError("closed before the handshake was done"))
            self.opened.exception()  # seen: nobody may be waiting any more
        if not self.closed.done():
            self.closed.set_result(self._code)
        self.on_closed(self._code)

    def _finish_handshake(self, head: bytes) -> None:
        accept = base64.b64encode(hashlib.sha1((self._key + _MAGIC).encode()).digest())
        if not head.startswith(b"HTTP/1.1 101 ") or accept not in head:
            if not self.opened.done():
                self.opened.set_exception(ConnectionRefusedError(head.decode(errors="replace")))
            self.cut()
            return
        self._shaking_hands = False
        self._rest = b""
        if not self.opened.done():
            self.opened.set_result(None)

    def write(self, data: bytes) -> None:
        """Send bytes as they are; nothing once the line is gone."""
        if self._transport is not None and not self._has_ended and not self._transport.is_closing():
            self._transport.write(data)

    def _send_frame(self, opcode: int, payload: bytes) -> None:
        self.write(masked_frame(0x80 | opcode, payload, os.urandom(4)))


def masked_frame(first: int, payload: bytes, mask: bytes) -> bytes:
    """A frame as a client sends it; `first` is its first byte."""
    length = len(payload)
    if length < 126:
        head = struct.pack("!BB", first, 0x80 | length)
    elif length < 65_536:
        head = struct.pack("!BBH", first, 0x80 | 126, length)
    else:
        head = struct.pack("!BBQ", first, 0x80 | 127, length)
    key = (mask * (length // 4 + 1))[:length]
    masked = (int.from_bytes(payload, "little") ^ int.from_bytes(key, "little")).to_bytes(length, "little")
    return head + mask + masked


def _split(data: bytes) -> tuple[tuple[Received, ...], bytes]:
    found, at = [], 0
    while (frame := _frame_at(data, at)) is not None:
        received, at = frame
        found.append(received)
    return tuple(found), data[at:]


def _frame_at(data: bytes, at: int) -> tuple[Received, int] | None:
    if len(data) < at + 2:
        return None
    opcode, length, start = data[at] & 0x0F, data[at + 1], at + 2
    if not data[at] & 0x80 or length & 0x80:
        raise ValueError("the server sent a fragment or a masked frame")
    if length >= 126:
        size = 2 if length == 126 else 8
        if len(data) < start + size:
            return None
        length, start = int.from_bytes(data[start : start + size], "big"), start + size
    end = start + length
    if len(data) < end:
        return None
    payload = data[start:end]
    return Received(opcode, orjson.loads(payload) if opcode == TEXT else payload), end
