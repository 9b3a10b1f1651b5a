"""Nouns of the home page: banners, then rails of titles."""

from typing import Literal

from pydantic import Field

from smovie.models.banners import BannerAnswer
from smovie.models.base import Model
from smovie.models.catalog_answers import MovieCard

RailKind = Literal["trending", "new", "genre"]
MOST_ON_RAIL = 16


class RailAnswer(Model):
    """A row of titles; `more` is the path of the whole list."""

    id: str = Field(description="its own on the page, and the same each time")
    kind: RailKind
    title: str
    results: list[MovieCard] = Field(max_length=MOST_ON_RAIL)
    more: str | None


class HomeAnswer(Model):
    """What the home page shows, in order. A title stands in one of the public rails at most."""

    banners: list[BannerAnswer]
    rails: list[RailAnswer]
