"""Positions, ticks, joining and forgetting: what a room promises to listeners who read (ROOMS.md 6, 7)."""

from hub.limits import HubLimits
from tests.hub.fakes import ROOM, Box, FakeListener

# -- positions ---------------------------------------------------------------------------------------------------------


def test_positions_are_gapless_under_one_epoch() -> None:
    box = Box()
    positions = [box.publish() for _ in range(5)]
    assert [position.seq for position in positions] == [1, 2, 3, 4, 5]
    assert len({position.epoch for position in positions}) == 1
    assert box.hub.position(ROOM) == positions[-1]


def test_rooms_count_apart_and_under_epochs_of_their_own() -> None:
    box = Box()
    here, there = box.publish(3, room="here"), box.publish(room="there")
    assert (here.seq, there.seq) == (3, 1)
    assert here.epoch != there.epoch


def test_two_processes_never_share_an_epoch() -> None:
    assert Box().publish().epoch != Box().publish().epoch


def test_an_event_reaches_its_room_only() -> None:
    box, here, there = Box(), FakeListener(), FakeListener()
    box.seat(here, room="here")
    box.seat(there, room="there")
    box.publish_now(room="here")
    assert here.seqs == [1]
    assert there.seqs == []


def test_what_is_published_is_not_changed() -> None:
    box, event = Box(), {"type": "said"}
    box.say(event)
    assert event == {"type": "said"}


# -- ticks -------------------------------------------------------------------------------------------------------------


def test_nothing_leaves_before_the_tick() -> None:
    box, listener = Box(), FakeListener()
    box.seat(listener)
    box.publish()
    assert listener.writes == []


def test_everything_of_a_tick_leaves_in_one_write() -> None:
    box, listener = Box(), FakeListener()
    box.seat(listener)
    box.publish(20)
    assert box.loop.waiting == 1
    box.loop.run()
    assert len(listener.writes) == 1
    assert listener.seqs == list(range(1, 21))


def test_the_next_tick_is_a_write_of_its_own() -> None:
    box, listener = Box(), FakeListener()
    box.seat(listener)
    box.publish_now(3)
    assert [write.count(b"\n") for write in listener.writes] == [1, 1, 1]


def test_an_event_is_encoded_once_for_any_number_of_listeners() -> None:
    box, listeners = Box(), [FakeListener(f"u{i}") for i in range(50)]
    for listener in listeners:
        box.seat(listener)
    box.publish_now()
    assert len(box.codec.framed) == 1
    assert all(listener.writes[0] is listeners[0].writes[0] for listener in listeners)


def test_an_empty_room_still_counts() -> None:
    box, listener = Box(), FakeListener()
    box.publish_now(3)
    assert box.seat(listener).position.seq == 3


# -- joining -----------------------------------------------------------------------------------------------------------


def test_a_joining_listener_gets_nothing_before_start() -> None:
    box, listener = Box(), FakeListener()
    box.join(listener)
    box.publish_now(3)
    box.pass_s(60)
    assert listener.writes == []


def test_start_brings_what_happened_since_joining_in_one_write() -> None:
    box, listener = Box(), FakeListener()
    box.publish_now(2)
    joined = box.join(listener)
    box.publish_now(3)
    box.hub.start(ROOM, listener)
    assert joined.position.seq == 2
    assert len(listener.writes) == 1
    assert listener.seqs == [3, 4, 5]


def test_start_without_news_sends_nothing() -> None:
    box, listener = Box(), FakeListener()
    box.publish_now(2)
    box.seat(listener)
    assert listener.writes == []


def test_a_listener_that_joins_between_an_event_and_its_flush_neither_misses_nor_doubles() -> None:
    box, listener = Box(), FakeListener()
    box.publish_now(2)
    box.publish()
    joined = box.join(listener)
    box.hub.start(ROOM, listener)
    box.publish()
    box.loop.run()
    assert listener.seqs == list(range(joined.position.seq + 1, 5))


def test_starting_between_an_event_and_its_flush_neither_misses_nor_doubles() -> None:
    box, listener = Box(), FakeListener()
    box.join(listener)
    box.publish_now()
    box.publish()
    box.hub.start(ROOM, listener)
    box.loop.run()
    assert listener.seqs == [1, 2]


def test_starting_twice_or_without_joining_does_nothing() -> None:
    box, listener, stranger = Box(), FakeListener(), FakeListener()
    box.hub.start(ROOM, stranger)
    box.join(listener)
    box.publish_now()
    box.hub.start(ROOM, listener)
    box.hub.start(ROOM, listener)
    box.hub.start(ROOM, stranger)
    assert listener.seqs == [1]
    assert stranger.writes == []


def test_joining_anew_holds_the_listener_until_it_is_started_again() -> None:
    box, listener = Box(), FakeListener()
    box.seat(listener)
    box.publish_now()
    box.join(listener)
    box.publish_now()
    assert listener.seqs == [1]
    box.hub.start(ROOM, listener)
    assert listener.seqs == [1, 2]
    assert box.hub.present(ROOM) == 1


# -- leaving and forgetting --------------------------------------------------------------------------------------------


def test_after_leaving_nothing_comes() -> None:
    box, listener = Box(), FakeListener()
    box.seat(listener)
    box.publish()
    box.hub.leave(ROOM, listener)
    box.loop.run()
    assert listener.writes == []


def test_leaving_is_idempotent() -> None:
    box, listener, other = Box(), FakeListener(), FakeListener()
    box.hub.leave(ROOM, listener)
    box.seat(listener)
    box.seat(other)
    for _ in range(3):
        box.hub.leave(ROOM, listener)
    assert box.hub.present(ROOM) == 1
    box.publish_now()
    assert other.seqs == [1]


def test_an_idle_room_is_forgotten_and_begins_anew_under_another_epoch() -> None:
    box, listener = Box(HubLimits(idle_room_s=30)), FakeListener()
    box.seat(listener)
    last = box.publish_now(3)
    box.hub.leave(ROOM, listener)
    box.pass_s(29)
    assert box.hub.position(ROOM) == last
    box.pass_s(2)
    joined = box.seat(listener, last)
    assert joined.position.epoch != last.epoch
    assert (joined.recovered, joined.position.seq) == (False, 0)
    assert box.publish_now().seq == 1
    assert listener.seqs == [1, 2, 3, 1]


def test_a_room_with_somebody_in_it_is_never_forgotten() -> None:
    box = Box(HubLimits(idle_room_s=30))
    box.join(FakeListener())
    last = box.publish_now()
    box.pass_s(300)
    assert box.hub.position(ROOM) == last


def test_who_was_in_a_room_may_return_until_it_is_forgotten() -> None:
    box, listener = Box(HubLimits(idle_room_s=30)), FakeListener()
    assert not box.hub.may_return(ROOM)
    box.seat(listener)
    box.hub.leave(ROOM, listener)
    box.pass_s(29)
    assert box.hub.may_return(ROOM)
    box.pass_s(2)
    assert not box.hub.may_return(ROOM)
