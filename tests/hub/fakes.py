"""A hub in a box: a clock that stands still, callbacks run by hand, listeners that read when told."""

import json
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

from hub.hub import Hub, Joined
from hub.limits import HubLimits
from hub.position import Position

ROOM = "r1"
Event = dict[str, Any]
T = TypeVar("T")
SOFT, HARD = 2_000, 4_000
LIMITS = HubLimits(soft_bytes=SOFT, hard_bytes=HARD, log_events=100, log_bytes=100_000)


class FakeClock:
    """Seconds that pass only by `pass_s`."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at

    def pass_s(self, seconds: float) -> None:
        self.at += seconds


class FakeLoop:
    """`call_soon` and `call_later` of an event loop whose ticks are run by hand."""

    MOST_TICKS = 10_000

    def __init__(self, clock: FakeClock) -> None:
        self._soon: list[Callable[[], None]] = []
        self._later: list[tuple[float, Callable[[], None]]] = []
        self._clock = clock

    def call_soon(self, callback: Callable[[], None]) -> None:
        self._soon.append(callback)

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> None:
        self._later.append((self._clock() + delay_s, callback))

    @property
    def waiting(self) -> int:
        """How many callbacks are due."""
        return len(self._soon) + sum(at <= self._clock() for at, _ in self._later)

    def tick(self) -> None:
        """Run what was waiting; what that adds waits for the next tick."""
        due, self._soon = self._soon, []
        due += [callback for at, callback in self._later if at <= self._clock()]
        self._later = [(at, callback) for at, callback in self._later if at > self._clock()]
        for callback in due:
            callback()

    def run(self) -> None:
        """Tick until nothing waits."""
        for _ in range(self.MOST_TICKS):
            if not self.waiting:
                return
            self.tick()
        raise AssertionError("callbacks never stop calling for more")


class FakeListener:
    """A listener with a send buffer like a socket's.

    While it reads, what is sent has gone at once. Else it waits; `read` takes some of it, and says whether a transport
    would now call `resume_writing` (asyncio: only once the buffer has been above `high`, when it is down to `low`).
    """

    def __init__(self, user_id: str = "u1", *, reads: bool = True, high: int = 256 << 10) -> None:
        self.user_id = user_id
        self.username = f"name of {user_id}"
        self.reads = reads
        self.writes: list[bytes] = []
        self.waiting = 0
        self.refreshed = 0
        self.dropped: list[tuple[int, str]] = []
        self._high, self._low = high, high // 4
        self._paused = False

    def send(self, frames: bytes) -> int:
        self.writes.append(frames)
        if not self.reads:
            self.waiting += len(frames)
            self._paused |= self.waiting > self._high
        return self.waiting

    def unsent(self) -> int:
        return self.waiting

    def refresh(self) -> None:
        self.refreshed += 1

    def drop(self, code: int, reason: str) -> None:
        self.dropped.append((code, reason))

    def read(self, most: int | None = None) -> bool:
        """Take waiting bytes (all, or so many); whether the transport says "drained" now."""
        self.waiting -= min(self.waiting, most if most is not None else self.waiting)
        if self._paused and self.waiting <= self._low:
            self._paused = False
            return True
        return False

    @property
    def events(self) -> list[Event]:
        """Everything that was sent to it, read or not."""
        return parse(b"".join(self.writes))

    @property
    def taken(self) -> list[Event]:
        """What has gone out whole."""
        sent = b"".join(self.writes)
        return parse(sent[: len(sent) - self.waiting])

    @property
    def seqs(self) -> list[int]:
        """The durable events sent to it."""
        return [event["seq"] for event in self.events if event["type"] == "said"]

    def of_type(self, kind: str) -> list[Event]:
        return [event for event in self.events if event["type"] == kind]


class JsonLines:
    """A codec whose frames are lines; `framed` are the events it was given, in order."""

    def __init__(self) -> None:
        self.framed: list[Event] = []

    def pack(self, event: Mapping[str, Any]) -> bytes:
        return json.dumps(event).encode()

    def frame(self, body: bytes, seq: int | None) -> bytes:
        event = json.loads(body) | ({} if seq is None else {"seq": seq})
        self.framed.append(event)
        return json.dumps(event).encode() + b"\n"


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine gives that has nothing to wait for: a hub that is alone never waits."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    raise AssertionError("it waits for something")


class Box:
    """A hub with its fakes and the steps that tests take."""

    def __init__(self, limits: HubLimits | None = None) -> None:
        self.clock = FakeClock()
        self.loop = FakeLoop(self.clock)
        self.codec = JsonLines()
        self.hub = Hub(
            codec=self.codec, call_soon=self.loop.call_soon, call_later=self.loop.call_later, clock=self.clock,
            limits=limits,
        )  # fmt: skip

    def join(self, listener: FakeListener, since: Position | None = None, room: str = ROOM) -> Joined:
        """Join without starting."""
        return at_once(self.hub.join(room, listener, since))

    def seat(self, listener: FakeListener, since: Position | None = None, room: str = ROOM) -> Joined:
        """Join and start."""
        joined = self.join(listener, since, room)
        self.hub.start(room, listener)
        return joined

    def say(self, event: Event, *, subject: str = "", redacts: bool = False, room: str = ROOM) -> Position:
        """Publish an event; it leaves with the next tick."""
        position = at_once(self.hub.publish(room, event, subject=subject, redacts=redacts))
        assert position
        return position

    def publish(self, count: int = 1, *, size: int = 0, room: str = ROOM) -> Position:
        """Publish so many events, each at least `size` bytes; they leave with the next tick."""
        return [self.say({"type": "said", "pad": "x" * size}, room=room) for _ in range(count)][-1]

    def publish_now(self, count: int = 1, *, size: int = 0, room: str = ROOM) -> Position:
        """Publish so many events, each in a tick of its own."""
        for _ in range(count):
            position = self.publish(size=size, room=room)
            self.loop.run()
        return position

    def drain(self, listener: FakeListener, most: int | None = None, room: str = ROOM) -> None:
        """The listener reads; the hub hears of it when a transport would say so."""
        if listener.read(most):
            self.hub.drained(room, listener)

    def pass_s(self, seconds: float, *, step_s: float = 0.25) -> None:
        """Let time pass with a sweep every `step_s`."""
        for _ in range(round(seconds / step_s)):
            self.clock.pass_s(step_s)
            self.hub.sweep()
            self.loop.run()


def parse(data: bytes) -> list[Event]:
    """The whole events in a stream of them; a part at its end is left out."""
    return [json.loads(line) for line in data[: data.rfind(b"\n") + 1].splitlines()]


def a_slow_one(user_id: str = "slow") -> FakeListener:
    return FakeListener(user_id, reads=False, high=SOFT)


def a_lagging_one() -> tuple[Box, FakeListener]:
    """A box with a listener that was just told `gap`."""
    box, slow = Box(LIMITS), a_slow_one()
    box.seat(slow)
    while not slow.of_type("gap"):
        box.publish_now(size=300)
    return box, slow


class Costly(FakeListener):
    """A listener to whom a write costs time."""

    def __init__(self, user_id: str, clock: FakeClock, cost_s: float) -> None:
        super().__init__(user_id)
        self._clock, self._cost_s = clock, cost_s

    def send(self, frames: bytes) -> int:
        self._clock.pass_s(self._cost_s)
        return super().send(frames)


def a_crowd(box: Box, people: int, cost_s: float, room: str = ROOM) -> list[Costly]:
    crowd = [Costly(f"{room}{number}", box.clock, cost_s) for number in range(people)]
    for listener in crowd:
        box.seat(listener, room=room)
    return crowd
