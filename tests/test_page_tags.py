"""The ETag of a list: nothing but its bytes decides it, so that it is strong and instances agree on it."""

import pytest

from smovie.catalog.queries import Body, list_movies
from smovie.catalog.snapshot import Snapshot
from smovie.models.catalog import LANGUAGES, Stats
from smovie.models.catalog_query import MovieQuery
from tests.discovery.titles import a_movie, a_snapshot

FILMS = [a_movie(f"film-{number}", year=2000 + number, views=number) for number in range(6)]
QUERIES = [MovieQuery(page=page, page_size=size, sort=sort) for page in (1, 2, 9) for size in (2, 3)
           for sort in ("-views", "title")]  # fmt: skip


def pages(snapshot: Snapshot) -> list[Body]:
    return [list_movies(snapshot, query, language) for query in QUERIES for language in LANGUAGES]


def test_pages_have_one_tag_exactly_where_they_are_the_same_bytes() -> None:
    found = pages(a_snapshot(FILMS))
    assert len({content for content, _ in found}) == len({tag for _, tag in found}) == len(set(found))


def test_instances_that_came_another_way_to_the_same_titles_agree() -> None:
    other = a_snapshot([a_movie("film-0", title="Khác"), a_movie("gone"), *FILMS[::-1]])
    other.remove("gone")
    other.put_stats("film-3", Stats(views=99))
    other.commit()
    assert pages(other) != pages(a_snapshot(FILMS))
    other.put_stats("film-3", Stats(views=3))
    other.commit()
    assert pages(other) == pages(a_snapshot(FILMS))


@pytest.mark.parametrize("number", [0, 3, 5])
def test_figures_of_any_title_of_a_page_change_its_tag(number: int) -> None:
    snapshot, query = a_snapshot(FILMS), MovieQuery(sort="title")
    before = {language: list_movies(snapshot, query, language) for language in LANGUAGES}
    snapshot.put_stats(f"film-{number}", Stats(views=number, comments=0, rating_sum=9, rating_count=1))
    snapshot.commit()
    for language, (content, tag) in before.items():
        now_content, now_tag = list_movies(snapshot, query, language)
        assert now_content != content
        assert now_tag != tag
