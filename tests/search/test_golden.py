"""The golden queries whose titles are in the demo catalogue; all of them: `python -m bench.search`, docs/search.md."""

import pytest

from smovie.models.catalog import Movie
from smovie.search.finder import find
from tests.search.golden import Golden, read_golden
from tests.search.titles import an_index
from tests.support.catalogue import demo_files, movies_of

FIRST_AT_LEAST, AMONG_THREE_AT_LEAST = 0.85, 0.95


@pytest.fixture(scope="module")
def demo() -> dict[str, Movie]:
    return {movie.id: movie for movie in movies_of(*demo_files())}


def place_of(golden: Golden, demo: dict[str, Movie], hits: list[str]) -> int:
    return next((place for place, hit in enumerate(hits, 1) if golden.is_met_by(demo[hit])), 1_000)


def test_what_is_meant_is_found_first_or_nearly(demo: dict[str, Movie]) -> None:
    index = an_index(*demo.values())
    asked = [golden for golden in read_golden() if any(map(golden.is_met_by, demo.values()))]
    places = {golden: place_of(golden, demo, [hit.id for hit in find(index, golden.text, 20).hits]) for golden in asked}
    misses = [golden for golden, place in places.items() if place > 1]
    assert len(asked) >= 200
    assert sum(place == 1 for place in places.values()) / len(asked) >= FIRST_AT_LEAST, misses
    assert sum(place <= 3 for place in places.values()) / len(asked) >= AMONG_THREE_AT_LEAST, misses
