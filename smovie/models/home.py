"""Nouns of the home page: banners, then rails of titles, the caller's own first."""

from typing import Literal

from pydantic import Field

from smovie.models.banners import BannerAnswer
from smovie.models.base import Model, Moment
from smovie.models.catalog_answers import MovieCard
from smovie.models.playback import ListedEpisode
from smovie.models.similar import Reason
from smovie.models.watching import StepKind

RailKind = Literal["continue", "because", "trending", "new", "genre"]
PERSONAL_RAILS: tuple[RailKind, ...] = ("continue", "because")
MOST_ON_RAIL = 16


class Watching(Model):
    """Where the caller goes on in a title, as in `GET /me/continue`."""

    kind: StepKind
    episode: ListedEpisode
    position_s: float
    duration_s: float | None
    progress: float = Field(ge=0, le=1)
    watched_at: Moment


class HomeCard(MovieCard):
    """A title on a rail, with what the rail's kind adds."""

    watching: Watching | None = Field(None, description="on `continue`")
    because: list[Reason] | None = Field(None, description="on `because`: what it has in common with what was watched")


class WatchedTitle(Model):
    """A title that the caller watched: why a rail is there."""

    kind: Literal["watched"]
    id: str
    slug: str
    name: str


class RailAnswer(Model):
    """A row of titles; `more` is the path of the whole list."""

    id: str = Field(description="its own on the page, and the same each time")
    kind: RailKind
    title: str
    because: WatchedTitle | None = Field(None, description="on `because`")
    results: list[HomeCard] = Field(max_length=MOST_ON_RAIL)
    more: str | None


class HomeAnswer(Model):
    """What the home page shows, in order. A title stands on one of the rails for everybody at most."""

    banners: list[BannerAnswer]
    rails: list[RailAnswer]
    missing: list[RailKind] = Field(description="rails of the caller's own that cannot be read at present")
