"""A listener that fell behind and reads again: everything it missed, in order, in portions (ROOMS.md 19)."""

import pytest

from tests.hub.fakes import HARD, LIMITS, ROOM, SOFT, Box, FakeListener, a_lagging_one


def test_drained_it_gets_everything_it_missed_in_order_then_lives_again() -> None:
    box, slow = a_lagging_one()
    box.publish_now(3, size=300)
    box.drain(slow)
    box.loop.run()
    assert slow.seqs == list(range(1, box.hub.position(ROOM).seq + 1))
    slow.reads = True
    assert box.publish_now().seq == slow.seqs[-1]
    assert len(slow.of_type("gap")) == 1


def test_drained_having_missed_nothing_it_lives_again() -> None:
    box, slow = a_lagging_one()
    box.drain(slow)
    box.publish_now()
    assert slow.seqs == list(range(1, box.hub.position(ROOM).seq + 1))


def test_what_it_missed_comes_in_portions_bounded_by_the_budget() -> None:
    box, slow = a_lagging_one()
    box.publish_now(40, size=300)
    one = len(slow.writes[0])
    already = len(slow.writes)
    most_waiting = 0
    for _ in range(200):
        box.drain(slow, 250)
        box.loop.run()
        most_waiting = max(most_waiting, slow.waiting)
    assert slow.seqs == list(range(1, box.hub.position(ROOM).seq + 1))
    assert len(slow.writes) - already > 3
    assert max(map(len, slow.writes[already:])) <= SOFT + one
    assert most_waiting <= HARD + one + 100  # the last full buffer and its gap
    assert slow.dropped == []


def test_a_listener_whose_portions_go_straight_through_needs_no_drain_to_get_all() -> None:
    box, slow = a_lagging_one()
    box.publish_now(40, size=300)
    slow.reads = True
    box.drain(slow)
    writes = len(slow.writes)
    box.loop.tick()
    assert len(slow.writes) == writes + 1, "a portion per tick, so that others get their turn"
    box.loop.run()
    assert slow.seqs == list(range(1, box.hub.position(ROOM).seq + 1))


@pytest.mark.parametrize("left_over", [-1, 0, 1])
def test_a_portion_that_leaves_about_the_budget_waiting_does_not_end_the_catching_up(left_over: int) -> None:
    # A transport says "drained" only after it held more than its mark: at the mark exactly nobody will speak up.
    box, slow = a_lagging_one()
    box.publish_now(40, size=300)
    slow.read()

    def takes_most_of_it(frames: bytes) -> int:
        del slow.send
        slow.send(frames)
        slow.waiting, slow._paused = SOFT + left_over, left_over > 0
        return slow.waiting

    slow.send = takes_most_of_it  # type: ignore[method-assign]
    slow._paused = False
    box.hub.drained(ROOM, slow)
    for _ in range(20):
        box.loop.run()
        box.drain(slow)
    assert slow.seqs == list(range(1, box.hub.position(ROOM).seq + 1))


def test_events_that_happen_while_it_catches_up_are_neither_missed_nor_doubled() -> None:
    box, slow = a_lagging_one()
    box.publish_now(40, size=300)
    slow.reads = True
    box.drain(slow)
    for _ in range(30):
        box.publish(size=300)
        box.loop.tick()
    box.loop.run()
    assert slow.seqs == list(range(1, box.hub.position(ROOM).seq + 1))


def test_it_may_fall_behind_again_and_gets_another_gap() -> None:
    box, slow = a_lagging_one()
    box.drain(slow)
    while len(slow.of_type("gap")) < 2:
        box.publish_now(size=300)
    box.drain(slow)
    box.loop.run()
    assert slow.seqs == list(range(1, box.hub.position(ROOM).seq + 1))


def test_a_resuming_listener_gets_what_it_missed_in_portions_too() -> None:
    box, back = Box(LIMITS), FakeListener("back", high=SOFT)
    start = box.publish_now()
    box.publish_now(40, size=300)
    box.seat(back, start)
    assert len(back.writes[0]) <= SOFT + 400
    box.loop.run()
    assert back.seqs == list(range(2, 42))


def test_drained_without_being_behind_changes_nothing() -> None:
    box, listener, held, stranger = Box(LIMITS), FakeListener(), FakeListener(), FakeListener()
    box.seat(listener)
    box.join(held)
    box.publish_now(3)
    for one in (listener, held, stranger):
        box.hub.drained(ROOM, one)
    box.hub.drained("nowhere", listener)
    assert (listener.seqs, held.seqs, stranger.seqs) == ([1, 2, 3], [], [])
