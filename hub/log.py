"""A ring of a room's recent durable events, as frames that are ready to send."""

from collections import deque


class RoomLog:
    """The newest events, bounded by count and by bytes; `head` is the seq of the newest, 0 before the first."""

    __slots__ = ("_bytes", "_frames", "_most_bytes", "_most_events", "head")

    def __init__(self, most_events: int, most_bytes: int) -> None:
        self.head = 0
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self._most_events = most_events
        self._most_bytes = most_bytes

    def append(self, frame: bytes) -> None:
        """Keep the next event; the oldest leave when a bound is passed."""
        self.head += 1
        self._frames.append(frame)
        self._bytes += len(frame)
        while len(self._frames) > self._most_events or self._bytes > self._most_bytes:
            self._bytes -= len(self._frames.popleft())

    def holds_all_after(self, seq: int) -> bool:
        """Whether nothing after `seq` has left (and `seq` is one that was given)."""
        return self.head - len(self._frames) <= seq <= self.head

    def after(self, seq: int, upto: int) -> list[bytes]:
        """The frames of seq+1 … upto, in order. They must be held."""
        oldest = self.head - len(self._frames) + 1
        start = seq + 1 - oldest
        return [self._frames[i] for i in range(start, start + max(upto - seq, 0))]
