"""A client that behaves as ROOMS.md asks: resumes from its position, reads back what it missed, retries by cmid."""

import asyncio
import itertools
from collections.abc import Sequence

from bench.checker import View
from bench.websocket import Frame, FrameParser, WebSocketClient

RETRY_S = 0.2  # a real client doubles it up to 30 s; here the return itself is what is tested
NO_ACK_S = 5.0


class _Line(WebSocketClient):
    """One connection of a client's life."""

    def __init__(self, client: "RoomClient") -> None:
        super().__init__(client.parser)
        self._client = client

    def on_message(self, message: Frame) -> None:
        self._client.take(self, message)


class RoomClient:
    """One person's client in a room, over as many connections as it takes. `view` is all it has come to see."""

    def __init__(self, name: str, port: int, episode_id: str, token: str, parser: FrameParser) -> None:
        self.view = View(name)
        self.parser = parser
        self.pending: dict[str, str] = {}  # said and not acknowledged: texts by cmid
        self.acknowledged: dict[str, str] = {}  # comment ids by text
        self.contradictions: list[str] = []  # one cmid acknowledged with two ids
        self.refused_for_good: list[str] = []
        self.sent = self.retries = self.refusals = self.recovered = self.fresh_pages = 0
        self._port = port
        self._path = f"/ws/comments/{episode_id}?token={token}"
        self._epoch = ""
        self._known: frozenset[str] = frozenset()  # what it had seen before it came back
        self._line: _Line | None = None
        self._retries: dict[str, asyncio.TimerHandle] = {}
        self._is_leaving = False

    # -- its life --------------------------------------------------------------------------------------------------

    async def live(self) -> None:
        """Be in the room, coming back whenever the line is lost, until `leave`."""
        while not self._is_leaving:
            line = _Line(self)
            try:
                await line.open(self._port, self._path + self._position())
                await line.closed
            except OSError:
                pass  # nobody listens at present
            self._line = None
            await asyncio.sleep(RETRY_S)

    def leave(self) -> None:
        """Go for good."""
        self._is_leaving = True
        for retry in self._retries.values():
            retry.cancel()
        self.cut()

    def cut(self) -> None:
        """Lose the line, as on a train; it comes back by itself."""
        if self._line:
            self._line.cut()

    @property
    def has_joined(self) -> bool:
        return self._line is not None

    # -- talking ---------------------------------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """Say something; it is repeated, with the same cmid, until it is acknowledged."""
        self.sent += 1
        self.pending[text] = text
        self._send_comment(text)

    def _send_comment(self, cmid: str) -> None:
        if self._line and cmid in self.pending:
            self._line.send({"type": "comment", "message": self.pending[cmid], "cmid": cmid})
            self._retry_in(NO_ACK_S, cmid)

    def _retry_in(self, seconds: float, cmid: str) -> None:
        if earlier := self._retries.pop(cmid, None):
            earlier.cancel()
        if not self._is_leaving:
            self._retries[cmid] = asyncio.get_running_loop().call_later(seconds, self._retry, cmid)

    def _retry(self, cmid: str) -> None:
        if self._line and cmid in self.pending:
            self.retries += 1
            self._send_comment(cmid)

    # -- hearing ---------------------------------------------------------------------------------------------------

    def take(self, line: _Line, message: Frame) -> None:
        """A message of the server's, on the line it came by."""
        kind = message["type"]
        if kind == "comment":
            self.view.track.take(message["seq"])
            self._see([message])
        elif kind == "ack":
            self._take_ack(message)
        elif kind == "joined":
            self._take_joined(line, message)
        elif kind == "history":
            self._take_history(line, message["comments"])
        elif kind == "error":
            self._take_error(line, message)
        elif kind == "gap" or (kind == "sync" and message["seq"] > self.view.track.last):
            line.cut()  # behind: come back with the position

    def _take_joined(self, line: _Line, message: Frame) -> None:
        self._line = line
        self._epoch = message["epoch"]
        if message["recovered"]:
            self.recovered += 1
        else:
            self.fresh_pages += 1
            self.view.track.begin(message["seq"])
            self._known = frozenset(self.view.comments)
            self._take_history(line, message["comments"])
        for cmid in self.pending:
            self._retry(cmid)

    def _take_history(self, line: _Line, page: Sequence[Frame]) -> None:
        """See a page, and ask for the one before until something known comes, or the room's beginning."""
        self._see(page)
        if page and not any(comment["id"] in self._known for comment in page):
            self._ask_history(line, page[0]["id"])

    def _ask_history(self, line: _Line, before: str) -> None:
        line.send({"type": "history", "id": before, "before": before, "limit": 100})

    def _take_ack(self, message: Frame) -> None:
        cmid, comment_id = message["cmid"], message["comment_id"]
        self.pending.pop(cmid, None)
        if self.acknowledged.setdefault(cmid, comment_id) != comment_id:
            self.contradictions.append(f"{cmid}: {self.acknowledged[cmid]} and {comment_id}")

    def _take_error(self, line: _Line, message: Frame) -> None:
        self.refusals += 1
        if not message["temporary"]:
            self.refused_for_good.append(f"{message.get('cmid')}: {message['code']}")
            return
        wait_s = message.get("retry_after_ms", RETRY_S * 1e3) / 1e3
        if "cmid" in message:
            self._retry_in(wait_s, message["cmid"])
        elif "id" in message:
            asyncio.get_running_loop().call_later(wait_s, self._ask_history, line, message["id"])

    def _see(self, comments: Sequence[Frame]) -> None:
        for comment in comments:
            self.view.comments[comment["id"]] = comment["message"]

    def _position(self) -> str:
        return f"&epoch={self._epoch}&seq={self.view.track.last}" if self._epoch else ""


async def joined(clients: Sequence[RoomClient], within_s: float = 30.0) -> None:
    """Return when all clients are in the room. Errors: TimeoutError."""
    async with asyncio.timeout(within_s):
        while not all(client.has_joined for client in clients):
            await asyncio.sleep(0.01)


def crowd(port: int, episode_id: str, tokens: Sequence[str], count: int) -> list[RoomClient]:
    """Clients of a room, the tokens in turn; none is in yet."""
    parser = FrameParser()
    turn = itertools.cycle(tokens)
    return [RoomClient(f"client {number}", port, episode_id, next(turn), parser) for number in range(count)]
