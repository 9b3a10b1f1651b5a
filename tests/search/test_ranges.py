"""Where the words of a query stand in what is shown."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smovie.search.keys import folded_key
from smovie.search.ranges import Marker


def marked(text: str, query: str) -> list[str]:
    return [text[start:end] for start, end in Marker(folded_key(query).split()).ranges(text)]


@pytest.mark.parametrize(
    ("text", "query", "parts"),
    [
        ("Bố già", "bo gia", ["Bố già"]),
        ("Bố già", "già", ["già"]),
        ("Đất rừng phương Nam", "dat nam", ["Đất", "Nam"]),
        ("Interstellar", "inters", ["Inters"]),
        ("Biệt động Sài Gòn", "saigon", ["Sài Gòn"]),
        ("Oldboy", "old boy", ["Oldboy"]),
        ("Breakfast at Tiffany's", "tiffanys", ["Tiffany's"]),
        ("L'Odeur de la papaye verte", "odeur verte", ["Odeur", "verte"]),
        ("Rocky II", "rocky 2", ["Rocky II"]),
        ("The Shawshank Redemption", "shawshenk", ["Shawshank"]),
        ("Cœur", "co", ["Cœ"]),
        ("😀 Phim 𝔸 hay", "hay", ["hay"]),
        ("千と千尋の神隠し", "千と", ["千と"]),
        ("Mai", "xyz", []),
        ("", "a", []),
        ("<b>Mai</b>", "mai", ["Mai"]),
    ],
)
def test_ranges(text: str, query: str, parts: list[str]) -> None:
    assert marked(text, query) == parts


def test_marks_that_stand_apart_belong_to_their_letter() -> None:
    text = unicodedata.normalize("NFD", "Bố già")
    assert marked(text, "bo") == [unicodedata.normalize("NFD", "Bố")]


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.text(max_size=50), st.lists(st.text(max_size=10), max_size=4))
def test_ranges_are_ordered_apart_and_within_the_text(text: str, words: list[str]) -> None:
    end = 0
    for start, stop in Marker([key for word in words for key in folded_key(word).split()]).ranges(text):
        assert end <= start < stop <= len(text)
        end = stop


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.text(max_size=40))
def test_a_text_is_marked_when_it_is_searched_for(text: str) -> None:
    words = folded_key(text).split()
    if any(char.isalnum() for char in folded_key(text)):
        assert Marker(words).ranges(text)
