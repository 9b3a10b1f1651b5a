"""The ladder of ROOMS.md 19: a listener that does not read costs nobody else anything, and never gets a part."""

from hub.hub import STUCK
from tests.hub.fakes import HARD, LIMITS, ROOM, SOFT, Box, FakeListener, a_lagging_one, a_slow_one

# -- soft: no volatile events ------------------------------------------------------------------------------------------


def test_past_the_soft_bound_volatile_events_stop_and_durable_ones_go_on() -> None:
    box, slow = Box(LIMITS), a_slow_one()
    box.seat(slow)
    box.publish_now(8, size=300)
    assert SOFT < slow.waiting < HARD
    box.seat(FakeListener("newcomer"))
    box.pass_s(60)
    assert slow.of_type("presence") == slow.of_type("sync") == []
    box.publish_now()
    assert slow.seqs == list(range(1, 10))
    assert slow.of_type("gap") == []


def test_volatile_events_come_again_once_it_has_read() -> None:
    box, slow = Box(LIMITS), a_slow_one()
    box.seat(slow)
    box.publish_now(8, size=300)
    box.drain(slow)
    box.pass_s(1)
    assert len(slow.of_type("presence")) == 1


# -- hard: one gap, then nothing durable -------------------------------------------------------------------------------


def test_past_the_hard_bound_it_gets_one_gap_and_then_nothing() -> None:
    box, slow = a_lagging_one()
    told = slow.seqs[-1]
    assert slow.events[-1] == {"type": "gap", "seq": told}
    writes = len(slow.writes)
    box.publish_now(10, size=300)
    box.seat(FakeListener("newcomer"))
    box.pass_s(5)
    assert len(slow.writes) == writes


def test_a_listener_exactly_at_the_hard_bound_is_not_behind_yet() -> None:
    box, slow = Box(LIMITS), a_slow_one()
    box.seat(slow)
    slow.waiting = HARD - len(b'{"type": "said", "pad": "", "seq": 1}\n')
    box.publish_now()
    assert slow.waiting == HARD
    assert slow.of_type("gap") == []
    box.publish_now()
    assert slow.events[-1] == {"type": "gap", "seq": 2}


def test_others_in_the_room_notice_nothing() -> None:
    box, quick = Box(LIMITS), FakeListener("quick")
    box.seat(quick)
    box.pass_s(1)
    quick.writes.clear()
    for i in range(5):
        box.seat(a_slow_one(f"slow {i}"))
    ticks = 60
    box.publish_now(ticks, size=300)
    assert [len(quick.writes), quick.seqs] == [ticks, list(range(1, ticks + 1))]
    assert [event for event in quick.events if event["type"] != "said"] == []


# -- the log overran ---------------------------------------------------------------------------------------------------


def test_when_the_log_overran_it_is_refreshed_and_not_seated_any_more() -> None:
    box, slow = a_lagging_one()
    before = list(slow.seqs)
    box.publish_now(101, size=10)
    box.drain(slow)
    assert slow.refreshed == 1
    assert slow.seqs == before, "never a part"
    assert box.hub.present(ROOM) == 0
    box.publish_now()
    assert slow.seqs == before
    assert box.seat(slow).recovered is False


def test_a_joining_listener_that_is_started_after_the_log_overran_is_refreshed() -> None:
    box, listener = Box(LIMITS), FakeListener()
    box.join(listener)
    box.publish_now(101)
    box.hub.start(ROOM, listener)
    assert (listener.refreshed, listener.writes, box.hub.present(ROOM)) == (1, [], 0)


def test_the_log_may_overrun_while_it_catches_up() -> None:
    box, slow = a_lagging_one()
    box.publish_now(40, size=300)
    box.drain(slow)
    got = list(slow.seqs)
    box.publish_now(120, size=10)
    box.drain(slow)
    assert slow.refreshed == 1
    assert slow.seqs == got == list(range(1, len(got) + 1))


# -- stuck -------------------------------------------------------------------------------------------------------------


def test_stuck_for_10_s_it_is_dropped_with_4408() -> None:
    box, slow = a_lagging_one()
    box.pass_s(9.75)
    assert slow.dropped == []
    box.pass_s(0.5)
    assert [code for code, _reason in slow.dropped] == [STUCK] == [4408]
    assert box.hub.present(ROOM) == 0
    box.pass_s(20)
    assert len(slow.dropped) == 1


def test_one_that_makes_progress_is_not_dropped() -> None:
    box, slow = a_lagging_one()
    for _ in range(20):
        box.pass_s(9)
        slow.read(50)
    assert slow.dropped == []
    box.pass_s(10.5)
    assert len(slow.dropped) == 1


def test_one_that_is_slow_but_not_behind_is_never_dropped() -> None:
    box, slow = Box(LIMITS), a_slow_one()
    box.seat(slow)
    box.publish_now(8, size=300)
    box.pass_s(120)
    assert slow.dropped == []


def test_one_that_catches_up_in_portions_is_not_dropped() -> None:
    box, slow = a_lagging_one()
    box.publish_now(80, size=300)
    for _ in range(20):
        box.drain(slow)
        box.pass_s(8)
    assert slow.dropped == []
    assert slow.seqs == list(range(1, box.hub.position(ROOM).seq + 1))


def test_one_that_leaves_while_it_is_behind_hears_no_more() -> None:
    box, slow = a_lagging_one()
    box.publish_now(40, size=300)
    box.drain(slow)
    box.hub.leave(ROOM, slow)
    writes = len(slow.writes)
    box.drain(slow)
    box.pass_s(30)
    assert (len(slow.writes), slow.dropped) == (writes, [])
