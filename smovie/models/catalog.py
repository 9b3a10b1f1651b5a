"""Nouns of the catalogue: a title is one document with its seasons and episodes embedded."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from smovie.models.base import Moment, StoredModel
from smovie.models.media import MOST_SOURCES, MOST_SUBTITLES, Intro, Source, Subtitle

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = ("vi", "en")

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Url = Annotated[str, StringConstraints(max_length=2000, pattern=r"^(https?://|/)")]


class Kind(StrEnum):
    """A film on its own, or a series with seasons."""

    MOVIE = "movie"
    SERIES = "series"


class LocalName(StoredModel):
    """A name in both languages of the product."""

    vi: Name
    en: Name

    def in_language(self, language: Language) -> str:
        return self.vi if language == "vi" else self.en


class Tag(StoredModel):
    """A genre, nation or exclusivity, as embedded in a title and as kept in its own small collection."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
    name: LocalName


class PersonRef(StoredModel):
    """A director, as embedded in a title."""

    person_id: str
    name: Name


class CastMember(PersonRef):
    """An actor and the part played, "" where the source does not say."""

    role: Annotated[str, StringConstraints(max_length=200)] = ""


class Translation(StoredModel):
    """A title's words in one language."""

    title: Annotated[str, StringConstraints(max_length=300)] = ""
    description: Annotated[str, StringConstraints(max_length=4000)] = ""


class Episode(StoredModel):
    """What can be played and talked about; a film has exactly one."""

    id: str
    number: int = Field(ge=0, le=10_000)
    title: Annotated[str, StringConstraints(max_length=300)] = ""
    description: Annotated[str, StringConstraints(max_length=4000)] = ""
    runtime_s: int | None = Field(None, ge=1, le=86_400)
    air_date: str | None = None
    sources: tuple[Source, ...] = Field((), max_length=MOST_SOURCES)
    subtitles: tuple[Subtitle, ...] = Field((), max_length=MOST_SUBTITLES)
    intro: Intro | None = None


class Season(StoredModel):
    """One season of a series; number 0 holds specials."""

    id: str
    number: int = Field(ge=0, le=1_000)
    title: Annotated[str, StringConstraints(max_length=300)] = ""
    year: int | None = Field(None, ge=1870, le=2100)
    episodes: tuple[Episode, ...] = ()


class Stats(StoredModel):
    """Running figures of a title; the rows they count stand in their own collections."""

    views: int = 0
    rating_sum: int = 0
    rating_count: int = 0
    ratings: dict[str, int] = Field(default_factory=dict)  # how many gave "1" to "10"; none where it is left out
    comments: int = 0
    watchlisted: int = 0

    @property
    def rating(self) -> float | None:
        """The mean of all ratings, 1 to 10 with one decimal; None before the first."""
        return round(self.rating_sum / self.rating_count, 1) if self.rating_count else None


class Movie(StoredModel):
    """A title of the catalogue, film or series (DESIGN.md 4)."""

    id: str
    kind: Kind
    slug: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)]
    title: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    original_title: Annotated[str, StringConstraints(max_length=300)] = ""
    aliases: tuple[str, ...] = ()
    translations: dict[Language, Translation] = Field(default_factory=dict)
    release_date: str | None = Field(None, description="ISO date")
    year: int | None = Field(None, ge=1870, le=2100)
    runtime_min: int | None = Field(None, ge=1, le=1_440)
    nation: Tag | None = None
    exclusivity: Tag | None = None
    genres: tuple[Tag, ...] = ()
    directors: tuple[PersonRef, ...] = ()
    cast: tuple[CastMember, ...] = ()
    poster: Url | None = None
    backdrop: Url | None = None
    trailer: Url | None = None
    trailer_s: int | None = Field(None, ge=1, le=28_800, description="how long the trailer is")
    seasons: tuple[Season, ...] = ()
    stats: Stats = Stats()
    is_active: bool = True
    created_at: Moment
    updated_at: Moment
    deleted_at: Moment | None = None
    version: int = 1
    import_key: str | None = None
    import_digest: str | None = None

    @property
    def is_visible(self) -> bool:
        """Whether the public may know of it."""
        return self.is_active and self.deleted_at is None

    def title_in(self, language: Language) -> str:
        """The title in a language, falling back to the title itself."""
        words = self.translations.get(language)
        return (words.title if words else "") or self.title

    def description_in(self, language: Language) -> str:
        """The description in a language, else in any other, else ""."""
        for choice in (language, *LANGUAGES):
            if (words := self.translations.get(choice)) and words.description:
                return words.description
        return ""


def is_iso_date(text: str) -> bool:
    """Whether text is a calendar date as YYYY-MM-DD."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
