"""Pages of a filtered list: the same order from the first page, which is walked to, to those that are cut out of it."""

import pytest

from smovie.catalog.queries import list_movies, pick_movies
from smovie.models.catalog_query import MovieQuery, Sort
from tests.discovery.titles import a_movie, a_snapshot

MANY, SIZE = 600, 20
TITLES = [
    a_movie(f"m{number:03}", genres=("drama", "war") if number % 2 else ("drama",), views=number * 7 % 50,
            year=None if number % 5 == 0 else 1950 + number % 60)
    for number in range(MANY)
]  # fmt: skip
SNAPSHOT = a_snapshot(TITLES)


@pytest.mark.parametrize("sort", ["-release_date", "release_date", "-views", "views"])
@pytest.mark.parametrize("genre", ["drama", "war"])
def test_all_pages_together_are_the_whole_list_in_order(genre: str, sort: Sort) -> None:
    found = []
    for page in range(1, MANY // SIZE + 2):
        query = MovieQuery(genre=(genre,), sort=sort, page=page, page_size=SIZE)
        found += [movie.id for movie in pick_movies(SNAPSHOT, query, "vi")]
        SNAPSHOT.commit()  # each page is found by itself
    of_genre = [movie for movie in TITLES if genre in {tag.id for tag in movie.genres}]
    key = (lambda movie: movie.stats.views) if "views" in sort else (lambda movie: movie.year)
    keyed = sorted((movie for movie in of_genre if key(movie) is not None), key=lambda movie: (key(movie), movie.id))
    wanted = [movie.id for movie in (reversed(keyed) if sort.startswith("-") else keyed)]
    assert found == wanted + [movie.id for movie in of_genre if key(movie) is None], "undated ones last, by id"


def test_the_first_page_knows_how_many_there_are() -> None:
    SNAPSHOT.commit()
    body, _ = list_movies(SNAPSHOT, MovieQuery(genre=("war",), page_size=SIZE), "vi")
    assert body.startswith(b'{"count":%d,"page":1,"pages":%d,' % (MANY // 2, MANY // 2 // SIZE))
