"""Nouns of watching: how far somebody is in an episode, and what they go on with (docs/watching.md)."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from smovie.models.base import Model, Moment, StoredModel
from smovie.models.catalog_answers import MovieCard
from smovie.models.playback import ListedEpisode

LONGEST_S = 86_400  # of an episode
DONE_AT = 0.95  # of the duration: what is left are the credits
BEGUN_AT_S = 5.0  # what was left before then was opened by mistake
VIEW_AT_S, VIEW_AT = 30.0, 0.1  # or that part of the duration
_FIRST_TIME = datetime(2000, 1, 1, tzinfo=UTC)

State = Literal["playing", "paused", "stopped"]
StepKind = Literal["resume", "next_up"]  # an episode is half seen, or comes after that which was seen last
Seconds = Annotated[float, Field(ge=0, le=LONGEST_S, allow_inf_nan=False)]


def _from_text(value: object) -> object:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        raise PydanticCustomError("moment", "a date and time of ISO 8601") from None


class ProgressDraft(Model):
    """Where a player stands. What is said twice counts once; of two, the one that happened later."""

    position_s: Seconds = Field(description="past the end means at the end")
    duration_s: Seconds = Field(gt=0, description="of the whole episode")
    state: State
    client_time: Annotated[
        AwareDatetime,
        Field(ge=_FIRST_TIME, description="when it stood there; in the future means now"),
        BeforeValidator(_from_text),
    ]


class Progress(StoredModel):
    """How far somebody is in an episode, as stored: one of each user and episode.

    `watched_at` is the time of the player that said so, `told_at` when we were told; `done_at` when it was last seen
    to its end. Season and number are those it had then: they tell what comes next of one that is taken away.
    """

    id: str
    user_id: str
    movie_id: str
    episode_id: str
    season: int
    number: int
    position_s: float
    duration_s: float
    state: State
    done: bool
    done_at: Moment | None = None
    watched_at: Moment
    told_at: Moment

    @property
    def is_begun(self) -> bool:
        """Whether it counts as watched at all."""
        return self.done or self.position_s >= BEGUN_AT_S

    @property
    def is_view(self) -> bool:
        """Whether so much was seen that it counts among the title's views."""
        return self.position_s >= min(VIEW_AT_S, VIEW_AT * self.duration_s)

    @property
    def resume_position_s(self) -> float | None:
        """Where to go on; None when it was not begun or is done."""
        return self.position_s if self.is_begun and not self.done else None

    @property
    def part(self) -> float:
        """How much of it lies behind, 0 to 1."""
        return round(self.position_s / self.duration_s, 4)


class LastWatched(StoredModel):
    """What somebody watched last of a line of a title, its specials or all else.

    `removed_at`: when they took the title out of their row.
    """

    id: str
    user_id: str
    movie_id: str
    episode_id: str
    season: int
    number: int
    done: bool
    watched_at: Moment
    told_at: Moment
    removed_at: Moment | None = None

    @property
    def is_removed(self) -> bool:
        """Whether it left the row and nothing was watched since; by our clock, since players' may be late."""
        return self.removed_at is not None and self.told_at <= self.removed_at


class ProgressAnswer(Model):
    """What is known now: what was just told, or what another player of the same user told of a later time."""

    episode_id: str
    position_s: float
    duration_s: float
    state: State
    done: bool = Field(description="at 95 % and behind")
    resume_position_s: float | None = Field(description="null when not begun or done")
    watched_at: Moment


class HistoryRow(Model):
    """An episode that was watched. `movie` and `episode` are null while the catalogue does not show them."""

    movie_id: str
    episode_id: str
    movie: MovieCard | None
    episode: ListedEpisode | None
    position_s: float
    duration_s: float
    done: bool
    done_at: Moment | None = Field(description="when it was last seen to its end, also where it is being seen again")
    watched_at: Moment


class HistoryPage(Model):
    """What was watched, newest first; `next` goes back as `before`, null at the end."""

    results: list[HistoryRow]
    next: str | None


HISTORY_CURSOR = r"^[0-9]{1,14}-.{1,100}$"


class HistoryQuery(Model):
    """Which page: the newest, or those after a page's `next`."""

    before: Annotated[str, StringConstraints(pattern=HISTORY_CURSOR, max_length=120)] | None = None
    limit: int = Field(20, ge=1, le=100)


class ContinueRow(Model):
    """An episode to go on with: it is half seen, or comes after the one of its title that was seen last."""

    kind: StepKind
    movie: MovieCard
    episode: ListedEpisode
    position_s: float = Field(description="0 when the episode was not begun, or is to be seen again")
    duration_s: float | None
    progress: float = Field(ge=0, le=1)
    watched_at: Moment = Field(description="when it was watched, or what it comes after")


class ContinueList(Model):
    """What is half seen, newest first, then what comes next, newest first; each episode once."""

    results: list[ContinueRow]


class ContinueQuery(Model):
    """How much of the row."""

    limit: int = Field(20, ge=1, le=50)
