"""Counting in moving windows: in Redis while it answers, so that instances count together, else in this process.

Redis is a help, never a need: who has waited 250 ms for its answer is answered from here, and so is everybody until
Redis is back, which is found out beside the requests. Few ask at once, so that a crowd which keeps our own loop busy is
not taken for a slow Redis.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

import structlog
from limits import RateLimitItemPerSecond

from smovie.throttles.windows import MemoryWindows, RedisWindows, Window, Windows

log = structlog.get_logger("throttles")

T = TypeVar("T")

ANSWER_WITHIN_S = 0.25
TURN_WITHIN_S = 0.25
TRY_AGAIN_S = 1.0
_AT_ONCE = 8  # about a millisecond of work each
_TRIAL = [(RateLimitItemPerSecond(1_000_000), "trial")]


class Counters:
    """Moving windows, shared by all instances while Redis answers."""

    def __init__(self, redis_url: str | None = None) -> None:
        self._memory = MemoryWindows()
        self._redis = RedisWindows(redis_url) if redis_url else None
        self._here = Windows(self._memory)
        self._shared = Windows(self._redis) if self._redis else None
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._answers = True

    async def count(self, wanted: Sequence[Window]) -> int:
        """Count one in each window, or in none when one is full: then in how many seconds that has room; else 0."""
        return await self._ask(lambda windows: windows.count(wanted)) if wanted else 0

    async def take_back(self, taken: Sequence[Window], *, cleared: Sequence[Window] = ()) -> None:
        """Forget the newest count of each window in `taken`, and all of those in `cleared`."""
        if taken or cleared:
            await self._ask(lambda windows: windows.take_back(taken, cleared=cleared))

    async def watch(self) -> None:
        """Forget what has expired, and look for a Redis that was lost, until cancelled."""
        while True:
            self._memory.sweep()
            if not self._answers:
                await self._look()
            await asyncio.sleep(TRY_AGAIN_S)

    async def try_redis(self, within_s: float = ANSWER_WITHIN_S) -> None:
        """Count something in Redis: one that is full, or only reads, answers a PING. Errors: ConnectionError."""
        if self._shared:
            try:
                await _in_time(self._shared.count(_TRIAL), within_s)
            except Exception as exc:
                raise ConnectionError(_said(exc)) from exc

    async def close(self) -> None:
        """Let the connections to Redis go."""
        if self._redis:
            await self._redis.close()

    async def _ask(self, act: Callable[[Windows], Coroutine[Any, Any, T]]) -> T:
        if self._shared and self._answers and await self._has_turn():
            try:
                if self._answers:  # still
                    return await _in_time(act(self._shared), ANSWER_WITHIN_S)
            except Exception as exc:  # besides its own, redis-py lets out uvloop's for a closed transport, and others
                if self._answers:  # the first to find out
                    self._answers = False
                    log.warning("redis does not answer, throttles count in this process", problem=_said(exc))
            finally:
                self._turns.release()
        return await act(self._here)

    async def _has_turn(self) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TURN_WITHIN_S):
                return await self._turns.acquire()
        return False

    async def _look(self) -> None:
        with contextlib.suppress(ConnectionError):
            await self.try_redis()
            self._answers = True
            log.info("redis answers again, throttles count there")


async def _in_time(question: Coroutine[Any, Any, T], within_s: float) -> T:
    """The answer. Errors: TimeoutError when it is not there in time, and what the question raised.

    `asyncio.timeout` is not enough: in a crowd, redis-py now and then swallows the cancellation and waits on.
    """
    asked = asyncio.create_task(question)
    asked.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody may be left to hear it
    await asyncio.wait({asked}, timeout=within_s)
    if not asked.done():
        asked.cancel()
        raise TimeoutError(f"no answer within {within_s} s")
    return asked.result()


def _said(exc: Exception) -> str:
    return (str(exc) or type(exc).__name__)[:200]
