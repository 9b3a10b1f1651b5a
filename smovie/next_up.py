"""What of a title somebody goes on with: the rule of docs/watching.md, which asks nobody and waits for nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from smovie.models.watching import StepKind


@dataclass(frozen=True, slots=True)
class Place:
    """Where an episode stands in its title."""

    season: int
    number: int
    episode_id: str

    @property
    def is_special(self) -> bool:
        """Season 0 holds what belongs to no season."""
        return self.season == 0

    @property
    def order(self) -> tuple[int, int]:
        return self.season, self.number


@dataclass(frozen=True, slots=True)
class Watched:
    """What was watched last of a line, which is a title's specials or all else of it."""

    place: Place
    done: bool


@dataclass(frozen=True, slots=True)
class Step:
    """What to go on with."""

    kind: StepKind
    place: Place


def find_step(places: Sequence[Place], lines: Iterable[Watched]) -> Step | None:
    """What to go on with in a title of these episodes; None when it is watched to its end.

    `lines` is what was watched last of either line, the newer first: where that leads nowhere, the other one counts.
    """
    return next((step for watched in lines if (step := _step_of(places, watched))), None)


def find_following(places: Iterable[Place], place: Place) -> Place | None:
    """The next by season and number whatever the order they are given in; a special leads to specials only.

    Of an episode that is not among them any more, what comes after where it stood.
    """
    ordered = sorted(places, key=lambda one: one.order)
    index = next((i for i, one in enumerate(ordered) if one.episode_id == place.episode_id), None)
    if index is not None:
        return _first_beside(ordered[index], ordered[index + 1 :])
    return _first_beside(place, [one for one in ordered if one.order > place.order])


def _step_of(places: Sequence[Place], watched: Watched) -> Step | None:
    if not watched.done:
        if same := next((one for one in places if one.episode_id == watched.place.episode_id), None):
            return Step("resume", same)
        if instead := next((one for one in places if one.order == watched.place.order), None):
            return Step("next_up", instead)  # it was replaced in the middle of being watched
    following = find_following(places, watched.place)
    return Step("next_up", following) if following else None


def _first_beside(place: Place, others: Iterable[Place]) -> Place | None:
    return next((one for one in others if one.is_special is place.is_special), None)
