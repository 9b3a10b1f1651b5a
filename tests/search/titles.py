"""Titles for the tests of search, with only what matters to a test."""

from collections.abc import Iterable
from typing import Any

from smovie.models.base import now
from smovie.models.catalog import CastMember, Kind, LocalName, Movie, PersonRef, Stats, Tag, Translation
from smovie.search.finder import find
from smovie.search.index import SearchIndex
from smovie.text import slugify


def a_title(
    title: str, *, id: str = "", cast: Iterable[str] = (), directors: Iterable[str] = (), genres: Iterable[str] = (),
    views: int = 0, vi: str = "", **members: Any,
) -> Movie:  # fmt: skip
    """A film; its id is its title unless given, people and genres are known by their names."""
    return Movie(
        id=id or title, kind=Kind.MOVIE, slug="a-film", title=title, stats=Stats(views=views),
        cast=tuple(CastMember(person_id=name, name=name) for name in cast),
        directors=tuple(PersonRef(person_id=name, name=name) for name in directors),
        genres=tuple(Tag(id=slugify(name), name=LocalName(vi=name, en=name)) for name in genres),
        translations={"vi": Translation(title=vi)} if vi else {}, created_at=now(), updated_at=now(), **members,
    )  # fmt: skip


def an_index(*titles: Movie | str) -> SearchIndex:
    index = SearchIndex()
    for title in titles:
        index.put(title if isinstance(title, Movie) else a_title(title))
    return index


def found(index: SearchIndex, text: str) -> list[str]:
    """Ids of what is found, best first."""
    return [hit.id for hit in find(index, text, 20).hits]
