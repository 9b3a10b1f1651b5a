"""RFC 6455 as a table: what a client sends after the handshake, and what the server must answer. Autobahn's groups, and
what else the RFC's clauses say; each row names its section. The sockets are in a room (tests/live/raw_socket.py)."""

import itertools
import struct
from typing import NamedTuple

from tests.live.frames_of_a_client import (
    BINARY,
    CLOSE,
    CONTINUATION,
    MASK,
    PING,
    PONG,
    TEXT,
    announced,
    client_frame,
)
from tests.live.raw_socket import NO_STATUS, close, echo, said

KIB = 1024
OPCODES = {"text": TEXT, "binary": BINARY, "continuation": CONTINUATION, "close": CLOSE, "ping": PING, "pong": PONG}
CODES_SENT = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4401, 4999)
CODES_NEVER_SENT = (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535)


class Row(NamedTuple):
    """`code` is that of the server's close frame. Without one the protocol was kept: `texts` and `pongs` are what comes
    back, and the server hears a goodbye after that."""

    section: str
    what: str
    sent: bytes
    texts: tuple[str, ...] = ()
    pongs: tuple[bytes, ...] = ()
    code: int | None = None

    @property
    def name(self) -> str:
        return f"{self.section} {self.what}"


def lengthened(opcode: int, payload: bytes, form: int) -> bytes:
    """A frame whose length is in the long form 126 or 127, though it needs none."""
    size = struct.pack("!H" if form == 126 else "!Q", len(payload))
    return bytes((0x80 | opcode, 0x80 | form)) + size + b"\0\0\0\0" + payload


def padded(text: str, length: int) -> bytes:
    """A message of exactly so many bytes."""
    return said(text, pad="x" * (length - len(said(text, pad=""))))


def in_parts(payload: bytes, *places: int, between: bytes = b"") -> bytes:
    """A text message in fragments, cut at these places."""
    edges = [0, *places, len(payload)]
    parts = [payload[start:end] for start, end in itertools.pairwise(edges)]
    frames = [
        client_frame(CONTINUATION if number else TEXT, part, fin=number == len(parts) - 1)
        for number, part in enumerate(parts)
    ]
    return between.join(frames)


HELLO = said("Hello")
MASKING = [
    *(Row("5.1", f"{name} without a mask", client_frame(opcode, b"", mask=None), code=1002)
      for name, opcode in OPCODES.items()),
    Row("5.1", "a message without a mask", client_frame(TEXT, HELLO, mask=None), code=1002),
    *(Row("5.3", f"mask {mask.hex()}, {length} letters", client_frame(TEXT, said("x" * length), mask=mask),
          texts=("x" * length,))
      for mask in (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\0\xff\x80\x01") for length in range(1, 9)),
    Row("5.3", "another mask for every fragment",
        client_frame(TEXT, HELLO[:5], fin=False, mask=b"\1\2\3\4") + client_frame(CONTINUATION, HELLO[5:]),
        texts=("Hello",)),
]  # fmt: skip
RESERVED_BITS = [
    *(Row("5.2", f"RSV {bits:03b} on {name}", client_frame(opcode, HELLO if opcode == TEXT else b"", reserved=bits),
          code=1002)
      for bits in range(1, 8) for name, opcode in OPCODES.items()),
    *(Row("5.2", f"RSV {bits:03b} on a later fragment",
          client_frame(TEXT, HELLO[:5], fin=False) + client_frame(CONTINUATION, HELLO[5:], reserved=bits), code=1002)
      for bits in (1, 2, 4)),
]  # fmt: skip
RESERVED_OPCODES = [
    Row("5.2", f"opcode {opcode:X}, {what}", client_frame(opcode, payload, fin=fin), code=1002)
    for opcode in (0x3, 0x4, 0x5, 0x6, 0x7, 0xB, 0xC, 0xD, 0xE, 0xF)
    for what, payload, fin in (("empty", b"", True), ("with a payload", b"x" * 9, True), ("not final", b"", False))
]
LENGTHS = [
    *(Row("5.2", f"a message of {length} bytes", client_frame(TEXT, padded("Hello", length)), texts=("Hello",))
      for length in (124, 125, 126, 127, 128, 129, 4 * KIB, 8 * KIB - 1, 8 * KIB)),
    *(Row("5.2", f"length {length} in {form - 125} more bytes than need be", lengthened(TEXT, b"x" * length, form),
          code=1002)
      for length, form in ((0, 126), (5, 126), (125, 126), (5, 127), (126, 127), (8 * KIB, 127))),
    *(Row("5.5", f"a ping of {length} bytes, length in form {form}", lengthened(PING, b"x" * length, form), code=1002)
      for length, form in ((5, 126), (126, 126), (5, 127))),
    *(Row("10.4", f"a message of {length} bytes announced", announced(TEXT, length) + MASK, code=1009)
      for length in (8 * KIB + 1, 65_535, 65_536, 1 << 31, (1 << 63) - 1)),
    Row("5.2", "the most significant bit of a length is set", announced(BINARY, 1 << 63) + MASK, code=1009),
    Row("10.4", "fragments longer than a message may be",
        client_frame(TEXT, b"x" * 5 * KIB, fin=False) + client_frame(CONTINUATION, b"x" * 5 * KIB), code=1009),
]  # fmt: skip
FRAGMENTS = [
    Row("5.4", "two fragments", in_parts(HELLO, 5), texts=("Hello",)),
    Row("5.4", "empty fragments around it", in_parts(HELLO, 0, 0, 5, 5, len(HELLO)), texts=("Hello",)),
    Row("5.4", "a fragment for every byte", in_parts(HELLO, *range(1, len(HELLO))), texts=("Hello",)),
    Row("5.4", "pings between fragments", in_parts(HELLO, 5, 9, between=client_frame(PING, b"now")),
        texts=("Hello",), pongs=(b"now",) * 2),
    Row("5.4", "pongs between fragments", in_parts(HELLO, 5, 9, between=client_frame(PONG, b"so")), texts=("Hello",)),
    Row("5.4", "one fragmented message after another", in_parts(HELLO, 5) + in_parts(said("again"), 3, 7),
        texts=("Hello", "again")),
    Row("5.4", "a message in two fragments of 4 KiB", in_parts(padded("Hello", 8 * KIB), 4 * KIB), texts=("Hello",)),
    Row("5.5.1", "a close frame between fragments", client_frame(TEXT, b"{", fin=False) + close(1001), code=1001),
    *(Row("5.4", f"a continuation of nothing, {what}", client_frame(CONTINUATION, payload, fin=fin), code=1002)
      for what, payload, fin in (("final", b"x", True), ("not final", b"x", False), ("empty", b"", True))),
    Row("5.4", "a continuation of what has ended", in_parts(HELLO, 5) + client_frame(CONTINUATION, b"x"), code=1002),
    *(Row("5.4", f"{name} inside a message, {what}",
          client_frame(TEXT, b"{", fin=False) + client_frame(OPCODES[name], b"x", fin=fin), code=1002)
      for name in ("text", "binary") for what, fin in (("final", True), ("not final", False))),
    *(Row("5.5", f"{name} in fragments", client_frame(OPCODES[name], b"", fin=False) + client_frame(CONTINUATION),
          code=1002)
      for name in ("close", "ping", "pong")),
    Row("10.4", "fragments without end",
        client_frame(TEXT, b"", fin=False) + client_frame(CONTINUATION, b"", fin=False) * 200, code=1008),
]  # fmt: skip
CONTROL = [
    *(Row("5.5.2", f"a ping of {what}", client_frame(PING, payload), pongs=(payload,))
      for what, payload in (("nothing", b""), ("text", b"Hello"), ("bytes", bytes(range(130, 255))),
                            ("125 bytes", b"x" * 125), ("half a code point", b"\xc3"))),
    Row("5.5.2", "a ping of 126 bytes", client_frame(PING, b"x" * 126), code=1002),
    Row("5.5.3", "ten pings are ten pongs, in order", b"".join(client_frame(PING, b"%d" % n) for n in range(10)),
        pongs=tuple(b"%d" % n for n in range(10))),
    *(Row("5.5.3", f"a pong that nobody asked for, {what}", client_frame(PONG, payload) + client_frame(PING, b"p"),
          pongs=(b"p",))
      for what, payload in (("empty", b""), ("with a payload", b"unasked"), ("of 125 bytes", b"\xff" * 125))),
    Row("5.5.3", "a pong of 126 bytes", client_frame(PONG, b"x" * 126), code=1002),
    Row("5.6", "a binary message", client_frame(BINARY, b"\xff\0"), code=1003),
    Row("5.6", "an empty binary message", client_frame(BINARY), code=1003),
    Row("5.6", "an empty text", client_frame(TEXT), texts=("malformed",)),
    Row("5.6", "an empty text in fragments", client_frame(TEXT, fin=False) + client_frame(CONTINUATION),
        texts=("malformed",)),
]  # fmt: skip
CLOSING = [
    Row("5.5.1", "a close frame without a code", client_frame(CLOSE), code=NO_STATUS),
    Row("5.5.1", "a close frame of one byte", client_frame(CLOSE, b"\x03"), code=1002),
    Row("5.5.1", "a reason of 123 bytes", close(1000, b"x" * 123), code=1000),
    Row("5.5.1", "a reason of 124 bytes", close(1000, b"x" * 124), code=1002),
    Row("5.5.1", "a reason in Vietnamese", close(1000, "tạm biệt".encode()), code=1000),
    *(Row("8.1", f"a reason that is not UTF-8, {reason.hex()}", close(1000, reason), code=1007)
      for reason in (b"\xff", b"tam bi\xe1\xbb", b"\xed\xa0\x80", b"\xc0\x80")),
    *(Row("7.4.1", f"code {code}", close(code), code=code) for code in CODES_SENT),
    *(Row("7.4.1", f"code {code} with a reason", close(code, b"so"), code=code) for code in (1000, 3000, 4999)),
    *(Row("7.4.2", f"code {code}, which nobody may send", close(code), code=1002) for code in CODES_NEVER_SENT),
    Row("5.5.1", "a message after the close frame", close(1001) + echo("late"), code=1001),
    Row("5.5.1", "a ping after the close frame", close(1001) + client_frame(PING, b"late"), code=1001),
    Row("5.5.1", "a second close frame", close(1001) + close(1002), code=1001),
    Row("5.5.1", "rubbish after the close frame", close(1001) + b"\xff" * 64, code=1001),
    Row("7.1.7", "a ping after a broken frame", client_frame(0x3) + client_frame(PING, b"late"), code=1002),
    Row("7.1.7", "a close frame after a broken one", client_frame(0x3) + close(1000), code=1002),
]  # fmt: skip
ROWS = [*MASKING, *RESERVED_BITS, *RESERVED_OPCODES, *LENGTHS, *FRAGMENTS, *CONTROL, *CLOSING]
