"""The line of a mirrored room: whatever comes twice, late or not at all, events are told once and in order."""

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.parcel import Parcel
from hub.position import Position
from hub.sequencer import MOST_EARLY, Sequencer

EPOCH = "e1"


def parcel(seq: int) -> Parcel:
    return Parcel(str(seq).encode())


def come(line: Sequencer, *seqs: int, epoch: str = EPOCH) -> list[int]:
    """Events come; which are told."""
    return [position.seq for seq in seqs for position, _ in line.take(Position(epoch, seq), parcel(seq))]


def a_line(head: int = 0) -> Sequencer:
    line = Sequencer()
    line.begin(Position(EPOCH, head))
    return line


def test_events_in_order_are_told_at_once() -> None:
    line = a_line(7)
    assert come(line, 8, 9, 10) == [8, 9, 10]
    assert line.hole is None


def test_an_event_that_comes_by_both_ways_is_told_once() -> None:
    assert come(a_line(), 1, 1, 2, 1, 2, 3) == [1, 2, 3]


def test_what_follows_a_hole_waits_for_it_and_the_hole_is_named() -> None:
    line = a_line()
    assert come(line, 1, 4, 6) == [1]
    assert line.hole == (2, 3)
    assert come(line, 3) == []
    assert come(line, 2) == [2, 3, 4]
    assert line.hole == (5, 5)


def test_a_hole_is_filled_by_what_was_fetched_though_some_came_meanwhile() -> None:
    line = a_line()
    come(line, 1, 5, 3)
    told = line.take_all(1, [parcel(2), parcel(3), parcel(4)])
    assert [position.seq for position, _ in told] == [2, 3, 4, 5]


def test_events_of_another_epoch_are_not_taken() -> None:
    line = a_line(3)
    assert come(line, 4, epoch="e2") == []
    assert come(line, 4) == [4]


def test_what_comes_before_the_room_was_read_is_told_after_it_and_not_twice() -> None:
    line = Sequencer()
    assert come(line, 4, 5, 6) == []
    assert come(line, 1, epoch="e0") == []
    assert [position.seq for position, _ in line.begin(Position(EPOCH, 5))] == [6]


def test_a_room_that_is_read_anew_forgets_what_it_was_waiting_for() -> None:
    line = a_line()
    come(line, 5)
    line.pause()
    assert line.hole is None
    assert come(line, 1, epoch="e2") == []
    assert [position for position, _ in line.begin(Position("e2", 0))] == [("e2", 1)]


def test_what_is_kept_for_a_hole_is_bounded() -> None:
    line = a_line()
    come(line, *range(2, MOST_EARLY + 2))
    assert not line.is_overfull
    come(line, MOST_EARLY + 2)
    assert line.is_overfull


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.permutations(range(1, 13)), st.lists(st.integers(1, 12), max_size=12), st.randoms(use_true_random=False))
def test_in_whatever_order_events_come_each_is_told_once_and_in_order(
    order: list[int], doubles: list[int], random: object
) -> None:
    arrivals = [*order, *doubles]
    random.shuffle(arrivals)  # type: ignore[attr-defined]
    assert come(a_line(), *arrivals) == list(range(1, 13))
