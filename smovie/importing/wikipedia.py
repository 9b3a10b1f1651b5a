"""The lists of American films on Wikipedia, as a JSON dump has them, read into our own format.

Film lists scraped from pages carry scraps of those pages. A film is worth more than its scraps, so what is only noise
is left out and the film stays; a row is refused only where title or year are wrong.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from pydantic import ConfigDict, Field

from smovie.importing.rows import CastRow, TitleRow, TranslationRow
from smovie.models.base import Model
from smovie.models.catalog import Kind
from smovie.text import slugify

# The names that are not simply the slug of themselves in our vocabulary.
_GENRE_IDS = {"Animated": "animation", "Historical": "history", "Sports": "sport"}
_STYLE_SHEET = re.compile(r"\.mw-parser-output[^{}]*\{[^{}]*\}")  # of a fraction in a title: "Naked Gun 33+1⁄3"
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_MOST_CAST, _MOST_GENRES = 200, 10


class WikipediaRow(Model):
    """A line of the dump. Members we have no use for (picture sizes in some editions) are let through."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    title: str = Field(min_length=1, max_length=2_000)
    year: int = Field(ge=1870, le=2100)
    cast: tuple[str, ...] = Field((), max_length=1_000)
    genres: tuple[str, ...] = Field((), max_length=100)
    extract: str | None = None
    href: str | None = Field(None, max_length=2_000)
    thumbnail: str | None = None


def import_key(row: WikipediaRow) -> str:
    """What the row is known by. Not unique: the dump has a few films twice, which the reader numbers."""
    return f"wikipedia:{row.title}|{row.year}|{row.href or ''}"


def genre_names(row: WikipediaRow) -> dict[str, str]:
    """Our ids of the row's genres with their English names, each once, in order.

    A name without any letter of the ASCII alphabet has no id and is left out.
    """
    names: dict[str, str] = {}
    for text in row.genres:
        name = _tidy(text)[:200]
        if genre_id := _genre_id(name):
            names.setdefault(genre_id, name)
    return dict(list(names.items())[:_MOST_GENRES])


@lru_cache(maxsize=1_000)
def _genre_id(name: str) -> str:
    return _GENRE_IDS.get(name) or slugify(name)[:40].rstrip("-")


def to_title_row(row: WikipediaRow) -> TitleRow:
    """The row in our format. Errors: ValidationError when nothing is left of the title."""
    title = _cut(_tidy(_STYLE_SHEET.sub("", row.title)), 300)
    description = _cut(_CONTROL.sub(" ", row.extract or "").strip(), 4_000)
    return TitleRow(
        kind=Kind.MOVIE,
        title=title,
        translations={"en": TranslationRow(description=description)} if description else {},
        year=row.year,
        nation="us",  # the lists are those of American films
        genres=tuple(genre_names(row)),
        cast=tuple(CastRow(name=name) for name in _people(row.cast)),
        poster=_picture(row.thumbnail),
    )


def _people(cast: Iterable[str]) -> list[str]:
    """The names among the entries, each once.

    An entry without a letter is punctuation that stood between two links; one beyond 200 characters is a sentence, and
    cutting it would make a person of its beginning. Neither is anybody.
    """
    names = dict.fromkeys(_tidy(entry) for entry in _outside_brackets(cast))
    return [name for name in names if len(name) <= 200 and any(c.isalnum() for c in name)][:_MOST_CAST]


def _outside_brackets(cast: Iterable[str]) -> Iterator[str]:
    """Entries but those from a lone "(" to the next ")": "Luise Rainer", "(", "Academy Award", ")" is one person."""
    entries = list(cast)
    place = 0
    while place < len(entries):
        if entries[place].strip() == "(":
            closing = (i for i in range(place, len(entries)) if entries[i].rstrip().endswith(")"))
            place = next(closing, place)  # never closed: only the bracket itself is dropped
        else:
            yield entries[place]
        place += 1


def _picture(address: str | None) -> str | None:
    """An address a browser can load over HTTPS, or None."""
    address = (address or "").strip()
    if address.startswith("//"):  # as pages write it
        address = f"https:{address}"
    return address if address.startswith(("https://", "http://")) and len(address) <= 2_000 else None


def _tidy(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", text).split())


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
