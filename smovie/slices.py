"""Long work on the loop, in slices of a few milliseconds."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterable
from typing import TypeVar

T = TypeVar("T")

Steps = Generator[None, None, T]  # work that stops wherever others may be served

SLICE_S = 0.004  # how long a piece of work goes on before the loop serves others
_MOST_BEGINNINGS = 3


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


def finish(steps: Steps[T]) -> T:
    """What steps come to, at one go."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            result: T = done.value
            return result


async def finish_in_slices(begin: Callable[[], Steps[T]], state: Callable[[], object]) -> T:
    """What steps come to, giving the loop to others after each slice.

    Where the state of what they work on is another afterwards, they are begun again; at last they go at one go.
    """
    for _ in range(_MOST_BEGINNINGS):
        steps, at_first = begin(), state()
        until = time.monotonic() + SLICE_S
        while state() == at_first:
            try:
                next(steps)
            except StopIteration as done:
                result: T = done.value
                return result
            if time.monotonic() > until:
                await asyncio.sleep(0)
                until = time.monotonic() + SLICE_S
    return finish(begin())
