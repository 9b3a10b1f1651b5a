"""How well a title answers: 2 × title ratio + overall, each 0 to 100.

The title ratio compares the query with whole names; the overall says how much of the query is anywhere in the title's
names, people and genres, each word weighed by how much it says.
"""

from dataclasses import dataclass
from typing import Literal

from rapidfuzz import fuzz

from smovie.search.candidates import Found, Word
from smovie.search.index import SearchIndex, Title
from smovie.search.keys import in_digits, joined_keys, without_article
from smovie.search.query import Query

Tier = Literal["exact", "title", "text"]
OVERALL_CUT_OFF = 50.0
MOST_READ_WHOLE = 50  # titles whose whole text is compared; the others stand too far behind
_TITLE_TIER = 75.0  # the title ratio from which on it was the title that was meant
_PERSON_SHARE = 0.85  # a person's whole name against a title's
_GENRE_SHARE = 0.7
_REST_SHARE = 0.95  # what is left of a query without the people it names, against all of it
_UNCOVERED_SHARE = 0.8  # what likeness counts when no word of the query is there
_MARKS_SHARE = 0.15  # of the title ratio, where marks were typed


@dataclass(frozen=True, slots=True)
class Score:
    """`exactness` orders the exact tier: 3 as typed, 2 without marks, 1 but for spaces, articles, numbers; else 0."""

    row: int
    tier: Tier
    exactness: int
    title: float
    coverage: float
    combined: float


@dataclass(slots=True)
class _Likeness:
    """What is cheap to know of a title; `combined` at most."""

    row: int
    exactness: int
    title: float
    beside: float  # the ratio to a person's name or a genre's, as much as that counts
    coverage: float

    @property
    def most(self) -> tuple[int, float]:
        return (self.exactness, 2 * max(self.title, self.beside) + 100 * self.coverage)


class Scorer:
    """Scores the titles found for one query."""

    def __init__(self, index: SearchIndex, query: Query, found: Found) -> None:
        self._index = index
        self._query = query
        self._found = found
        self._all = sum(word.says for word in found.words) or 1.0
        self._has_beside = bool(query.year) or any(word.genres for word in found.words)
        self._joined = frozenset(query.joined_wholes)
        self._digits = in_digits(query.folded) if query.has_numbers else None
        self._genres = {
            genre: max(fuzz.ratio(whole, name) for whole in query.wholes for name in index.genres[genre].names)
            * _GENRE_SHARE
            for word in found.words
            for genre in word.genres
        }
        people = index.people
        self._people = {row: fuzz.ratio(query.folded, people[row].folded) * _PERSON_SHARE for row in found.people}

    def best(self) -> list[Score]:
        """The titles that have enough of the query, best first."""
        likely = [self._likeness(row) for row in self._found.rows]
        if len(likely) > MOST_READ_WHOLE:
            likely = sorted(likely, key=lambda one: one.most, reverse=True)[:MOST_READ_WHOLE]
        scores = [score for one in likely if (score := self._score(one))]
        return sorted(scores, key=self._place, reverse=True)

    def _place(self, score: Score) -> tuple[int, int, int, int]:
        title = self._index[score.row]
        return (score.exactness, round(score.combined), title.views, title.year)

    def _likeness(self, row: int) -> _Likeness:
        title = self._index[row]
        by_title = beside = 0.0
        rest = []
        for word in self._found.words:
            in_title = word.titles.get(row, 0.0)
            if word.common:
                in_title = self._by_common_terms(word, row, in_title)
            elsewhere = word.credited.get(row, 0.0)
            if self._has_beside:
                elsewhere = max(elsewhere, self._beside(word, title))
            by_title += in_title * word.says
            if in_title or not elsewhere:
                rest.append(word.text)
            if elsewhere > in_title:
                beside += (elsewhere - in_title) * word.says
        coverage = (by_title + beside) / self._all
        exactness = self._exactness(title) if row in self._found.whole else 0
        ratio = 0.0
        if exactness:
            ratio, coverage = 100.0, 1.0
        elif by_title:
            ratio = self._title_ratio(title, by_title / self._all, " ".join(rest) if beside else "")
            ratio *= _UNCOVERED_SHARE + (1 - _UNCOVERED_SHARE) * coverage
        other = 0.0
        if beside:
            other = max((self._people.get(person, 0.0) for person in title.people), default=0.0)
            other = max(other, *(self._genres.get(genre, 0.0) for genre in title.genres), 0.0)
        return _Likeness(row, exactness, ratio, other, coverage)

    def _score(self, one: _Likeness) -> Score | None:
        likeness = max(one.title, one.beside)
        overall = max(self._overall(self._index[one.row]), one.title) if not one.exactness else 100.0
        if max(likeness, overall) < OVERALL_CUT_OFF:
            return None
        tier: Tier = "exact" if one.exactness else "title" if one.title >= _TITLE_TIER else "text"
        return Score(one.row, tier, one.exactness, one.title, one.coverage, 2 * likeness + overall * one.coverage)

    def _by_common_terms(self, word: Word, row: int, weight: float) -> float:
        for term, common in word.common:
            if common > weight and self._index.words.has(term, row):
                weight = common
        return weight

    def _beside(self, word: Word, title: Title) -> float:
        """How well a word is the year or a genre of a title."""
        if word.genres and not word.genres.isdisjoint(title.genres):
            return 1.0
        return 1.0 if title.year == self._query.year and word.text == str(title.year) else 0.0

    def _exactness(self, title: Title) -> int:
        query = self._query
        if query.year and title.year != query.year and all(folded != query.folded for folded, *_ in title.names):
            return 0  # another film of that name
        best = 0
        for folded, exact, _ in title.names:
            if folded in query.wholes:
                best = max(best, 3 if exact == (query.exact or query.folded) else 2)
            elif not best and not self._joined.isdisjoint(joined_keys(folded)):
                best = 1
        return best

    def _title_ratio(self, title: Title, coverage: float, rest: str) -> float:
        query, best = self._query, 0.0
        for folded, exact, _ in title.names:
            ratio = max(_ratio(whole, folded, coverage) for whole in query.wholes)
            if rest:
                ratio = max(ratio, _ratio(rest, folded, 0.0) * _REST_SHARE)
            if self._digits:
                ratio = max(ratio, _ratio(self._digits, in_digits(folded), 0.0) - 1)
            if query.exact:
                ratio += (_ratio(query.exact, exact, coverage) - ratio) * _MARKS_SHARE
            best = max(best, ratio)
        return best

    def _overall(self, title: Title) -> float:
        people, genres = self._index.people, self._index.genres
        text = [folded for folded, *_ in title.names]
        text += [people[person].folded for person in title.people if person in self._people]
        for genre in title.genres:
            text += genres[genre].names
        return fuzz.token_set_ratio(self._query.folded, " ".join(text))


def _ratio(text: str, name: str, coverage: float) -> float:
    """How like a name a text is. Its beginning, or all its words in whatever order, count for more than letters do."""
    ratio = fuzz.ratio(text, name)
    plain = without_article(name)
    if plain is not name:
        ratio = max(ratio, fuzz.ratio(text, plain) - 1)
    if plain.startswith(text) or name.startswith(text):
        return max(ratio, 80 + 15 * len(text) / len(name))
    if coverage > 0.8:
        return max(ratio, coverage * (70 + 25 * min(len(text) / len(name), 1.0)))
    return ratio
