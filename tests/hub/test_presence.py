"""Volatile events: presence counts people at most once a second, and `sync` breaks silence (ROOMS.md 10, 15)."""

from itertools import pairwise

from hub.limits import HubLimits
from tests.hub.fakes import ROOM, Box, FakeListener


def counts(listener: FakeListener) -> list[int]:
    return [event["count"] for event in listener.of_type("presence")]


def test_presence_counts_users_not_tabs() -> None:
    box, first_tab, second_tab, other = Box(), FakeListener("lan"), FakeListener("lan"), FakeListener("minh")
    assert box.seat(first_tab).present == 1
    assert box.seat(second_tab).present == 1
    assert box.seat(other).present == 2
    assert box.hub.present(ROOM) == 2
    box.hub.leave(ROOM, first_tab)
    assert box.hub.present(ROOM) == 2
    box.hub.leave(ROOM, second_tab)
    assert box.hub.present(ROOM) == 1


def test_nobody_is_present_in_a_room_that_does_not_exist() -> None:
    assert Box().hub.present("nowhere") == 0


def test_a_change_is_told_to_everybody_with_names_in_order() -> None:
    box, lan, minh = Box(), FakeListener("lan"), FakeListener("minh")
    box.seat(minh)
    box.seat(lan)
    box.pass_s(1)
    expected = {"type": "presence", "count": 2, "usernames": ["name of lan", "name of minh"]}
    assert lan.events == minh.events == [expected]


def test_presence_is_told_at_most_once_a_second_and_the_latest_wins() -> None:
    box, watcher = Box(), FakeListener("watcher")
    box.seat(watcher)
    box.pass_s(1)
    told_at = []
    for step in range(40):  # somebody comes every quarter of a second, for ten seconds
        box.seat(FakeListener(f"u{step}"))
        before = len(watcher.writes)
        box.pass_s(0.25)
        told_at += [box.clock.at] * (len(watcher.writes) - before)
    assert 8 <= len(told_at) <= 10
    assert all(later - earlier >= 1 for earlier, later in pairwise(told_at))
    box.pass_s(1)
    assert counts(watcher)[-1] == 41


def test_a_second_tab_is_no_news() -> None:
    box, first_tab, second_tab = Box(), FakeListener("lan"), FakeListener("lan")
    box.seat(first_tab)
    box.pass_s(2)
    box.seat(second_tab)
    box.pass_s(2)
    box.hub.leave(ROOM, second_tab)
    box.pass_s(2)
    assert counts(first_tab) == [1]


def test_names_are_left_out_of_a_big_room() -> None:
    box, watcher = Box(HubLimits(names_shown=3)), FakeListener("watcher")
    box.seat(watcher)
    for i in range(2):
        box.seat(FakeListener(f"u{i}"))
    box.pass_s(1)
    box.seat(FakeListener("one too many"))
    box.pass_s(1)
    small, big = watcher.of_type("presence")
    assert len(small["usernames"]) == 3
    assert big == {"type": "presence", "count": 4}


def test_presence_has_no_position() -> None:
    box, watcher = Box(), FakeListener()
    box.seat(watcher)
    box.pass_s(1)
    assert "seq" not in watcher.of_type("presence")[0]
    assert box.hub.position(ROOM).seq == 0


def test_a_listener_that_is_not_started_is_counted_but_not_told() -> None:
    box, held, watcher = Box(), FakeListener("held"), FakeListener("watcher")
    box.join(held)
    box.seat(watcher)
    box.pass_s(2)
    assert counts(watcher) == [2]
    assert held.writes == []


def test_sync_comes_after_25_s_of_silence_and_every_25_s_of_it() -> None:
    box, listener = Box(), FakeListener()
    box.seat(listener)
    box.publish_now(3)
    box.pass_s(24.75)
    assert listener.of_type("sync") == []
    box.pass_s(0.25)
    assert listener.of_type("sync") == [{"type": "sync", "seq": 3}]
    box.pass_s(50)
    assert len(listener.of_type("sync")) == 3


def test_an_event_puts_the_sync_off() -> None:
    box, listener = Box(), FakeListener()
    box.seat(listener)
    box.pass_s(20)
    box.publish_now()
    box.pass_s(20)
    assert listener.of_type("sync") == []
    box.pass_s(5)
    assert listener.of_type("sync") == [{"type": "sync", "seq": 1}]


def test_sync_never_runs_ahead_of_what_was_sent() -> None:
    box, listener = Box(), FakeListener()
    box.seat(listener)
    box.clock.pass_s(25)
    box.publish()
    box.hub.sweep()
    assert listener.of_type("sync") == [{"type": "sync", "seq": 0}]
    box.loop.run()
    assert listener.seqs == [1]
