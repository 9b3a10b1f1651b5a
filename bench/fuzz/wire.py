"""Frames as bytes: some that keep RFC 6455, then one that breaks it in a known way, or rubbish."""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from bench.fuzz.messages import MALFORMED_ALLOWED, MOST_BYTES
from bench.websocket import ABNORMAL, CLOSE, PING, PONG, TEXT, masked_frame

CONTINUATION, BINARY = 0x0, 0x2
FIN = 0x80
CODES_SENT = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4401, 4999)
CODES_NEVER_SENT = (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65_535)
NOT_UTF8 = (
    b"\xff", b"\xfe", b"\xc0\x80", b"\xc1\xbf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xed\xa0\x80", b"\xed\xbf\xbf",
    b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\x80", b"\xbf\xbf", b"\xc3\x28", b"\xe1\xbb\x28",
    b"\xf0\x9f\x28\x28",
)  # fmt: skip
RUBBISH_ENDS = frozenset((1005, ABNORMAL, *CODES_SENT))  # a rubbish goodbye is one, too
_UNKNOWN = b'{"type":"dance","pad":"%s"}'  # answered with an error, and nothing is done


@dataclass
class Attempt:
    """What is to be sent, and what has to come back: `codes` with which the server may end it, none if it may not."""

    data: bytes = b""
    frames: int = 0
    pongs: list[bytes] = field(default_factory=list)
    answers: int = 0
    malformed: int = 0
    what: str = "kept"
    codes: frozenset[int] = frozenset()
    is_rubbish: bool = False  # where frames begin and end in it nobody can tell

    def add(self, data: bytes, frames: int = 1) -> None:
        self.data += data
        self.frames += frames


def one_attempt(dice: Random, most: int, *, joined: bool) -> Attempt:
    """Some frames that keep the protocol, and most times one that does not."""
    attempt = Attempt()
    for _ in range(dice.randrange(most)):
        dice.choice(_KEPT if joined else _KEPT_BY_STRANGERS)(dice, attempt)
    if dice.random() < 0.1:
        return attempt
    attempt.what, (code, break_it) = dice.choice(_BREAKERS)
    attempt.codes = frozenset((code,)) if code else frozenset()
    break_it(dice, attempt)
    if dice.random() < 0.3:  # nobody hears it
        attempt.add(dice.randbytes(dice.randrange(300)))
    return attempt


def a_frame(dice: Random, opcode: int, payload: bytes = b"", *, fin: bool = True, reserved: int = 0) -> bytes:
    """A masked frame."""
    return masked_frame((FIN if fin else 0) | reserved << 4 | opcode, payload, dice.randbytes(4))


def close_payload(code: int, reason: bytes = b"") -> bytes:
    return struct.pack("!H", code) + reason


def _fragments(dice: Random, payload: bytes, most: int = 6) -> list[bytes]:
    """A text message in some fragments, cut anywhere, also inside a code point."""
    edges = sorted(dice.randrange(len(payload) + 1) for _ in range(dice.randrange(1, most)))
    parts = [payload[start:end] for start, end in zip([0, *edges], [*edges, len(payload)], strict=True)]
    last = len(parts) - 1
    return [
        a_frame(dice, CONTINUATION if number else TEXT, part, fin=number == last) for number, part in enumerate(parts)
    ]


def _words(dice: Random) -> bytes:
    return "".join(dice.choices("aàảđ ỡ🎬\u0301\u200f中", k=dice.randrange(40))).encode()


# -- frames that keep the protocol -------------------------------------------------------------------------------------


def _ping(dice: Random, attempt: Attempt) -> None:
    payload = dice.randbytes(dice.choice((0, 1, 5, 60, 125)))
    attempt.add(a_frame(dice, PING, payload))
    attempt.pongs.append(payload)


def _pong(dice: Random, attempt: Attempt) -> None:
    attempt.add(a_frame(dice, PONG, dice.randbytes(dice.randrange(126))))


def _text(dice: Random, attempt: Attempt) -> None:
    attempt.add(a_frame(dice, TEXT, _UNKNOWN % _words(dice)))
    attempt.answers += 1


def _long_text(dice: Random, attempt: Attempt) -> None:
    room = MOST_BYTES - len(_UNKNOWN % b"")
    attempt.add(a_frame(dice, TEXT, _UNKNOWN % (b"x" * dice.choice((126, 4_096, room - 1, room)))))
    attempt.answers += 1


def _text_in_fragments(dice: Random, attempt: Attempt) -> None:
    for part in _fragments(dice, _UNKNOWN % _words(dice)):
        attempt.add(part)
        if dice.random() < 0.3:
            _ping(dice, attempt)
        elif dice.random() < 0.2:
            _pong(dice, attempt)
    attempt.answers += 1


def _malformed_text(dice: Random, attempt: Attempt) -> None:
    if attempt.malformed < MALFORMED_ALLOWED:
        attempt.add(a_frame(dice, TEXT, dice.choice((b"", b"hello", b"[]", b"{", _words(dice) + b"{"))))
        attempt.answers += 1
        attempt.malformed += 1


# -- frames that break it ----------------------------------------------------------------------------------------------


def _unmasked(dice: Random, attempt: Attempt) -> None:
    payload = dice.randbytes(dice.randrange(100))
    attempt.add(bytes((FIN | dice.choice((0, 1, 2, 8, 9, 10)), len(payload))) + payload)


def _reserved_bits(dice: Random, attempt: Attempt) -> None:
    attempt.add(a_frame(dice, dice.choice((1, 2, 8, 9, 10)), b"", reserved=dice.randrange(1, 8)))


def _reserved_opcode(dice: Random, attempt: Attempt) -> None:
    opcode = dice.choice((3, 4, 5, 6, 7, 11, 12, 13, 14, 15))
    attempt.add(a_frame(dice, opcode, dice.randbytes(dice.randrange(100))))


def _long_control(dice: Random, attempt: Attempt) -> None:
    attempt.add(a_frame(dice, dice.choice((CLOSE, PING, PONG)), dice.randbytes(dice.choice((126, 127, 5_000)))))


def _control_in_fragments(dice: Random, attempt: Attempt) -> None:
    attempt.add(a_frame(dice, dice.choice((CLOSE, PING, PONG)), fin=False))


def _continuation_of_nothing(dice: Random, attempt: Attempt) -> None:
    attempt.add(a_frame(dice, CONTINUATION, dice.randbytes(dice.randrange(50)), fin=dice.random() < 0.5))


def _message_inside_a_message(dice: Random, attempt: Attempt) -> None:
    attempt.add(a_frame(dice, TEXT, b"{", fin=False))
    attempt.add(a_frame(dice, dice.choice((TEXT, BINARY)), b"{", fin=dice.random() < 0.5))


def _long_form_of_length(dice: Random, attempt: Attempt) -> None:
    length = dice.randrange(126)
    size = b"\xfe" + struct.pack("!H", length) if dice.random() < 0.5 else b"\xff" + struct.pack("!Q", length)
    attempt.add(bytes((FIN | TEXT,)) + size + dice.randbytes(4 + length))


def _oversize(dice: Random, attempt: Attempt) -> None:
    length = dice.choice((MOST_BYTES + 1, 10_000, 65_535, 65_536, 1 << 31, 1 << 40, (1 << 63) - 1, (1 << 64) - 1))
    size = b"\xfe" + struct.pack("!H", length) if length < 65_536 else b"\xff" + struct.pack("!Q", length)
    attempt.add(bytes((FIN | dice.choice((TEXT, BINARY)),)) + size + dice.randbytes(4 + dice.randrange(2_000)))


def _oversize_in_fragments(dice: Random, attempt: Attempt) -> None:
    attempt.add(a_frame(dice, TEXT, b"x" * 4_000, fin=False))
    attempt.add(a_frame(dice, CONTINUATION, b"x" * 4_192, fin=False))
    attempt.add(a_frame(dice, CONTINUATION, b"x"))


def _too_many_fragments(dice: Random, attempt: Attempt) -> None:
    attempt.add(a_frame(dice, TEXT, fin=False))
    attempt.add(a_frame(dice, CONTINUATION, fin=False) * 130, 130)


def _not_utf8(dice: Random, attempt: Attempt) -> None:
    payload = _UNKNOWN % (_words(dice) + dice.choice(NOT_UTF8) + _words(dice))
    if dice.random() < 0.5:
        attempt.add(a_frame(dice, TEXT, payload))
    else:
        for part in _fragments(dice, payload):
            attempt.add(part)


def _binary(dice: Random, attempt: Attempt) -> None:
    attempt.add(a_frame(dice, BINARY, dice.randbytes(dice.randrange(200))))


def _too_many_malformed(dice: Random, attempt: Attempt) -> None:
    for _ in range(MALFORMED_ALLOWED + 1 - attempt.malformed):
        attempt.add(a_frame(dice, TEXT, b"{" + _words(dice)))


def _bad_close(dice: Random, attempt: Attempt) -> None:
    payload = b"\x03" if dice.random() < 0.2 else close_payload(dice.choice(CODES_NEVER_SENT))
    attempt.add(a_frame(dice, CLOSE, payload))


def _close_with_a_bad_reason(dice: Random, attempt: Attempt) -> None:
    attempt.add(a_frame(dice, CLOSE, close_payload(dice.choice(CODES_SENT), dice.choice(NOT_UTF8))))


def _goodbye(dice: Random, attempt: Attempt) -> None:
    code = dice.choice(CODES_SENT)
    attempt.codes = frozenset((code,))
    attempt.add(a_frame(dice, CLOSE, close_payload(code, b"x" * dice.choice((0, 1, 123)))))


def _wordless_goodbye(dice: Random, attempt: Attempt) -> None:
    attempt.add(a_frame(dice, CLOSE))


def _rubbish(dice: Random, attempt: Attempt) -> None:
    attempt.is_rubbish, attempt.codes = True, RUBBISH_ENDS
    for _ in range(dice.randrange(1, 8)):
        if dice.random() < 0.5:
            attempt.add(dice.randbytes(dice.randrange(1, 120)))
        else:
            payload, reserved = dice.randbytes(dice.randrange(140)), dice.choice((0, 0, 0, 1))
            frame = bytearray(a_frame(dice, dice.randrange(16), payload, fin=dice.random() < 0.7, reserved=reserved))
            frame[dice.randrange(len(frame))] ^= 1 << dice.randrange(8)
            attempt.add(bytes(frame))


Maker = Callable[[Random, Attempt], None]
_KEPT: tuple[Maker, ...] = (_ping, _ping, _pong, _text, _text, _long_text, _text_in_fragments, _malformed_text)
_KEPT_BY_STRANGERS: tuple[Maker, ...] = (_ping, _ping, _ping, _pong, _pong, _malformed_text)
# (name, (close code, maker)); 0: the maker says it
_BREAKERS: tuple[tuple[str, tuple[int, Maker]], ...] = (
    ("unmasked", (1002, _unmasked)),
    ("reserved bits", (1002, _reserved_bits)),
    ("reserved opcode", (1002, _reserved_opcode)),
    ("long control frame", (1002, _long_control)),
    ("control frame in fragments", (1002, _control_in_fragments)),
    ("continuation of nothing", (1002, _continuation_of_nothing)),
    ("message inside a message", (1002, _message_inside_a_message)),
    ("long form of a length", (1002, _long_form_of_length)),
    ("oversize", (1009, _oversize)),
    ("oversize in fragments", (1009, _oversize_in_fragments)),
    ("too many fragments", (1008, _too_many_fragments)),
    ("not UTF-8", (1007, _not_utf8)),
    ("binary", (1003, _binary)),
    ("too many malformed", (1008, _too_many_malformed)),
    ("bad close", (1002, _bad_close)),
    ("close with a bad reason", (1007, _close_with_a_bad_reason)),
    ("goodbye", (0, _goodbye)),
    ("goodbye without a word", (1005, _wordless_goodbye)),
    ("rubbish", (0, _rubbish)),
    ("rubbish", (0, _rubbish)),
)
