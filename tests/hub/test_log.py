"""The ring of a room's recent events: bounded, and never in doubt about what it holds."""

from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.log import Entry, RoomLog


def log_with(*frames: bytes, events: int = 100, size: int = 1_000) -> RoomLog:
    log = RoomLog(events, size)
    for frame in frames:
        log.append(Entry(frame))
    return log


def test_an_empty_log_stands_at_zero_and_holds_all_after_zero() -> None:
    log = log_with()
    assert log.head == 0
    assert log.holds_all_after(0)
    assert log.after(0, 0) == []


def test_the_head_rises_by_one_with_every_event_also_when_old_ones_leave() -> None:
    log = RoomLog(2, 1_000)
    heads = []
    for _ in range(5):
        log.append(Entry(b"x"))
        heads.append(log.head)
    assert heads == [1, 2, 3, 4, 5]


def test_frames_come_back_in_order_from_after_one_to_another() -> None:
    log = log_with(b"1", b"2", b"3", b"4")
    assert log.after(1, 3) == [b"2", b"3"]
    assert log.after(0, 4) == [b"1", b"2", b"3", b"4"]
    assert log.after(4, 4) == []


def test_nothing_is_given_backwards() -> None:
    assert log_with(b"1", b"2").after(2, 1) == []


def test_the_oldest_leave_when_there_are_too_many() -> None:
    log = log_with(b"1", b"2", b"3", events=2)
    assert not log.holds_all_after(0)
    assert log.holds_all_after(1)
    assert log.after(1, 3) == [b"2", b"3"]


def test_the_oldest_leave_when_they_are_too_big() -> None:
    log = log_with(b"a" * 40, b"b" * 40, b"c" * 40, size=100)
    assert not log.holds_all_after(0)
    assert log.after(1, 3) == [b"b" * 40, b"c" * 40]


def test_a_frame_bigger_than_the_log_is_counted_but_not_held() -> None:
    log = log_with(b"a", b"b" * 200, size=100)
    assert log.head == 2
    assert not log.holds_all_after(1)
    assert log.holds_all_after(2)
    log.append(Entry(b"c"))
    assert log.after(2, 3) == [b"c"]


@pytest.mark.parametrize("seq", [-1, 4, 10**18])
def test_a_seq_that_was_never_given_is_not_held(seq: int) -> None:
    assert not log_with(b"1", b"2", b"3").holds_all_after(seq)


@settings(derandomize=True, deadline=None)
@given(st.lists(st.binary(max_size=30), max_size=60), st.integers(1, 10), st.integers(1, 120))
def test_it_holds_the_newest_within_both_bounds(frames: list[bytes], events: int, size: int) -> None:
    log, kept = RoomLog(events, size), deque[bytes]()
    for head, frame in enumerate(frames, start=1):
        log.append(Entry(frame))
        kept.append(frame)
        while len(kept) > events or sum(map(len, kept)) > size:
            kept.popleft()
        oldest = head - len(kept)
        assert [seq for seq in range(-1, head + 2) if log.holds_all_after(seq)] == list(range(oldest, head + 1))
        assert log.after(oldest, head) == list(kept)
