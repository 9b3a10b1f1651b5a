"""Frames as a client may make them, right or wrong, and the other side's word on ours."""

import struct
from collections.abc import Iterable, Sequence
from itertools import pairwise

from websockets.client import ClientProtocol
from websockets.frames import Frame
from websockets.protocol import State
from websockets.uri import parse_uri

from handlers.live.wire import FrameReader, Message, WireError

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
MASK = b"\x37\xfa\x21\x3d"


def client_frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, reserved: int = 0, mask: bytes | None = MASK
) -> bytes:
    """A frame byte by byte as RFC 6455 5.2 draws it; no rule is kept that is not asked for."""
    first = (0x80 if fin else 0) | reserved << 4 | opcode
    masked, length = 0x80 if mask is not None else 0, len(payload)
    if length < 126:
        header = struct.pack("!BB", first, masked | length)
    elif length < 65_536:
        header = struct.pack("!BBH", first, masked | 126, length)
    else:
        header = struct.pack("!BBQ", first, masked | 127, length)
    if mask is None:
        return header + payload
    return header + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


def announced(opcode: int, length: int) -> bytes:
    """Only the header of a masked frame that will be so long."""
    if length < 65_536:
        return struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, length)
    return struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, length)


def read(*pieces: bytes, max_bytes: int = 1 << 20) -> tuple[list[Message], WireError | None]:
    """What a reader makes of these pieces of a stream, and what ended it."""
    reader, messages = FrameReader(max_bytes), list[Message]()
    try:
        for piece in pieces:
            # One by one: what comes before a broken frame of the same piece counts.
            for message in reader.feed(piece):
                messages.append(message)
    except WireError as exc:
        return messages, exc
    return messages, None


def one_by_one(data: bytes) -> list[bytes]:
    return [data[i : i + 1] for i in range(len(data))]


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    """The stream cut at these places (taken modulo its length)."""
    marks = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    return [data[start:end] for start, end in pairwise(marks)]


def library_client() -> ClientProtocol:
    """The websockets library's client, its handshake done."""
    return ClientProtocol(parse_uri("ws://localhost/"), state=State.OPEN, max_size=None)


def heard_by_library(stream: Sequence[bytes]) -> list[Frame]:
    """The frames that the library's client finds in what we send; it must not complain."""
    client = library_client()
    for piece in stream:
        client.receive_data(piece)
    assert client.parser_exc is None, client.parser_exc
    return [event for event in client.events_received() if isinstance(event, Frame)]
