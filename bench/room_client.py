"""A client that behaves as ROOMS.md asks: resumes from its position, retries by cmid, keeps each comment once."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.instances import Instance
from bench.verdict import Order, View
from bench.websocket import Frame, FrameParser, WebSocketClient

RETRY_S = 0.2  # a real client doubles it up to 30 s; here the return itself is what is tested
NO_ACK_S = 5.0
_FATAL = {4401: "the token is refused", 4403: "not allowed", 4404: "no such episode"}


@dataclass(frozen=True)
class Room:
    """A room that is checked, as all clients know it. Only comments that begin with `mark` are the checker's."""

    episode_id: str
    mark: str
    older: str = ""  # the newest comment of before: nothing older is read
    order: Order = field(default_factory=Order)
    parser: FrameParser = field(default_factory=FrameParser)


class _Line(WebSocketClient):
    """One connection of a client's life."""

    def __init__(self, client: "RoomClient") -> None:
        super().__init__(client.room.parser)
        self._client = client

    def on_message(self, message: Frame) -> None:
        self._client.take(self, message)


class RoomClient:
    """One person's client in a room, over as many connections as it takes. `view` is all it has come to see.

    `on_live` is told of every comment that comes live: its text, and `perf_counter` at its bytes.
    """

    def __init__(self, name: str, instance: Instance, room: Room, token: str) -> None:
        self.view = View(name)
        self.instance = instance
        self.room = room
        self.pending: dict[str, str] = {}  # said and not acknowledged: texts by cmid
        self.acknowledged: list[tuple[str, str]] = []  # texts, which are the cmids, and comment ids, every time
        self.limits: Frame = {}
        self.trouble = ""  # why it cannot go on at all
        self.refused_for_good: list[str] = []
        self.sent = self.heard = self.retries = self.refusals = self.recovered = self.fresh_pages = 0
        self.on_live: Callable[[str, float], None] | None = None
        self.has_joined = False
        self.position: tuple[str, int] = ("", 0)  # where it last began anew: an epoch, and a seq of it
        self._token = token
        self._epoch = ""
        self._live: set[str] = set()  # comments that came live under this epoch
        self._page_begins = ""  # with this comment its newest fresh page does, where there are older ones
        self._is_reading_back = False
        self._read_from = room.older  # down from this comment it has read back, or will have
        self._unread: list[tuple[str, str]] = []  # what is left of that: stretches before this, down to that
        self._line: _Line | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._is_leaving = False

    # -- its life --------------------------------------------------------------------------------------------------

    async def live(self) -> None:
        """Be in the room, coming back whenever the line is lost, until `leave`."""
        at = self.instance
        path = at.path(f"/ws/comments/{self.room.episode_id}?token={self._token}")
        while not self._is_leaving:
            line = self._line = _Line(self)
            with contextlib.suppress(OSError):  # nobody listens at present
                await line.open(at.port, path + self._since(), host=at.host, tls=at.tls)
                self.trouble = _FATAL.get(await line.closed, "")
            self._line, self.has_joined = None, False
            await asyncio.sleep(RETRY_S)

    def come_from(self, epoch: str, seq: int) -> None:
        """Join first with a position, as one who was there before."""
        self._epoch, self.view.track.last = epoch, seq
        self.position = (epoch, seq)

    def leave(self) -> None:
        """Go for good."""
        self._is_leaving = True
        for timer in self._timers.values():
            timer.cancel()
        self.cut()

    def cut(self) -> None:
        """Lose the line, as on a train; it comes back by itself."""
        if self._line:
            self._line.cut()

    # -- talking ---------------------------------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """Say something; it is repeated, with the same cmid, until it is acknowledged."""
        self.sent += 1
        self.pending[text] = text
        self._send_comment(text)

    def _send_comment(self, cmid: str) -> None:
        if self._line and self.has_joined and cmid in self.pending:
            self._line.send({"type": "comment", "message": self.pending[cmid], "cmid": cmid})
            self._in(NO_ACK_S, cmid, lambda: self._retry(cmid))

    def _retry(self, cmid: str) -> None:
        if self.has_joined and cmid in self.pending:
            self.retries += 1
            self._send_comment(cmid)

    def read_back(self) -> None:
        """Ask for what lies before its newest fresh page, as one who scrolls up; from now on also for every later one.

        What has been read is not read again: pages may come faster than all of a room can be read.
        """
        self._is_reading_back = True
        if self._page_begins > self._read_from:
            self._unread.append((self._page_begins, self._read_from))
            self._read_from = self._page_begins
        self._read_on()

    @property
    def waits_for_older(self) -> bool:
        """Whether it has asked for comments that it was not given yet."""
        return bool(self._unread)

    def _read_on(self) -> None:
        if self._unread and self._line and self.has_joined:
            before, _ = self._unread[-1]
            self._line.send({"type": "history", "id": before, "before": before, "limit": 100})
            self._in(NO_ACK_S, "history", self._read_on)

    def _in(self, seconds: float, name: str, act: Callable[[], None]) -> None:
        if earlier := self._timers.pop(name, None):
            earlier.cancel()
        if not self._is_leaving:
            self._timers[name] = asyncio.get_running_loop().call_later(seconds, act)

    # -- hearing ---------------------------------------------------------------------------------------------------

    def take(self, line: _Line, message: Frame) -> None:
        """A message of the server's, on the line it came by."""
        kind = message["type"]
        if kind == "comment":
            self._take_comment(line, message)
        elif kind == "ack":
            self.pending.pop(message["cmid"], None)
            self.acknowledged.append((message["cmid"], message["comment_id"]))
        elif kind == "joined":
            self._take_joined(message)
        elif kind == "history":
            self._take_history(message)
        elif kind == "error":
            self._take_error(message)
        elif kind == "sync":
            if message["seq"] > self.view.track.last:
                line.cut()  # behind: come back with the position
        elif kind == "degraded" and "epoch" in message:
            self._begin_epoch(message["epoch"])  # this instance numbers alone; the numbers go on
        elif "seq" in message and kind not in ("gap", "degraded"):
            self.view.track.take(message["seq"])  # somebody else's doing

    def _take_comment(self, line: _Line, message: Frame) -> None:
        seq, comment_id, text = message["seq"], message["id"], message["message"]
        self.heard += 1
        self.view.track.take(seq)
        if text.startswith(self.room.mark):
            if objection := self.room.order.objects(self._epoch, seq, comment_id):
                self.view.disagreed.append(objection)
            self.view.told_again += comment_id in self._live
            self._live.add(comment_id)
            self.view.comments[comment_id] = text
            if self.on_live:
                self.on_live(text, line.heard_at)

    def _take_joined(self, message: Frame) -> None:
        self.limits = message["limits"]
        self._begin_epoch(message["epoch"])
        if message["recovered"]:
            self.recovered += 1
        else:
            self.fresh_pages += 1
            self.view.track.begin(message["seq"])
            self.position = (self._epoch, message["seq"])
            self._page_begins = self._see(message["comments"])
        self.has_joined = True
        if self._is_reading_back:
            self.read_back()
        for cmid in self.pending:
            self._retry(cmid)

    def _begin_epoch(self, epoch: str) -> None:
        if epoch != self._epoch:
            self._epoch = epoch
            self._live.clear()

    def _take_history(self, message: Frame) -> None:
        if self._unread and message.get("id") == self._unread[-1][0]:
            _, down_to = self._unread.pop()
            begins = self._see(message["comments"])
            if begins > down_to:
                self._unread.append((begins, down_to))
            self._read_on()

    def _see(self, page: Sequence[Frame]) -> str:
        """Take a page in; the comment it begins with, or "" when it reaches down to what is not read at all."""
        for comment in page:
            if comment["id"] > self.room.older and comment["message"].startswith(self.room.mark):
                self.view.comments[comment["id"]] = comment["message"]
        return page[0]["id"] if page and page[0]["id"] > self.room.older else ""

    def _take_error(self, message: Frame) -> None:
        self.refusals += 1
        wait_s = message.get("retry_after_ms", RETRY_S * 1e3) / 1e3
        if (cmid := message.get("cmid")) is None:
            if message.get("id"):
                self._in(wait_s, "history", self._read_on)
        elif message["temporary"]:
            self._in(wait_s, cmid, lambda: self._retry(cmid))
        elif self.pending.pop(cmid, None):
            self.refused_for_good.append(f"{cmid}: {message['code']}, {message['message']}")

    def _since(self) -> str:
        return f"&epoch={self._epoch}&seq={self.view.track.last}" if self._epoch else ""


async def joined(clients: Sequence[RoomClient], within_s: float = 30.0) -> None:
    """Return when all clients are in the room. Errors: TimeoutError; PermissionError when a client may not be in it."""
    async with asyncio.timeout(within_s):
        while not all(client.has_joined for client in clients):
            for client in clients:
                if client.trouble:
                    raise PermissionError(client.trouble)
            await asyncio.sleep(0.01)
