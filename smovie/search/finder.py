"""The search itself: tiers from cheap to dear, each only where those before it do not answer well."""

from dataclasses import dataclass

from smovie.search.candidates import find_candidates
from smovie.search.index import SearchIndex
from smovie.search.query import Query, read_as_telex, read_query
from smovie.search.scoring import Score, Scorer, Tier

_WELL_TITLE, _WELL_COVERED = 88.0, 0.85
_WELL_COMBINED = 250.0
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


def find(index: SearchIndex, text: str, limit: int, *, is_hurried: bool = False) -> Answer:
    """The titles that a text means, best first. In a hurry, any answer is taken for a good one."""
    query = read_query(text)
    if query is None or not len(index):
        return Answer([])
    scores = _look(index, query, typos=False)
    if is_hurried and scores:
        return _to_answer(index, query, scores[:limit])
    if not _answer_well(scores):
        scores = _look(index, query, typos=True)
    if not _answer_well(scores) and (meant := read_as_telex(text)):
        by_telex = _look(index, meant, typos=False)
        if _is_meant(by_telex, scores):
            query, scores = meant, by_telex
    return _to_answer(index, query, scores[:limit])


def _to_answer(index: SearchIndex, query: Query, scores: list[Score]) -> Answer:
    hits = [Hit(index[score.row].id, score.tier, round(score.combined / 3, 1)) for score in scores]
    return Answer(hits, query.words)


def _look(index: SearchIndex, query: Query, *, typos: bool) -> list[Score]:
    return Scorer(index, query, find_candidates(index, query, typos=typos)).best()


def _answer_well(scores: list[Score]) -> bool:
    if not scores:
        return False
    best = scores[0]
    is_title = best.title >= _WELL_TITLE and best.coverage >= _WELL_COVERED
    return best.tier == "exact" or is_title or best.combined >= _WELL_COMBINED


def _is_meant(by_telex: list[Score], as_typed: list[Score]) -> bool:
    if not by_telex:
        return False
    best = by_telex[0]
    is_good = best.title >= _TELEX_TITLE and best.coverage >= _TELEX_COVERED
    return is_good and (not as_typed or best.combined > as_typed[0].combined)
