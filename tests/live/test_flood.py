"""How many frames a connection may send, and when it has flooded once too often (ROOMS.md 17)."""

from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.live.flood import MINUTE_S, WINDOW_S, FloodGuard

AT = 5_000.0


def test_as_many_frames_as_allowed_pass_and_the_next_does_not() -> None:
    guard = FloodGuard(20)
    assert [guard.take(AT) for _ in range(20)] == [0.0] * 20
    assert guard.take(AT) == WINDOW_S


def test_a_refused_frame_learns_when_the_next_may_pass() -> None:
    guard = FloodGuard(2)
    guard.take(AT)
    guard.take(AT + 4)
    assert guard.take(AT + 7) == 3.0
    assert guard.take(AT + 10) == 0.0
    assert guard.take(AT + 10) == 4.0


def test_refused_frames_do_not_count() -> None:
    guard = FloodGuard(1)
    guard.take(AT)
    for second in range(10):
        assert guard.take(AT + second) > 0
    assert guard.take(AT + WINDOW_S) == 0.0


def test_the_window_slides() -> None:
    guard = FloodGuard(3)
    assert [guard.take(AT + second) for second in (0, 5, 9)] == [0.0] * 3
    assert guard.take(AT + 9.5) > 0
    assert guard.take(AT + 10) == 0.0
    assert guard.take(AT + 14) > 0
    assert guard.take(AT + 15) == 0.0


def test_zero_per_window_is_no_bound() -> None:
    guard = FloodGuard(0)
    assert {guard.take(AT) for _ in range(1_000)} == {0.0}


def test_the_third_flood_within_a_minute_is_one_too_many() -> None:
    guard = FloodGuard(1)
    assert [guard.refused(AT + seconds) for seconds in (0, 15, 30)] == [False, False, True]


def test_refusals_of_one_window_are_one_flood() -> None:
    guard = FloodGuard(1)
    assert not any(guard.refused(AT + step / 10) for step in range(99))
    assert not guard.refused(AT + 10)
    assert guard.refused(AT + 20)


def test_floods_older_than_a_minute_are_forgiven() -> None:
    guard = FloodGuard(1)
    assert not any(guard.refused(AT + seconds) for seconds in (0, 30, 60, 90, 120, 150))
    assert guard.refused(AT + 165)


def test_who_goes_on_flooding_stays_one_too_many() -> None:
    guard = FloodGuard(1)
    assert [guard.refused(AT + seconds) for seconds in (0, 10, 20, 21, 30)] == [False, False, True, True, True]


@settings(derandomize=True, deadline=None)
@given(st.integers(1, 6), st.lists(st.floats(0, 8), max_size=60))
def test_no_window_ever_holds_more_than_allowed_and_waiting_as_told_is_enough(
    per_window: int, pauses: list[float]
) -> None:
    guard, at, passed = FloodGuard(per_window), AT, list[float]()
    for pause in pauses:
        at += pause
        wait_s = guard.take(at)
        assert 0 <= wait_s <= WINDOW_S
        if wait_s:
            at += wait_s + 1e-9
            assert guard.take(at) == 0.0
        passed.append(at)
        assert sum(at - earlier < WINDOW_S for earlier in passed) <= per_window


def test_a_minute_holds_six_windows() -> None:
    assert MINUTE_S == 6 * WINDOW_S
