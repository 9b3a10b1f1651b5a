"""A socket that sends what it should not, and keeps account of what comes back: one answer to each message."""

import asyncio
from typing import Any

from bench.fuzz.rules import ANSWERS, Findings, fault_of
from bench.websocket import ABNORMAL, TEXT, Frame, FrameParser, WebSocketClient, masked_frame

ANSWERED_WITHIN_S = 30.0
_NO_MASK = b"\0\0\0\0"
_SENTINEL = "the last of all"


class FuzzSocket(WebSocketClient):
    """One connection of a life."""

    def __init__(self, life: str, findings: Findings, parser: FrameParser) -> None:
        super().__init__(parser)
        self.life = life
        self.joined: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self.answers = 0  # to messages, refusals too
        self.malformed = 0  # of these
        self.pongs: list[bytes] = []
        self.awaited: set[int] = set()  # ids of messages that are answered by name
        self.said: dict[str, str] = {}  # ids of comments that were acknowledged, by cmid
        self._seq = -1  # of the newest event, once it has joined
        self._findings = findings
        self._settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        try:
            super().data_received(data)
        except (ValueError, LookupError, TypeError) as exc:
            self._findings.violation(self.life, f"what the server sent is not to be read: {exc!r} in {data[:300]!r}")
            self.cut()

    def on_message(self, message: Frame) -> None:
        if fault := fault_of(message):
            self._findings.violation(self.life, fault)
        kind = message["type"]
        if kind in ANSWERS:
            self._take_answer(kind, message)
        elif kind == "joined":
            self._seq = message.get("seq", -1)  # which the room of a new user has not
            if not self.joined.done():
                self.joined.set_result(message)
        elif kind == "gap":
            self._seq = -1  # what comes next says where it begins
        elif kind != "sync" and "seq" in message:
            if self._seq >= 0 and message["seq"] != self._seq + 1:
                self._findings.violation(self.life, f"seq {message['seq']} after {self._seq}")
            self._seq = message["seq"]

    def on_pong(self, payload: bytes) -> None:
        self.pongs.append(payload)

    def on_closed(self, code: int) -> None:
        for waiting in (self.joined, self._settled):
            waiting.cancel()

    def _take_answer(self, kind: str, message: Frame) -> None:
        number = message.get("id")
        if number == _SENTINEL:
            if not self._settled.done():
                self._settled.set_result(None)
            return
        self.answers += 1
        if kind == "error":
            self._findings.refusals[message["code"]] += 1
            self.malformed += message["code"] == "malformed"
        else:
            self._findings.answers[kind] += 1
        if isinstance(number, int):
            self.awaited.discard(number)
        if kind == "ack" and "cmid" in message:
            cmid, comment_id = message["cmid"] or message["comment_id"], message["comment_id"]
            if self.said.setdefault(cmid, comment_id) != comment_id:
                self._findings.violation(self.life, f"cmid {cmid!r} is two comments")

    async def has_joined(self) -> bool:
        """Wait for the room's first frame; False when the socket was closed instead."""
        await self._wait(self.joined)
        if not self.joined.done() and not self.closed.done():
            self._findings.violation(self.life, "neither joined nor closed")
            self.cut()
        return self.joined.done() and not self.joined.cancelled()

    async def has_settled(self) -> bool:
        """Wait until everything that was sent has been answered; False when the socket was closed instead."""
        self.write(masked_frame(0x80 | TEXT, b'{"type":"nothing","id":"%s"}' % _SENTINEL.encode(), _NO_MASK))
        await self._wait(self._settled)
        if not self._settled.done() and not self.closed.done():
            self._findings.violation(self.life, f"silence after {self.answers} answers")
            self.cut()
        return self._settled.done() and not self._settled.cancelled()

    async def ending(self) -> int:
        """Wait until the server has hung up; its close code."""
        await asyncio.wait([self.closed], timeout=ANSWERED_WITHIN_S)
        if not self.closed.done():
            self._findings.violation(self.life, "not hung up")
            self.cut()
            return ABNORMAL
        return self.closed.result()

    async def _wait(self, wanted: "asyncio.Future[Any]") -> None:
        """Until it is there, the line is gone, or it has taken too long."""
        waiting: list[asyncio.Future[Any]] = [wanted, self.closed]
        await asyncio.wait(waiting, timeout=ANSWERED_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
