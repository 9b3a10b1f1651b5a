"""One room: its log, who listens, and what still has to go out."""

from enum import Enum
from typing import Protocol

from hub.log import RoomLog


class Listener(Protocol):
    """Somebody who hears a room. The hub calls it; it must not join or leave from inside these calls."""

    user_id: str
    username: str

    def send(self, frames: bytes) -> int:
        """Take frames over; how many bytes, these and earlier ones, now wait unsent."""

    def unsent(self) -> int:
        """How many bytes wait unsent."""

    def refresh(self) -> None:
        """What was missed has left the log: get a fresh page and join again."""

    def drop(self, code: int, reason: str) -> None:
        """The hub gives this listener up: close with a code."""


class State(Enum):
    """HELD: joined, not yet told so. LIVE: gets every tick. LAGGING: behind, gets the rest from the log."""

    HELD = 1
    LIVE = 2
    LAGGING = 3


class Seat:
    """A listener's place in a room; `seq` is what it has been sent, kept only while it is not live."""

    __slots__ = ("listener", "seq", "state", "stood_s", "waiting")

    def __init__(self, listener: Listener, seq: int) -> None:
        self.listener = listener
        self.seq = seq
        self.state = State.HELD
        self.waiting = 0  # unsent bytes when it last took some
        self.stood_s = 0.0  # how long it has taken none since


class Room:
    """Created when somebody first joins or publishes, forgotten some time after the last one left."""

    __slots__ = (
        "epoch", "flush_due", "flushed", "idle_since", "live", "log", "name", "pending", "presence_at",
        "presence_due", "seats", "sent_at", "users",
    )  # fmt: skip

    def __init__(self, name: str, epoch: str, log: RoomLog, at: float) -> None:
        self.name = name
        self.epoch = epoch
        self.log = log
        self.seats: dict[Listener, Seat] = {}
        self.live: set[Listener] = set()
        self.users: dict[str, int] = {}  # connections by user: presence counts people, not tabs
        self.pending: list[bytes] = []
        self.flushed = 0  # seq that every live listener has been sent
        self.flush_due = False
        self.presence_due = False
        self.presence_at = float("-inf")
        self.sent_at = at
        self.idle_since = at
