"""What is viewed most of late: how it may be asked for, and what is answered."""

from typing import Literal, get_args

from pydantic import Field

from smovie.models.base import Model
from smovie.models.catalog_answers import MovieCard

Window = Literal["24h", "7d", "30d"]
WINDOWS: tuple[Window, ...] = get_args(Window)
Basis = Literal["trending", "views", "new"]

MOST_SHOWN = 100


class TrendingQuery(Model):
    """Over which time, and how many at most."""

    window: Window = "24h"
    limit: int = Field(20, ge=1, le=MOST_SHOWN)


class TrendingHit(MovieCard):
    """A title in demand, or one that stands in where few are."""

    basis: Basis = Field(description="trending: viewed within the window; views: most viewed ever; new: released last")
    recent_views: int = Field(description="within the window")


class TrendingPage(Model):
    """Best first: those that trend, then the most viewed ever, then the newest."""

    window: Window
    results: list[TrendingHit]
