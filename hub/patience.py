"""How long an answer of Redis' is waited for, before rooms go on alone.

Short, so that nobody in a room notices a Redis that hangs. But on a machine that is overloaded for a while every answer
is late: a mirror that is given up and taken up again every other second begins an epoch each time, for every listener
of every instance, which is more load still. So whoever comes back and is late again at once is waited for longer.
"""

from collections.abc import Callable

HASTY_S = 5.0  # late again after so little time: it is not Redis that hangs, all is slow
CALM_S = 10.0  # in time for as long: half the patience again
MOST_DOUBLINGS = 4


class Patience:
    """`seconds` to wait; `begin` when the mirror comes up, `was_too_short` when it is lost for want of an answer."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._least_s = seconds
        self._clock = clock
        self._begun = clock()
        self._doublings = 0

    @property
    def seconds(self) -> float:
        """What it is now."""
        return self._least_s * float(2 ** self._doublings_left())

    def begin(self) -> None:
        """From now on Redis is asked."""
        self._doublings, self._begun = self._doublings_left(), self._clock()

    def was_too_short(self) -> None:
        """An answer did not come in time."""
        left, at = self._doublings_left(), self._clock()
        is_slow = left > 0 or at - self._begun < HASTY_S
        self._doublings, self._begun = min(left + 1, MOST_DOUBLINGS) if is_slow else 0, at

    def _doublings_left(self) -> int:
        return max(self._doublings - int((self._clock() - self._begun) / CALM_S), 0)
