"""WebSocket frames (RFC 6455) of the server's side, without any I/O: bytes in, messages out.

Tornado's own reader costs a coroutine and some 15 KB per connection, answers a broken frame by cutting the line, and
encodes every message per receiver. Rooms need the opposite on all three counts (docs/decisions/0005), so the socket is
taken over after Tornado's handshake and read here. Text arrives checked; control frames arrive as they are.
"""

import codecs
import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple


class Opcode(IntEnum):
    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


NORMAL, GOING_AWAY, PROTOCOL_ERROR, UNSUPPORTED, NO_STATUS = 1000, 1001, 1002, 1003, 1005
INVALID_TEXT, POLICY, TOO_BIG, INTERNAL_ERROR, RESTART, TRY_AGAIN_LATER = 1007, 1008, 1009, 1011, 1012, 1013
UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, FLOODING = 4401, 4403, 4404, 4429  # our own (ROOMS.md 3, 18)
MOST_FRAGMENTS = 128  # of one message; a legitimate client splits 8 KiB into far fewer
_SENDABLE_CODES = frozenset((1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014))


class Message(NamedTuple):
    """A whole message or control frame; `payload` of CLOSE is the two bytes of its code, or empty."""

    opcode: Opcode
    payload: bytes


class WireError(Exception):
    """The peer broke the protocol; close with `code`."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class FrameReader:
    """Turns a byte stream from a client into messages. One per connection; small while nothing is under way."""

    __slots__ = ("_buffer", "_closed", "_fragments", "_fragments_bytes", "_max_bytes", "_opcode", "_tail")

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._buffer = b""
        self._closed = False  # the peer said goodbye
        self._opcode: Opcode | None = None  # of the fragmented message under way
        self._fragments: list[bytes] | None = None
        self._fragments_bytes = 0
        self._tail = b""  # the code point with which its last fragment broke off

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that these bytes complete; none after CLOSE (RFC 6455 1.4).

        Errors: WireError, after the messages before the broken frame."""
        if self._closed:
            return
        if self._buffer:
            data, self._buffer = self._buffer + data, b""
        at = 0
        while (frame := self._next_frame(data, at)) is not None:
            first, payload, at = frame
            message = self._take(first, payload)
            if message is None:
                continue
            self._closed = message.opcode is Opcode.CLOSE
            yield message
            if self._closed:
                return
        self._buffer = data[at:]

    def _next_frame(self, data: bytes, at: int) -> tuple[int, bytes, int] | None:
        """(first byte, unmasked payload, where the next frame begins), or None while it is not complete."""
        available = len(data) - at
        if available < 2:
            return None
        first, second = data[at], data[at + 1]
        if first & 0x70:
            raise WireError(PROTOCOL_ERROR, "reserved bits are set")
        if not second & 0x80:
            raise WireError(PROTOCOL_ERROR, "a client's frame must be masked")
        length, header = second & 0x7F, 2
        if first & 0x08:
            if length > 125 or not first & 0x80:
                raise WireError(PROTOCOL_ERROR, "a control frame must be short and whole")
        elif length == 126:
            if available < 4:
                return None
            (length,), header = struct.unpack_from("!H", data, at + 2), 4
            _check_shortest(length, 126)
        elif length == 127:
            if available < 10:
                return None
            (length,), header = struct.unpack_from("!Q", data, at + 2), 10
            _check_shortest(length, 1 << 16)
        # Judged by the announced length: nothing of an oversize frame is ever kept.
        if length + (0 if first & 0x08 else self._fragments_bytes) > self._max_bytes:
            raise WireError(TOO_BIG, "message too big")
        end = at + header + 4 + length
        if len(data) < end:
            self._check_begun(first & 0x0F, data[at + header :])
            return None
        mask = data[at + header : at + header + 4]
        return first, _unmask(mask, data[at + header + 4 : end]), end

    def _check_begun(self, opcode: int, masked: bytes) -> None:
        """Refuse text as soon as nothing that may follow makes it UTF-8, though its frame is not here whole."""
        is_text = opcode == Opcode.TEXT and self._opcode is None
        if is_text or (opcode == Opcode.CONTINUATION and self._opcode is Opcode.TEXT):
            _check_utf8(self._tail + _unmask(masked[:4], masked[4:]), whole=False)

    def _take(self, first: int, payload: bytes) -> Message | None:
        try:
            opcode = Opcode(first & 0x0F)
        except ValueError:
            raise WireError(PROTOCOL_ERROR, "unknown opcode") from None
        whole = bool(first & 0x80)
        if opcode is Opcode.CLOSE:
            return Message(opcode, _checked_close(payload))
        if opcode in (Opcode.PING, Opcode.PONG):
            return Message(opcode, payload)
        if opcode is Opcode.CONTINUATION:
            if self._opcode is None or self._fragments is None:
                raise WireError(PROTOCOL_ERROR, "nothing to continue")
        elif self._opcode is not None:
            raise WireError(PROTOCOL_ERROR, "the message before is not finished")
        elif whole:
            if opcode is Opcode.TEXT:
                _check_utf8(payload)
            return Message(opcode, payload)
        else:
            self._opcode, self._fragments = opcode, []
        return self._take_fragment(payload, whole)

    def _take_fragment(self, payload: bytes, whole: bool) -> Message | None:
        assert self._fragments is not None and self._opcode is not None
        self._fragments.append(payload)
        self._fragments_bytes += len(payload)
        if self._opcode is Opcode.TEXT:
            self._tail = _check_utf8(self._tail + payload, whole=whole)
        if len(self._fragments) > MOST_FRAGMENTS:
            raise WireError(POLICY, "too many fragments")
        if not whole:
            return None
        message = Message(self._opcode, b"".join(self._fragments))
        self._opcode, self._fragments, self._fragments_bytes = None, None, 0
        return message


def frame(opcode: Opcode, payload: bytes) -> bytes:
    """A whole, unmasked frame."""
    length = len(payload)
    first = 0x80 | opcode
    if length < 126:
        return bytes((first, length)) + payload
    if length < 65_536:
        return struct.pack("!BBH", first, 126, length) + payload
    return struct.pack("!BBQ", first, 127, length) + payload


def text_payloads(frames: bytes) -> Iterator[bytes]:
    """What was put into text frames of ours by `frame`, one after another."""
    at = 0
    while at < len(frames):
        length, header = frames[at + 1], 2
        if length == 126:
            (length,), header = struct.unpack_from("!H", frames, at + 2), 4
        elif length == 127:
            (length,), header = struct.unpack_from("!Q", frames, at + 2), 10
        yield frames[at + header : at + header + length]
        at += header + length


def close_frame(code: int, reason: str = "") -> bytes:
    """A close frame; the reason is cut to what a control frame holds."""
    if code == NO_STATUS:
        return frame(Opcode.CLOSE, b"")
    words = reason.encode()[:123].decode(errors="ignore").encode()
    return frame(Opcode.CLOSE, struct.pack("!H", code) + words)


def close_code(payload: bytes) -> int:
    """The code in a close frame's payload; 1005 where there is none."""
    return int(struct.unpack("!H", payload[:2])[0]) if len(payload) >= 2 else NO_STATUS


def _check_shortest(length: int, least: int) -> None:
    if length < least:
        raise WireError(PROTOCOL_ERROR, "a length must be written in the shortest form")


def _check_utf8(text: bytes, *, whole: bool = True) -> bytes:
    """The code point that is not complete at its end, where more may follow. Errors: WireError."""
    try:
        _, used = codecs.utf_8_decode(text, "strict", whole)
    except UnicodeDecodeError:
        raise WireError(INVALID_TEXT, "not UTF-8") from None
    return text[used:]


def _checked_close(payload: bytes) -> bytes:
    if not payload:
        return payload
    code = close_code(payload) if len(payload) >= 2 else 0
    if not (code in _SENDABLE_CODES or 3000 <= code <= 4999):
        raise WireError(PROTOCOL_ERROR, "bad close code")
    _check_utf8(payload[2:])
    return payload[:2]


def _unmask(mask: bytes, payload: bytes) -> bytes:
    # As one big number: fifty times faster than byte by byte, and without a private function of Tornado's.
    length = len(payload)
    if not length:
        return payload
    key = (mask * (length // 4 + 1))[:length]
    return (int.from_bytes(payload, "little") ^ int.from_bytes(key, "little")).to_bytes(length, "little")
