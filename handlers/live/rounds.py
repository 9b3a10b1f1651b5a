"""So many of a thing in each round of the loop, in the order in which they came.

After a break of the network a whole crowd leaves and comes back at once. All of it together would go through every
step side by side, each step of thousands in one round of the loop, and whoever asks for a page meanwhile would wait
for all of them. A few a round take as long in all, and the others are served in between (docs/decisions/0015).
"""

import asyncio
from collections import deque
from collections.abc import Callable

from smovie.errors import Unavailable

MOST_WAITING = 20_000  # requests, of some 16 KB each


class Rounds:
    """Where many wait for their turn, `most` of them a round."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: deque[Callable[[], None]] = deque()
        self._begun = 0  # in this round

    def do(self, act: Callable[[], None]) -> None:
        """Call it when it is its turn, at once while few come."""
        if self._begun < self._most and not self._waiting:
            self._count()
            act()
        else:
            self._waiting.append(act)

    async def turn(self) -> None:
        """Return when it is the caller's turn. Errors: Unavailable when too many wait."""
        if len(self._waiting) >= MOST_WAITING:
            raise Unavailable("busy", retry_after_s=5)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def come() -> None:
            if not turn.done():  # else whoever waited has given up
                turn.set_result(None)

        self.do(come)
        await turn

    def _count(self) -> None:
        if not self._begun:
            asyncio.get_running_loop().call_soon(self._next_round)
        self._begun += 1

    def _next_round(self) -> None:
        self._begun = 0
        while self._waiting and self._begun < self._most:
            self._count()
            self._waiting.popleft()()
