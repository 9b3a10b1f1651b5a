"""Many lives at once, until so many frames were sent; the same seed gives the same lives.

What a life has learned from the server (tokens, ids of comments) is not the same the next time; all else is.
"""

import asyncio
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from bench.fuzz.bystander import Bystander, take_seat
from bench.fuzz.doors import DOORS
from bench.fuzz.lives import LIVES
from bench.fuzz.stage import Person, Stage

AT_ONCE = 12
_ALL = {**LIVES, **DOORS}


@dataclass(frozen=True)
class Plan:
    """What is to be done on a stage."""

    seed: str
    frames: int
    pause_s: float = 0.1  # between two comments of the bystander
    only: int | None = None  # one life, to look at it again


async def fuzz(stage: Stage, bystander: Person, plan: Plan, on_life: Callable[[], None] = lambda: None) -> Bystander:
    """Send the frames. What came of them is in the stage's findings; how the bystander fared is returned."""
    seat = await take_seat(stage, bystander)
    talking = asyncio.create_task(seat.talk(plan.pause_s))
    numbers = itertools.count() if plan.only is None else iter((plan.only,))
    goal = stage.findings.sent + plan.frames
    try:
        await asyncio.gather(*(_live_on(stage, plan, numbers, goal, on_life) for _ in range(AT_ONCE)))
    finally:
        talking.cancel()
    await seat.finish(stage.said)
    return seat


async def _live_on(stage: Stage, plan: Plan, numbers: Iterator[int], goal: int, on_life: Callable[[], None]) -> None:
    """One life after another."""
    while stage.findings.sent < goal and (number := next(numbers, None)) is not None:
        dice = Random(f"{plan.seed} {number}")
        (life,) = dice.choices(list(_ALL), list(_ALL.values()))
        stage.findings.lives[life.__name__] += 1
        try:
            await life(stage, dice, f"{life.__name__} {number}")
        except (OSError, TimeoutError) as exc:
            stage.findings.violation(f"{life.__name__} {number}", f"broke off: {exc!r}")
        on_life()
