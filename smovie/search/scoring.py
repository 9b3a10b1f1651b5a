"""How well a title answers: 2 × title ratio + overall, each 0 to 100.

The title ratio compares the query with whole names; the overall is how much of the query is anywhere in the title's
names, people and genres, weighed by how much each word says.
"""

from dataclasses import dataclass
from typing import Literal

from rapidfuzz import fuzz

from smovie.search.candidates import Found, Word
from smovie.search.index import SearchIndex, Title
from smovie.search.keys import in_digits, joined, joined_keys, without_article
from smovie.search.query import Query

Tier = Literal["exact", "title", "text"]
OVERALL_CUT_OFF = 50.0
_TITLE_TIER = 75.0  # the title ratio from which on it was the title that was meant
_PERSON_SHARE = 0.85  # a person's whole name against a title's
_MARKS_SHARE = 0.15  # of the title ratio, where marks were typed


@dataclass(frozen=True, slots=True)
class Score:
    """`exactness` orders the exact tier: 3 as typed, 2 without marks, 1 but for spaces, articles, numbers."""

    tier: Tier
    exactness: int
    title: float
    coverage: float
    combined: float


class Scorer:
    """Scores the titles found for one query."""

    def __init__(self, index: SearchIndex, query: Query, found: Found) -> None:
        self._index = index
        self._query = query
        self._words = found.words
        self._all = sum(word.says for word in found.words) or 1.0
        self._joined = frozenset(query.joined_wholes)
        self._digits = in_digits(query.folded) if query.has_numbers else None
        people = index.people
        self._people = {row: fuzz.ratio(query.folded, people[row].folded) * _PERSON_SHARE for row in found.people}

    def score(self, row: int) -> Score | None:
        """The score of a title; None when it has too little of the query."""
        title = self._index[row]
        by_title = anywhere = 0.0
        for word in self._words:
            in_title = self._in_title(word, row)
            by_title += in_title * word.says
            anywhere += max(in_title, word.credited.get(row, 0.0), self._beside(word, title)) * word.says
        by_title, anywhere = by_title / self._all, anywhere / self._all
        exactness = self._exactness(title)
        ratio = 100.0 if exactness else self._title_ratio(title, by_title) if by_title else 0.0
        overall = 100.0 if exactness else self._overall(title) * anywhere
        person = max((self._people.get(person, 0.0) for person in title.people), default=0.0)
        if not exactness and max(ratio, person) < OVERALL_CUT_OFF and overall < OVERALL_CUT_OFF:
            return None
        tier: Tier = "exact" if exactness else "title" if ratio >= _TITLE_TIER else "text"
        combined = 2 * max(ratio, person) + overall
        return Score(tier, exactness, ratio, anywhere, combined)

    def _in_title(self, word: Word, row: int) -> float:
        weight = word.titles.get(row, 0.0)
        if not weight:
            for term, common in word.common:
                if common > weight and self._index.words.has(term, row):
                    weight = common
        return weight

    def _beside(self, word: Word, title: Title) -> float:
        """How well a word is the year or a genre of a title."""
        if word.genres and not word.genres.isdisjoint(title.genres):
            return 1.0
        return 1.0 if self._query.year and title.year == self._query.year and word.text == str(title.year) else 0.0

    def _exactness(self, title: Title) -> int:
        query = self._query
        if query.year and title.year != query.year and joined(query.folded) not in self._plain_keys(title):
            return 0
        best = 0
        for folded, exact in title.names:
            if folded in query.wholes:
                best = max(best, 3 if exact == (query.exact or query.folded) else 2)
            elif not best and not self._joined.isdisjoint(joined_keys(folded)):
                best = 1
        return best

    @staticmethod
    def _plain_keys(title: Title) -> set[str]:
        return {joined(folded) for folded, _ in title.names}

    def _title_ratio(self, title: Title, coverage: float) -> float:
        query, best = self._query, 0.0
        for folded, exact in title.names:
            plain = without_article(folded)
            ratio = max(
                max(fuzz.ratio(whole, folded), fuzz.ratio(whole, plain) - 1) for whole in query.wholes
            )
            if self._digits:
                ratio = max(ratio, fuzz.ratio(self._digits, in_digits(folded)) - 1)
            if plain.startswith(query.folded) or folded.startswith(query.folded):
                ratio = max(ratio, 80 + 15 * len(query.folded) / len(folded))
            elif coverage > 0.8:  # all its words are there, in whatever order and among others
                ratio = max(ratio, coverage * (70 + 25 * min(len(query.folded) / len(folded), 1.0)))
            if query.exact:
                ratio += (fuzz.ratio(query.exact, exact) - ratio) * _MARKS_SHARE
            best = max(best, ratio)
        return best

    def _overall(self, title: Title) -> float:
        people = self._index.people
        names = [folded for folded, _ in title.names] + [people[person].folded for person in title.people[:20]]
        names += [name for genre in title.genres for name in self._index.genres.get(genre, ())]
        return fuzz.token_set_ratio(self._query.folded, " ".join(names))
