"""The index: every visible title with its names, people and genres, changed title by title."""

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from smovie.models.catalog import LocalName, Movie
from smovie.search.beginnings import Beginnings
from smovie.search.keys import exact_key, folded_key, joined_keys, without_article
from smovie.search.people import People
from smovie.search.postings import Postings
from smovie.search.vocabulary import Vocabulary
from smovie.wide_dict import WideDict


class Name(NamedTuple):
    """A name of a title by its keys, and as it is shown."""

    folded: str
    exact: str
    shown: str


@dataclass(slots=True)
class Title:
    """What the search knows of a title. `people` holds their rows."""

    id: str
    names: tuple[Name, ...]
    genres: tuple[str, ...]
    year: int
    views: int
    people: tuple[int, ...] = field(default=())


@dataclass(slots=True)
class Genre:
    """A genre: its names folded and as shown, and the rows of its titles, ascending."""

    names: frozenset[str] = frozenset()
    shown: LocalName | None = None
    titles: "array[int]" = field(default_factory=lambda: array("I"))


class SearchIndex:
    """Titles by whole name, by word, and by their people."""

    def __init__(self) -> None:
        self.vocabulary = Vocabulary()
        self.words = Postings(self.vocabulary)
        self.people = People(self.vocabulary)
        self.beginnings = Beginnings()
        self.genres: dict[str, Genre] = {}
        self._rows: WideDict[str, int] = WideDict()
        self._titles: list[Title | None] = []
        self._free: list[int] = []
        self.lengths = array("H")  # by row, of the first name
        self.changes = 0  # of what rows mean: whoever holds some while others work looks whether it is the same
        self._whole: WideDict[str, tuple[int, ...]] = WideDict()

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, row: int) -> Title:
        title = self._titles[row]
        assert title is not None, "nothing leads to a row that is free"
        return title

    def row_of(self, title_id: str) -> int:
        """The row of a title that is there."""
        return self._rows[title_id]

    def named(self, joined_key: str) -> tuple[int, ...]:
        """Rows of the titles with a name that is this, spaces, leading articles and ways of counting apart."""
        return self._whole.get(joined_key, ())

    def put(self, movie: Movie) -> None:
        """Let the title be found as it is now."""
        title = _to_title(movie)
        credits = {person.person_id: person.name for person in (*movie.directors, *movie.cast)}
        for tag in movie.genres:
            if (genre := self.genres.setdefault(tag.id, Genre())).shown != tag.name:
                genre.shown, genre.names = tag.name, frozenset(map(folded_key, (tag.name.vi, tag.name.en)))
        row = self._rows.get(title.id)
        if row is not None and self._is_found_as_before(row, title, credits):
            title.people, title.names = self[row].people, self[row].names
            self._leave_genres(self[row], row)
            self._join_genres(title, row)
            self._titles[row] = title
            return
        self.remove(title.id)
        self.changes += 1
        row = self._take_row()
        self._rows[title.id] = row
        self._titles[row] = title
        self._join_genres(title, row)
        self.lengths[row] = min(len(title.names[0].folded), 0xFFFF) if title.names else 0
        self.words.add(row, _words_of(title))
        for name in _beginnings_of(title):
            self.beginnings.add(name, row)
        for key in _keys_of(title):
            self._whole[key] = (*self._whole.get(key, ()), row)
        title.people = tuple(self.people.credit(person, name, row) for person, name in credits.items())

    def set_views(self, title_id: str, views: int) -> None:
        """Let a title that is there have been viewed so often."""
        self[self._rows[title_id]].views = views

    def remove(self, title_id: str) -> None:
        """Let the title not be found any more, if it was."""
        if (row := self._rows.pop(title_id, None)) is None:
            return
        self.changes += 1
        title = self[row]
        self.words.remove(row, _words_of(title))
        for name in _beginnings_of(title):
            self.beginnings.remove(name, row)
        for key in _keys_of(title):
            others = tuple(other for other in self._whole[key] if other != row)
            if others:
                self._whole[key] = others
            else:
                del self._whole[key]
        self._leave_genres(title, row)
        for person in title.people:
            self.people.discredit(person, row)
        self._titles[row] = None
        self._free.append(row)

    def _is_found_as_before(self, row: int, title: Title, credits: dict[str, str]) -> bool:
        """Whether nothing that leads to a title has changed: mostly it is a view or a rating more."""
        people = map(self.people.__getitem__, self[row].people)
        return self[row].names == title.names and [(one.id, one.name) for one in people] == list(credits.items())

    def _join_genres(self, title: Title, row: int) -> None:
        for genre in title.genres:
            insort(self.genres[genre].titles, row)

    def _leave_genres(self, title: Title, row: int) -> None:
        for genre in title.genres:
            titles = self.genres[genre].titles
            del titles[bisect_left(titles, row)]

    def _take_row(self) -> int:
        if self._free:
            return self._free.pop()
        self._titles.append(None)
        self.lengths.append(0)
        return len(self._titles) - 1


def _to_title(movie: Movie) -> Title:
    shown = (movie.title, movie.title_in("vi"), movie.title_in("en"), movie.original_title, *movie.aliases)
    return Title(
        id=movie.id,
        names=tuple({name[:2]: name for name in map(_name, reversed(shown)) if name.folded}.values())[::-1],
        genres=tuple(dict.fromkeys(genre.id for genre in movie.genres)),
        year=movie.year or 0,
        views=movie.stats.views,
    )


def _name(text: str) -> Name:
    folded, exact = folded_key(text), exact_key(text)
    return Name(folded, folded if folded == exact else exact, text)  # one text in memory, not two


def _words_of(title: Title) -> set[str]:
    return {word for name in title.names for word in name.folded.split()}


def _beginnings_of(title: Title) -> set[str]:
    return {without_article(key) for name in title.names for key in (name.folded, name.exact)}


def _keys_of(title: Title) -> Iterable[str]:
    return set().union(*(joined_keys(folded) for folded, *_ in title.names))
