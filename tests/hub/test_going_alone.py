"""An instance whose mirror is away numbers a room itself: everybody in it learns under which epoch they stand."""

from hub.hub import Hub
from hub.mirror import Mirror
from tests.hub.fakes import ROOM, Box, FakeListener, a_crowd, a_lagging_one


class Away(Mirror):
    """A mirror that is lost."""

    is_up = False


def lose_mirror(hub: Hub) -> None:
    hub.mirror = Away()  # type: ignore[abstract]
    hub.degrade()


def test_who_listens_is_told_before_the_first_event_of_the_new_epoch() -> None:
    box, listener = Box(), FakeListener()
    before = box.publish_now(2)
    box.seat(listener)
    lose_mirror(box.hub)
    position = box.publish_now()
    assert position.epoch != before.epoch
    assert [event["type"] for event in listener.events] == ["degraded", "degraded", "said"]
    assert listener.events[1] == {"type": "degraded", "value": True, "epoch": position.epoch, "seq": 2}


def test_who_was_just_joining_and_got_the_old_epoch_is_told_when_it_starts() -> None:
    box, listener = Box(), FakeListener()
    box.publish_now(2)
    joined = box.join(listener)
    lose_mirror(box.hub)
    position = box.publish_now(3)
    assert joined.position.epoch != position.epoch
    box.hub.start(ROOM, listener)
    assert [event["type"] for event in listener.events] == ["degraded", "said", "said", "said"]
    assert (listener.events[0]["epoch"], listener.events[0]["seq"]) == (position.epoch, joined.position.seq)
    box.publish_now()
    assert listener.seqs == [3, 4, 5, 6]
    assert len(listener.of_type("degraded")) == 1


def test_who_is_behind_is_told_before_what_it_missed() -> None:
    box, listener = a_lagging_one()
    sent = listener.seqs[-1]
    lose_mirror(box.hub)
    position = box.publish_now()
    before = len(listener.events)
    box.drain(listener)
    box.loop.run()
    told, first = listener.events[before : before + 2]
    assert (told["type"], told["epoch"], told["seq"]) == ("degraded", position.epoch, sent)
    assert first["seq"] == sent + 1


def test_who_is_still_to_be_written_a_tick_gets_it_before_the_word_that_counts_it() -> None:
    box = Box()
    crowd = a_crowd(box, 1_000, 0.0001)
    box.publish()
    box.loop.tick()
    waiting = [listener for listener in crowd if not listener.events]
    assert 0 < len(waiting) < len(crowd)
    lose_mirror(box.hub)
    position = box.publish_now()
    for _ in range(50):
        box.clock.pass_s(1)
        box.loop.tick()
    for listener in crowd:
        numbered = [event for event in listener.events if "seq" in event]
        assert [(event["type"], event["seq"]) for event in numbered] == [("said", 1), ("degraded", 1), ("said", 2)]
        assert numbered[1]["epoch"] == position.epoch
