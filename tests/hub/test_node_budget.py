"""The bytes that all listeners of a node keep unsent together are bounded too (DESIGN.md 7)."""

from dataclasses import replace

from tests.hub.fakes import HARD, LIMITS, Box, FakeListener, a_slow_one

BOUND = 2 * HARD


def test_past_the_budget_the_fullest_are_given_up_until_it_is_kept() -> None:
    box = Box(replace(LIMITS, node_bytes=BOUND))
    slow = [a_slow_one(f"slow{number}") for number in range(4)]
    quick = FakeListener("quick")
    for number, listener in enumerate([*slow, quick]):
        box.seat(listener, room=f"room{number}")
    for number in range(4):  # the first is the fullest
        box.publish_now(4 - number, size=900, room=f"room{number}")
    box.pass_s(0.25)
    assert slow[0].dropped == [(4408, "too much is unsent")]
    assert sum(listener.waiting for listener in slow if not listener.dropped) <= BOUND
    assert [len(listener.dropped) for listener in [*slow[1:], quick]] == [0, 0, 0, 0]


def test_within_the_budget_nobody_is_given_up() -> None:
    box, slow = Box(replace(LIMITS, node_bytes=BOUND)), a_slow_one()
    box.seat(slow)
    box.publish_now(3, size=900)
    box.pass_s(0.25)
    assert slow.waiting
    assert not slow.dropped
