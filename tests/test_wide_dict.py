"""A wide dictionary is a dictionary in everything but the order of its keys."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smovie.wide_dict import WideDict

KEYS = st.one_of(st.text(max_size=3), st.tuples(st.sampled_from(["cast", "year"]), st.integers(0, 9)))
ACTS = st.lists(st.tuples(st.sampled_from(["set", "pop", "setdefault", "del"]), KEYS, st.integers()), max_size=60)


@given(ACTS)
def test_it_holds_what_a_dictionary_would(acts: list[tuple[str, Any, int]]) -> None:
    wide, plain = WideDict[Any, int](), dict[Any, int]()
    for act, key, value in acts:
        for held in (wide, plain):
            if act == "set":
                held[key] = value
            elif act == "setdefault":
                held.setdefault(key, value)
            elif act == "pop" or key not in held:
                held.pop(key, None)
            else:
                del held[key]
        assert wide.get(key) == plain.get(key)
        assert (key in wide) == (key in plain)
    assert dict(wide) == plain
    assert len(wide) == len(plain)


def test_what_is_not_there_is_missed() -> None:
    with pytest.raises(KeyError):
        WideDict[str, int]()["nobody"]


def test_no_part_of_it_grows_large() -> None:
    wide = WideDict[str, int]()
    for number in range(100_000):
        wide[f"title-{number}"] = number
    assert max(map(len, wide._drawers)) < 3_000
