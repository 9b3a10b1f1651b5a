"""Where a query's words stand in a shown text, as offsets: who shows them makes the marks, never HTML of ours."""

import re
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

_ASCII_WORD = re.compile(r"[a-z0-9]+(?:['`](?:s|t|d|m|re|ll|ve)\b)*")
_MOST_READ = 300  # code points of a text; names are no longer


@dataclass(slots=True)
class _Shown:
    """A word as it stands in a text: what it is compared by, and where that stands.

    `places` says from where to where each letter stands; None: one after the other from `start` on.
    """

    folded: str
    start: int
    places: Sequence[Range] | None

    def range(self, length: int) -> Range:
        """Where its first letters stand."""
        return (self.start, self.places[length - 1][1] if self.places else self.start + length)


class Marker:
    """Marks the words of one query, folded, in any number of texts."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = words
        self._whole = {*words, *(first + second for first, second in pairwise(words))}
        self._whole |= {form for word in words for form in number_forms(word)}
        self._lengths: dict[str, int] = {}

    def ranges(self, text: str) -> list[Range]:
        """Where the words stand, in order, none overlapping; of a longer word its beginning only.

        Words that stand joined in one of the two and apart in the other are found as well, and slightly mistyped ones.
        """
        found: set[Range] = set()
        before: _Shown | None = None
        for shown in _shown_words(text[:_MOST_READ]):
            if length := self._length_found(shown.folded):
                found.add(shown.range(length))
            elif before and before.folded + shown.folded in self._whole:
                found |= {one.range(len(one.folded)) for one in (before, shown)}
            before = shown
        return _joined(sorted(found), text)

    def _length_found(self, shown: str) -> int:
        """How many letters of a shown word the query has; 0 for a word it does not mean."""
        length = self._lengths.get(shown)
        if length is None:
            length = self._lengths[shown] = self._compare(shown)
        return length

    def _compare(self, shown: str) -> int:
        if shown in self._whole:
            return len(shown)
        for word in sorted(self._words, key=len, reverse=True):
            if shown.startswith(word) and (len(word) > 2 or word == self._words[-1]):
                return len(word)
        is_near = any(OSA.distance(shown, word, score_cutoff=2) <= typos_allowed(word) for word in self._words)
        return len(shown) if is_near else 0


def _shown_words(text: str) -> Iterator[_Shown]:
    if text.isascii():  # most are, and it is ten times as fast
        for found in _ASCII_WORD.finditer(text.lower()):
            word, start = found[0], found.start()
            if word.isalnum():
                yield _Shown(word, start, None)
            else:  # an apostrophe in it
                places = [(place, place + 1) for place, char in enumerate(word, start) if char.isalnum()]
                yield _Shown("".join(filter(str.isalnum, word)), start, places)
        return
    unwritten = {found.start() for found in CONTRACTION.finditer(text)}
    folded = ""
    places = []
    for place, char in enumerate(f"{text} "):
        if unicodedata.combining(char) and places:
            places[-1] = (places[-1][0], place + 1)  # a mark on its own belongs to the letter before
        elif letters := _letters_of(char):
            folded += letters
            places += [(place, place + 1)] * len(letters)
        elif folded and place not in unwritten:
            yield _Shown(folded, places[0][0], places)
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
