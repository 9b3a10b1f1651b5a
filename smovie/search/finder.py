"""The search itself: tiers from cheap to dear, each only where those before it do not answer well."""

from dataclasses import dataclass

from smovie.search.candidates import MOST_CANDIDATES, find_candidates
from smovie.search.index import SearchIndex
from smovie.search.query import Query, read_as_telex, read_query
from smovie.search.scoring import Score, Scorer, Tier
from smovie.slices import Steps, finish

_WELL_TITLE, _WELL_COVERED = 88.0, 0.85
_WELL_COMBINED = 250.0
_WELL_AT_LEAST = 0.64  # of what a query says: with less no title reaches any of these, whatever else it has
_MOST_IN_A_HURRY = 40  # titles that are scored
_TELEX_TITLE, _TELEX_COVERED = 80.0, 0.8


@dataclass(frozen=True, slots=True)
class Hit:
    """A title found. `score` is 0 to 100."""

    id: str
    tier: Tier
    score: float


@dataclass(frozen=True, slots=True)
class Answer:
    """Hits, best first, and the words by which they were found: not those typed where Telex was left over."""

    hits: list[Hit]
    words: tuple[str, ...] = ()
    people: frozenset[int] = frozenset()  # rows of who may be meant


@dataclass(frozen=True, slots=True)
class _Look:
    """One go at a query."""

    query: Query
    people: list[int]
    scores: list[Score]

    def is_good(self) -> bool:
        if not self.scores:
            return False
        best = self.scores[0]
        is_title = best.title >= _WELL_TITLE and best.coverage >= _WELL_COVERED
        return best.tier == "exact" or is_title or best.combined >= _WELL_COMBINED

    def is_meant_rather_than(self, typed: "_Look") -> bool:
        """Whether what was read as Telex says so much that it was Telex."""
        if not self.scores:
            return False
        best = self.scores[0]
        is_good = best.title >= _TELEX_TITLE and best.coverage >= _TELEX_COVERED
        return is_good and (not typed.scores or best.combined > typed.scores[0].combined)


def find(index: SearchIndex, text: str, limit: int) -> Answer:
    """The titles that a text means, best first."""
    return finish(find_in_steps(index, text, limit))


def find_in_steps(index: SearchIndex, text: str, limit: int, *, is_hurried: bool = False) -> Steps[Answer]:
    """The same, for who serves others meanwhile. In a hurry, any answer is taken for a good one."""
    query = read_query(text)
    if query is None or not len(index):
        return Answer([])
    most = _MOST_IN_A_HURRY if is_hurried else MOST_CANDIDATES
    look = yield from _look(index, query, most, limit, typos=False, least=0.0 if is_hurried else _WELL_AT_LEAST)
    if not look.is_good() and not (is_hurried and look.scores):
        yield
        look = yield from _look(index, query, most, limit, typos=True)
        if not look.is_good() and (meant := read_as_telex(text)) and _are_words(index, meant):
            yield
            as_telex = yield from _look(index, meant, most, limit, typos=False)
            if as_telex.is_meant_rather_than(look):
                look = as_telex
    hits = [Hit(index[score.row].id, score.tier, round(score.combined / 3, 1)) for score in look.scores]
    return Answer(hits, look.query.words, frozenset(look.people))


def _are_words(index: SearchIndex, query: Query) -> bool:
    """Whether there are such words; the last may be begun."""
    *whole, last = query.words
    return all(word in index.vocabulary for word in whole) and bool(index.vocabulary.starting_with(last, 1))


def _look(index: SearchIndex, query: Query, most: int, limit: int, *, typos: bool, least: float = 0.0) -> Steps[_Look]:
    found = yield from find_candidates(index, query, typos=typos, most=most, least=least)
    return _Look(query, found.people, Scorer(index, query, found).best(limit))
