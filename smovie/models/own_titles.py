"""What a title is to who looks at it."""

from pydantic import Field

from smovie.models.base import Model
from smovie.models.catalog_answers import MovieDetail
from smovie.models.watchlist import WatchState


class OwnTitle(Model):
    """What the caller gave a title and said of it, and how it stands in their watchlist."""

    rating: int | None
    text: str
    spoiler: bool
    watchlist: WatchState | None


class MovieAnswer(MovieDetail):
    """All of a title; `mine` only for who is signed in."""

    mine: OwnTitle | None = Field(None, description="null while it cannot be read; left out for who is not signed in")
    mine_unavailable: bool = Field(False, description="true where `mine` is null: ask again later")
