"""A cache with a bound on what it holds, the least recently used leaving first."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class BoundedCache(Generic[T]):
    """Values by key while their costs together stay under `limit` (bytes, entries: what the caller counts)."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._cost = 0
        self._kept: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()

    def get(self, key: Hashable) -> T | None:
        """The value, or None."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        self._kept.move_to_end(key)
        return kept[0]

    def put(self, key: Hashable, value: T, cost: int) -> None:
        """Keep the value; one that alone passes the limit is not kept."""
        self.drop(key)
        if cost > self._limit:
            return
        self._kept[key] = (value, cost)
        self._cost += cost
        while self._cost > self._limit:
            _, (_, freed) = self._kept.popitem(last=False)
            self._cost -= freed

    def drop(self, key: Hashable) -> None:
        """Forget one key, if it is there."""
        if kept := self._kept.pop(key, None):
            self._cost -= kept[1]

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._cost = 0
