"""What the catalogue answers; the bytes are made in `smovie/catalog/render.py`, these describe them."""

from typing import Any

from pydantic import Field

from smovie.models.base import Model
from smovie.models.catalog import Kind


class TagAnswer(Model):
    """A genre, nation or exclusivity, named in the language asked for."""

    id: str
    name: str


class TagCount(TagAnswer):
    """… with how many visible titles carry it."""

    count: int


class TagList(Model):
    results: list[TagCount]


class MovieCard(Model):
    """A title in lists."""

    id: str
    kind: Kind
    slug: str
    title: str = Field(description="in the language asked for")
    original_title: str
    year: int | None
    release_date: str | None
    runtime_min: int | None
    nation: TagAnswer | None
    exclusivity: TagAnswer | None
    genres: list[TagAnswer]
    poster: str = Field(description="absolute address, or a path on this server")
    seasons_count: int
    rating: float | None = Field(description="mean of 1 to 10; null before the first")
    rating_count: int
    views: int


class MoviePage(Model):
    """A page of the catalogue; `next` and `previous` are paths on this server."""

    count: int
    page: int
    pages: int
    page_size: int
    next: str | None
    previous: str | None
    results: list[MovieCard]


class PersonAnswer(Model):
    id: str
    name: str


class CastAnswer(PersonAnswer):
    role: str


class EpisodeAnswer(Model):
    id: str
    number: int
    title: str
    description: str
    runtime_s: int | None
    air_date: str | None


class SeasonAnswer(Model):
    id: str
    number: int
    title: str
    year: int | None
    episodes: list[EpisodeAnswer]


class StatsAnswer(Model):
    views: int
    rating: float | None
    rating_count: int
    ratings: dict[str, int] = Field(description='how many gave "1" to "10"')
    comments: int
    watchlisted: int


class TranslationAnswer(Model):
    title: str
    description: str


class MovieDetail(MovieCard):
    """All of a title."""

    description: str
    aliases: list[str]
    translations: dict[str, TranslationAnswer]
    directors: list[PersonAnswer]
    cast: list[CastAnswer]
    backdrop: str
    trailer: str | None
    trailer_s: int | None
    seasons: list[SeasonAnswer]
    stats: StatsAnswer
    updated_at: str
    version: int
    structured_data: dict[str, Any] = Field(description="JSON-LD of schema.org, to be embedded in a page of the title")


class PersonDetail(PersonAnswer):
    """Somebody with their visible titles, newest first."""

    directed: list[MovieCard]
    acted: list[MovieCard]
