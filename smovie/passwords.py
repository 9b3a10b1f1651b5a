"""Password hashes: bcrypt over SHA-256, in a small pool of threads with a bounded queue.

bcrypt reads 72 bytes and refuses more; Vietnamese letters take two or three each. So it gets the base64 of the
SHA-256 instead, of whatever length and characters the password is. A hash at cost 12 takes about a quarter of a
second of CPU: never on the loop, never more at once than there are threads, and past the queue a clear refusal.
"""

import asyncio
import base64
import contextlib
import hashlib
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import bcrypt

from smovie.errors import Unavailable

T = TypeVar("T")

THREADS = 2
MOST_OF_A_KIND = 12  # waiting and under way; new passwords have places of their own: a storm of logins leaves them some
# Sharing a core with the hashes, the loop is at most 10 ms late instead of 90. Not more than 10: a thread that is put
# aside while it holds the interpreter keeps the loop waiting (beside a busy neighbour for 45 ms, and for 200 at 19).
_NICENESS = 10


class PasswordHasher:
    """Hashes and checks passwords off the loop. Errors: Unavailable when more than the queue holds are waiting."""

    def __init__(self, cost: int) -> None:
        self._cost = cost
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="bcrypt", initializer=_give_way)
        self._checks = threading.Semaphore(MOST_OF_A_KIND)
        self._hashes = threading.Semaphore(MOST_OF_A_KIND)
        # Checked where no account is found, so that an unknown address takes as long as a known one.
        self._decoy = bcrypt.hashpw(b"nobody", bcrypt.gensalt(cost)).decode()

    async def hash(self, password: str) -> str:
        """The hash to store."""

        def work() -> str:
            return bcrypt.hashpw(_prepared(password), bcrypt.gensalt(self._cost)).decode()

        return await self._run(self._hashes, work)

    async def matches(self, password: str, stored: str | None) -> bool:
        """Whether the password is the hashed one; with None it takes as long and is False."""
        against = (stored or self._decoy).encode()
        right = await self._run(self._checks, lambda: bcrypt.checkpw(_prepared(password), against))
        return right and stored is not None

    def refuse_when_full(self) -> None:
        """Refuse a check before anything else is spent on it. Errors: Unavailable."""
        if not self._checks.acquire(blocking=False):
            raise Unavailable("busy", retry_after_s=2)
        self._checks.release()

    async def _run(self, places: threading.Semaphore, work: Callable[[], T]) -> T:
        if not places.acquire(blocking=False):
            raise Unavailable("busy", retry_after_s=2)
        done = self._pool.submit(work)
        # The place is the work's, not the waiter's: a thread goes on with what nobody waits for any more.
        done.add_done_callback(lambda _: places.release())
        return await asyncio.wrap_future(done)

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _give_way() -> None:
    """Let this thread of the pool come after the loop, which answers everybody. Linux alone knows this of a thread."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # a sandbox may forbid it
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


def _prepared(password: str) -> bytes:
    return base64.b64encode(hashlib.sha256(password.encode("utf-8", "surrogatepass")).digest())
