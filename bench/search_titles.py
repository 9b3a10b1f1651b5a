"""What searching is measured with: any number of made up titles, and queries made from titles at random."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import accumulate

from smovie.models.catalog import CastMember, Kind, LocalName, Movie, PersonRef, Tag
from smovie.search.keys import folded_key

_SEED = 7
_WORDS, _FIRST_NAMES, _LAST_NAMES = 40_000, 2_000, 20_000
_STARTS = ("b", "c", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "st", "tr", "ch", "th")
_ENDS = ("a", "e", "i", "o", "u", "an", "en", "in", "on", "ar", "er", "or", "al", "el", "ea", "ou", "ay", "ight", "ing")
_SYLLABLES = [start + end for start in _STARTS for end in _ENDS]
_SHORT = ["the", "of", "a", "in", "and", "to", "my", "on", "for", "with", "de", "la"]
_AT = datetime(2026, 1, 1, tzinfo=UTC)
_GENRES = [Tag(id=name, name=LocalName(vi=name, en=name)) for name in ("drama", "comedy", "western", "crime", "war")]
LETTERS = "abcdefghijklmnopqrstuvwxyz"


class _Words:
    """Words drawn as languages have them: the second half as often as the first, and so on (Zipf)."""

    def __init__(self, dice: random.Random, count: int) -> None:
        made: dict[str, None] = {}
        while len(made) < count:
            made["".join(dice.choices(_SYLLABLES, k=dice.choice((1, 2, 2, 3))))] = None
        self._words = list(made)
        self._weights = list(accumulate(1 / (rank + 20) for rank in range(count)))

    def draw(self, dice: random.Random, count: int) -> list[str]:
        return dice.choices(self._words, cum_weights=self._weights, k=count)


def made_up_movies(count: int) -> Iterator[Movie]:
    """Titles of one to six words with seven people each, the same at every call."""
    dice = random.Random(_SEED)
    # Here and not at the first title: making the words takes long, and is not what is measured.
    words, first, last = _Words(dice, _WORDS), _Words(dice, _FIRST_NAMES), _Words(dice, _LAST_NAMES)
    return (_made_up_movie(number, dice, words, first, last) for number in range(count))


def _made_up_movie(number: int, dice: random.Random, words: "_Words", first: "_Words", last: "_Words") -> Movie:
    title = words.draw(dice, dice.choice((1, 2, 2, 3, 3, 4)))
    for _ in range(dice.choice((0, 1, 1, 2))):
        title.insert(dice.randrange(len(title)), dice.choice(_SHORT))
    names = [f"{one} {other}".title() for one, other in zip(first.draw(dice, 7), last.draw(dice, 7), strict=True)]
    people = [PersonRef(person_id=name.lower().replace(" ", "-"), name=name) for name in names]
    return Movie(
        id=f"{number:012}", kind=Kind.MOVIE, slug=f"made-up-{number}", title=" ".join(title).title(),
        year=dice.randint(1910, 2026), genres=(dice.choice(_GENRES),), directors=(people[0],),
        cast=tuple(CastMember(**dict(person)) for person in people[1:]), created_at=_AT, updated_at=_AT,
    )  # fmt: skip


def random_queries(movies: Sequence[Movie], count: int) -> dict[str, list[tuple[str, Movie]]]:
    """For each way of typing, queries with the title that was meant: `count` of each, the same at every call."""
    dice = random.Random(_SEED)
    kinds: dict[str, list[tuple[str, Movie]]] = {}
    for kind, made in (
        ("as it is", lambda movie: movie.title),
        ("without marks, lower case", lambda movie: folded_key(movie.title)),
        ("one letter wrong", lambda movie: _mistyped(dice, folded_key(movie.title))),
        ("its first two thirds", lambda movie: folded_key(movie.title)[: max(len(movie.title) * 2 // 3, 3)]),
        ("without spaces", lambda movie: folded_key(movie.title).replace(" ", "")),
        ("with one of its people", lambda movie: f"{folded_key(movie.title)} {dice.choice(movie.cast).name}"),
    ):
        kinds[kind] = [(made(movie), movie) for movie in dice.sample(movies, count)]
    return kinds


def _mistyped(dice: random.Random, text: str) -> str:
    place, letter = dice.randrange(len(text)), dice.choice(LETTERS)
    kind = dice.choice(("drop", "add", "replace", "swap"))
    if kind == "add":
        return text[:place] + letter + text[place:]
    if kind == "swap" and place + 1 < len(text):
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return text[:place] + ("" if kind == "drop" and len(text) > 3 else letter) + text[place + 1 :]
