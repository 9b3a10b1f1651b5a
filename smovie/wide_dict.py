"""A dictionary of very many keys that grows without holding the loop (docs/decisions/0014)."""

from collections.abc import Hashable, Iterator, MutableMapping
from itertools import chain
from typing import TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_DRAWERS = 64  # a power of two; of a million keys each holds 16,000, and grows in less than a ms


class WideDict(MutableMapping[K, V]):
    """Keys spread over small dictionaries by their hash.

    One large one is copied whole when it is full; and all that have a key for each title are full at the same title.
    """

    __slots__ = ("_drawers",)

    def __init__(self) -> None:
        self._drawers: list[dict[K, V]] = [{} for _ in range(_DRAWERS)]

    def __getitem__(self, key: K) -> V:
        return self._drawers[hash(key) % _DRAWERS][key]

    def __setitem__(self, key: K, value: V) -> None:
        self._drawers[hash(key) % _DRAWERS][key] = value

    def __delitem__(self, key: K) -> None:
        del self._drawers[hash(key) % _DRAWERS][key]

    def __contains__(self, key: object) -> bool:
        return key in self._drawers[hash(key) % _DRAWERS]

    def __iter__(self) -> Iterator[K]:
        return chain.from_iterable(self._drawers)

    def __len__(self) -> int:
        return sum(map(len, self._drawers))
