"""The search itself: tiers from cheap to dear, each only where those before it do not answer well."""

from dataclasses import dataclass

from smovie.search.candidates import Found, find_candidates
from smovie.search.index import SearchIndex
from smovie.search.query import Query, read_as_telex, read_query
from smovie.search.scoring import Score, Scorer, Tier

_WELL_TITLE, _WELL_COVERED = 88.0, 0.85
_WELL_COMBINED = 250.0
_TELEX_TITLE, _TELEX_COVERED = 85.0, 0.8


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


@dataclass(slots=True)
class _Ranked:
    rows: list[tuple[Score, int]]

    def answers_well(self) -> bool:
        if not self.rows:
            return False
        best = self.rows[0][0]
        is_title = best.title >= _WELL_TITLE and best.coverage >= _WELL_COVERED
        return best.tier == "exact" or is_title or best.combined >= _WELL_COMBINED


def find(index: SearchIndex, text: str, limit: int) -> Answer:
    """The titles that a text means, best first."""
    query = read_query(text)
    if query is None or not len(index):
        return Answer([])
    ranked = _rank(index, query, find_candidates(index, query, typos=False))
    if not ranked.answers_well():
        ranked = _rank(index, query, find_candidates(index, query, typos=True))
    if not ranked.answers_well() and (meant := read_as_telex(text)):
        by_telex = _rank(index, meant, find_candidates(index, meant, typos=False))
        if _is_better(by_telex, ranked):
            query, ranked = meant, by_telex
    hits = [Hit(index[row].id, score.tier, round(score.combined / 3, 1)) for score, row in ranked.rows[:limit]]
    return Answer(hits, query.words)


def _rank(index: SearchIndex, query: Query, found: Found) -> _Ranked:
    scorer = Scorer(index, query, found)
    scored = [(score, row) for row in found.rows if (score := scorer.score(row))]
    scored.sort(key=lambda one: _place(one[0], index[one[1]].views, index[one[1]].year), reverse=True)
    return _Ranked(scored)


def _place(score: Score, views: int, year: int) -> tuple[int, int, int, int]:
    return (score.exactness, round(score.combined), views, year)


def _is_better(telex: _Ranked, typed: _Ranked) -> bool:
    if not telex.rows:
        return False
    best = telex.rows[0][0]
    means_it = best.title >= _TELEX_TITLE and best.coverage >= _TELEX_COVERED
    return means_it and (not typed.rows or best.combined > typed.rows[0][0].combined)
