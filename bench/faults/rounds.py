"""What a round is. Each module of this package gives its own as `ROUNDS`; `__main__` lists the modules."""

import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Outcome:
    """What a round showed: figures by column, and in words what broke a promise; rounds of equal columns share a table.

    What a figure must not pass is the round's to know: past it, it is a violation.
    """

    figures: Mapping[str, object]
    violations: Sequence[str] = ()


@dataclass(frozen=True)
class Bench:
    """What every round is given. What is entered in `up` stays for later rounds and ends with the last one."""

    folder: Path
    dice: random.Random
    up: AsyncExitStack
    shared: dict[str, object] = field(default_factory=dict)  # what rounds of one module have started for each other


@dataclass(frozen=True)
class Round:
    """One run, called by its name."""

    name: str
    title: str
    run: Callable[[Bench], Awaitable[Outcome]]
