"""Where a query's words stand in a shown text, as offsets: who shows them makes the marks, never HTML of ours."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from rapidfuzz.distance import OSA

from smovie.search.keys import CONTRACTION, number_forms
from smovie.search.vocabulary import typos_allowed
from smovie.text import fold

Range = tuple[int, int]  # code points of the shown text, the end not included

_MOST_READ = 300  # code points of a text; names are no longer


@dataclass(frozen=True, slots=True)
class _Shown:
    """A word as it stands in a text: what it is compared by, and from where to where each letter of that stands."""

    folded: str
    places: tuple[Range, ...]

    def range(self, length: int) -> Range:
        """Where its first letters stand."""
        return (self.places[0][0], self.places[length - 1][1])

    @property
    def whole(self) -> Range:
        return self.range(len(self.folded))


def find_ranges(text: str, words: Sequence[str]) -> list[Range]:
    """Where folded words stand in a text, in order, none overlapping; of a longer word its beginning only.

    Words that stand joined in one of the two and apart in the other are found as well, and slightly mistyped ones.
    """
    shown = list(_shown_words(text[:_MOST_READ]))
    found: set[Range] = set()
    for place, word in enumerate(shown):
        if (length := _length_found(word.folded, words)) is not None:
            found.add(word.range(length))
        elif place + 1 < len(shown) and word.folded + shown[place + 1].folded in words:
            found |= {word.whole, shown[place + 1].whole}
    return _joined(sorted(found), text)


def _length_found(shown: str, words: Sequence[str]) -> int | None:
    """How many letters of a shown word the query has; None for a word it does not mean."""
    pairs = {first + second for first, second in pairwise(words)}
    if shown in words or shown in pairs or any(form in words for form in number_forms(shown)):
        return len(shown)
    beginnings = [word for word in words if shown.startswith(word) and (len(word) > 2 or word == words[-1])]
    if beginnings:
        return max(map(len, beginnings))
    near = any(OSA.distance(shown, word, score_cutoff=2) <= typos_allowed(word) for word in words)
    return len(shown) if near else None


def _shown_words(text: str) -> Iterator[_Shown]:
    unwritten = {found.start() for found in CONTRACTION.finditer(text)}
    folded = ""
    places: list[Range] = []
    for place, char in enumerate(f"{text} "):
        if unicodedata.combining(char) and places:
            places[-1] = (places[-1][0], place + 1)  # a mark on its own belongs to the letter before
        elif letters := _letters_of(char):
            folded += letters
            places += [(place, place + 1)] * len(letters)
        elif folded and place not in unwritten:
            yield _Shown(folded, tuple(places))
            folded, places = "", []


@lru_cache(maxsize=4096)
def _letters_of(char: str) -> str:
    return fold(char).replace(" ", "")


def _joined(ranges: list[Range], text: str) -> list[Range]:
    """Ranges with only a blank between them as one."""
    whole: list[Range] = []
    for start, end in ranges:
        if whole and not text[whole[-1][1] : start].strip():
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((start, end))
    return whole
