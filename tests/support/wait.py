"""Waiting for a condition: the only place where a test sleeps."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

T = TypeVar("T")


@overload
async def until(condition: Callable[[], Awaitable[T]], within_s: float = ...) -> T: ...
@overload
async def until(condition: Callable[[], T], within_s: float = ...) -> T: ...
async def until(condition: Callable[[], T | Awaitable[T]], within_s: float = 10.0) -> T:
    """What the condition gives, once that is true. Fails loudly when it is not in time."""
    deadline = time.monotonic() + within_s
    while True:
        found = condition()
        if isinstance(found, Awaitable):
            found = await found
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s} s: {condition}")
        await asyncio.sleep(0.01)
