"""Which titles are found like another: among the demo titles, and bounded however large a genre is."""

import pytest

from smovie.catalog.snapshot import Snapshot
from smovie.discovery.likeness import profile, score
from smovie.discovery.neighbours import MOST_OF_FRANCHISE, candidates, neighbours, scores
from tests.discovery.titles import a_movie, a_snapshot, entry
from tests.support.catalogue import demo_files, movies_of


@pytest.fixture(scope="module")
def demo() -> Snapshot:
    return a_snapshot(movies_of(*demo_files()))


def found(snapshot: Snapshot, slug: str, limit: int = 12) -> list[str]:
    return [one.entry.slug for one in neighbours(snapshot, entry(snapshot, slug), limit)]


def names(snapshot: Snapshot, title: str) -> str:
    """The slug of a demo title by its English or Vietnamese name."""
    return next(e.slug for e in snapshot.entries.values() if any(f'"{title}"'.encode() in c for c in e.cards.values()))


@pytest.mark.parametrize(
    ("title", "wanted"),
    [
        ("Mùa hè chiều thẳng đứng", ["Xích lô", "Mùi đu đủ xanh"]),  # their director's other films
        ("Thương nhớ đồng quê", ["Bao giờ cho đến tháng Mười", "Mùa ổi"]),
        ("Mai", ["Dad, I'm Sorry"]),
        ("Vùng đất linh hồn", ["Hàng xóm của tôi là Totoro"]),
        ("Interstellar", ["Oppenheimer"]),
        ("Về nhà đi con", ["Hương vị tình thân"]),
        ("Dr. Romantic", ["Hospital Playlist"]),  # an actor
        ("Breaking Bad", ["The Wire", "Narcos"]),  # genres, and where they come from
    ],
)
def test_golden_neighbours_come_first(demo: Snapshot, title: str, wanted: list[str]) -> None:
    first = found(demo, names(demo, title), len(wanted))
    assert sorted(first) == sorted(names(demo, name) for name in wanted)


def test_a_title_is_never_like_itself_and_found_once(demo: Snapshot) -> None:
    for slug in demo.by_slug:
        others = found(demo, slug, 50)
        assert slug not in others
        assert len(set(others)) == len(others)


def test_scores_of_many_are_the_scores_of_each(demo: Snapshot) -> None:
    for title in list(demo.entries.values())[::10]:
        of = profile(title.facets, demo.count, len(demo.entries))
        each = {other.id: score(of, other.facets) for other in demo.entries.values()}
        assert scores(demo, of, demo.entries.keys()) == pytest.approx(each)


def test_a_franchise_does_not_fill_the_list() -> None:
    parts = [a_movie(f"part-{number}", title=f"Lật mặt {number}", directors=["ly-hai"]) for number in range(1, 8)]
    others = [a_movie(f"other-{number}", title=f"Phim {'abcdefgh'[number]}") for number in range(8)]
    near = found(a_snapshot([*parts, *others]), "part-1", 6)
    assert [slug.startswith("part") for slug in near] == [True] * MOST_OF_FRANCHISE + [False] * 3


def test_the_order_does_not_depend_on_the_order_of_loading(demo: Snapshot) -> None:
    movies = [found_.movie() for found_ in demo.entries.values()]
    backwards = a_snapshot(reversed(movies))
    for slug in list(demo.by_slug)[:20]:
        assert found(backwards, slug) == found(demo, slug)


def test_among_titles_equally_like_it_the_most_viewed_comes_first() -> None:
    movies = [a_movie(slug, views=views) for slug, views in (("it", 0), ("seldom", 3), ("often", 70), ("never", 0))]
    assert found(a_snapshot(movies), "it") == ["often", "seldom", "never"]


def test_what_the_same_people_watch_is_found_though_it_shares_nothing_and_is_a_reason() -> None:
    movies = [a_movie("it"), a_movie("like"), a_movie("beside", genres=("war",), year=None)]
    snapshot = a_snapshot([*movies, a_movie("both")])
    near = neighbours(snapshot, entry(snapshot, "it"), 12, {"beside": 0.9, "both": 0.5, "hidden": 0.8})
    assert [one.entry.slug for one in near] == ["beside", "both", "like"]
    assert [list(one.likeness.counts) for one in near] == [["viewers"], ["genre", "viewers", "era"], ["genre", "era"]]


def test_a_large_genre_is_not_looked_through() -> None:
    years = range(1900, 2000)
    movies = [
        a_movie(f"{year}-{n}", title=f"{year} {n} a", year=year, nation="us") for year in years for n in range(50)
    ]
    snapshot = a_snapshot([*movies, a_movie("undated", year=None, nation="us")])
    assert 300 < len(candidates(snapshot, entry(snapshot, "1950-0"))) < 1_500
    assert {slug.partition("-")[0] for slug in found(snapshot, "1950-0")} == {"1950"}
    assert 0 < len(candidates(snapshot, entry(snapshot, "undated"))) <= 1_000


def test_a_genre_of_one_year_is_not_looked_through_either() -> None:
    snapshot = a_snapshot(a_movie(f"m{number}", cast=["everybody"], views=number) for number in range(3_000))
    assert 0 < len(candidates(snapshot, entry(snapshot, "m5"))) <= 1_000
    assert found(snapshot, "m5", 3) == ["m2999", "m2998", "m2997"]


def test_a_title_that_shares_nothing_has_no_neighbours() -> None:
    alone = a_movie("alone", genres=(), year=None)
    assert found(a_snapshot([alone, a_movie("other", genres=("war",))]), "alone") == []
