"""What is suggested while somebody types."""

from collections.abc import Callable, Iterable

import pytest

from smovie.search.index import SearchIndex
from smovie.search.suggesting import MOST_SUGGESTED, suggest
from tests.search.titles import a_title, an_index

Suggest = Callable[[str], list[tuple[str, str]]]


def suggesting(index: SearchIndex, most_viewed: Iterable[str]) -> Suggest:
    viewed = list(most_viewed)

    def suggested(text: str) -> list[tuple[str, str]]:
        return [(item.type, item.id) for item in suggest(index, text, lambda: viewed, lambda most: viewed[:most]).items]

    return suggested


def test_from_one_letter_on_titles_people_and_genres() -> None:
    index = an_index(a_title("Mai", cast=["Mỹ Tâm"], genres=["Mẹ và con"]))
    assert suggesting(index, ["Mai"])("m") == [("title", "Mai"), ("person", "Mỹ Tâm"), ("genre", "me-va-con")]


def test_nothing_typed_gives_what_trends() -> None:
    titles = [a_title(f"Phim {n}", views=n) for n in range(12)]
    viewed = [f"Phim {n}" for n in reversed(range(12))]
    assert suggesting(an_index(*titles), viewed)(" ") == [("title", name) for name in viewed[:MOST_SUGGESTED]]


def test_never_more_than_eight() -> None:
    index = an_index(*(a_title(f"Mai {n}", cast=[f"Mai Thi {n}"], genres=["Mai"]) for n in range(30)))
    items = suggesting(index, [f"Mai {n}" for n in range(30)])("mai")
    assert len(items) == MOST_SUGGESTED
    assert [kind for kind, _ in items].count("person") == 3


def test_the_more_viewed_comes_first_and_the_whole_name_before_it() -> None:
    index = an_index(a_title("Mai", views=1), a_title("Mai sau", views=5), a_title("Mai này", views=9))
    assert [name for _, name in suggesting(index, [])("mai")] == ["Mai", "Mai này", "Mai sau"]


def test_what_begins_so_comes_before_what_has_a_word_that_does() -> None:
    index = an_index(a_title("Cỏ xanh", views=9), a_title("Xanh", views=1), a_title("Xa", views=0))
    assert [name for _, name in suggesting(index, [])("xa")] == ["Xa", "Xanh", "Cỏ xanh"]


@pytest.mark.parametrize("text", ["th", "the m", "mat", "THE MAT"])
def test_an_article_may_be_typed_or_not(text: str) -> None:
    assert ("title", "The Matrix") in suggesting(an_index("The Matrix", "Matinee", "The Thing"), [])(text)


def test_marks_typed_so_far_order_what_is_suggested() -> None:
    index = an_index(*(a_title(f"Mat {n}", views=5) for n in range(20)), "Mắt biếc", "Mất tích")
    for text in ("mắ", "mắt"):
        assert suggesting(index, [])(text)[0] == ("title", "Mắt biếc")


def test_among_very_many_that_begin_so_the_most_viewed_are_suggested() -> None:
    index = an_index(*(a_title(f"Phim {n}", views=n) for n in range(1_500)))
    items = suggesting(index, [f"Phim {n}" for n in reversed(range(1_500))])("ph")
    assert items == [("title", f"Phim {n}") for n in range(1_499, 1_491, -1)]


def test_slips_and_people_beside_a_title_are_understood_here_too() -> None:
    index = an_index(a_title("Interstellar", directors=["Christopher Nolan"]), "Inter", "Mai")
    assert suggesting(index, [])("interstelar") == [("title", "Interstellar")]
    assert suggesting(index, [])("nolan inters")[0] == ("title", "Interstellar")


def test_a_person_is_found_by_any_of_their_names() -> None:
    index = an_index(a_title("One", cast=["Tom Hanks"]), a_title("Two", cast=["Tom Hanks", "Hank Azaria"]))
    assert suggesting(index, [])("hank") == [("person", "Hank Azaria"), ("person", "Tom Hanks")]


def test_a_genre_without_titles_is_not_suggested() -> None:
    index = an_index(a_title("Phim", genres=["Hài"]))
    assert ("genre", "hai") in suggesting(index, [])("hài")
    index.remove("Phim")
    assert suggesting(index, [])("hài") == []
