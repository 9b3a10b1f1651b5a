"""Long work on the loop, in slices of a few milliseconds."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")

SLICE_S = 0.004  # how long a piece of work goes on before the loop serves others


async def in_slices(items: Iterable[T], after_slice: Callable[[], None] | None = None) -> AsyncIterator[T]:
    """The items, giving the loop to others after each slice."""
    until = time.monotonic() + SLICE_S
    for item in items:
        yield item
        if time.monotonic() > until:
            if after_slice:
                after_slice()
            await asyncio.sleep(0)
            until = time.monotonic() + SLICE_S
