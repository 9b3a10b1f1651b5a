"""What may be searched for, and what is answered; the bytes are made in `smovie/search/answers.py`."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from smovie.models.base import Model
from smovie.models.catalog_answers import MovieCard

MOST_LETTERS = 200


def _is_not_blank(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "nothing to search for")
    return text


Text = Annotated[str, Field(max_length=MOST_LETTERS), AfterValidator(_is_not_blank)]


class SearchQuery(Model):
    """A search. Marks may be left out; those that are typed decide the order."""

    q: Text
    limit: int = Field(20, ge=1, le=50)


class SuggestQuery(Model):
    """What has been typed so far; nothing asks for what trends."""

    q: str = Field("", max_length=MOST_LETTERS)


class Matched(Model):
    """A text of a hit in which words of the query stand."""

    field: Literal["title", "original_title", "other_title", "person", "genre"]
    text: str
    ranges: list[tuple[int, int]] = Field(description="from and to, in code points of the text, the end not included")


class SearchHit(MovieCard):
    """A title found."""

    tier: Literal["exact", "title", "text"] = Field(
        description="exact: a whole name; title: like a name; text: by names, people and genres together"
    )
    score: float = Field(ge=0, le=100)
    matched: list[Matched]


class SearchPage(Model):
    """The best hits, best first."""

    q: str
    results: list[SearchHit]


class Suggested(Model):
    """A title, a person or a genre to go to; `slug`, `year` and `poster` are a title's."""

    type: Literal["title", "person", "genre"]
    id: str
    text: str
    slug: str | None
    year: int | None
    poster: str | None
    ranges: list[tuple[int, int]] = Field(description="of the text, as in a hit's `matched`")


class SuggestionList(Model):
    """`q` is what was asked, so that a client can drop answers that come late."""

    q: str
    results: list[Suggested] = Field(max_length=8)
