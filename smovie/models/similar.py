"""Nouns of titles that are like another."""

from typing import Literal

from pydantic import Field

from smovie.models.base import Model
from smovie.models.catalog_answers import MovieCard

ReasonKind = Literal["director", "cast", "person", "genre", "nation", "era", "viewers"]
MOST_SIMILAR = 50


class SimilarQuery(Model):
    """How many titles."""

    limit: int = Field(12, ge=1, le=MOST_SIMILAR)


class ReasonName(Model):
    """Somebody or something that two titles share, named in the language asked for."""

    id: str
    name: str


class Reason(Model):
    """Why a title is shown."""

    kind: ReasonKind = Field(
        description="director, cast: the same people do the same in both; person: directs one and acts in the other; "
        "era: a few years apart; viewers: the same people finished both"
    )
    names: list[ReasonName] = Field(description="most telling first; empty for era and viewers")
    text: str = Field(description="the same as a sentence")


class SimilarCard(MovieCard):
    """A title like another."""

    because: list[Reason] = Field(description="what says most first", min_length=1)


class SimilarList(Model):
    """Titles like another, most alike first."""

    results: list[SimilarCard] = Field(max_length=MOST_SIMILAR)
