"""Reads by id that share queries, as comments share writes: what is asked while one is under way goes with the next.

A crowd that comes back at once asks for thousands of sessions and accounts, each by itself; a query costs as much as
the reading of twenty documents. Nobody is given an answer that was asked for before they asked.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

from smovie.store.mongo import store_call

T = TypeVar("T")


class GatheredReads(Generic[T]):
    """One kind of document, by id. `read` gives those that are there."""

    def __init__(self, read: Callable[[Sequence[str]], Awaitable[Mapping[str, T]]]) -> None:
        self._read = read
        self._waiting: dict[str, asyncio.Future[T | None]] = {}
        self._under_way: asyncio.Task[None] | None = None

    @store_call
    async def by_id(self, wanted: str) -> T | None:
        """What has this id, or None. Errors: Unavailable, and those of `read`."""
        asked = self._waiting.get(wanted)
        if asked is None:
            asked = self._waiting[wanted] = asyncio.get_running_loop().create_future()
            if self._under_way is None:
                self._under_way = asyncio.create_task(self._read_all())
        return await asyncio.shield(asked)

    async def _read_all(self) -> None:
        try:
            while self._waiting:
                asked, self._waiting = self._waiting, {}
                await self._answer(asked)
        finally:
            self._under_way = None

    async def _answer(self, asked: Mapping[str, "asyncio.Future[T | None]"]) -> None:
        try:
            found = await self._read(list(asked))
        except Exception as exc:  # each who asked is told, and the next are asked for
            for waiting in asked.values():
                waiting.set_exception(exc)
                waiting.exception()  # seen: who asked may have gone
        else:
            for wanted, waiting in asked.items():
                waiting.set_result(found.get(wanted))
