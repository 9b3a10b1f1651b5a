"""Which names are told to be parts of one franchise."""

import pytest

from smovie.discovery.franchises import franchise_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Lật mặt 7: Một điều ước", "Lật mặt"),
        ("Lật mặt: 48H", "Lật Mặt 6"),
        ("The Godfather", "The Godfather Part II"),
        ("Rocky", "Rocky IV"),
        ("Kill Bill: Vol. 1", "Kill Bill Vol. 2"),
        ("Bố già phần 2", "Bố già"),
        ("Toy Story 3", "Toy Story"),
        ("King Kong (1933)", "King Kong"),
        ("Mission: Impossible – Fallout", "Mission: Impossible"),
    ],
)
def test_parts_of_one(one: str, other: str) -> None:
    assert franchise_of(one) == franchise_of(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mai", "Mưa đỏ"),
        ("12 Angry Men", "12 Monkeys"),
        ("1917", "1984"),
        ("Apollo 13", "Rocky"),
        ("Dark", "Dark City"),
    ],
)
def test_titles_of_their_own(one: str, other: str) -> None:
    assert franchise_of(one) != franchise_of(other)


@pytest.mark.parametrize("title", ["II", "3", ": (", "Part 2", "(500) Days of Summer", "千と千尋の神隠し"])
def test_an_odd_name_is_a_franchise_of_its_own_at_least(title: str) -> None:
    assert isinstance(franchise_of(title), str)
