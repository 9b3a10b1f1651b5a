"""How alike two titles are: people before genres, the rare before the common."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smovie.catalog.snapshot import Facet
from smovie.discovery.likeness import Profile, compare, profile, rarity, score
from smovie.models.home import RailKind
from smovie.models.similar import ReasonKind
from tests.test_texts import read_texts

TOTAL = 1_000
HAVE = {"drama": 500, "noir": 10, "tarkovsky": 5, "busy": 200, "ullmann": 8, "vn": 50, "us": 600}

FACETS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["director", "cast", "genre", "nation", "kind"]), st.sampled_from("abcde")),
        st.tuples(st.just("year"), st.integers(1900, 2026)),
    ),
    unique=True,
    max_size=12,
)


def count(facet: Facet) -> int:
    return HAVE.get(str(facet[1]), 1)


def of(*facets: Facet) -> Profile:
    return profile(facets, count, TOTAL)


@pytest.mark.parametrize(
    ("why", "more", "less"),
    [
        ("a director says more than an actor", ("director", "tarkovsky"), ("cast", "ullmann")),
        ("an actor says more than a common genre", ("cast", "ullmann"), ("genre", "drama")),
        ("a rare genre says more than a common one", ("genre", "noir"), ("genre", "drama")),
        ("somebody of few titles says more than somebody of many", ("cast", "ullmann"), ("cast", "busy")),
        ("a nation of few titles says more than one of many", ("nation", "vn"), ("nation", "us")),
    ],
)
def test_what_counts_more(why: str, more: Facet, less: Facet) -> None:
    title = of(more, less)
    assert score(title, [more]) > score(title, [less]) > 0, why


def test_genres_count_less_among_others_that_are_not_shared() -> None:
    noir = of(("genre", "noir"))
    assert score(noir, [("genre", "noir")]) > score(noir, [("genre", "noir"), ("genre", "drama"), ("genre", "war")])


def test_time_counts_only_beside_something_else() -> None:
    title = of(("genre", "noir"), ("year", 1950))
    assert score(title, [("year", 1950)]) == 0
    near, far, unknown = (score(title, [("genre", "noir"), *more]) for more in ([("year", 1951)], [("year", 1999)], []))
    assert near > far > unknown


def test_who_directs_one_and_acts_in_the_other_is_a_reason_of_its_own() -> None:
    assert compare(of(("director", "chaplin")), [("cast", "chaplin")]).shared == {"person": [("cast", "chaplin")]}
    both = [("director", "chaplin"), ("cast", "chaplin")]
    assert set(compare(of(*both), both).shared) == {"director", "cast"}


def test_reasons_name_what_is_rarest_first() -> None:
    both = [("genre", "drama"), ("genre", "noir"), ("year", 1950)]
    assert compare(of(*both), both).shared == {
        "genre": [("genre", "noir"), ("genre", "drama")],
        "era": [("year", 1950)],
    }
    assert "era" not in compare(of(*both), [("genre", "noir"), ("year", 1960)]).shared


def test_rarity_goes_from_one_towards_nothing() -> None:
    assert rarity(1, TOTAL) == pytest.approx(1.0)
    assert 0 < rarity(TOTAL, TOTAL) < rarity(500, TOTAL) < rarity(10, TOTAL) < 1


@given(FACETS, FACETS)
def test_reasons_are_given_exactly_where_there_is_a_score(one: list[Facet], other: list[Facet]) -> None:
    title = of(*one)
    likeness = compare(title, other)
    assert likeness.score == pytest.approx(score(title, other))
    assert likeness.score >= 0
    assert likeness.counts.keys() == likeness.shared.keys()
    if set(likeness.counts) - {"era"}:
        assert likeness.score > 0


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_kind_of_reason_and_of_rail_has_a_text(language: str) -> None:
    texts = read_texts(language)
    assert {f"because_{kind}" for kind in get_args(ReasonKind)} <= texts.keys()
    assert {f"rail_{kind}" for kind in get_args(RailKind) if kind != "genre"} <= texts.keys()
