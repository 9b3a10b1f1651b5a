"""Our ids: text that sorts by time, and within one source by order of asking."""

import re
import secrets
import time
from collections.abc import Callable
from itertools import pairwise

import pytest

from smovie.ids import ID_PATTERN, IdSource, new_id

Clock = Callable[[float], None]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Set the wall clock, seconds since 1970."""

    def set_to(seconds: float) -> None:
        monkeypatch.setattr(time, "time_ns", lambda: round(seconds * 1_000) * 1_000_000)

    set_to(1_800_000_000)
    return set_to


@pytest.mark.parametrize("make", [new_id, IdSource().next])
def test_an_id_is_20_letters_and_digits_that_are_not_misread(make: Callable[[], str]) -> None:
    for _ in range(200):
        one = make()
        assert re.fullmatch(ID_PATTERN, one)
        assert len(one) == 20
        assert not set(one) & set("ilou")


def test_the_pattern_refuses_everything_else() -> None:
    for wrong in ("", "0" * 19, "0" * 21, "O" * 20, "u" * 20, "0" * 19 + "\u0660"):
        assert not re.fullmatch(ID_PATTERN, wrong)


def test_ids_sort_by_their_millisecond(clock: Clock) -> None:
    made = []
    for seconds in (0, 1, 1_700_000_000, 1_700_000_000.001, 1_800_000_000, 4_000_000_000, 9_000_000_000):
        clock(seconds)
        made.append([new_id() for _ in range(20)])
    assert all(max(earlier) < min(later) for earlier, later in pairwise(made))


def test_two_ids_of_one_millisecond_differ(clock: Clock) -> None:
    assert len({new_id() for _ in range(1_000)}) == 1_000


def test_a_source_rises_within_one_millisecond(clock: Clock) -> None:
    source = IdSource()
    made = [source.next() for _ in range(1_000)]
    assert made == sorted(set(made))


def test_a_source_rises_when_the_clock_steps_back(clock: Clock) -> None:
    source = IdSource()
    before = source.next()
    clock(1_700_000_000)
    after = [source.next() for _ in range(10)]
    assert [before, *after] == sorted({before, *after})
    clock(1_900_000_000)
    assert source.next() > after[-1]


def test_a_source_rises_past_the_highest_random_part(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "randbits", lambda bits: (1 << bits) - 1)
    source = IdSource()
    made = [source.next() for _ in range(100)]
    assert made == sorted(set(made))
    clock(1_800_000_000.001)
    assert source.next() > made[-1]


def test_ids_of_a_source_and_others_share_the_order_of_time(clock: Clock) -> None:
    source = IdSource()
    first = source.next()
    clock(1_800_000_001)
    second = new_id()
    clock(1_800_000_002)
    assert first < second < source.next()


def test_two_sources_do_not_meet(clock: Clock) -> None:
    one, other = IdSource(), IdSource()
    assert not {one.next() for _ in range(200)} & {other.next() for _ in range(200)}
