"""How often somebody may comment: over all their tabs, doors and, with Redis, instances."""

from limits import RateLimitItemPerSecond

from smovie.errors import TooMany
from smovie.throttles.counters import Counters
from smovie.throttles.windows import Window

PER_SECONDS = 10


class CommentLimit:
    """So many comments in 10 s; 0 means without bound, and asks nobody."""

    def __init__(self, per_10s: int, counters: Counters) -> None:
        self.per_10s = per_10s
        self._item = RateLimitItemPerSecond(max(per_10s, 1), PER_SECONDS)
        self._counters = counters

    async def take(self, user_id: str) -> None:
        """Count one. Errors: TooMany."""
        if self.per_10s and (wait_s := await self._counters.count([(self._item, f"comments:{user_id}")])):
            raise TooMany("rate_limited", retry_after_s=min(wait_s, PER_SECONDS))


class SlowMode:
    """One comment of everybody in so many seconds, in rooms where a moderator said so (ROOMS.md 18)."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters

    async def take(self, episode_id: str, user_id: str, seconds: int) -> None:
        """Count one. Errors: TooMany `slow_mode`."""
        if seconds and (wait_s := await self._counters.count([self._window(episode_id, user_id, seconds)])):
            raise TooMany("slow_mode", retry_after_s=min(wait_s, seconds), seconds=min(wait_s, seconds))

    async def give_back(self, episode_id: str, user_id: str, seconds: int) -> None:
        """The comment that was counted did not come to be."""
        if seconds:
            await self._counters.take_back([self._window(episode_id, user_id, seconds)])

    def _window(self, episode_id: str, user_id: str, seconds: int) -> Window:
        return RateLimitItemPerSecond(1, seconds), f"slow:{episode_id}:{user_id}"
