"""What names and queries are compared by."""

import pytest

from smovie.search.keys import exact_key, folded_key, in_digits, joined_keys, number_forms, without_article
from smovie.search.telex import read_telex


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Đất rừng phương Nam!", "dat rung phuong nam"),
        ("Breakfast at Tiffany's", "breakfast at tiffanys"),
        ("It’s a Wonderful Life", "its a wonderful life"),
        ("L'Odeur de la papaye", "l odeur de la papaye"),
        ("M*A*S*H", "m a s h"),
        ("$", "$"),
        ("???  !", "??? !"),
        ("", ""),
    ],
)
def test_folded_keys(text: str, key: str) -> None:
    assert folded_key(text) == key


@pytest.mark.parametrize(("one", "other"), [("Hoà", "hòa"), ("thuỵ", "Thụy"), ("qúy", "quý"), ("Tuỳ", "tùy")])
def test_a_tone_may_stand_in_either_place(one: str, other: str) -> None:
    assert exact_key(one) == exact_key(other)


@pytest.mark.parametrize(("one", "other"), [("ma", "má"), ("má", "mà"), ("mua", "mưa"), ("dao", "đào"), ("bo", "bố")])
def test_marks_make_another_exact_key(one: str, other: str) -> None:
    assert exact_key(one) != exact_key(other)
    assert folded_key(one) == folded_key(other)


@pytest.mark.parametrize(("typed", "word"), [("mắ", "mắt"), ("tiế", "tiếc"), ("đườ", "đường"), ("hò", "hoà")])
def test_what_is_typed_of_a_word_begins_its_key(typed: str, word: str) -> None:
    assert exact_key(word).startswith(exact_key(typed))


def test_numbers_are_one_in_all_their_forms() -> None:
    assert in_digits("rocky ii") == in_digits("rocky two") == in_digits("rocky 2") == "rocky 2"
    assert in_digits("lat mat bay") == "lat mat 7"
    assert set(number_forms("3")) == {"three", "ba", "iii"}
    assert number_forms("rocky") == ()


def test_a_whole_name_is_known_without_spaces_and_article() -> None:
    assert {"thewire", "wire"} <= joined_keys("the wire")
    assert "rocky2" in joined_keys("rocky ii")
    assert without_article("the") == "the"
    assert without_article("theory") == "theory"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("dduwowngf", "đường"),
        ("duwowngf", "dường"),
        ("ddaof phowr", "đào phở"),
        ("mawts bieecs", "mắt biếc"),
        ("rungwf", "rừng"),
        ("nguoiwf", "người"),
        ("tieengs Vieetj", "tiếng việt"),
        ("toans", "toán"),
        ("toasn", "toán"),
        ("hòa 2021", "hòa 2021"),
    ],
)
def test_telex_that_no_input_method_has_read(typed: str, meant: str) -> None:
    assert exact_key(read_telex(typed)) == exact_key(meant)
