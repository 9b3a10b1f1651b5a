"""What is found, and in which order."""

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smovie.search.finder import find
from smovie.search.index import SearchIndex
from smovie.search.keys import folded_key
from smovie.search.suggesting import suggest
from tests.search.titles import a_title, an_index, found
from tests.support.catalogue import demo_files, movies_of

repeatable = settings(derandomize=True, deadline=None, max_examples=200)


@pytest.fixture(scope="module")
def demo() -> SearchIndex:
    return an_index(*movies_of(*demo_files()))


# -- marks -------------------------------------------------------------------------------------------------------------


def test_typed_without_marks_everything_is_found() -> None:
    index = an_index("Má", "Ma", "Mã", "Mạ")
    assert sorted(found(index, "ma")) == ["Ma", "Má", "Mã", "Mạ"]
    assert found(index, "ma")[0] == "Ma"


@pytest.mark.parametrize("title", ["Má", "Ma", "Mã", "Mạ"])
def test_typed_with_marks_the_title_with_those_comes_first_and_the_others_stay(title: str) -> None:
    hits = found(an_index("Má", "Ma", "Mã", "Mạ"), title.lower())
    assert hits[0] == title
    assert len(hits) == 4


@pytest.mark.parametrize("typed", ["mưa", "mùa"])
def test_marks_order_longer_titles_too(typed: str) -> None:
    index = an_index("Mùa hè năm ấy", "Mưa hè năm ấy")
    assert found(index, f"{typed} hè")[0].lower().startswith(typed)


@pytest.mark.parametrize(
    ("title", "typed"), [("Hoà bình", "hòa bình"), ("Thúy Kiều", "thuý kiều"), ("Quý tử", "qúy tử")]
)
def test_both_places_of_a_tone_are_exact(title: str, typed: str) -> None:
    [hit] = find(an_index(title), typed, 20).hits
    assert (hit.tier, hit.score) == ("exact", 100.0)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_how_marks_are_stored_does_not_matter(form: str) -> None:
    index = an_index(a_title(unicodedata.normalize(form, "Đừng đốt"), id="it"), "Dung dot")
    for typed in ("NFC", "NFD"):
        assert found(index, unicodedata.normalize(typed, "đừng đốt"))[0] == "it"


@repeatable
@given(st.text(min_size=1, max_size=40), st.lists(st.text(min_size=1, max_size=20), max_size=5))
def test_what_folds_to_the_same_as_a_title_finds_it(title: str, others: list[str]) -> None:
    if not folded_key(title):
        return
    index = an_index(a_title(title, id="it"), *(a_title(other, id=f"other {n}") for n, other in enumerate(others)))
    for typed in (title, title.upper() if folded_key(title.upper()) == folded_key(title) else title, folded_key(title)):
        assert "it" in found(index, typed)


# -- tiers -------------------------------------------------------------------------------------------------------------


def test_tiers_come_in_order() -> None:
    index = an_index(
        "Alien", "Aliens", a_title("Cabin", cast=["Ali Enright"]), a_title("The Thing", aliases=("Alien thing",))
    )
    hits = {hit.id: hit for hit in find(index, "alien", 20).hits}
    assert hits["Alien"].tier == "exact"
    assert hits["Aliens"].tier == "title"
    [by_person] = find(index, "ali enright", 20).hits[:1]
    assert (by_person.id, by_person.tier) == ("Cabin", "text")


def test_scores_are_between_0_and_100_and_fall(demo: SearchIndex) -> None:
    for text in ("bo gia", "trần anh hùng", "nolan interstellar", "phim kinh dị", "tokio"):
        hits = find(demo, text, 20).hits
        rest = [hit.score for hit in hits if hit.tier != "exact"]
        assert all(0 <= hit.score <= 100 for hit in hits)
        assert all(one >= other - 0.5 for one, other in pairwise(rest)), (text, hits)


def test_of_titles_that_are_alike_the_more_viewed_then_the_newer_comes_first() -> None:
    index = an_index(
        a_title("Roma", id="old", year=1972), a_title("Roma", id="new", year=2018), a_title("Roma", id="seen", views=5)
    )
    assert found(index, "roma") == ["seen", "new", "old"]


def test_a_year_says_which_one() -> None:
    index = an_index(a_title("King Kong", id="1933", year=1933), a_title("King Kong", id="2005", year=2005))
    assert found(index, "king kong 1933")[0] == "1933"
    assert found(index, "2005 king kong")[0] == "2005"


def test_a_year_that_is_the_title_is_a_title() -> None:
    assert found(an_index(a_title("1984", year=1956), a_title("Other", year=1984)), "1984")[0] == "1984"


@pytest.mark.parametrize(
    ("title", "typed"),
    [
        ("Rocky II", "rocky 2"), ("Rocky II", "Rocky two"), ("Seven Samurai", "7 samurai"),
        ("3 Idiots", "three idiots"),
        ("Lật mặt 7", "lat mat bay"), ("Toy Story 3", "toy story iii"), ("Spider-Man", "spiderman"),
        ("Oldboy", "old boy"), ("Sài Gòn", "saigon"), ("WALL-E", "walle"), ("The Wire", "wire"),
        ("Tiffany's", "tiffanys"), ("Tiffany's", "tiffany s"), ("M*A*S*H", "mash"), ("$", "$"),
    ],
)  # fmt: skip
def test_another_spelling_of_a_whole_name_is_exact(title: str, typed: str) -> None:
    hits = find(an_index(title, "Something else"), typed, 20).hits
    assert (hits[0].id, hits[0].tier) == (title, "exact")


def test_a_number_that_is_missing_counts() -> None:
    index = an_index("The Godfather", "The Godfather Part II", "The Godfather Part III")
    assert found(index, "godfather 3")[0] == "The Godfather Part III"


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("shawshenk", "The Shawshank Redemption"), ("gofather", "The Godfather"), ("interstelar", "Interstellar"),
        ("oppenhiemer", "Oppenheimer"), ("ký xinh trùng", "Parasite"), ("mat biet", "Mắt biếc"),
        ("sait gon biet dong", "Biệt động Sài Gòn"), ("mawts bieecs", "Mắt biếc"),
        ("ddaats rungwf", "Đất rừng phương Nam"),
    ],
)  # fmt: skip
def test_slips_of_the_fingers_are_forgiven(demo: SearchIndex, typed: str, title: str) -> None:
    titles = map(demo.__getitem__, range(len(demo)))
    wanted = next(one.id for one in titles if title in {name.shown for name in one.names})
    assert found(demo, typed)[0] == wanted


def test_words_that_say_much_count_more_than_those_that_say_little() -> None:
    index = an_index("The Man of the House", "The Lighthouse", *(f"The Man {n}" for n in range(30)))
    assert found(index, "the lighthouse man")[0] == "The Lighthouse"


# -- people and genres -------------------------------------------------------------------------------------------------


def test_people_lead_to_their_titles_and_the_title_beside_them_decides() -> None:
    index = an_index(
        a_title("Mai", directors=["Trấn Thành"]), a_title("Bố già", directors=["Trấn Thành"]),
        a_title("The Godfather", vi="Bố già", cast=["Al Pacino"]),
    )  # fmt: skip
    assert set(found(index, "tran thanh")) == {"Mai", "Bố già"}
    assert found(index, "bố già trấn thành")[0] == "Bố già"
    assert found(index, "bo gia pacino")[0] == "The Godfather"


def test_a_full_name_comes_before_two_people_who_share_it() -> None:
    index = an_index(a_title("Both", cast=["John Ford", "Ann Wayne"]), a_title("One", cast=["John Wayne"]))
    assert found(index, "john wayne")[0] == "One"


def test_a_genre_finds_its_titles() -> None:
    index = an_index(a_title("Bóng đêm", genres=["Kinh dị"]), a_title("Nắng", genres=["Hài"]), a_title("Kinh thành"))
    assert "Bóng đêm" in found(index, "phim kinh di")


# -- any text ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["", "   ", "\u0301\u0309", "😀😀", "\x00\x01\x1f", "\ud800", "\udfff abc", "a" * 4096, "đ " * 2048, "%00",
     "ﷺ" * 300, "'", "''s", "ế" * 4096, "\u200d" * 100, "1" * 500, "the of a"],
)  # fmt: skip
def test_no_text_fails(demo: SearchIndex, text: str) -> None:
    find(demo, text, 20)
    suggest(demo, text, lambda: (), lambda _: ())


@repeatable
@given(st.text(st.characters(), max_size=60))
def test_no_text_at_all_fails(demo: SearchIndex, text: str) -> None:
    find(demo, text, 20)
    suggest(demo, text, lambda: (), lambda _: ())


def test_nothing_is_found_for_nothing(demo: SearchIndex) -> None:
    for text in ("", " ", "\u0301", "😀", "qzxv wqkj"):
        assert find(demo, text, 20).hits == []
