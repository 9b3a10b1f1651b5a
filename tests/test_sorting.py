"""Sorting in steps gives what sorting gives, and no step is long."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smovie import sorting
from smovie.sorting import sorted_in_steps


@given(st.sets(st.tuples(st.integers(0, 5), st.text("abc", max_size=6))).map(list), st.randoms())
def test_the_parts_are_the_items_in_order(items: list[tuple[int, str]], dice: random.Random) -> None:
    dice.shuffle(items)
    assert [item for part in sorted_in_steps(items) for item in part] == sorted(items)


@pytest.mark.parametrize("is_sorted", [True, False], ids=["sorted already", "in any order"])
def test_a_step_never_has_to_do_with_much_more_than_a_run(is_sorted: bool) -> None:
    items = list(range(100_000))
    if not is_sorted:
        random.Random(3).shuffle(items)
    parts = list(sorted_in_steps(items))
    assert [item for part in parts for item in part] == list(range(100_000))
    assert max(map(len, parts)) < 2 * sorting._STEP
    assert sum(map(bool, parts)) >= 100_000 // sorting._STEP
