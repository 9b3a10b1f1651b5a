"""One room: its log, who listens, and what still has to go out."""

import asyncio
from enum import Enum
from typing import Protocol

from hub.log import Entry, RoomLog


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
    """HELD: joined, not yet told so. LIVE: gets every tick. LAGGING: behind, gets the rest from the log. GONE: left."""

    HELD = 1
    LIVE = 2
    LAGGING = 3
    GONE = 4


class Seat:
    """A listener's place in a room; `seq` is what it has been sent, kept only while it is not live."""

    __slots__ = ("listener", "renumbered", "send", "seq", "state", "stood_s", "waiting")

    def __init__(self, listener: Listener, seq: int) -> None:
        self.listener = listener
        self.send = listener.send  # bound once: it is called for every tick of every listener
        self.seq = seq
        self.state = State.HELD
        self.renumbered = False  # the room's epoch has become another, and it was not told yet
        self.waiting = 0  # unsent bytes when it last took some
        self.stood_s = 0.0  # how long it has taken none since


class Room:
    """Created when somebody first joins or publishes, forgotten some time after the last one left."""

    __slots__ = (
        "announced", "announced_at", "epoch", "flush_due", "flushed", "idle_since", "is_mirrored", "live", "log",
        "name", "opening", "outgoing", "outgoing_data", "pending", "people_changed", "presence_at", "presence_due",
        "redactions", "refreshing", "seats", "sent_at", "shared_count", "shared_names", "typing", "typing_at",
        "typing_due", "users",
    )  # fmt: skip

    def __init__(self, name: str, epoch: str, log: RoomLog, at: float) -> None:
        self.name = name
        self.epoch = epoch
        self.log = log
        self.seats: dict[Listener, Seat] = {}
        self.live: set[Seat] = set()
        self.users: dict[str, int] = {}  # connections by user: presence counts people, not tabs
        self.pending: list[Entry] = []  # in the log, and on nobody's way yet
        self.flushed = log.head  # seq up to which every live listener has been sent, or is being sent by this tick
        self.flush_due = False
        self.redactions = 0
        self.outgoing: list[Seat] = []  # who still gets `outgoing_data` in this tick, last one first
        self.outgoing_data = b""
        self.sent_at = at
        self.idle_since = at
        # With other instances
        self.is_mirrored = False  # its positions come from the mirror
        self.opening: asyncio.Future[None] | None = None
        self.refreshing: list[Seat] = []  # who is to get a fresh page, last one first
        # Presence and typing (hub/presence.py)
        self.people_changed = False  # of ours
        self.presence_due = False
        self.presence_at = float("-inf")
        self.announced: dict[str, str] = {}  # what the mirror knows of our people: names by user
        self.announced_at = float("-inf")
        self.shared_count = 0
        self.shared_names: list[str] | None = None
        self.typing: dict[str, float] = {}  # until when, by name
        self.typing_due = False
        self.typing_at = float("-inf")
