"""How long Redis is waited for: short, and longer only on a machine where everything is late."""

from hub.patience import CALM_S, HASTY_S, MOST_DOUBLINGS, Patience

LEAST_S = 0.06


class Clock:
    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at


def late_after(patience: Patience, clock: Clock, *ups_s: float) -> float:
    """The patience when the mirror was up for these times, and lost for want of an answer each time."""
    for up_s in ups_s:
        patience.begin()
        clock.at += up_s
        patience.was_too_short()
    patience.begin()
    return patience.seconds


def test_a_redis_that_hangs_after_it_answered_for_long_is_waited_for_as_shortly_as_ever() -> None:
    clock = Clock()
    patience = Patience(LEAST_S, clock)
    assert patience.seconds == LEAST_S
    assert late_after(patience, clock, 3_600.0, HASTY_S + 1, HASTY_S + 1) == LEAST_S


def test_who_comes_back_and_is_late_at_once_is_waited_for_longer_up_to_a_bound() -> None:
    clock = Clock()
    patience = Patience(LEAST_S, clock)
    waited = [late_after(patience, clock, 1.0) for _ in range(MOST_DOUBLINGS + 2)]
    assert waited == [LEAST_S * 2 ** min(n, MOST_DOUBLINGS) for n in range(1, MOST_DOUBLINGS + 3)]


def test_what_is_late_while_it_is_waited_for_longer_is_slow_however_long_it_was_up() -> None:
    clock = Clock()
    patience = Patience(LEAST_S, clock)
    assert late_after(patience, clock, 1.0, 1.0, CALM_S - 1) == 8 * LEAST_S
    assert late_after(patience, clock, 2 * CALM_S) == 4 * LEAST_S  # one, of the three, and one more


def test_every_calm_while_halves_the_patience_until_it_is_what_it_was() -> None:
    clock = Clock()
    patience = Patience(LEAST_S, clock)
    late_after(patience, clock, 1.0, 1.0)
    seen = []
    for _ in range(4):
        seen.append(patience.seconds)
        clock.at += CALM_S
        patience.begin()  # it was lost and came back for another reason
    assert seen == [4 * LEAST_S, 2 * LEAST_S, LEAST_S, LEAST_S]
