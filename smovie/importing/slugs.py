"""Addresses of new titles: the row's own slug or one made of its title, and what is tried when it is taken."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import count, islice

from smovie.importing.rows import TitleRow
from smovie.store import movies
from smovie.store.mongo import Database
from smovie.text import slugify

_ASKED_AT_ONCE = 3  # nearly all are free by then
_ASKED_NEXT = 100


def slug_choices(row: TitleRow) -> Iterator[str]:
    """Slugs in order of preference, without end: the-kid, the-kid-1921, the-kid-1921-2, the-kid-1921-3…"""
    stem = row.slug or _from_words(row)
    yield stem
    year = row.year or (row.release_date or "")[:4]
    if year:
        stem = f"{stem}-{year}"
        yield stem
    for number in count(2):
        yield f"{stem}-{number}"


def _from_words(row: TitleRow) -> str:
    """A title in another script has no slug: then the first of its other names that has one, else its kind."""
    translated = [row.translations[language].title for language in ("en", "vi") if language in row.translations]
    names = (row.title, *translated, row.original_title, *row.aliases)
    return next((slug for slug in map(slugify, names) if slug), str(row.kind))


async def choose_slugs(db: Database, rows: Sequence[TitleRow]) -> list[str]:
    """A slug for each row, neither stored nor given to another of them."""
    first = {slug for row in rows for slug in islice(slug_choices(row), _ASKED_AT_ONCE)}
    taken = await movies.slugs_taken(db, list(first))
    given: list[str] = []
    used: set[str] = set()
    for row in rows:
        choices = slug_choices(row)
        free = _first_free(islice(choices, _ASKED_AT_ONCE), taken, used)
        while free is None:
            more = list(islice(choices, _ASKED_NEXT))
            free = _first_free(more, await movies.slugs_taken(db, more), used)
        used.add(free)
        given.append(free)
    return given


def _first_free(choices: Iterable[str], stored: set[str], used: set[str]) -> str | None:
    return next((slug for slug in choices if slug not in stored and slug not in used), None)
