"""A crowd in one room: many sockets that listen, some that talk at fixed times whatever the server does.

Open loop: a comment's latency counts from when it was due, on every socket that receives it, so that a stall of the
server (or of this client) is not hidden by talking less.
"""

import asyncio
import itertools
import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.verdict import SeqTrack
from bench.websocket import Frame, FrameParser, WebSocketClient

JOIN_TOGETHER = 50
DELIVERED_WITHIN_S = 15.0


class Listener(WebSocketClient):
    """One socket of a crowd."""

    def __init__(self, crowd: "Crowd") -> None:
        super().__init__(crowd.parser)
        self.track = SeqTrack()
        self.joined: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._crowd = crowd

    def on_message(self, message: Frame) -> None:
        kind = message["type"]
        if kind == "comment":
            self.track.take(message["seq"])
            self._crowd.latencies_s.append(self.heard_at - _due_at(message["message"]))
            if self is self._crowd.first:
                self._crowd.on_comment(message)
        elif kind == "ack":
            self._crowd.acknowledged[message["cmid"]] = message["comment_id"]
        elif kind == "joined":
            self.track.begin(message["seq"])
            self.joined.set_result(message)
        elif kind in ("error", "gap", "reconnect"):
            self._crowd.troubles.append(message)

    def on_closed(self, code: int) -> None:
        if not self.joined.done():
            self.joined.set_exception(ConnectionResetError(f"closed with {code} before it had joined"))
        elif not self._crowd.is_leaving:
            self._crowd.troubles.append({"type": "closed", "code": code})


@dataclass
class Crowd:
    """The sockets of a room and what they got. `on_comment` is told what the first socket hears."""

    sockets: list[Listener] = field(default_factory=list)
    parser: FrameParser = field(default_factory=FrameParser)
    latencies_s: "array[float]" = field(default_factory=lambda: array("d"))
    acknowledged: dict[str, str] = field(default_factory=dict)  # comment ids by text, which is also the cmid
    troubles: list[Frame] = field(default_factory=list)
    late_s: list[float] = field(default_factory=list)  # how long after its time this client sent a comment
    sent: int = 0
    is_leaving: bool = False
    on_comment: Callable[[Frame], None] = lambda _message: None

    @property
    def first(self) -> Listener:
        return self.sockets[0]

    async def join(self, port: int, episode_id: str, tokens: Sequence[str], count: int) -> None:
        """Seat `count` sockets, the tokens in turn; return when all have joined."""
        turn = itertools.cycle(tokens)
        while len(self.sockets) < count:
            fresh = [Listener(self) for _ in range(min(JOIN_TOGETHER, count - len(self.sockets)))]
            self.sockets += fresh
            await asyncio.gather(*(s.open(port, f"/ws/comments/{episode_id}?token={next(turn)}") for s in fresh))
            async with asyncio.timeout(30):
                await asyncio.gather(*(socket.joined for socket in fresh))

    async def talk(self, talkers: int, per_second: float, seconds: float) -> float:
        """Comments at fixed times from the first `talkers` sockets in turn; seconds until the last was delivered."""
        begun = time.perf_counter() + 0.1
        for number in range(round(per_second * seconds)):
            due = begun + number / per_second
            if (wait_s := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait_s)
            text = _text(number, due)
            self.sockets[number % talkers].send({"type": "comment", "message": text, "cmid": text})
            self.sent += 1
            self.late_s.append(time.perf_counter() - due)
        await self._wait_delivered()
        return time.perf_counter() - begun

    async def leave(self) -> None:
        """Close every socket."""
        self.is_leaving = True
        for socket in self.sockets:
            socket.close()
        await asyncio.wait([socket.closed for socket in self.sockets], timeout=10)

    async def _wait_delivered(self) -> None:
        """Until everybody has got everything; what is missing later than that is lost."""
        deadline = time.perf_counter() + DELIVERED_WITHIN_S
        while len(self.latencies_s) < self.sent * len(self.sockets) or len(self.acknowledged) < self.sent:
            if time.perf_counter() > deadline:
                return
            await asyncio.sleep(0.005)


def _text(number: int, due: float) -> str:
    return f"Bình luận số {number}, đến hạn lúc {round(due * 1e6)}"


def _due_at(text: str) -> float:
    return int(text.rpartition(" ")[2]) / 1e6
