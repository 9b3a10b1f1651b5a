"""How Vietnamese text is found and ordered: folding, slugs, index letters, dictionary order."""

import re
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smovie.text import collation_key, first_letter, fold, slugify

repeatable = settings(derandomize=True, deadline=None, max_examples=300)

# -- fold --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Đất rừng!", "dat rung"),
        ("Mùi đu đủ xanh", "mui du du xanh"),
        ("ĐÀO, PHỞ VÀ PIANO", "dao pho va piano"),
        ("Tôi thấy hoa vàng trên cỏ xanh", "toi thay hoa vang tren co xanh"),
        ("Nghề siêu khó — 2: ươm mầm", "nghe sieu kho 2 uom mam"),
        ("  nhiều \t\n khoảng   trống ", "nhieu khoang trong"),
        ("Amélie & Łódź, Smørrebrød, Œuvre, Æon, Straße, þing", "amelie lodz smorrebrod oeuvre aeon strasse thing"),
        ("ẞ ǿ ǽ", "ss o ae"),
        ("Ｆｕｌｌ ｗｉｄｔｈ ﬁn", "full width fin"),
        ("Ⅷ ™ ℌ №", "viii tm h no"),
        ("Спутник", "спутник"),
        ("花樣年華", "花樣年華"),
        ("?!…", ""),
        ("", ""),
    ],
)
def test_folding(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_every_vietnamese_letter_folds_to_its_plain_one() -> None:
    shapes = {"a": "aăâ", "e": "eê", "i": "i", "o": "oôơ", "u": "uưư", "y": "y"}
    for plain, letters in shapes.items():
        for letter in letters:
            for tone in ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323"):
                made = letter + tone
                for form in (made, unicodedata.normalize("NFC", made), unicodedata.normalize("NFD", made)):
                    assert fold(form) == fold(form.upper()) == plain
    assert fold("đ") == fold("Đ") == "d"


def test_both_spellings_of_a_tone_are_one_word() -> None:
    assert fold("hoà thuỵ") == fold("hòa thụy")


@repeatable
@given(st.text(max_size=40))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@repeatable
@given(st.text(max_size=40))
def test_folding_leaves_letters_digits_and_single_spaces(text: str) -> None:
    folded = fold(text)
    assert folded == folded.strip() == folded.lower()
    assert all(word and word.isalnum() for word in folded.split(" ") if folded)


@repeatable
@given(st.text(max_size=40))
def test_folding_does_not_care_how_marks_are_stored(text: str) -> None:
    assert fold(unicodedata.normalize("NFC", text)) == fold(unicodedata.normalize("NFD", text))


# -- slugs and index letters -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Mùi đu đủ xanh", "mui-du-du-xanh"),
        ("Bố già (2021)", "bo-gia-2021"),
        ("  ...Đừng đốt!  ", "dung-dot"),
        ("Phim 映画 hay", "phim-hay"),
        ("花樣年華", ""),
        ("", ""),
        ("a" * 79 + " b", "a" * 79),
        ("a" * 200, "a" * 80),
    ],
)
def test_slugs(text: str, slug: str) -> None:
    assert slugify(text) == slug


@repeatable
@given(st.text(max_size=150))
def test_a_slug_is_safe_in_an_address_and_its_own_slug(text: str) -> None:
    slug = slugify(text)
    assert re.fullmatch(r"(?:[a-z0-9]+(?:-[a-z0-9]+)*)?", slug)
    assert len(slug) <= 80
    assert slugify(slug) == slug


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("Đất", "d"), ("Ước", "u"), ("“Ám ảnh”", "a"), ("Éden", "e"), ("zorro", "z"), ("Ł", "l"),
        ("1990", "#"), ("花", "#"), ("Ж", "#"), ("", "#"), ("!", "#"),
    ],
)  # fmt: skip
def test_the_index_letter(text: str, letter: str) -> None:
    assert first_letter(text) == letter


# -- order -------------------------------------------------------------------------------------------------------------


def in_order(*texts: str) -> bool:
    keys = [collation_key(text) for text in texts]
    return all(one < other for one, other in pairwise(keys))


def test_letters_stand_in_the_order_of_the_vietnamese_alphabet() -> None:
    assert in_order(*"aăâbcdđeêfghijklmnoôơpqrstuưvwxyz")


@pytest.mark.parametrize("letter", "aăâeêioôơuưy")
def test_tones_stand_in_dictionary_order(letter: str) -> None:
    marks = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")  # level, huyền, hỏi, ngã, sắc, nặng
    assert in_order(*(unicodedata.normalize("NFC", letter + mark) for mark in marks))


def test_letters_decide_before_tones() -> None:
    assert in_order("ma", "mà", "mả", "mã", "má", "mạ", "mai", "mắm", "mâm", "mẹ")


def test_the_earlier_tone_decides_before_the_later() -> None:
    assert in_order("ba ba", "ba bà", "bà ba", "bá ba")


def test_d_and_đ_are_two_letters() -> None:
    assert in_order("dương", "đa", "đất", "e")


def test_a_shorter_title_stands_before_the_longer() -> None:
    assert in_order("Bố", "Bố già", "Bố già 2", "Bốn")


def test_digits_stand_before_letters_and_other_scripts_after() -> None:
    assert in_order("1990", "9 ngày", "An", "Zorro", "花", "花樣")


def test_case_punctuation_and_the_storage_of_marks_do_not_matter() -> None:
    assert collation_key("Đừng  ĐỐT!") == collation_key("đừng đốt")
    assert collation_key(unicodedata.normalize("NFD", "Ướt mi")) == collation_key("Ướt mi")


def test_foreign_letters_stand_by_their_base() -> None:
    assert in_order("n", "ñandu", "o")
    assert in_order("nz", "ö", "p")
    assert in_order("lm", "łn", "m")


def test_a_letter_of_no_alphabet_we_know_is_not_taken_for_an_a() -> None:
    assert in_order("a", "z", "ͺ")


@repeatable
@given(st.text(max_size=30))
def test_any_text_has_a_key(text: str) -> None:
    key = collation_key(text)
    assert isinstance(key, str)
    assert collation_key(text.lower()) == key
