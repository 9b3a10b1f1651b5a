"""What is watched beside a title: by the same people, against how many watch each at all."""

from collections.abc import Iterable, Mapping

from hypothesis import given
from hypothesis import strategies as st

from smovie.discovery.co_watching import FEWEST_IN_COMMON, MOST_BESIDE, Beside, count_together
from smovie.slices import finish


def together(
    *finished: Iterable[str], known: Mapping[str, Beside] | None = None, version: int = 1
) -> dict[str, Beside]:
    return finish(count_together(finished, known or {}, version))


def best_beside(found: Mapping[str, Beside], title: str) -> list[str]:
    return list(found[title].strengths)


def test_what_three_people_finished_is_beside_and_what_two_did_is_not() -> None:
    assert best_beside(together("ab", "ab", "abc", "c"), "a") == ["b"]
    assert together("ab", "ab", "c") == {}


def test_who_finished_a_title_twice_counts_once() -> None:
    assert together("abab", "ab", "ba") == together("ab", "ab", "ab")
    assert together("aab", "ab") == {}


def test_what_everybody_has_seen_is_less_beside_than_what_the_same_people_see() -> None:
    mine, others = ["abx"] * 4, ["cx", "dx", "ex"] * 4
    found = together(*mine, *others)
    assert best_beside(found, "a") == ["b", "x"]
    strengths = found["a"].strengths
    assert strengths["b"] > 1.5 * strengths["x"]


def test_many_people_in_common_say_more_than_few() -> None:
    found = together(*["ab"] * 3, *["cd"] * 30)
    assert found["c"].strengths["d"] > found["a"].strengths["b"] > 0


def test_at_most_so_many_are_kept_the_strongest_and_of_equals_the_first_by_id() -> None:
    titles = [f"t{number:02}" for number in range(MOST_BESIDE + 10)]
    found = together(*[["it", "most", *reversed(titles)]] * 4, ["it", "most"])
    assert best_beside(found, "it") == ["most", *titles[: MOST_BESIDE - 1]]


def test_what_is_as_it_was_keeps_its_version_and_what_changed_gets_another() -> None:
    before = together("ab", "ab", "ab", "cd", "cd", "cd", version=1)
    after = together("ab", "ab", "ab", *["cd"] * 9, known=before, version=2)
    assert {title: beside.version for title, beside in after.items()} == {"a": 1, "b": 1, "c": 2, "d": 2}


@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=6), max_size=20))
def test_it_is_mutual_bounded_and_never_of_a_title_itself(finished: list[list[str]]) -> None:
    found = together(*finished)
    for title, beside in found.items():
        assert title not in beside.strengths
        for other, strength in beside.strengths.items():
            assert 0 <= strength <= 1
            assert found[other].strengths[title] == strength
            assert sum({title, other} <= set(one) for one in finished) >= FEWEST_IN_COMMON
