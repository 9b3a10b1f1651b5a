"""What else could have kept a comment waiting while Redis is disturbed: the database, and this process itself.

A comment is stored before it is shown. When a gap is long, one wants to know whether a write took that long as well.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError
from pymongo.write_concern import WriteConcern

_EVERY_S = 0.01


class Beside:
    """The longest write of the same kind as a comment's, and the longest stall of our own loop, of any span."""

    def __init__(self) -> None:
        self._writes: list[tuple[float, float]] = []
        self._stalls: list[tuple[float, float]] = []

    @asynccontextmanager
    async def watching(self, mongo_url: str) -> AsyncIterator["Beside"]:
        """Measure for as long as the context lasts."""
        tasks = [asyncio.create_task(self._write(mongo_url)), asyncio.create_task(self._stall())]
        try:
            yield self
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def longest_write_s(self, since: float, until: float) -> float:
        """Of writes under way in a span (`perf_counter`)."""
        return _longest(self._writes, since, until)

    def longest_stall_s(self, since: float, until: float) -> float:
        """How long our own loop let nobody go on."""
        return _longest(self._stalls, since, until)

    async def _write(self, mongo_url: str) -> None:
        durable = WriteConcern(w="majority", j=True)
        async with AsyncMongoClient[dict[str, Any]](mongo_url) as client:
            written = client["beside"].get_collection("writes", write_concern=durable)
            while True:
                began = time.perf_counter()
                with contextlib.suppress(PyMongoError):
                    await written.insert_one({})
                self._writes.append((began, time.perf_counter()))
                await asyncio.sleep(_EVERY_S)

    async def _stall(self) -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(_EVERY_S)
            self._stalls.append((began + _EVERY_S, time.perf_counter()))


def _longest(spans: list[tuple[float, float]], since: float, until: float) -> float:
    return max((end - began for began, end in spans if end > since and began < until), default=0.0)
