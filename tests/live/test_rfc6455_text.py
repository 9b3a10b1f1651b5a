"""RFC 6455 8.1 at the front door: text is UTF-8, wherever fragments are cut; what is not closes 1007."""

import pytest

from tests.live.frames_of_a_client import BINARY, CONTINUATION, TEXT, client_frame
from tests.live.raw_socket import close, joined, said
from tests.live.rfc6455 import in_parts
from tests.support.server import Member, RunningServer

VALID = [
    "κόσμε", "Mùi đu đủ xanh", "e\u0323\u0302", "🎬👩‍👩‍👧‍👦", "\u200fשלום\u202e", "\ufeff",
    *(chr(point) for point in (0x20, 0x7F, 0x80, 0x7FF, 0x800, 0xFFF, 0x1000, 0xCFFF, 0xD7FF, 0xE000, 0xFFFD)),
    *(chr(point) for point in (0xFDD0, 0xFFFE, 0xFFFF, 0x1_0000, 0x1_FFFE, 0xF_FFFF, 0x10_0000, 0x10_FFFF)),
]  # fmt: skip
INVALID = {
    "a continuation byte alone": ["80", "bf", "80bf", "80bf80bf80bf80"],
    "a first byte alone": ["c320", "df20", "e020", "ef20", "f020", "f420", "c3", "e1", "f0"],
    "a sequence that is cut": ["e0a0", "e188", "efbf", "f09080", "f48fbf", "f090", "c3e188", "cebae1bdb9cf"],
    "bytes that no UTF-8 has": ["fe", "ff", "fefeffff", "c0", "c1", "f5", "f8", "fc"],
    "an overlong form": ["c080", "c0af", "c1bf", "e08080", "e080af", "e09fbf", "f0808080", "f08080af", "f08fbfbf",
                         "f888808080", "f8808080af", "fc8480808080", "fc80808080af"],
    "half of a surrogate pair": ["eda080", "edadbf", "edaebf", "edb080", "edbfbf"],
    "a surrogate pair": ["eda080edb080", "edadbfedbfbf", "edafbfedbfbf"],
    "past U+10FFFF": ["f4908080", "f4bfbfbf", "f5808080", "f7bfbfbf", "fbbfbfbfbf", "fdbfbfbfbfbf"],
}  # fmt: skip
BROKEN = [pytest.param(bytes.fromhex(code), id=f"{why}: {code}") for why, codes in INVALID.items() for code in codes]
SPLIT = ["cebae1bdb9cf83cebcceb5eda080656469746564", "f4908080", "c0af", "eda080edb080"]  # Autobahn's 6.3 first


def around(broken: bytes) -> bytes:
    """A message that would be answered, but for these bytes."""
    head, tail = said("?").split(b"?")
    return head + broken + tail


@pytest.mark.parametrize("text", VALID, ids=lambda text: " ".join(f"{ord(point):X}" for point in text[:6]))
async def test_8_1_text_comes_through_whole_and_in_whatever_fragments(
    server: RunningServer, reader: Member, text: str
) -> None:
    payload = said(text)
    first = payload.index(text.encode())
    places = range(first, first + len(text.encode()) + 1)
    async with joined(server, reader.access) as socket:
        for sent in (client_frame(TEXT, payload), in_parts(payload, *places)):
            await socket.send(sent)
            assert (await socket.answers(texts=1)).texts == [text]


@pytest.mark.parametrize("place", range(1, 20))
async def test_8_1_text_may_be_cut_inside_a_code_point(server: RunningServer, reader: Member, place: int) -> None:
    text = "đủ 🎬 e\u0323\u0302 κόσμε"
    payload = said(text)
    async with joined(server, reader.access) as socket:
        await socket.send(in_parts(payload, payload.index(text.encode()) + place))
        assert (await socket.answers(texts=1)).texts == [text]


@pytest.mark.parametrize("broken", BROKEN)
async def test_8_1_text_that_is_not_utf_8_closes_1007(server: RunningServer, reader: Member, broken: bytes) -> None:
    async with joined(server, reader.access) as socket:
        await socket.send(client_frame(TEXT, around(broken)))
        assert (await socket.ending()).code == 1007


@pytest.mark.parametrize(
    ("broken", "place"),
    [(bytes.fromhex(code), place) for code in SPLIT for place in range(len(bytes.fromhex(code)) + 1)],
)
async def test_8_1_so_does_text_whose_broken_sequence_is_cut_by_fragments(
    server: RunningServer, reader: Member, broken: bytes, place: int
) -> None:
    payload = around(broken)
    async with joined(server, reader.access) as socket:
        await socket.send(in_parts(payload, payload.index(broken) + place))
        assert (await socket.ending()).code == 1007


async def test_8_1_a_sequence_may_not_be_left_open_at_the_end_of_a_fragmented_message(
    server: RunningServer, reader: Member
) -> None:
    async with joined(server, reader.access) as socket:
        await socket.send(client_frame(TEXT, b"\xe1\xbb", fin=False) + client_frame(CONTINUATION))
        assert (await socket.ending()).code == 1007


async def test_5_6_binary_is_not_looked_at_as_text(server: RunningServer, reader: Member) -> None:
    async with joined(server, reader.access) as socket:
        await socket.send(client_frame(BINARY, b"\xed\xa0\x80"))
        assert (await socket.ending()).code == 1003


async def test_8_1_what_was_said_before_does_not_change_how_text_is_read(server: RunningServer, reader: Member) -> None:
    """A checker with a state of its own would take the end of one message for the beginning of the next."""
    async with joined(server, reader.access) as socket:
        await socket.send(in_parts(said("đ"), 18, 19) + in_parts(said("🎬"), 18, 19, 20))
        assert (await socket.answers(texts=2)).texts == ["đ", "🎬"]
        await socket.send(close(1000, "đủ".encode()))
        assert (await socket.ending()).code == 1000


@pytest.mark.parametrize("broken", [b"\xff", b"\xf4\x90", b"\xed\xa0\x80", b"\xc0"])
async def test_8_1_text_that_can_become_utf_8_no_more_is_not_waited_for(
    server: RunningServer, reader: Member, broken: bytes
) -> None:
    """Autobahn calls it failing fast: neither the rest of the message nor that of its frame need come."""
    begun = client_frame(TEXT, around(broken))[: 6 + around(broken).index(broken) + len(broken)]
    later = client_frame(CONTINUATION, broken + b"and more")[: 6 + len(broken)]
    for sent in (client_frame(TEXT, broken, fin=False), begun, client_frame(TEXT, b"{", fin=False) + later):
        async with joined(server, reader.access) as socket:
            await socket.send(sent)
            assert (await socket.ending()).code == 1007
