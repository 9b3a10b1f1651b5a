"""Nouns of watchlists: which titles somebody means to watch, watches, has watched or has given up."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from smovie.ids import ID_PATTERN
from smovie.models.base import Model, Moment, StoredModel
from smovie.models.catalog_answers import MovieCard

ChangeId = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
WatchState = Literal["planned", "watching", "completed", "dropped"]


class WatchlistDraft(Model):
    """What to put a title into the list as, or to change it to."""

    state: WatchState = "planned"


class Listed(StoredModel):
    """A title in somebody's list, one of each user and title. `change` is the id of its newest change: it sorts."""

    id: str
    movie_id: str
    user_id: str
    state: WatchState
    added_at: Moment
    changed_at: Moment
    change: str


class ListedAnswer(Model):
    """How a title stands in the caller's list."""

    movie_id: str
    state: WatchState
    added_at: Moment
    changed_at: Moment


class WatchlistItem(Model):
    """A title of the caller's list."""

    movie: MovieCard
    state: WatchState
    added_at: Moment
    changed_at: Moment


class WatchlistPage(Model):
    """Titles of the list, those changed last first; `next` goes back as `before`, null at the end."""

    results: list[WatchlistItem]
    next: str | None


class WatchlistQuery(Model):
    """Which page of the list, of all or of one state."""

    state: WatchState | None = None
    before: ChangeId | None = None
    limit: int = Field(20, ge=1, le=100)
