"""Sorting what is too long for one go on the loop."""

from bisect import bisect_left
from collections.abc import Iterator
from typing import Any

_STEP = 2_048  # items that are sorted in a step, or little more: a few ms
_EVERY = 32  # of how many one is looked at to part them evenly


def sorted_in_steps(items: list[Any]) -> Iterator[list[Any]]:
    """The items in order, no two of them equal: parts that follow one another, empty ones after steps that give none.

    Runs are sorted, then parted at the same places, found in a sample; a part is merged of a piece of each run.
    """
    runs = []
    for start in range(0, len(items), _STEP):
        runs.append(sorted(items[start : start + _STEP]))
        yield []
    sample = sorted(item for run in runs for item in run[::_EVERY])
    begun = [0] * len(runs)
    for bound in (*sample[_STEP // _EVERY :: _STEP // _EVERY], None):
        part = []
        for number, run in enumerate(runs):
            end = len(run) if bound is None else bisect_left(run, bound, begun[number])
            part += run[begun[number] : end]
            begun[number] = end
        part.sort()  # pieces that are sorted: it only merges
        yield part
