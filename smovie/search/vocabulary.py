"""The words that occur, once each: those that begin as something does, and those that are nearly something."""

from array import array
from bisect import bisect_left, insort

from rapidfuzz import process
from rapidfuzz.distance import OSA

_MOST_COMPARED = 3_000  # words a look-up of near ones compares letter by letter


class Vocabulary:
    """Words in order, and by their trigrams."""

    def __init__(self) -> None:
        self._ordered: list[str] = []
        self._numbers: dict[str, int] = {}
        self._words: list[str] = []
        self._uses: list[int] = []
        self._free: list[int] = []
        self._having: dict[str, array[int]] = {}  # trigram -> numbers of words, ascending

    def __contains__(self, word: str) -> bool:
        return word in self._numbers

    def add(self, word: str) -> None:
        """Take in a word, or one more use of it."""
        if (known := self._numbers.get(word)) is not None:
            self._uses[known] += 1
            return
        if self._free:
            number = self._free.pop()
            self._words[number] = word
            self._uses[number] = 1
        else:
            number = len(self._words)
            self._words.append(word)
            self._uses.append(1)
        self._numbers[word] = number
        insort(self._ordered, word)
        for gram in trigrams(word):
            insort(self._having.setdefault(gram, array("I")), number)

    def remove(self, word: str) -> None:
        """End a use of a word; without any it is dropped."""
        number = self._numbers[word]
        self._uses[number] -= 1
        if self._uses[number]:
            return
        del self._numbers[word]
        self._free.append(number)
        self._words[number] = ""
        del self._ordered[bisect_left(self._ordered, word)]
        for gram in trigrams(word):
            having = self._having[gram]
            del having[bisect_left(having, number)]
            if not having:
                del self._having[gram]

    def starting_with(self, prefix: str, most: int) -> list[str]:
        """Words that begin so, in order, the prefix itself first where it is a word."""
        start = bisect_left(self._ordered, prefix)
        end = bisect_left(self._ordered, prefix + "\U0010ffff", start, min(start + most, len(self._ordered)))
        return self._ordered[start:end]

    def near(self, word: str, typos: int, most: int) -> list[tuple[str, int]]:
        """Other words at most `typos` letters away, a swap of neighbours counting as one. Shape: (word, distance).

        A typo spoils at most three trigrams, so of any 3 × typos + 1 of them a near word still has one: the rarest.
        """
        having = sorted((self._having.get(gram, ()) for gram in trigrams(word)), key=len)[: 3 * typos + 1]
        numbers: set[int] = set()
        for some in having:
            if numbers and len(numbers) + len(some) > _MOST_COMPARED:
                break
            numbers.update(some)
        words = self._words
        length = len(word)
        likely = [near for number in numbers if abs(len(near := words[number]) - length) <= typos]
        found = process.extract(word, likely, scorer=OSA.distance, score_cutoff=typos, limit=most + 1)
        return [(near, int(distance)) for near, distance, _ in found if distance][:most]


def trigrams(word: str) -> set[str]:
    """Three letters each, the ends marked: "ab" -> " ab", "ab "."""
    padded = f" {word} "
    return {padded[start : start + 3] for start in range(len(padded) - 2)}


def typos_allowed(word: str) -> int:
    """How many letters may be wrong. Vietnamese syllables have three or four, and are mistyped too."""
    length = len(word)
    return 0 if length < 3 or word.isdigit() else 1 if length < 6 else 2
