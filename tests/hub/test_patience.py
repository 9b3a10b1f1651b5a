"""How long Redis is waited for: short, and longer only where it is slow, which is not to hang."""

from hub.patience import CALM_S, HASTY_S, MOST_DOUBLINGS, Patience

LEAST_S = 0.06


class Clock:
    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at


class Lost:
    """A mirror that is lost for want of an answer after having been up for a while, and comes back."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.patience = Patience(LEAST_S, self.clock)

    def after(self, up_s: float, *, answered_after_s: float | None = None) -> float:
        """The patience then. Without an answer Redis hung."""
        self.patience.begin()
        self.clock.at += up_s
        self.patience.give_up()
        if answered_after_s is not None:
            self.patience.came_late(answered_after_s)
        return self.patience.seconds


def test_a_redis_that_hangs_is_waited_for_as_shortly_as_ever_however_often_it_hangs() -> None:
    lost = Lost()
    assert [lost.after(1.0) for _ in range(5)] == [LEAST_S] * 5


def test_one_late_answer_changes_nothing() -> None:
    lost = Lost()
    assert lost.after(1.0, answered_after_s=0.2) == LEAST_S
    assert lost.after(HASTY_S + 1, answered_after_s=0.2) == LEAST_S, "it was in time for long"


def test_who_answers_late_again_soon_is_waited_for_as_long_as_it_took_up_to_a_bound() -> None:
    lost = Lost()
    lost.after(1.0, answered_after_s=0.1)
    assert lost.after(1.0, answered_after_s=0.2) == 4 * LEAST_S
    assert lost.after(1.0, answered_after_s=0.1) == 4 * LEAST_S, "no shorter for that"
    assert lost.after(1.0, answered_after_s=9.0) == 2**MOST_DOUBLINGS * LEAST_S == lost.patience.most_s


def test_a_redis_that_hangs_after_it_was_late_once_is_noticed_as_fast() -> None:
    lost = Lost()
    lost.after(1.0, answered_after_s=0.1)
    assert lost.after(1.0) == LEAST_S
    assert lost.after(1.0, answered_after_s=0.1) == LEAST_S, "late for the first time since"


def test_what_is_late_while_it_is_waited_for_longer_is_slow_however_long_it_was_up() -> None:
    lost = Lost()
    lost.after(1.0, answered_after_s=0.1)
    lost.after(1.0, answered_after_s=0.2)
    assert lost.after(CALM_S + 1, answered_after_s=0.2) == 4 * LEAST_S


def test_every_calm_while_halves_the_patience_until_it_is_what_it_was() -> None:
    lost = Lost()
    lost.after(1.0, answered_after_s=0.1)
    lost.after(1.0, answered_after_s=0.2)
    seen = []
    for _ in range(4):
        seen.append(lost.patience.seconds)
        lost.clock.at += CALM_S
        lost.patience.begin()  # it was lost and came back for another reason
    assert seen == [4 * LEAST_S, 2 * LEAST_S, LEAST_S, LEAST_S]
