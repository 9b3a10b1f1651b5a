"""A ring of a room's recent durable events, as frames that are ready to send."""

from collections import deque
from collections.abc import Callable
from itertools import islice

_OLDEST = 40  # the share of the events held that counts as the oldest: one in so many, and one more


class Entry:
    """One event of a log. Whoever is about to send it holds the entry, not the bytes: these may be redacted first."""

    __slots__ = ("frame", "subject")

    def __init__(self, frame: bytes, subject: str = "") -> None:
        self.frame = frame
        self.subject = subject


class RoomLog:
    """The newest events, bounded by count and by bytes; `head` is the seq of the newest, 0 before the first."""

    __slots__ = ("_bytes", "_entries", "_has_forgotten", "_most_bytes", "_most_events", "head")

    def __init__(self, most_events: int, most_bytes: int, head: int = 0) -> None:
        self.head = head
        self._entries: deque[Entry] = deque()
        self._bytes = 0
        self._has_forgotten = False  # for want of room
        self._most_events = most_events
        self._most_bytes = most_bytes

    def append(self, entry: Entry) -> None:
        """Keep the next event; the oldest leave when a bound is passed."""
        self.head += 1
        self._entries.append(entry)
        self._bytes += len(entry.frame)
        while len(self._entries) > self._most_events or self._bytes > self._most_bytes:
            self._bytes -= len(self._entries.popleft().frame)
            self._has_forgotten = True

    def holds_all_after(self, seq: int) -> bool:
        """Whether nothing after `seq` has left (and `seq` is one that was given)."""
        return self.head - len(self._entries) <= seq <= self.head

    def after(self, seq: int, upto: int) -> list[bytes]:
        """The frames of seq+1 … upto, in order. They must be held."""
        oldest = self.head - len(self._entries) + 1
        start = seq + 1 - oldest
        return [self._entries[i].frame for i in range(start, start + max(upto - seq, 0))]

    def redact(self, subject: str, frame_at: Callable[[int], bytes]) -> None:
        """Put another frame, made for its seq, in the place of every event about `subject`."""
        oldest = self.head - len(self._entries) + 1
        for number, entry in enumerate(self._entries):
            if entry.subject == subject:
                self._bytes -= len(entry.frame)
                entry.frame = frame_at(oldest + number)
                self._bytes += len(entry.frame)

    def holds_subject(self, subject: str) -> bool:
        """Whether an event about `subject` is held; the newest are looked at first."""
        return any(entry.subject == subject for entry in reversed(self._entries))

    def forgotten_upto(self) -> str:
        """For subjects that sort by time: up to which an event may have been here and left for want of room.

        The greatest of the oldest few, for an event may be about something that is older than itself. "" when none has
        left in this way.
        """
        held = len(self._entries)
        if not self._has_forgotten and (self.head == held or held < self._most_events):
            return ""
        return max((entry.subject for entry in islice(self._entries, 1 + held // _OLDEST)), default="")
