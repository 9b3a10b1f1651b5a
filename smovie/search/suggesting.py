"""Suggestions while somebody types: the last word is a beginning, those before it are whole.

What very many names begin with is looked for among the most viewed only: of "t" nobody wants the rest.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from smovie.search.finder import find_in_steps
from smovie.search.index import SearchIndex
from smovie.search.keys import without_article
from smovie.search.postings import Postings
from smovie.search.query import Query, read_query
from smovie.slices import Steps, finish

Type = Literal["title", "person", "genre"]
MostViewed = Callable[[], Iterable[str]]  # ids of titles
Trending = Callable[[int], Iterable[str]]  # so many ids of titles

MOST_SUGGESTED = 8
_MOST_PEOPLE, _MOST_GENRES = 3, 2
_MANY = 600  # names from which on only those of the most viewed titles are looked at
_MOST_WALKED = 1_200
_MOST_TERMS = 100  # words that have a beginning
_LETTERS_FOR_TYPOS = 3


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something to go to. `id` is a title's, a person's or a genre's."""

    type: Type
    id: str


@dataclass(frozen=True, slots=True)
class Suggestions:
    """At most 8, and the words that they were found by."""

    items: list[Suggestion]
    words: tuple[str, ...] = ()


def suggest(index: SearchIndex, text: str, most_viewed: MostViewed, trending: Trending) -> Suggestions:
    """What a text may become. An empty one means what trends."""
    return finish(suggest_in_steps(index, text, most_viewed, trending))


def suggest_in_steps(index: SearchIndex, text: str, most_viewed: MostViewed, trending: Trending) -> Steps[Suggestions]:
    """The same, for who serves others meanwhile."""
    query = read_query(text)
    if query is None:
        wanted = trending(MOST_SUGGESTED) if not text.strip() else ()
        return Suggestions([Suggestion("title", title) for title in wanted])
    titles = _titles(index, query, most_viewed)
    yield
    people = _people(index, query, most_viewed)[:_MOST_PEOPLE]
    genres = _genres(index, query)[:_MOST_GENRES]
    words = query.words
    if not titles and not people and not genres and len(query.folded) >= _LETTERS_FOR_TYPOS:
        yield
        answer = yield from find_in_steps(index, text, MOST_SUGGESTED, is_hurried=True)
        titles, words = [hit.id for hit in answer.hits], answer.words
    items = [Suggestion("title", title) for title in titles[: MOST_SUGGESTED - len(people) - len(genres)]]
    items += [Suggestion("person", index.people[person].id) for person in people]
    items += [Suggestion("genre", genre) for genre in genres]
    return Suggestions(items, words)


def _titles(index: SearchIndex, query: Query, most_viewed: MostViewed) -> list[str]:
    """Ids of titles: whose name begins so, then with all the words somewhere."""
    prefix = without_article(query.folded)
    rows = index.beginnings.starting_with(prefix, _MANY)
    if rows is None:
        walked = map(index.row_of, islice(most_viewed(), _MOST_WALKED))
        rows = list(islice((row for row in walked if _begins(index, row, prefix)), MOST_SUGGESTED))
        if query.exact:  # few names are as it was typed, and they are wanted first
            rows += index.beginnings.starting_with(query.exact, _MANY) or ()
    first = sorted(set(rows), key=lambda row: _place(index, row, query), reverse=True)[:MOST_SUGGESTED]
    if len(first) < MOST_SUGGESTED:
        others = _with_words(
            index, index.words, lambda row: (folded for folded, *_ in index[row].names), query
        ).difference(first)
        first += sorted(others, key=lambda row: _place(index, row, query), reverse=True)[: MOST_SUGGESTED - len(first)]
    return [index[row].id for row in first]


def _begins(index: SearchIndex, row: int, prefix: str) -> bool:
    return any(without_article(folded).startswith(prefix) for folded, *_ in index[row].names)


def _place(index: SearchIndex, row: int, query: Query) -> tuple[bool, bool, int, int]:
    """Whole names first; then as the marks were typed; then by views and year."""
    title = index[row]
    is_whole = any(folded == query.folded for folded, *_ in title.names)
    is_as_typed = query.exact is not None and any(exact.startswith(query.exact) for _, exact, _ in title.names)
    return (is_whole, is_as_typed, title.views, title.year)


def _people(index: SearchIndex, query: Query, most_viewed: MostViewed) -> list[int]:
    """Rows of people, those whose name begins so first, then by how many titles they have."""
    people = index.people
    rows = _with_words(index, people.words, lambda row: (people[row].folded,), query)
    if not rows and len(query.folded) < _LETTERS_FOR_TYPOS:
        viewed = islice(most_viewed(), _MOST_WALKED // 10)
        credited = (person for title in viewed for person in index[index.row_of(title)].people)
        rows = {person for person in credited if people[person].folded.startswith(query.folded)}

    def place(row: int) -> tuple[bool, bool, int]:
        is_as_typed = query.exact is not None and query.exact in people[row].exact
        return (people[row].folded.startswith(query.folded), is_as_typed, len(people[row].titles))

    return sorted(rows, key=place, reverse=True)


def _genres(index: SearchIndex, query: Query) -> list[str]:
    """Ids of genres with a word that begins so, those of many titles first."""
    found = (
        (len(genre.titles), genre_id)
        for genre_id, genre in index.genres.items()
        if genre.titles and any(f" {query.folded}" in f" {name}" for name in genre.names)
    )
    return [genre_id for _, genre_id in sorted(found, reverse=True)]


def _with_words(
    index: SearchIndex, postings: Postings, names: Callable[[int], Iterable[str]], query: Query
) -> set[int]:
    """Rows with every word, the last one as a beginning; none where those would be too many to look at."""
    *whole, last = query.words
    rarest = min(whole, key=lambda word: len(postings.rows(word)), default="")
    if whole and len(postings.rows(rarest)) <= _MANY:
        others = [word for word in whole if word != rarest]
        rows = {row for row in postings.rows(rarest) if all(postings.has(word, row) for word in others)}
        return {row for row in rows if any(f" {last}" in f" {name}" for name in names(row))}
    found: set[int] = set()
    terms = index.vocabulary.starting_with(last, _MOST_TERMS)
    for term in terms if len(terms) < _MOST_TERMS else ():
        found.update(postings.rows(term))
        if len(found) > _MANY:
            return set()
    return {row for row in found if all(postings.has(word, row) for word in whole)}
