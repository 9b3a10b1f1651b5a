"""Which rows have a word: an inverted index that takes single changes."""

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence

from smovie.search.vocabulary import Vocabulary

_NONE: Sequence[int] = ()


class Postings:
    """Rows by word, ascending. The vocabulary is shared with others; it learns a word at its first row."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._rows: dict[str, array[int]] = {}

    def __contains__(self, word: str) -> bool:
        return word in self._rows

    def rows(self, word: str) -> Sequence[int]:
        """The rows that have the word."""
        return self._rows.get(word, _NONE)

    def has(self, word: str, row: int) -> bool:
        """Whether the row has the word, however many have it."""
        rows = self._rows.get(word, _NONE)
        place = bisect_left(rows, row)
        return place < len(rows) and rows[place] == row

    def add(self, row: int, words: Iterable[str]) -> None:
        """Take in the words of a row, each once."""
        for word in words:
            rows = self._rows.get(word)
            if rows is None:
                self._rows[word] = array("I", (row,))
                self._vocabulary.add(word)
            elif row > rows[-1]:
                rows.append(row)
            else:
                insort(rows, row)

    def remove(self, row: int, words: Iterable[str]) -> None:
        """Take out the words of a row, the same as were added."""
        for word in words:
            rows = self._rows[word]
            del rows[bisect_left(rows, row)]
            if not rows:
                del self._rows[word]
                self._vocabulary.remove(word)
