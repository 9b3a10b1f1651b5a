"""How long an answer of Redis' is waited for, before rooms go on alone.

Short, so that nobody in a room notices a Redis that hangs. But on a machine that is overloaded for a while every answer
is late: a mirror that is given up and taken up again every other second begins an epoch each time, for every listener
of every instance, which is more load still. Who is slow answers all the same, a little later; who hangs does not. So
what was given up on is still listened for, and who is late again soon after the mirror came back is waited for as long
as it took.
"""

from collections.abc import Callable

HASTY_S = 5.0  # late again after so little time: it was no single pause
CALM_S = 10.0  # in time for as long: half the patience again
MOST_DOUBLINGS = 4


class Patience:
    """`seconds` to wait; `begin` when the mirror comes up; `give_up` when it is lost for want of an answer, and
    `came_late` where that came after all."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._least_s = seconds
        self._clock = clock
        self._begun = clock()
        self._doublings, self._doubled = 0, clock()
        self._was_late = self._is_again = False

    @property
    def seconds(self) -> float:
        """What it is now."""
        return self._least_s * float(2 ** self._doublings_left())

    @property
    def most_s(self) -> float:
        """What it is at most: who has not answered by then hangs."""
        return self._least_s * float(2**MOST_DOUBLINGS)

    def begin(self) -> None:
        """From now on Redis is asked."""
        self._begun = self._clock()

    def give_up(self) -> None:
        """An answer did not come in time."""
        is_soon = self._clock() - self._begun < HASTY_S or self._doublings_left() > 0
        self._is_again, self._was_late = self._was_late and is_soon, False

    def came_late(self, after_s: float) -> None:
        """The answer that was given up on came, so long after it was asked for."""
        self._was_late = True
        if not self._is_again:
            return
        doublings = self._doublings_left()
        while doublings < MOST_DOUBLINGS and self._least_s * 2**doublings < after_s:
            doublings += 1
        self._doublings, self._doubled = doublings, self._clock()

    def _doublings_left(self) -> int:
        return max(self._doublings - int((self._clock() - self._doubled) / CALM_S), 0)
