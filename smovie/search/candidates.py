"""From words to a few hundred titles: for each word of a query the terms it may mean, for each term the rows.

How much a word says follows from how few have it. Words that very many have lead to nobody; they only count for who
was found by another, so that "the" costs as little as "totoro".
"""

from array import array
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field
from itertools import pairwise
from math import log
from operator import itemgetter

from smovie.search.index import SearchIndex
from smovie.search.keys import number_forms
from smovie.search.postings import Postings
from smovie.search.query import Query
from smovie.search.vocabulary import typos_allowed
from smovie.slices import Steps

MOST_CANDIDATES = 150  # titles that are scored
_COMMON = 3_000  # rows from which on a word leads nowhere by itself
_MOST_PEOPLE = 60
_ENOUGH = 1_500  # rows that were led to
_WORTH = 0.4  # of the best one's words, for others to be worth a look where there are many
_CLOSE = 0.3  # what one says more than another: less than this, and something else may put the other before it
_MOST_TERMS = 40  # words that a word may be the beginning of
_MOST_NEAR = 12
_NEARLY = {1: 0.8, 2: 0.65}  # by typos
_AS_NUMBER, _AS_BEGINNING, _AS_SPLIT = 0.95, 0.85, 0.95
_BY_PERSON = 0.9  # against a word of the title itself

Weights = dict[int, float]  # row -> how much a word says of it: all that it tells, less where it is not quite the word


@dataclass(slots=True)
class Word:
    """A word of the query and who has it."""

    text: str
    says: float = 0.0  # how much it tells at most; rises with rarity
    titles: Weights = field(default_factory=dict)
    credited: Weights = field(default_factory=dict)  # rows of titles, by their people
    people: Weights = field(default_factory=dict)
    common: list[tuple[str, float]] = field(default_factory=list)  # terms with too many titles to follow
    genres: Set[str] = frozenset()

    def leads_somewhere(self) -> bool:
        """Whether any title may have it."""
        return bool(self.titles or self.people or self.common or self.genres)


@dataclass(slots=True)
class Found:
    """The words with their rows, the titles worth scoring, and the people the query may mean."""

    words: list[Word]
    whole: set[int]  # titles that have a name which may be the query
    rows: list[int]
    people: list[int]


def find_candidates(
    index: SearchIndex, query: Query, *, typos: bool, most: int = MOST_CANDIDATES, least: float = 0.0
) -> Steps[Found]:
    """At most so many titles that a query may mean. `typos`: words that are nearly the query's count too.

    No titles where none can have the `least` share of what the query says, nor be the whole of it.
    """
    words = [Word(text) for text in query.words]
    unknown = {word.text for word in words if word.text not in index.vocabulary}
    for word in words:
        # Where a word is unknown, it is that one that is mistyped.
        may_be_wrong = typos and (word.text in unknown or (not unknown and len(index.words.rows(word.text)) < _COMMON))
        _follow(index, word, is_last=word is words[-1], typos=may_be_wrong)
        yield
    _follow_joined(index, words, typos=typos)
    _mark_genres(index, query, words)
    whole = {row for key in query.joined_wholes for row in index.named(key)}
    if not whole and _share_at_most(query, words) < least:
        return Found(words, whole, [], [])
    yield
    people = _best_people(index, words)
    for word in words:
        _credit(index, word, people)
    yield
    rows = list(whole.union(_best_titles(index, words, most)))
    yield
    return Found(words, whole, rows, people)


def _share_at_most(query: Query, words: list[Word]) -> float:
    """How much of what a query says the best title can have."""
    led = sum(word.says for word in words if word.leads_somewhere() or word.text == str(query.year))
    return led / (sum(word.says for word in words) or 1.0)


def _credit(index: SearchIndex, word: Word, people: list[int]) -> None:
    """Let titles have a word by their people."""
    having = [(weight * _BY_PERSON, person) for person in people if (weight := word.people.get(person))]
    for weight, person in sorted(having, key=itemgetter(0)):  # the best last, over the others
        word.credited.update(dict.fromkeys(index.people[person].titles, weight))


def _follow(index: SearchIndex, word: Word, *, is_last: bool, typos: bool) -> None:
    titles: list[tuple[float, Sequence[int]]] = []
    people: list[tuple[float, Sequence[int]]] = []
    frequency = len(index.words.rows(word.text)) + len(index.people.words.rows(word.text))
    word.says = log(1 + len(index) / (1 + frequency))
    for term, weight in _terms(index, word.text, is_last=is_last, typos=typos):
        having = index.words.rows(term)
        if len(having) > _COMMON or (titles and _count(titles) + len(having) > _COMMON):
            word.common.append((term, weight * word.says))
        elif having:
            titles.append((weight, having))
        named = index.people.words.rows(term)
        if named and (not people or _count(people) + len(named) <= _COMMON):
            people.append((weight, named))
    titles += ((_AS_SPLIT, _both(index.words, *halves)) for halves in _splits(index.words, word.text))
    for taken, weights in ((titles, word.titles), (people, word.people)):
        for weight, rows in sorted(taken, key=itemgetter(0)):  # the best last, over the others
            weights.update(dict.fromkeys(rows, weight * word.says))


def _count(taken: list[tuple[float, Sequence[int]]]) -> int:
    return sum(len(rows) for _, rows in taken)


def _terms(index: SearchIndex, word: str, *, is_last: bool, typos: bool) -> list[tuple[str, float]]:
    """What a word may mean among the words there are, best first."""
    terms = {word: 1.0} | dict.fromkeys(number_forms(word), _AS_NUMBER)
    if is_last and len(word) > 1:
        for longer in index.vocabulary.starting_with(word, _MOST_TERMS):
            terms.setdefault(longer, _AS_BEGINNING)
    if typos and (allowed := typos_allowed(word)):
        for near, distance in index.vocabulary.near(word, allowed, _MOST_NEAR):
            terms.setdefault(near, _NEARLY[distance])
    return list(terms.items())


def _splits(postings: Postings, word: str) -> list[tuple[str, str]]:
    """Two words that the word may be when a space is missing: "saigon" -> sai gon."""
    halves = ((word[:place], word[place:]) for place in range(1, len(word))) if len(word) > 3 else ()
    return [(first, second) for first, second in halves if first in postings and second in postings]


def _both(postings: Postings, first: str, second: str) -> list[int]:
    fewer, more = sorted((first, second), key=lambda term: len(postings.rows(term)))
    rows = postings.rows(fewer)
    return [row for row in rows if postings.has(more, row)] if len(rows) <= _COMMON // 4 else []


def _follow_joined(index: SearchIndex, words: list[Word], *, typos: bool) -> None:
    """Two words of the query that are one where a space is too many: "old boy" -> oldboy."""
    for first, second in pairwise(words):
        term = first.text + second.text
        terms = [term]
        if typos and not (first.text in index.vocabulary and second.text in index.vocabulary):
            terms += (near for near, _ in index.vocabulary.near(term, 1, 3) if near not in (first.text, second.text))
        for near in terms:
            rows, people = index.words.rows(near), index.people.words.rows(near)
            for word in (first, second):
                word.people.update(dict.fromkeys(people, _AS_SPLIT * word.says))
                if len(rows) <= _COMMON:
                    word.titles.update(dict.fromkeys(rows, _AS_SPLIT * word.says))


def _mark_genres(index: SearchIndex, query: Query, words: list[Word]) -> None:
    """Words that are, together, the name of a genre stand for it."""
    text = f" {query.folded} "
    for genre, known in index.genres.items():
        for name in known.names:
            if name in text and f" {name} " in text:
                for word in words:
                    if word.text in name.split():
                        word.genres |= {genre}


def _best_people(index: SearchIndex, words: list[Word]) -> list[int]:
    totals = _add_up(words, lambda word: (word.people,))
    return _best(totals, _MOST_PEOPLE, index.people.counts, 1e-5)  # of the same names, who has the most titles


def _best_titles(index: SearchIndex, words: list[Word], most: int) -> list[int]:
    totals = _add_up(words, lambda word: (word.titles, word.credited))
    if not totals or all(word.genres for word in words):
        return [*sorted(totals)[:most], *_by_genre(index, words, most), *_by_common_words(index, words, most)]
    return _best(totals, most, index.lengths, -1e-3)  # of those with the same words, the short ones have little else


def _add_up(words: list[Word], weights_of: Callable[[Word], tuple[Weights, ...]]) -> Weights:
    """How much of the query each row has. Once the words that say most have led to many, the others lead to no more."""
    totals: Weights = {}
    for word in sorted(words, key=lambda word: word.says, reverse=True):
        is_enough = len(totals) >= _ENOUGH
        for weights in weights_of(word):
            sums = {row: totals[row] + weights[row] for row in totals.keys() & weights.keys()}
            if not is_enough:
                totals.update(weights)
            totals.update(sums)
    return totals


def _best(totals: Weights, most: int, besides: "array[int]", share: float) -> list[int]:
    """The rows with the highest totals; among close ones what is known besides decides, as much as it counts."""
    if len(totals) > most:
        ordered = sorted(totals.values(), reverse=True)
        least = max(ordered[0] * _WORTH, ordered[most - 1] - _CLOSE)
        totals = {row: total + share * besides[row] for row, total in totals.items() if total >= least}
    return sorted(totals, key=totals.__getitem__, reverse=True)[:most]


def _by_genre(index: SearchIndex, words: list[Word], most: int) -> list[int]:
    """Titles of a query that is the name of a genre, most viewed first."""
    meant = frozenset[str]().union(*(word.genres for word in words))
    rows = [row for genre in meant for row in index.genres[genre].titles[-_COMMON:]]
    return sorted(rows, key=lambda row: index[row].views, reverse=True)[:most]


def _by_common_words(index: SearchIndex, words: list[Word], most: int) -> list[int]:
    """Titles of a query whose words all have very many."""
    common = [term for word in words for term, _ in word.common]
    if len(common) > 1:
        fewest, *others = sorted(common, key=lambda term: len(index.words.rows(term)))
        newest = index.words.rows(fewest)[-_COMMON:]
        rows = [row for row in newest if any(index.words.has(term, row) for term in others)]
    else:
        rows = list(index.words.rows(common[0])[-_COMMON:]) if common else []
    return sorted(rows, key=index.lengths.__getitem__)[:most]
