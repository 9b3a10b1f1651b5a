"""Nouns of the search log: what was searched for on a day, by nobody in particular."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from smovie.models.base import Model, StoredModel
from smovie.models.search import Text


class SearchClick(Model):
    """Which title, by its id or slug, somebody chose of what a search gave."""

    q: Text
    movie: Annotated[str, StringConstraints(min_length=1, max_length=100)]


class DaysSearches(StoredModel):
    """What one folded query was on one day (UTC): how often it was asked, how often without a hit, what was chosen.

    `hits` is how many it had last, None where it was only clicked on.
    """

    day: datetime
    q: str
    count: int = 0
    without_hits: int = 0
    hits: int | None = None
    clicks: dict[str, int] = Field(default_factory=dict)  # by the title's id
