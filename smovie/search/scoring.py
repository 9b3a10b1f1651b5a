"""How well a title answers: 2 × title ratio + overall, each 0 to 100.

The title ratio compares the query with whole names; the overall says how much of the query is anywhere in the title's
names, people and genres, each word weighed by how much it says.
"""

from dataclasses import dataclass
from heapq import heappush, heappushpop
from operator import attrgetter
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
    most: tuple[int, int]  # what it can be placed by at best


@dataclass(slots=True)
class _Shares:
    """What a word says of each title found, in their order: in its names; by people, genres and year, if by any."""

    word: str
    by_name: list[float]
    elsewhere: list[float] | None


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
        self._people = {
            row: (folded, fuzz.ratio(query.folded, folded) * _PERSON_SHARE)
            for row, folded in ((row, index.people[row].folded) for row in found.people)
        }
        self._genre_texts: dict[tuple[str, ...], str] = {}

    def best(self, most: int) -> list[Score]:
        """The titles that have enough of the query, best first, at most so many."""
        likely = sorted(self._likenesses(), key=attrgetter("most"), reverse=True)
        scores: list[Score] = []
        places: list[tuple[int, int]] = []  # of the best so far, the least one first
        for one in likely[:MOST_READ_WHOLE]:
            if len(places) == most and one.most < places[0]:
                break
            if score := self._score(one):
                scores.append(score)
                place = (score.exactness, round(score.combined))
                if len(places) < most:
                    heappush(places, place)
                else:
                    heappushpop(places, place)
        return sorted(scores, key=self._place, reverse=True)[:most]

    def _place(self, score: Score) -> tuple[int, int, int, int]:
        title = self._index[score.row]
        return (score.exactness, round(score.combined), title.views, title.year)

    def _likenesses(self) -> list[_Likeness]:
        """Word by word for all of them: a title by itself would cost several times as much."""
        rows = self._found.rows
        titles = [self._index[row] for row in rows]
        shares = [self._shares(word, titles) for word in self._found.words]
        by_name = [sum(of_words) for of_words in zip(*(of.by_name for of in shares), strict=True)]
        beside = [0.0] * len(rows)
        for of in shares:
            if of.elsewhere:
                more = zip(beside, of.elsewhere, of.by_name, strict=True)
                beside = [total + (there - here) if there > here else total for total, there, here in more]
        return [
            self._likeness(row, title, names, besides, shares, place)
            for place, (row, title, names, besides) in enumerate(zip(rows, titles, by_name, beside, strict=True))
        ]

    def _shares(self, word: Word, titles: list[Title]) -> _Shares:
        rows = self._found.rows
        by_name = [word.titles.get(row, 0.0) for row in rows]
        for term, weight in word.common:
            has = self._index.words.has
            by_name = [
                weight if share < weight and has(term, row) else share for row, share in zip(rows, by_name, strict=True)
            ]
        if self._has_beside:
            elsewhere = [
                max(word.credited.get(row, 0.0), self._beside(word, title))
                for row, title in zip(rows, titles, strict=True)
            ]
        elif word.credited:
            elsewhere = [word.credited.get(row, 0.0) for row in rows]
        else:
            elsewhere = None
        return _Shares(word.text, by_name, elsewhere)

    def _likeness(
        self, row: int, title: Title, by_name: float, beside: float, shares: list[_Shares], place: int
    ) -> _Likeness:
        coverage = (by_name + beside) / self._all
        exactness = self._exactness(title) if row in self._found.whole else 0
        ratio = other = 0.0
        if exactness:
            ratio, coverage = 100.0, 1.0
        elif by_name:
            rest = _without_people(shares, place) if beside else ""
            ratio = self._title_ratio(title, by_name / self._all, rest)
            ratio *= _UNCOVERED_SHARE + (1 - _UNCOVERED_SHARE) * coverage
        if beside:
            if not self._people.keys().isdisjoint(title.people):
                other = max(self._people[person][1] for person in title.people if person in self._people)
            if self._genres:
                other = max(other, *(self._genres.get(genre, 0.0) for genre in title.genres), 0.0)
        most = (exactness, round(2 * max(ratio, other) + 100 * coverage))
        return _Likeness(row, exactness, ratio, other, coverage, most)

    def _score(self, one: _Likeness) -> Score | None:
        likeness = max(one.title, one.beside)
        overall = max(self._overall(self._index[one.row]), one.title) if not one.exactness else 100.0
        if max(likeness, overall) < OVERALL_CUT_OFF:
            return None
        tier: Tier = "exact" if one.exactness else "title" if one.title >= _TITLE_TIER else "text"
        return Score(one.row, tier, one.exactness, one.title, one.coverage, 2 * likeness + overall * one.coverage)

    def _beside(self, word: Word, title: Title) -> float:
        """What a word says as the year or a genre of a title."""
        if word.genres and not word.genres.isdisjoint(title.genres):
            return word.says
        return word.says if title.year == self._query.year and word.text == str(title.year) else 0.0

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
            plain = without_article(folded)
            ratio = 0.0
            for whole in query.wholes:
                ratio = max(ratio, _ratio(whole, folded, plain, coverage))
            if rest:
                ratio = max(ratio, _ratio(rest, folded, plain, 0.0) * _REST_SHARE)
            if self._digits:
                counted = in_digits(folded)
                ratio = max(ratio, _ratio(self._digits, counted, without_article(counted), 0.0) - 1)
            if query.exact:
                ratio += (_ratio(query.exact, exact, without_article(exact), coverage) - ratio) * _MARKS_SHARE
            best = max(best, ratio)
        return best

    def _overall(self, title: Title) -> float:
        text = self._genre_texts.get(title.genres)
        if text is None:
            names = (name for genre in title.genres for name in self._index.genres[genre].names)
            text = self._genre_texts[title.genres] = " ".join(names)
        for name in title.names:
            text = f"{text} {name.folded}"
        if not self._people.keys().isdisjoint(title.people):
            people = (self._people[person][0] for person in title.people if person in self._people)
            text = f"{text} {' '.join(people)}"
        return fuzz.token_set_ratio(self._query.folded, text)


def _without_people(shares: list[_Shares], place: int) -> str:
    """The words of the query that are in the names of a title, or nowhere in it."""
    return " ".join(of.word for of in shares if of.by_name[place] or not of.elsewhere or not of.elsewhere[place])


def _ratio(text: str, name: str, plain: str, coverage: float) -> float:
    """How like a name a text is, the name without its article too.

    Its beginning, or all its words in whatever order, count for more than letters do.
    """
    ratio = fuzz.ratio(text, name)
    if plain is not name:
        ratio = max(ratio, fuzz.ratio(text, plain) - 1)
    if plain.startswith(text) or name.startswith(text):
        return max(ratio, 80 + 15 * len(text) / len(name))
    if coverage > 0.8:
        return max(ratio, coverage * (70 + 25 * min(len(text) / len(name), 1.0)))
    return ratio
