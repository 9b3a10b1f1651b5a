"""Our reader and the websockets library agree on whatever a client may send, however the network cuts it up."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.client import ClientProtocol

from handlers.live.wire import FrameReader, Message, Opcode, WireError, frame
from tests.live.frames_of_a_client import client_frame, cut, heard_by_library, library_client, one_by_one, read

repeatable = settings(derandomize=True, deadline=None, max_examples=150)
CUTS = st.lists(st.integers(0, 1 << 20), max_size=12)
PINGS = st.lists(st.tuples(st.sampled_from([Opcode.PING, Opcode.PONG]), st.binary(max_size=125)), max_size=2)


@dataclass
class Said:
    """A message as a client may say it: in parts, with control frames between them."""

    opcode: Opcode
    parts: list[bytes]
    between: list[list[tuple[Opcode, bytes]]] = field(default_factory=list)

    def send(self, client: ClientProtocol) -> list[Message]:
        """Bring it out by the library; what the server should hear."""
        heard = []
        for i, part in enumerate(self.parts):
            fin = i == len(self.parts) - 1
            if i:
                client.send_continuation(part, fin)
            elif self.opcode is Opcode.TEXT:
                client.send_text(part, fin)
            else:
                client.send_binary(part, fin)
            for opcode, payload in [] if fin else self.between[i]:
                (client.send_ping if opcode is Opcode.PING else client.send_pong)(payload)
                heard.append(Message(opcode, payload))
        return [*heard, Message(self.opcode, b"".join(self.parts))]


@st.composite
def messages(draw: st.DrawFn) -> Said:
    opcode = draw(st.sampled_from([Opcode.TEXT, Opcode.BINARY]))
    payload = draw(st.text(max_size=300)).encode() if opcode is Opcode.TEXT else draw(st.binary(max_size=300))
    payload *= draw(st.sampled_from([1, 1, 1, 40, 300]))
    parts = cut(payload, draw(st.lists(st.integers(0, 1 << 16), max_size=4))) or [b""]
    return Said(opcode, parts, [draw(PINGS) for _ in parts])


@pytest.fixture(scope="module", autouse=True)
def _same_masks_every_run() -> Iterator[None]:
    """The library takes its masks from `secrets`; a failure must be the same failure next time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("websockets.frames.secrets", SimpleNamespace(token_bytes=random.Random(5).randbytes))
        yield


@repeatable
@given(st.lists(messages(), max_size=6), CUTS, st.sampled_from([None, 1000, 4999]))
def test_what_the_library_sends_we_hear(said: list[Said], cuts: list[int], code: int | None) -> None:
    client = library_client()
    expected = [message for one in said for message in one.send(client)]
    if code is not None:
        client.send_close(code, "bye")
        expected.append(Message(Opcode.CLOSE, code.to_bytes(2, "big")))
    stream = b"".join(client.data_to_send())
    heard, error = read(*cut(stream, cuts))
    assert error is None, stream.hex()
    assert heard == expected, stream.hex()


@repeatable
@given(st.lists(st.tuples(st.sampled_from([Opcode.TEXT, Opcode.BINARY, Opcode.PING, Opcode.PONG]), st.text()),
                max_size=8), CUTS)  # fmt: skip
def test_what_we_send_the_library_hears(said: list[tuple[Opcode, str]], cuts: list[int]) -> None:
    ours = [(opcode, text.encode()[:125] if opcode & 8 else text.encode() * 70) for opcode, text in said]
    heard = heard_by_library(cut(b"".join(frame(opcode, payload) for opcode, payload in ours), cuts))
    assert [(int(one.opcode), bytes(one.data)) for one in heard] == ours
    assert all(one.fin for one in heard)


ALMOST_FRAMES = st.builds(
    client_frame,
    st.integers(0, 15),
    st.binary(max_size=140),
    fin=st.booleans(),
    reserved=st.sampled_from([0, 0, 0, 0, 1, 4]),
    mask=st.one_of(st.binary(min_size=4, max_size=4), st.none()),
)
GARBAGE = st.one_of(st.binary(max_size=400), st.lists(ALMOST_FRAMES, max_size=8).map(b"".join))


@settings(repeatable, max_examples=300)
@given(GARBAGE, CUTS)
def test_garbage_raises_nothing_but_a_wire_error_with_a_code_that_may_be_sent(garbage: bytes, cuts: list[int]) -> None:
    heard, error = read(*cut(garbage, cuts), max_bytes=256)
    if error is not None:
        assert error.code in (1002, 1007, 1008, 1009)
    assert all(len(message.payload) <= 256 for message in heard)


@repeatable
@given(GARBAGE, CUTS)
def test_the_cut_changes_neither_what_is_heard_nor_how_it_ends(garbage: bytes, cuts: list[int]) -> None:
    def ending(*pieces: bytes) -> tuple[list[Message], int | None]:
        heard, error = read(*pieces, max_bytes=256)
        return heard, error.code if error else None

    assert ending(garbage) == ending(*cut(garbage, cuts)) == ending(*one_by_one(garbage))


@repeatable
@given(GARBAGE)
def test_a_reader_keeps_no_more_than_a_message_and_a_header(garbage: bytes) -> None:
    reader = FrameReader(64)
    try:
        for byte in one_by_one(garbage):
            list(reader.feed(byte))
            assert len(reader._buffer) <= 64 + 14
            assert sum(map(len, reader._fragments or [])) <= 64
    except WireError:
        assert reader._buffer == b""
