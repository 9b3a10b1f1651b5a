"""The import format: one JSON object a title (docs/import.md). Unknown members are refused, everything has a bound.

What a row may hold is never wider than what `smovie.models.catalog` may hold, so a row that is accepted here becomes a
title without a second judgement.
"""

import unicodedata
from hashlib import blake2b
from typing import Annotated, Self

import orjson
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from smovie.models.base import Model
from smovie.models.catalog import Kind, Language, Url, is_iso_date
from smovie.models.media import MOST_SOURCES, MOST_SUBTITLES, Intro, Source, Subtitle

MOST_EPISODES = 120_000  # in a title, before they are made; what is made must still fit into 12 MiB
_CONVERSION = b"1"  # raise it when titles.py makes something else of the same row: then a re-import updates all titles
_ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f]*$"
_PARAGRAPHS = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$"  # tab and newline are allowed


def _compose(value: object) -> object:
    # "é" as one code point and as two look the same; a person must not become two by it.
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


def _check_date(text: str) -> str:
    if not is_iso_date(text):
        raise ValueError("not a date as YYYY-MM-DD")
    return text


# The last in an Annotated runs first: text is composed, then measured.
_Composed = BeforeValidator(_compose)
_Title = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300, pattern=_ONE_LINE), _Composed
]
_TitleOrNothing = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300, pattern=_ONE_LINE), _Composed]
_Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_ONE_LINE), _Composed
]
_Role = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=_ONE_LINE), _Composed]
_Description = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000, pattern=_PARAGRAPHS), _Composed]
_Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]  # room for "-YEAR-99"
_TagId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
_IsoDate = Annotated[str, AfterValidator(_check_date)]
_Year = Annotated[int, Field(ge=1870, le=2100)]
_Minutes = Annotated[int, Field(ge=1, le=1_440)]


class TranslationRow(Model):
    """A title's words in one language."""

    title: _TitleOrNothing = ""
    description: _Description = ""


class CastRow(Model):
    """An actor and the part played."""

    name: _Name
    role: _Role = ""


class SourceRow(Source):
    """A way to watch an episode."""

    model_config = ConfigDict(extra="forbid")


class SubtitleRow(Subtitle):
    """Subtitles of an episode."""

    model_config = ConfigDict(extra="forbid")


class IntroRow(Intro):
    """The part of an episode that may be skipped."""

    model_config = ConfigDict(extra="forbid")


class PlayableRow(Model):
    """What makes an episode playable; of a film it stands at the title."""

    sources: tuple[SourceRow, ...] = Field((), max_length=MOST_SOURCES)
    subtitles: tuple[SubtitleRow, ...] = Field((), max_length=MOST_SUBTITLES)
    intro: IntroRow | None = None


class EpisodeRow(PlayableRow):
    """An episode of which more is known than its number."""

    number: int = Field(ge=0, le=10_000)
    title: _TitleOrNothing = ""
    description: _Description = ""
    air_date: _IsoDate | None = None
    runtime_min: _Minutes | None = None


class SeasonRow(Model):
    """A season: episodes 1 to `episode_count`, and over them those listed, by number."""

    number: int = Field(ge=0, le=1_000)
    title: _TitleOrNothing | None = None
    year: _Year | None = None
    episode_count: int = Field(0, ge=0, le=10_000)
    episode_runtime_min: _Minutes | None = None
    episodes: tuple[EpisodeRow, ...] = Field((), max_length=10_000)

    @model_validator(mode="after")
    def _number_once(self) -> Self:
        _refuse_repeated("episode", [episode.number for episode in self.episodes])
        return self


class TitleRow(PlayableRow):
    """A film, or a series with its seasons, as a line of an import file says it."""

    kind: Kind
    slug: _Slug | None = None
    title: _Title
    original_title: _TitleOrNothing = ""
    aliases: tuple[_Title, ...] = Field((), max_length=8)
    translations: dict[Language, TranslationRow] = Field(default_factory=dict)
    release_date: _IsoDate | None = None
    year: _Year | None = None
    runtime_min: _Minutes | None = None
    nation: Annotated[str, StringConstraints(pattern="^[a-z]{2}$")] | None = None
    genres: tuple[_TagId, ...] = Field((), max_length=10)
    directors: tuple[_Name, ...] = Field((), max_length=50)
    cast: tuple[CastRow, ...] = Field((), max_length=200)
    exclusivity: _TagId | None = None
    poster: Url | None = None
    backdrop: Url | None = None
    trailer: Url | None = None
    trailer_s: int | None = Field(None, ge=1, le=28_800)
    seasons: tuple[SeasonRow, ...] = Field((), max_length=1_001)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.kind is Kind.MOVIE and self.seasons:
            raise ValueError('a film has no seasons: leave them out, or say "kind": "series"')
        if self.kind is Kind.SERIES and (self.sources or self.subtitles or self.intro):
            raise ValueError("a series has sources, subtitles and intro at its episodes")
        _refuse_repeated("season", [season.number for season in self.seasons])
        _refuse_repeated("genre", self.genres)
        if self.most_episodes > MOST_EPISODES:
            raise ValueError(f"more than {MOST_EPISODES} episodes")
        return self

    @property
    def most_episodes(self) -> int:
        """An upper bound on its episodes, known before they are made."""
        return sum(season.episode_count + len(season.episodes) for season in self.seasons) or 1

    @property
    def people(self) -> set[str]:
        """The names of everybody in it."""
        return {*self.directors, *(member.name for member in self.cast)}

    def digest(self) -> str:
        """A fingerprint of what the row says, whatever the order of its members; absent and default are the same."""
        # exclude_defaults: a member that a later version adds to the format does not make every stored title "changed".
        values = self.model_dump(mode="json", exclude_defaults=True)
        return blake2b(orjson.dumps(values, option=orjson.OPT_SORT_KEYS), digest_size=16, salt=_CONVERSION).hexdigest()


def _refuse_repeated(what: str, keys: list[int] | tuple[str, ...]) -> None:
    seen: set[int | str] = set()
    for key in keys:
        if key in seen:
            raise ValueError(f"{what} {key} stands there twice")
        seen.add(key)
