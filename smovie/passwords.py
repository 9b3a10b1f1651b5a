"""Password hashes: bcrypt over SHA-256, in a small pool of threads with a bounded queue.

bcrypt reads 72 bytes and refuses more; Vietnamese letters take two or three each. So it gets the base64 of the
SHA-256 instead, of whatever length and characters the password is. A hash at cost 12 takes about a quarter of a
second of CPU: never on the loop, never more at once than there are threads, and past the queue a clear refusal.
"""

import asyncio
import base64
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import bcrypt

from smovie.errors import Unavailable

T = TypeVar("T")

THREADS = 2
MOST_WAITING = 16


class PasswordHasher:
    """Hashes and checks passwords off the loop. Errors: Unavailable when more than the queue holds are waiting."""

    def __init__(self, cost: int) -> None:
        self._cost = cost
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="bcrypt")
        self._under_way = 0
        # Checked where no account is found, so that an unknown address takes as long as a known one.
        self._decoy = bcrypt.hashpw(b"nobody", bcrypt.gensalt(cost)).decode()

    async def hash(self, password: str) -> str:
        """The hash to store."""
        return await self._run(lambda: bcrypt.hashpw(_prepared(password), bcrypt.gensalt(self._cost)).decode())

    async def matches(self, password: str, stored: str | None) -> bool:
        """Whether the password is the hashed one; with None it takes as long and is False."""
        right = await self._run(lambda: bcrypt.checkpw(_prepared(password), (stored or self._decoy).encode()))
        return right and stored is not None

    async def _run(self, work: Callable[[], T]) -> T:
        if self._under_way >= THREADS + MOST_WAITING:
            raise Unavailable("busy", retry_after_s=2)
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._under_way -= 1

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _prepared(password: str) -> bytes:
    return base64.b64encode(hashlib.sha256(password.encode("utf-8", "surrogatepass")).digest())
