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


def test_what_may_have_left_for_want_of_room_is_known_by_subjects_that_sort_by_time() -> None:
    log = RoomLog(3, 1_000)
    assert log.forgotten_upto() == ""
    for subject in ("c1", "c2", "c3"):
        log.append(Entry(b"x", subject))
    assert log.forgotten_upto() == ""
    log.append(Entry(b"x", "c4"))
    assert log.forgotten_upto() == "c2"


def test_what_left_a_stream_by_age_before_a_log_began_is_not_taken_for_want_of_room() -> None:
    log = RoomLog(3, 1_000, head=500)
    log.append(Entry(b"x", "c8"))
    assert log.forgotten_upto() == ""


def test_a_log_that_was_begun_full_may_have_forgotten_what_is_older() -> None:
    log = RoomLog(2, 1_000, head=500)
    for subject in ("c8", "c9"):
        log.append(Entry(b"x", subject))
    assert log.forgotten_upto() == "c8"


def test_an_event_about_something_old_does_not_hide_how_far_a_log_goes_back() -> None:
    log = RoomLog(100, 10_000)
    for number in range(200):
        log.append(Entry(b"x", f"c{number:03}" if number % 2 else "a reaction to something of yesterday"))
    assert log.forgotten_upto() in ("c101", "c103")
