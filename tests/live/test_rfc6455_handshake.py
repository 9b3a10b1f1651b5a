"""RFC 6455 4.2 at the front door: which requests are upgraded, and how the others are refused."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import pytest

from tests.live.frames_of_a_client import PING, TEXT, client_frame
from tests.live.raw_socket import HANDSHAKE, SAMPLE_ACCEPT, echo, said, shaken_hands
from tests.support.api import Answer
from tests.support.raw import raw
from tests.support.server import Member, RunningServer

KEY = "Sec-WebSocket-Key"
VERSION = "Sec-WebSocket-Version"
PROTOCOL = "Sec-WebSocket-Protocol"
EXTENSIONS = "Sec-WebSocket-Extensions"


class Row(NamedTuple):
    """A handshake that is right but for what is said."""

    section: str
    what: str
    status: int
    changed: Mapping[str, str | None] = MappingProxyType({})  # headers; None takes one out
    added: tuple[str, ...] = ()  # lines
    method: str = "GET"
    version: str = "1.1"
    path: str = "/ws/notifications"
    chosen: str | None = None  # subprotocol

    def request(self, port: int) -> bytes:
        headers = {"Host": f"127.0.0.1:{port}", **HANDSHAKE, **self.changed}
        lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
        start = f"{self.method} {self.path} HTTP/{self.version}"
        return "\r\n".join([start, *lines, *self.added, "", ""]).encode("latin1")


TAKEN = [
    Row("4.2.1", "everything as it should be", 101),
    *(Row("4.2.1", f"Upgrade: {word}", 101, {"Upgrade": word})
      for word in ("WebSocket", "WEBSOCKET", "h2c, websocket", "websocket,h2c")),
    *(Row("4.2.1", f"Connection: {words}", 101, {"Connection": words})
      for words in ("upgrade", "UPGRADE", "keep-alive, Upgrade", "Upgrade,keep-alive", "keep-alive ,\tupgrade ")),
    Row("4.2.1", "Connection in two lines", 101, {"Connection": "keep-alive"}, ("Connection: Upgrade",)),
    Row("4.2.1", "names in small letters", 101, dict.fromkeys(HANDSHAKE),
        tuple(f"{name.lower()}: {value}" for name, value in HANDSHAKE.items())),
    Row("4.2.1", "names in capitals", 101, dict.fromkeys(HANDSHAKE),
        tuple(f"{name.upper()}: {value}" for name, value in HANDSHAKE.items())),
    Row("4.2.1", "blanks around values", 101, {KEY: f"\t {HANDSHAKE[KEY]}  ", VERSION: " 13 "}),
    Row("4.2.1", "headers that nobody knows", 101, added=("X-Wish: luck", "Sec-WebSocket-Wish: luck")),
    Row("4.2.1", "no Origin: not a browser", 101, {"Origin": None}),
    Row("4.2.1", "HTTP/1.2", 101, version="1.2"),
    *(Row("4.2.2", f"subprotocols {offered}", 101, {PROTOCOL: offered}, chosen=chosen)
      for offered, chosen in (("smovie.v1", "smovie.v1"), ("chat, smovie.v1,superchat", "smovie.v1"), ("chat", None),
                              ("SMovie.V1", None), ("smovie.v2", None), ("bearer.x", None), (",,", None))),
    Row("4.2.2", "subprotocols in two lines", 101, {PROTOCOL: "chat"}, (f"{PROTOCOL}: smovie.v1",), chosen="smovie.v1"),
    *(Row("9.1", f"extension {offered}", 101, {EXTENSIONS: offered})
      for offered in ("permessage-deflate", "permessage-deflate; client_max_window_bits, x-webkit-deflate-frame",
                      "foo;bar=\"", "\xff")),
]  # fmt: skip
WRONG_KEYS = {
    "that is empty": "", "of 15 bytes": "dGhlIHNhbXBsZSBub25j", "of 17 bytes": "dGhlIHNhbXBsZSBub25jZTE=",
    "of 24 bytes": "A" * 32, "without padding": "dGhlIHNhbXBsZSBub25jZQ", "that is no Base64": "*" * 24,
    "in hexadecimal": "746865207361", "with a blank": "dGhlIHNhbXBs ZSBub25jZQ==",
    "in another alphabet": "dGhlIHNhbXBsZSBub2--ZQ==", "with more behind it": f"{HANDSHAKE[KEY]}x",
    "that is no ASCII": "\xe9" * 24,
}  # fmt: skip
REFUSED = [
    *(Row("4.2.1", f"method {method}", status, method=method)
      for method, status in (("HEAD", 426), ("POST", 405), ("PUT", 405), ("DELETE", 405), ("PATCH", 405),
                             ("get", 405))),
    Row("4.2.1", "HTTP/1.0", 426, version="1.0"),
    Row("4.2.1", "HTTP/2.0", 400, version="2.0"),
    Row("4.2.1", "no Host", 400, {"Host": None}),
    Row("4.2.1", "two Hosts", 400, added=("Host: elsewhere",)),
    Row("4.2.1", "no Upgrade", 426, {"Upgrade": None}),
    *(Row("4.2.1", f"Upgrade: {word}", 426, {"Upgrade": word}) for word in ("", "h2c", "websockets", "web socket")),
    Row("4.2.1", "no Connection", 426, {"Connection": None}),
    *(Row("4.2.1", f"Connection: {words}", 426, {"Connection": words})
      for words in ("", "keep-alive", "close", "upgraded", "Up-grade")),
    Row("4.2.1", "no key", 400, {KEY: None}),
    *(Row("4.2.1", f"a key {what}", 400, {KEY: key}) for what, key in WRONG_KEYS.items()),
    Row("4.2.1", "two keys", 400, added=(f"{KEY}: AQIDBAUGBwgJCgsMDQ4PEA==",)),
    Row("4.4", "no version", 426, {VERSION: None}),
    *(Row("4.4", f"version {version}", 426, {VERSION: version})
      for version in ("", "0", "8", "12", "14", "013", "13.0", "+13", "-13", "13, 8", "8, 13", "x", "\xb9\xb3")),
    Row("4.4", "two versions", 426, {VERSION: "8"}, (f"{VERSION}: 13",)),
    *(Row("10.2", f"Origin: {origin}", 403, {"Origin": origin})
      for origin in ("https://evil.example", "null", "", "http://[", "http://[::1", "//", "http://\xff", "x" * 999)),
    Row("4.2.2", "no such place", 404, path="/ws/elsewhere"),
]  # fmt: skip


async def ask(server: RunningServer, row: Row) -> Answer:
    async with raw(server.port) as client:
        await client.send(row.request(server.port))
        return await client.answer()


@pytest.mark.parametrize("row", TAKEN, ids=lambda row: f"{row.section} {row.what}")
async def test_a_handshake_is_taken(server: RunningServer, row: Row) -> None:
    answer = await ask(server, row)
    assert answer.status == row.status
    headers = answer.headers
    assert (headers["upgrade"].lower(), headers["connection"].lower()) == ("websocket", "upgrade")
    assert headers["sec-websocket-accept"] == SAMPLE_ACCEPT
    assert headers.get("sec-websocket-protocol") == row.chosen
    assert not {"sec-websocket-extensions", "content-length", "transfer-encoding"} & set(headers)


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: f"{row.section} {row.what[:60]}")
async def test_a_handshake_is_refused(server: RunningServer, row: Row) -> None:
    async with raw(server.port) as client:
        await client.send(row.request(server.port))
        head = (await client.reader.readuntil(b"\r\n\r\n")).decode("latin1").lower()
    assert int(head.split()[1]) == row.status
    assert "sec-websocket-accept" not in head
    if row.status == 426:  # 4.2.2, 4.4: what would be taken
        assert "\r\nupgrade: websocket\r\n" in head
        assert "\r\nsec-websocket-version: 13\r\n" in head


async def test_4_1_frames_that_came_with_the_handshake_are_heard(server: RunningServer, reader: Member) -> None:
    """A client must wait for the answer; one that does not loses nothing by it."""
    path = f"/ws/comments/{server.an_episode_apart()}?token={reader.access}"
    async with shaken_hands(server.port, path, along=client_frame(PING, b"early") + echo("early")) as socket:
        heard = await socket.answers(texts=1, pongs=1)
        assert (heard.texts, heard.pongs) == (["early"], [b"early"])


async def test_4_1_nothing_of_much_that_came_with_it_is_lost(server: RunningServer) -> None:
    sent = [b"%04d" % number + b"x" * 120 for number in range(1_500)]
    pings = b"".join(client_frame(PING, payload) for payload in sent)
    async with shaken_hands(server.port, "/ws/notifications", along=pings) as socket:
        assert (await socket.answers(pongs=len(sent))).pongs == sent


async def test_4_2_2_what_is_refused_may_be_asked_again_on_the_same_connection(server: RunningServer) -> None:
    async with raw(server.port) as client:
        old = Row("4.4", "version 8", 426, {VERSION: "8"})
        await client.send(old.request(server.port))
        assert (await client.answer()).status == 426
        await client.send(TAKEN[0].request(server.port) + client_frame(TEXT, said("Hello")))
        assert (await client.answer()).status == 101
