"""Which titles stand on the rails of the home page: each once, what cannot be watched yet on none that says new."""

from collections.abc import Iterable

from smovie.catalog.snapshot import Snapshot
from smovie.discovery.rails import FEWEST_ON_RAIL, GENRES, Rail, public_rails
from smovie.models.catalog import Movie
from smovie.models.home import MOST_ON_RAIL
from tests.discovery.titles import a_movie, a_snapshot, tag

TODAY = "2026-11-29"


def snapshot_of(movies: Iterable[Movie]) -> Snapshot:
    """The titles, and the genres that they have."""
    movies = list(movies)
    snapshot = a_snapshot(movies)
    snapshot.tags["genres"] = {genre.id: genre for movie in movies for genre in movie.genres}
    return snapshot


def some(name: str, count: int = FEWEST_ON_RAIL, **members: object) -> list[Movie]:
    return [a_movie(f"{name}-{number}", year=None, **members) for number in range(count)]  # type: ignore[arg-type]


def slugs(rail: Rail) -> list[str]:
    return [entry.slug for entry in rail.entries]


def by_name(rails: list[Rail]) -> dict[str, list[str]]:
    return {rail.genre.id if rail.genre else rail.kind: slugs(rail) for rail in rails}


def test_what_trends_comes_first_and_in_its_order() -> None:
    snapshot = snapshot_of(some("it", 6))
    trending = ["it-3", "gone", "it-1", "it-5", "it-0"]
    rails = public_rails(snapshot, trending, TODAY)
    assert (rails[0].kind, slugs(rails[0])) == ("trending", ["it-3", "it-1", "it-5", "it-0"])


def test_what_is_new_is_the_latest_that_is_out() -> None:
    days = ["2026-11-28", "2026-11-29", "2026-11-30", "2027-01-01", "2020-05-05", "1999"]
    movies = [a_movie(f"of-{day}", release_date=day, genres=()) for day in days]
    assert by_name(public_rails(snapshot_of(movies), (), TODAY)) == {
        "new": ["of-2026-11-29", "of-2026-11-28", "of-2020-05-05", "of-1999"]
    }


def test_no_title_stands_on_two_rails_and_none_is_longer_than_told() -> None:
    movies = [
        a_movie(f"m{number}", genres=["drama", *(["war"] if number % 2 else []), *(["noir"] if number % 3 else [])])
        for number in range(200)
    ]
    rails = public_rails(snapshot_of(movies), [f"m{number}" for number in range(50)], TODAY)
    shown = [slug for rail in rails for slug in slugs(rail)]
    assert len(shown) == len(set(shown)) == len(rails) * MOST_ON_RAIL
    assert [name for name in by_name(rails) if name not in ("trending", "new")] == ["drama", "noir", "war"]


def test_a_title_of_several_genres_goes_to_the_rarest() -> None:
    movies = [*some("drama", 9), *some("both", 4, genres=["drama", "noir"])]
    rails = by_name(public_rails(snapshot_of(movies), (), TODAY))
    assert set(rails["noir"]) == {f"both-{number}" for number in range(4)}
    assert len(rails["drama"]) == 9


def test_the_most_viewed_of_a_genre_come_first() -> None:
    movies = [a_movie(f"m{views}", views=views, year=None) for views in (3, 9, 1, 7)]
    assert by_name(public_rails(snapshot_of(movies), (), TODAY)) == {"drama": ["m9", "m7", "m3", "m1"]}


def test_only_the_genres_with_most_titles_have_a_rail() -> None:
    movies = [movie for size in range(4, 14) for movie in some(f"g{size}", size, genres=[f"genre-{size}"])]
    rails = public_rails(snapshot_of(movies), (), TODAY)
    assert [rail.genre for rail in rails] == [tag(f"genre-{size}") for size in range(13, 13 - GENRES, -1)]
    assert rails[0].more == "/api/v1/movies?genre=genre-13&sort=-views"


def test_a_rail_of_few_titles_is_left_out() -> None:
    kinds = [rail.kind for rail in public_rails(snapshot_of(some("few", FEWEST_ON_RAIL)), ["few-0"], TODAY)]
    assert "trending" not in kinds and kinds


def test_a_catalogue_of_few_titles_has_them_on_one_rail_and_an_empty_one_has_none() -> None:
    (rail,) = public_rails(snapshot_of(some("few", FEWEST_ON_RAIL - 1)), ["few-0"], TODAY)
    assert (rail.kind, len(rail.entries)) == ("new", FEWEST_ON_RAIL - 1)
    assert public_rails(snapshot_of([]), (), TODAY) == []
