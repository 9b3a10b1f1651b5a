"""RFC 6455 of the server's side, clause by clause (numbers in the names of the sections are the RFC's)."""

import struct

import pytest

from handlers.live.wire import (
    INVALID_TEXT,
    NO_STATUS,
    POLICY,
    PROTOCOL_ERROR,
    TOO_BIG,
    FrameReader,
    Message,
    Opcode,
    close_code,
)
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
    one_by_one,
    read,
)

VIETNAMESE = "Mùi đu đủ xanh 🎬".encode()


def refused(*pieces: bytes, code: int, max_bytes: int = 1 << 20) -> list[Message]:
    """The stream ends with this close code; the messages before that."""
    messages, error = read(*pieces, max_bytes=max_bytes)
    assert error is not None
    assert error.code == code, error.reason
    assert error.reason
    return messages


def accepted(*pieces: bytes, max_bytes: int = 1 << 20) -> list[Message]:
    messages, error = read(*pieces, max_bytes=max_bytes)
    assert error is None
    return messages


# -- 5.2, 5.3: headers, masks, lengths ---------------------------------------------------------------------------------


def test_the_masked_hello_of_the_rfc() -> None:
    assert accepted(bytes.fromhex("818537fa213d7f9f4d5158")) == [(Opcode.TEXT, b"Hello")]


@pytest.mark.parametrize("mask", [b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x01\x02\x03\x04"])
@pytest.mark.parametrize("length", [0, 1, 3, 4, 5, 7, 8, 13])
def test_any_mask_on_any_remainder_of_four(mask: bytes, length: int) -> None:
    payload = bytes(range(length))
    assert accepted(client_frame(BINARY, payload, mask=mask)) == [(Opcode.BINARY, payload)]


@pytest.mark.parametrize("opcode", [TEXT, BINARY, PING, CLOSE])
def test_an_unmasked_frame_closes_1002(opcode: int) -> None:
    refused(client_frame(opcode, b"", mask=None), code=PROTOCOL_ERROR)


@pytest.mark.parametrize("opcode", [TEXT, PING])
@pytest.mark.parametrize("reserved", range(1, 8))
def test_reserved_bits_close_1002(reserved: int, opcode: int) -> None:
    refused(client_frame(opcode, b"x", reserved=reserved), code=PROTOCOL_ERROR)


@pytest.mark.parametrize("opcode", [0x3, 0x4, 0x5, 0x6, 0x7, 0xB, 0xC, 0xD, 0xE, 0xF])
def test_unknown_opcodes_close_1002(opcode: int) -> None:
    refused(client_frame(opcode, b"x"), code=PROTOCOL_ERROR)


@pytest.mark.parametrize("length", [0, 1, 124, 125, 126, 127, 65_535, 65_536])
def test_every_form_of_length(length: int) -> None:
    payload = b"x" * length
    data = client_frame(TEXT, payload)
    assert accepted(data) == [(Opcode.TEXT, payload)]
    assert accepted(data + data, max_bytes=max(length, 1)) == [(Opcode.TEXT, payload)] * 2


def test_what_came_before_the_broken_frame_counts() -> None:
    data = client_frame(TEXT, b"one") + client_frame(PING) + client_frame(TEXT, b"two", mask=None)
    assert refused(data, code=PROTOCOL_ERROR) == [(Opcode.TEXT, b"one"), (Opcode.PING, b"")]


# -- 5.4: fragments ----------------------------------------------------------------------------------------------------


def test_fragments_make_one_message() -> None:
    parts = [
        client_frame(TEXT, b"a", fin=False),
        client_frame(CONTINUATION, b"", fin=False),
        client_frame(CONTINUATION, b"b", fin=False),
        client_frame(CONTINUATION, b"c"),
    ]
    assert accepted(*parts) == accepted(b"".join(parts)) == [(Opcode.TEXT, b"abc")]


def test_control_frames_come_through_between_fragments_at_once() -> None:
    parts = [
        client_frame(BINARY, b"a", fin=False),
        client_frame(PING, b"1"),
        client_frame(CONTINUATION, b"b", fin=False),
        client_frame(PONG, b"2"),
        client_frame(CONTINUATION, b"c"),
    ]
    assert accepted(*parts) == [(Opcode.PING, b"1"), (Opcode.PONG, b"2"), (Opcode.BINARY, b"abc")]
    assert accepted(*parts[:2]) == [(Opcode.PING, b"1")]


def test_a_message_after_a_fragmented_one_starts_clean() -> None:
    parts = [client_frame(BINARY, b"\xff", fin=False), client_frame(CONTINUATION), client_frame(TEXT, b"t")]
    assert accepted(*parts, *parts) == [(Opcode.BINARY, b"\xff"), (Opcode.TEXT, b"t")] * 2


@pytest.mark.parametrize("fin", [True, False])
def test_a_continuation_of_nothing_closes_1002(fin: bool) -> None:
    refused(client_frame(CONTINUATION, b"x", fin=fin), code=PROTOCOL_ERROR)
    whole = client_frame(TEXT, b"a", fin=False) + client_frame(CONTINUATION, b"b")
    refused(whole, client_frame(CONTINUATION, b"x", fin=fin), code=PROTOCOL_ERROR)


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("fin", [True, False])
def test_a_new_message_inside_a_fragmented_one_closes_1002(opcode: int, fin: bool) -> None:
    refused(client_frame(TEXT, b"a", fin=False), client_frame(opcode, b"b", fin=fin), code=PROTOCOL_ERROR)


def test_endless_empty_fragments_close_1008() -> None:
    refused(client_frame(TEXT, b"", fin=False), *[client_frame(CONTINUATION, b"", fin=False)] * 1_000, code=POLICY)


# -- 5.5: control frames -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("opcode", [PING, PONG])
def test_control_frames_carry_up_to_125_bytes(opcode: int) -> None:
    assert accepted(client_frame(opcode, b"x" * 125)) == [(Opcode(opcode), b"x" * 125)]
    refused(client_frame(opcode, b"x" * 126), code=PROTOCOL_ERROR)


@pytest.mark.parametrize("opcode", [CLOSE, PING, PONG])
def test_control_frames_are_never_fragmented(opcode: int) -> None:
    refused(client_frame(opcode, b"", fin=False), code=PROTOCOL_ERROR)


def test_a_ping_may_be_any_bytes_and_is_not_counted_with_the_message_around_it() -> None:
    parts = [client_frame(TEXT, b"x" * 100, fin=False), client_frame(PING, b"\xff" * 125), client_frame(CONTINUATION)]
    assert [message.opcode for message in accepted(*parts, max_bytes=130)] == [Opcode.PING, Opcode.TEXT]


# -- 5.5.1, 7.4: closing -----------------------------------------------------------------------------------------------

SENDABLE = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4401, 4999]
NEVER_SENT = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535]


def test_close_without_a_code() -> None:
    assert accepted(client_frame(CLOSE)) == [(Opcode.CLOSE, b"")]
    assert close_code(b"") == NO_STATUS


@pytest.mark.parametrize("code", SENDABLE)
def test_a_valid_close_code_arrives_without_its_reason(code: int) -> None:
    (message,) = accepted(client_frame(CLOSE, struct.pack("!H", code) + "tạm biệt".encode()))
    assert message == (Opcode.CLOSE, struct.pack("!H", code))
    assert close_code(message.payload) == code


@pytest.mark.parametrize("code", NEVER_SENT)
def test_a_close_code_that_must_not_be_sent_closes_1002(code: int) -> None:
    refused(client_frame(CLOSE, struct.pack("!H", code)), code=PROTOCOL_ERROR)


def test_a_close_payload_of_one_byte_closes_1002() -> None:
    refused(client_frame(CLOSE, b"\x03"), code=PROTOCOL_ERROR)


def test_a_close_reason_that_is_not_utf8_closes_1007() -> None:
    refused(client_frame(CLOSE, struct.pack("!H", 1000) + b"\xff"), code=INVALID_TEXT)


def test_close_comes_through_inside_a_fragmented_message() -> None:
    assert accepted(client_frame(TEXT, b"a", fin=False), client_frame(CLOSE)) == [(Opcode.CLOSE, b"")]


def test_nothing_is_heard_after_close_not_even_garbage() -> None:
    close, after = client_frame(CLOSE), client_frame(TEXT, b"late") + client_frame(CLOSE)
    assert accepted(close + after) == accepted(close, after) == [(Opcode.CLOSE, b"")]
    assert accepted(close + b"\xff" * 50, b"\xff" * 50) == [(Opcode.CLOSE, b"")]


# -- 5.6, 8.1: text ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", range(len(VIETNAMESE) + 1))
def test_utf8_may_be_split_anywhere_over_fragments(at: int) -> None:
    head, tail = client_frame(TEXT, VIETNAMESE[:at], fin=False), client_frame(CONTINUATION, VIETNAMESE[at:])
    assert accepted(head, client_frame(PING), tail)[-1] == (Opcode.TEXT, VIETNAMESE)


BROKEN_UTF8 = [b"\xff", b"\xc3", b"a\xe1\xbb", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"]


@pytest.mark.parametrize("broken", BROKEN_UTF8)
def test_text_that_is_not_utf8_closes_1007(broken: bytes) -> None:
    refused(client_frame(TEXT, broken), code=INVALID_TEXT)
    refused(client_frame(TEXT, broken, fin=False), client_frame(CONTINUATION), code=INVALID_TEXT)
    assert accepted(client_frame(BINARY, broken)) == [(Opcode.BINARY, broken)]


# -- 7.4.1, 10.4: size -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [1_001, 65_535, 65_536, 2**31, 2**63 - 1, 2**64 - 1])
def test_an_oversize_frame_closes_1009_by_its_announced_length(length: int) -> None:
    refused(announced(TEXT, length), code=TOO_BIG, max_bytes=1_000)


def test_nothing_of_an_oversize_frame_is_kept() -> None:
    reader = FrameReader(1_000)
    with pytest.raises(Exception, match="too big"):
        list(reader.feed(announced(TEXT, 2_000) + MASK + b"x" * 1_500))
    assert reader._buffer == b""


def test_fragments_are_judged_together() -> None:
    half = client_frame(TEXT, b"x" * 500, fin=False)
    assert accepted(half, client_frame(CONTINUATION, b"x" * 500), max_bytes=1_000) == [(Opcode.TEXT, b"x" * 1_000)]
    refused(half, announced(CONTINUATION, 501), code=TOO_BIG, max_bytes=1_000)


def test_a_message_of_exactly_the_bound_passes() -> None:
    assert accepted(client_frame(TEXT, b"x" * 8_192), max_bytes=8_192)
    refused(client_frame(TEXT, b"x" * 8_193), code=TOO_BIG, max_bytes=8_192)


# -- a stream has no frames of its own ---------------------------------------------------------------------------------


def test_byte_by_byte_equals_all_at_once() -> None:
    data = (
        client_frame(TEXT, VIETNAMESE) + client_frame(BINARY, b"x" * 126) + client_frame(TEXT, b"a", fin=False)
        + client_frame(PING, b"p") + client_frame(CONTINUATION, b"b") + client_frame(CLOSE, b"\x03\xe8bye")
    )  # fmt: skip
    assert accepted(*one_by_one(data)) == accepted(data)
    assert len(accepted(data)) == 5
