"""Moving windows of counts: the strategy of `limits`, on two storages, with counts that can be taken back."""

import math
import time
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Sequence

from limits import RateLimitItem
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff
from redis.exceptions import RedisError

Window = tuple[RateLimitItem, str]  # a limit, and the key of what is counted

MOST_KEYS = 200_000  # of one length in this process; past it the one that was counted longest ago is forgotten
_SWEPT_AT_ONCE = 5_000  # some milliseconds
_CONNECTIONS = 16


class MemoryWindows(MemoryStorage):
    """The storage of `limits` for one process, which expires keys in the order in which they were counted last.

    The original walks over all keys with a hop to a thread for each, and begins anew with every count: 1.3 s of CPU a
    walk at 20,000 keys.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._clock = clock
        self._windows: dict[int, OrderedDict[str, list[float]]] = {}  # by length in seconds; times ascend

    def __len__(self) -> int:
        return sum(map(len, self._windows.values()))

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        at = self._clock()
        window: OrderedDict[str, list[float]] = self._windows.setdefault(expiry, OrderedDict())
        taken = window.get(key, [])
        del taken[: bisect_left(taken, at - expiry)]
        if len(taken) + amount > limit:
            return False
        taken.extend([at] * amount)
        window[key] = taken
        window.move_to_end(key)
        if len(window) > MOST_KEYS:
            window.popitem(last=False)
        return True

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        at = self._clock()
        taken: list[float] = self._windows.get(expiry, OrderedDict()).get(key, [])
        oldest = bisect_left(taken, at - expiry)
        return (taken[oldest], len(taken) - oldest) if oldest < len(taken) else (at, 0)

    async def clear(self, key: str) -> None:
        for window in self._windows.values():
            window.pop(key, None)

    async def take_back(self, key: str) -> None:
        """Forget the newest count."""
        for window in self._windows.values():
            if taken := window.get(key):
                taken.pop()

    def sweep(self) -> None:
        """Forget keys whose counts have all expired, at most 5,000 of each length: the next sweep goes on."""
        at = self._clock()
        for expiry, window in self._windows.items():
            for _ in range(min(len(window), _SWEPT_AT_ONCE)):
                key, taken = next(iter(window.items()))
                if taken and taken[-1] >= at - expiry:
                    break
                del window[key]


class RedisWindows(RedisStorage):
    """The storage of `limits` in Redis: a script a count, so that instances which count at once do it one by one.

    Errors: ValueError for a URL with options that mean nothing.
    """

    def __init__(self, url: str) -> None:
        # A pool of our own: in that of `limits` the URL needs a port, and the 101st caller at once fails.
        try:
            self._pool = BlockingConnectionPool.from_url(
                url, max_connections=_CONNECTIONS, timeout=None, socket_timeout=1, socket_connect_timeout=1,
                retry=Retry(ConstantBackoff(0.01), 2),  # one that was restarted has hung up on every connection
            )  # fmt: skip
            self._pool.make_connection()  # type: ignore[no-untyped-call]  # does not connect, but looks at the options
        except (TypeError, RedisError) as exc:
            raise ValueError(str(exc)) from exc
        self._redis = Redis(connection_pool=self._pool)
        super().__init__(
            "redis://", implementation="redispy", key_prefix="smovie",
            connection_pool=self._pool,  # type: ignore[arg-type]  # its annotation forgets what it documents
        )  # fmt: skip

    async def take_back(self, key: str) -> None:
        """Forget the newest count."""
        await self._redis.lpop(self.bridge.prefixed_key(key))

    async def close(self) -> None:
        await self._pool.aclose()


class Windows(MovingWindowRateLimiter):
    """The strategy on a storage."""

    def __init__(self, storage: MemoryWindows | RedisWindows) -> None:
        super().__init__(storage)
        self._kept = storage

    async def count(self, wanted: Sequence[Window]) -> int:
        """Count one in each window, or in none when one is full: then in how many seconds that has room; else 0."""
        for number, (limit, key) in enumerate(wanted):
            if not await self.hit(limit, key):
                await self.take_back(wanted[:number])
                has_room_at = (await self.get_window_stats(limit, key)).reset_time
                return max(1, math.ceil(has_room_at - time.time()))
        return 0

    async def take_back(self, taken: Sequence[Window], *, cleared: Sequence[Window] = ()) -> None:
        """Forget the newest count of each window in `taken`, and all of those in `cleared`."""
        for limit, key in taken:
            await self._kept.take_back(limit.key_for(key))
        for limit, key in cleared:
            await self.clear(limit, key)
