"""The index follows single changes: what it holds after any of them is what a fresh one would hold."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smovie.models.catalog import Movie
from smovie.search.finder import find
from smovie.search.index import SearchIndex
from smovie.search.suggesting import suggest
from smovie.search.vocabulary import Vocabulary
from tests.search.titles import a_title, an_index, found
from tests.support.catalogue import demo_files, movies_of

WORDS = ["sài", "gòn", "đất", "phương", "nam", "the", "king", "2", "ii", "bố", "già"]


def answers(index: SearchIndex) -> list[object]:
    asked = [*WORDS, "sai gon", "saigon", "king ii", "an binh", "binh", "hai", "đất phương"]
    hits = [sorted((hit.id, hit.tier, hit.score) for hit in find(index, text, 50).hits) for text in asked]
    return [
        hits,
        [sorted((item.type, item.id) for item in suggest(index, text, list, lambda _: ()).items) for text in asked],
    ]


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcd"),
            st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join),
            st.lists(st.sampled_from(["An Bình", "Bình", "Nam"]), max_size=2, unique=True),
            st.booleans(),
        ),
        max_size=12,
    )
)
def test_any_history_of_edits_ends_where_a_fresh_index_begins(history: list[tuple[str, str, list[str], bool]]) -> None:
    index, shown = SearchIndex(), dict[str, Movie]()
    for title_id, title, cast, stays in history:
        if stays:
            shown[title_id] = a_title(title, id=title_id, cast=cast, genres=["Hài"])
            index.put(shown[title_id])
        else:
            shown.pop(title_id, None)
            index.remove(title_id)
    assert answers(index) == answers(an_index(*shown.values()))
    for title_id in list(shown):
        index.remove(title_id)
    assert answers(index) == answers(SearchIndex())
    assert len(index) == 0


def test_a_renamed_title_is_found_by_its_new_name_only() -> None:
    index = an_index(a_title("Tên cũ", id="it"))
    index.put(a_title("Nhan đề mới", id="it"))
    assert found(index, "nhan de moi") == ["it"]
    assert found(index, "tên cũ") == []


def test_a_renamed_person_is_found_by_their_new_name_only() -> None:
    index = SearchIndex()
    title = a_title("Phim", cast=["Ngọc"])
    index.put(title)
    renamed = title.cast[0].model_copy(update={"name": "Lan"})
    index.put(title.model_copy(update={"cast": (renamed,)}))
    assert found(index, "lan") == ["Phim"]
    assert found(index, "ngoc") == []


def test_more_views_move_a_title_up_without_another_place_in_the_index() -> None:
    index = an_index(a_title("Roma", id="one", year=2000), a_title("Roma", id="two", year=2010))
    index.put(a_title("Roma", id="one", year=2000, views=9))
    assert found(index, "roma") == ["one", "two"]


def test_a_removed_title_that_never_was_is_no_error() -> None:
    index = an_index("Roma")
    index.remove("never")
    assert found(index, "roma") == ["Roma"]


@pytest.mark.parametrize("word", ["shawshank", "interstellar", "totoro", "trung", "phuong"])
def test_every_single_slip_leads_to_the_word(word: str) -> None:
    vocabulary = Vocabulary()
    for movie in movies_of(*demo_files()):
        for text in movie.title.lower().split():
            vocabulary.add(text)
    vocabulary.add(word)
    dice = random.Random(1)
    for place in range(len(word)):
        for slip in (
            word[:place] + word[place + 1 :],
            word[:place] + dice.choice("qxz") + word[place:],
            word[:place] + dice.choice("qxz") + word[place + 1 :],
            word[:place] + word[place + 1 : place + 2] + word[place] + word[place + 2 :],
        ):
            if slip != word:
                assert (word, 1) in vocabulary.near(slip, 1, 50), slip


def test_the_vocabulary_forgets_a_word_with_its_last_use() -> None:
    vocabulary = Vocabulary()
    vocabulary.add("phim")
    vocabulary.add("phim")
    vocabulary.remove("phim")
    assert "phim" in vocabulary
    vocabulary.remove("phim")
    assert "phim" not in vocabulary
    assert vocabulary.starting_with("p", 9) == []
    assert vocabulary.near("phin", 1, 9) == []
