"""Coming back with a position: all that was missed, or a fresh page; never a part (ROOMS.md 8)."""

import pytest

from hub.limits import HubLimits
from hub.position import Position
from tests.hub.fakes import ROOM, Box, FakeListener


def test_resume_gets_exactly_what_it_missed_in_order() -> None:
    box, listener = Box(), FakeListener()
    left = box.publish_now(3)
    box.publish_now(4)
    joined = box.seat(listener, left)
    assert (joined.recovered, joined.missed, joined.position) == (True, 4, left)
    box.publish_now()
    assert listener.seqs == [4, 5, 6, 7, 8]


def test_resume_that_missed_nothing_recovers_with_nothing() -> None:
    box, listener = Box(), FakeListener()
    joined = box.seat(listener, box.publish_now(3))
    assert (joined.recovered, joined.missed) == (True, 0)
    assert listener.writes == []


def test_resume_from_zero_recovers_while_the_log_still_holds_everything() -> None:
    box, listener = Box(), FakeListener()
    epoch = box.publish_now(3).epoch
    assert box.seat(listener, Position(epoch, 0)).recovered
    assert listener.seqs == [1, 2, 3]


def refused_resume(box: Box, since: Position) -> None:
    head, listener = box.hub.position(ROOM), FakeListener()
    joined = box.seat(listener, since)
    assert (joined.recovered, joined.missed, joined.position) == (False, 0, head)
    box.publish_now()
    assert listener.seqs == [head.seq + 1]


def test_an_unknown_epoch_is_not_recovered() -> None:
    box = Box()
    box.publish_now(3)
    refused_resume(box, Position("another", 2))


@pytest.mark.parametrize("seq", [4, 2**63, -1])
def test_a_seq_that_was_never_given_is_not_recovered(seq: int) -> None:
    box = Box()
    refused_resume(box, Position(box.publish_now(3).epoch, seq))


def test_a_seq_that_left_the_ring_is_not_recovered_in_part() -> None:
    box = Box(HubLimits(log_events=5))
    epoch = box.publish_now(10).epoch
    refused_resume(box, Position(epoch, 4))
    listener = FakeListener()
    assert box.seat(listener, Position(epoch, 6)).recovered
    assert listener.seqs == [7, 8, 9, 10, 11]


def test_a_position_nobody_has_been_sent_yet_comes_neither_twice_nor_never() -> None:
    box, listener = Box(), FakeListener()
    box.publish_now(3)
    unsent = box.publish()
    joined = box.seat(listener, unsent)
    box.publish_now()
    assert listener.seqs == list(range(joined.position.seq + 1, 6))
