"""Counts how often a connection is refused for sending too fast."""

from collections import deque

WINDOW_S = 10.0
MINUTE_S = 60.0
FLOODS_ALLOWED = 2  # the third within a minute closes 4429 (ROOMS.md 17)


class FloodGuard:
    """A sliding window of frames, and the floods of the last minute. Times are the loop's, in seconds."""

    __slots__ = ("_floods", "_per_window", "_times")

    def __init__(self, per_window: int) -> None:
        self._per_window = per_window
        self._times: deque[float] = deque()
        self._floods: deque[float] = deque()

    def take(self, at: float) -> float:
        """Count a frame; 0 when it may pass, else in how many seconds the next one may. 0 per window: no bound."""
        times = self._times
        while times and at - times[0] >= WINDOW_S:
            times.popleft()
        if self._per_window and len(times) >= self._per_window:
            return WINDOW_S - (at - times[0])
        times.append(at)
        return 0.0

    def refused(self, at: float) -> bool:
        """Note a refusal; whether that makes one flood too many. Refusals of one window are one flood."""
        floods = self._floods
        while floods and at - floods[0] >= MINUTE_S:
            floods.popleft()
        if not floods or at - floods[-1] >= WINDOW_S:
            floods.append(at)
        return len(floods) > FLOODS_ALLOWED
