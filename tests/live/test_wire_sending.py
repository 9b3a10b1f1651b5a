"""The frames we send, by the websockets library's word."""

import pytest

from handlers.live.wire import NO_STATUS, Opcode, close_code, close_frame, frame, text_payloads
from tests.live.frames_of_a_client import TEXT, heard_by_library


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65_535, 65_536])
def test_our_frames_are_whole_unmasked_and_of_the_shortest_form(length: int) -> None:
    data = frame(Opcode.TEXT, b"x" * length)
    assert len(data) - length == (2 if length < 126 else 4 if length < 65_536 else 10)
    assert [(heard.opcode, bytes(heard.data), heard.fin) for heard in heard_by_library([data])] == [
        (TEXT, b"x" * length, True)
    ]


@pytest.mark.parametrize("reason", ["", "not reading", "đ" * 200, "🎬" * 40, "x" * 123 + "đ"])
def test_a_close_frame_is_valid_whatever_its_reason(reason: str) -> None:
    (heard,) = heard_by_library([close_frame(4408, reason)])
    words = bytes(heard.data[2:]).decode()
    assert (close_code(bytes(heard.data)), len(heard.data) <= 125) == (4408, True)
    assert reason.startswith(words)
    assert len(words.encode()) >= min(len(reason.encode()), 120)


def test_a_close_frame_without_status_is_empty() -> None:
    assert close_frame(NO_STATUS, "not sent") == bytes.fromhex("8800")


def test_what_our_frames_carry_is_read_back() -> None:
    payloads = [b"x" * length for length in (0, 1, 125, 126, 65_535, 65_536, 3)]
    assert list(text_payloads(b"".join(frame(Opcode.TEXT, payload) for payload in payloads))) == payloads
