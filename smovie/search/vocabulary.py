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
        self._having: dict[str, array[int]] = {}  # trigram and length -> numbers of words, ascending

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
            insort(self._having.setdefault(gram + chr(len(word)), array("I")), number)

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
            having = self._having[gram + chr(len(word))]
            del having[bisect_left(having, number)]
            if not having:
                del self._having[gram + chr(len(word))]

    def starting_with(self, prefix: str, most: int) -> list[str]:
        """Words that begin so, in order, the prefix itself first where it is a word."""
        start = bisect_left(self._ordered, prefix)
        end = bisect_left(self._ordered, prefix + "\U0010ffff", start, min(start + most, len(self._ordered)))
        return self._ordered[start:end]

    def near(self, word: str, typos: int, most: int) -> list[tuple[str, int]]:
        """Other words at most `typos` letters away, a swap of neighbours counting as one. Shape: (word, distance).

        A letter too many, missing or wrong spoils at most three trigrams, so of any 3 × typos + 1 of them a near word
        still has one: the rarest are looked at. A swap may spoil all of a short word's; those are tried out.
        """
        lengths = range(len(word) - typos, len(word) + typos + 1)
        grams = [[self._having.get(gram + chr(length), ()) for length in lengths] for gram in sorted(trigrams(word))]
        numbers: set[int] = set()
        for having in sorted(grams, key=lambda some: sum(map(len, some)))[: 3 * typos + 1]:
            if numbers and len(numbers) + sum(map(len, having)) > _MOST_COMPARED:
                break
            numbers.update(*having)
        swapped = (word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1))
        numbers.update(number for swap in swapped if (number := self._numbers.get(swap)) is not None)
        likely = [self._words[number] for number in numbers]
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
