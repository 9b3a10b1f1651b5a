"""What may be asked of the catalogue."""

import functools
from typing import Annotated, Literal
from urllib.parse import urlencode

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from smovie.models.base import Model
from smovie.models.catalog import Kind, Language

TagId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
PersonId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
Year = Annotated[int, Field(ge=1870, le=2100)]
Sort = Literal[
    "-release_date", "release_date", "-views", "views", "-rating", "rating",
    "title", "-title", "-created_at", "created_at",
]  # fmt: skip


class PageQuery(Model):
    """What the address of a page may add: its language, where that is not left to Accept-Language."""

    lang: Language | None = None


class MovieQuery(Model):
    """Filters of the catalogue. A repeated filter means any of its values; different filters must all hold."""

    kind: Kind | None = None
    genre: tuple[TagId, ...] = Field((), max_length=20)
    nation: tuple[TagId, ...] = Field((), max_length=20)
    exclusivity: tuple[TagId, ...] = Field((), max_length=20)
    person: tuple[PersonId, ...] = Field((), max_length=20)
    year: tuple[Year, ...] = Field((), max_length=20)
    year_from: Year | None = None
    year_to: Year | None = None
    q_letter: str | None = Field(None, pattern=r"^([a-z]|#)$", description="first letter without marks; # for the rest")
    sort: Sort = "-release_date"
    page: int = Field(1, ge=1, le=1_000_000)
    page_size: int = Field(20, ge=1, le=100)

    @model_validator(mode="after")
    def _years_in_order(self) -> "MovieQuery":
        if self.year_from and self.year_to and self.year_from > self.year_to:
            raise PydanticCustomError("years_reversed", "year_from is after year_to")
        return self

    @functools.cached_property
    def of_any_page(self) -> str:
        """The query string of the same list without its page; ends so that `page=` may follow."""
        asked = tuple([(name, value) for name, default in _DEFAULTS if (value := getattr(self, name)) != default])
        return _as_beginning(asked) if asked else ""

    @functools.cached_property
    def address(self) -> str:
        """The whole query string. It says all that is asked, and is compared faster than the noun."""
        return f"{self.of_any_page}page={self.page}"


_DEFAULTS = [(name, field.default) for name, field in MovieQuery.model_fields.items() if name != "page"]


@functools.lru_cache(maxsize=1024)  # the pages of a list have it in common
def _as_beginning(asked: tuple[tuple[str, object], ...]) -> str:
    return f"{urlencode(asked, doseq=True)}&"
