"""So many of a thing in each round of the loop, in the order in which they came.

After a break of the network a whole crowd leaves and comes back at once. All of it together would go through every
step side by side, each step of thousands in one round of the loop, and whoever asks for a page meanwhile would wait
for all of them. A few a round take as long in all, and the others are served in between (docs/decisions/0015).
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from smovie.errors import Unavailable

T = TypeVar("T")

MOST_WAITING = 10_000  # requests, of some 16 KB each


class Rounds(Generic[T]):
    """Where many wait for their turn, `most` of them a round; `act` is what is then done about one of them."""

    def __init__(self, most: int, act: Callable[[T], None]) -> None:
        self._most = most
        self._act = act
        self._waiting: deque[T] = deque()
        self._begun = 0  # in this round

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def add(self, one: T) -> None:
        """Act when it is its turn, at once while few come."""
        if self._begun < self._most and not self._waiting:
            self._begin(one)
        else:
            self._waiting.append(one)

    def _begin(self, one: T) -> None:
        if not self._begun:
            asyncio.get_running_loop().call_soon(self._next_round)
        self._begun += 1
        self._act(one)

    def _next_round(self) -> None:
        self._begun = 0
        while self._waiting and self._begun < self._most:
            self._begin(self._waiting.popleft())


class Turns:
    """Coroutines that go on a few a round."""

    def __init__(self, most: int) -> None:
        self._rounds: Rounds[asyncio.Future[None]] = Rounds(most, _go_on)

    async def turn(self) -> None:
        """Return when it is the caller's turn. Errors: Unavailable when too many wait."""
        if len(self._rounds) >= MOST_WAITING:
            raise Unavailable("busy", retry_after_s=5)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._rounds.add(turn)
        await turn


def _go_on(turn: asyncio.Future[None]) -> None:
    if not turn.done():  # else whoever waited has given up
        turn.set_result(None)
