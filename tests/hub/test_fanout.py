"""Ticks: at once in a quiet room, joined and further apart in a crowd, in slices in a big one."""

from hub.fanout import DEBT_S, REST, SLICE_S
from tests.hub.fakes import ROOM, Box, FakeListener, a_crowd


def test_a_quiet_room_is_written_to_with_the_loops_next_turn() -> None:
    box, listener = Box(), FakeListener()
    box.seat(listener)
    box.publish()
    box.loop.tick()
    assert listener.seqs == [1]


def test_what_is_written_now_and_then_is_written_at_once() -> None:
    box = Box()
    crowd = a_crowd(box, 100, 0.00004)
    for number in range(20):
        box.publish()
        box.loop.tick()
        assert all(len(listener.writes) == number + 1 for listener in crowd)
        box.clock.pass_s(0.004 * REST)


def test_after_much_writing_the_loop_takes_the_rest_it_is_owed_and_what_comes_meanwhile_is_joined() -> None:
    box = Box()
    crowd = a_crowd(box, 100, 0.00004)
    for _ in range(30):  # 120 ms of writing, were each written by itself
        box.publish()
        box.loop.tick()
    at_once = len(crowd[0].writes)
    assert DEBT_S < at_once * 0.004 * REST < DEBT_S + 0.005
    box.clock.pass_s(at_once * 0.004 * REST + 0.001)
    box.loop.run()
    assert all(len(listener.writes) == at_once + 1 for listener in crowd)
    assert all(listener.seqs == list(range(1, 31)) for listener in crowd)


def test_a_big_room_is_written_to_in_slices_and_the_loop_serves_others_between_them() -> None:
    box = Box()
    crowd = a_crowd(box, 1_000, 0.0001)
    began = box.clock()
    box.publish()
    box.loop.tick()
    reached = sum(bool(listener.writes) for listener in crowd)
    assert 0 < reached < len(crowd)
    assert box.clock() - began < 2 * SLICE_S
    while not all(listener.writes for listener in crowd):
        box.clock.pass_s(SLICE_S * REST)
        box.loop.tick()
    assert all(listener.seqs == [1] for listener in crowd)


def test_a_small_room_does_not_wait_for_a_big_ones_tick_to_end() -> None:
    box = Box()
    crowd = a_crowd(box, 1_000, 0.0001)
    (friend,) = a_crowd(box, 1, 0, room="small")
    box.publish()
    box.loop.tick()
    box.publish(room="small")
    box.clock.pass_s(2 * SLICE_S * REST)
    box.loop.tick()
    box.clock.pass_s(2 * SLICE_S * REST)
    box.loop.tick()
    assert friend.seqs == [1]
    assert not all(listener.writes for listener in crowd)


def test_who_joins_leaves_or_comes_again_during_a_tick_gets_everything_once() -> None:
    box = Box()
    crowd = a_crowd(box, 300, 0.0001)
    box.publish()
    box.loop.tick()
    waiting = [listener for listener in crowd if not listener.writes]
    again, gone = waiting[0], waiting[1]
    joined = box.seat(again)
    box.hub.leave(ROOM, gone)
    late = FakeListener("late")
    assert box.seat(late).position.seq == joined.position.seq == 1  # the page that they read has it
    box.publish()
    for _ in range(20):
        box.clock.pass_s(1)
        box.loop.tick()
    assert again.seqs == late.seqs == [2]
    assert gone.seqs == []
    assert all(listener.seqs == [1, 2] for listener in crowd if listener not in (again, gone))


def test_an_event_that_is_redacted_before_its_tick_never_goes_out() -> None:
    box, listener = Box(), FakeListener()
    box.seat(listener)
    box.say({"type": "said", "text": "a secret"}, subject="c1")
    box.say({"type": "deleted", "id": "c1"}, subject="c1", redacts=True)
    box.loop.run()
    assert [(event["type"], event["seq"]) for event in listener.events] == [("deleted", 1), ("deleted", 2)]


def test_a_replay_repeats_nothing_of_what_was_redacted() -> None:
    box = Box()
    start = box.hub.position(ROOM)
    box.say({"type": "said", "text": "a secret"}, subject="c1")
    box.say({"type": "said", "text": "kept"}, subject="c2")
    box.say({"type": "deleted", "id": "c1"}, subject="c1", redacts=True)
    box.loop.run()
    returning = FakeListener()
    assert box.seat(returning, start).recovered
    assert [(event["type"], event["seq"]) for event in returning.events] == [
        ("deleted", 1),
        ("said", 2),
        ("deleted", 3),
    ]
