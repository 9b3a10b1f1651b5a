"""What somebody typed, made ready to be compared."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from smovie.search.keys import exact_key, folded_key, has_number, in_digits, joined
from smovie.search.telex import read_telex

MOST_WORDS = 12  # of a query; what comes after is only compared as a whole
_MOST_LETTERS = 40  # of a word
_YEAR = re.compile(r"18[7-9]\d|19\d\d|20\d\d")
_SAYS_ONLY_FILM = {"phim", "movie", "film", "xem"}


@dataclass(frozen=True, slots=True)
class Query:
    """`exact` is None when no marks were typed: then titles with any marks, or none, are alike."""

    folded: str
    exact: str | None
    words: tuple[str, ...]
    wholes: tuple[str, ...]  # what may be the whole name: all of it; all but "phim"; all but a year
    year: int | None
    has_numbers: bool

    @property
    def joined_wholes(self) -> Iterator[str]:
        """The wholes as `SearchIndex.named` knows them, numbers as typed and in digits."""
        return (joined(whole) for plain in self.wholes for whole in {plain, in_digits(plain)})


def read_query(text: str) -> Query | None:
    """A text of any kind as a query; None when there is nothing in it to look for."""
    folded, exact = folded_key(text), exact_key(text)
    words = [word[:_MOST_LETTERS] for word in folded.split(" ") if word]
    if not words:
        return None
    years = [word for word in words if _YEAR.fullmatch(word)] if len(words) > 1 else []
    wholes, telling = [folded], words
    if words[0] in _SAYS_ONLY_FILM and len(words) > 1:
        telling = words[1:]
        wholes.append(" ".join(telling))
    if years:
        wholes.append(" ".join(word for word in words if word != years[-1]))
    return Query(
        folded=folded,
        exact=None if exact == folded else exact,
        words=tuple(dict.fromkeys(telling))[:MOST_WORDS],
        wholes=tuple(whole for whole in dict.fromkeys(wholes) if whole),
        year=int(years[-1]) if years else None,
        has_numbers=any(map(has_number, words)),
    )


def read_as_telex(text: str) -> Query | None:
    """The query as it was meant by somebody whose input method was off; None when it says nothing in Telex."""
    meant = read_telex(text)
    return read_query(meant) if meant != " ".join(text.lower().split()) else None
