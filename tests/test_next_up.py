"""The rule of what comes next, case by case (docs/watching.md): each complaint about other systems by its number."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smovie.models.watching import StepKind
from smovie.next_up import Place, Step, Watched, find_following, find_step


def place(name: str) -> Place:
    """ "1x2" is the second episode of season 1."""
    season, number = name.split("x")
    return Place(int(season), int(number), f"id {name}")


def title(*names: str) -> list[Place]:
    return [place(name) for name in names]


def step(places: list[Place], *lines: tuple[str, str]) -> tuple[StepKind, str] | None:
    """What comes of lines like ("1x2", "done"), the newer first."""
    found = find_step(places, [Watched(place(name), how == "done") for name, how in lines])
    return (found.kind, f"{found.place.season}x{found.place.number}") if found else None


SEASONS = title("1x1", "1x2", "1x3", "2x1", "2x2", "3x1")
WITH_SPECIALS = title("0x1", "0x2", "1x1", "1x2", "2x1")


@pytest.mark.parametrize(
    ("watched", "expected"),
    [
        ((("1x1", "half"),), ("resume", "1x1")),
        ((("1x1", "done"),), ("next_up", "1x2")),
        ((("1x3", "done"),), ("next_up", "2x1")),
        ((("3x1", "done"),), None),
        ((("3x1", "half"),), ("resume", "3x1")),
        ((), None),
    ],
)
def test_a_half_seen_episode_is_resumed_and_a_done_one_leads_to_the_next(
    watched: tuple[tuple[str, str], ...], expected: object
) -> None:
    assert step(SEASONS, *watched) == expected


def test_next_up_follows_the_last_watched_and_not_the_first_unseen__jellyfin_11483() -> None:
    assert step(SEASONS, ("2x1", "done")) == ("next_up", "2x2")


def test_seasons_stored_out_of_order_are_walked_by_number__jellyfin_17652() -> None:
    for seed in range(20):
        shuffled = random.Random(seed).sample(SEASONS, len(SEASONS))
        assert step(shuffled, ("1x3", "done")) == ("next_up", "2x1")


def test_an_earlier_season_goes_on_though_later_ones_were_watched_before__jellyfin_17652() -> None:
    assert step(SEASONS, ("1x1", "done")) == ("next_up", "1x2")


def test_a_series_seen_again_walks_on_from_the_episode_seen_again__jellyfin_1491() -> None:
    walked = ["1x1"]
    while following := step(SEASONS, (walked[-1], "done")):
        walked.append(following[1])
    assert walked == ["1x1", "1x2", "1x3", "2x1", "2x2", "3x1"]


def test_a_finished_series_that_is_begun_anew_is_back__jellyfin_web_7362() -> None:
    assert step(SEASONS, ("3x1", "done")) is None
    assert step(SEASONS, ("1x1", "half")) == ("resume", "1x1")
    assert step(SEASONS, ("1x1", "done")) == ("next_up", "1x2")


def test_a_title_of_which_nothing_was_watched_has_no_next_up__jellyfin_4418() -> None:
    assert step(SEASONS) is None


def test_a_special_is_not_next_of_a_regular_episode() -> None:
    assert step(WITH_SPECIALS, ("1x2", "done")) == ("next_up", "2x1")
    assert step(WITH_SPECIALS, ("2x1", "done")) is None


def test_a_special_leads_to_the_next_special_and_the_last_one_back_to_the_seasons__jellyfin_7534() -> None:
    assert step(WITH_SPECIALS, ("0x1", "half"), ("1x1", "done")) == ("resume", "0x1")
    assert step(WITH_SPECIALS, ("0x1", "done"), ("1x1", "done")) == ("next_up", "0x2")
    assert step(WITH_SPECIALS, ("0x2", "done"), ("1x1", "done")) == ("next_up", "1x2")
    assert step(WITH_SPECIALS, ("0x2", "done"), ("2x1", "done")) is None, "never the special itself again"
    assert step(WITH_SPECIALS, ("0x2", "done")) is None
    assert step(WITH_SPECIALS, ("2x1", "done"), ("0x1", "half")) == ("resume", "0x1"), "what is half seen is not lost"


def test_a_half_seen_episode_is_what_a_title_goes_on_with__jellyfin_pr_10200() -> None:
    assert step(SEASONS, ("2x1", "half")) == ("resume", "2x1")


def test_a_film_is_resumed_and_never_next_up() -> None:
    film = title("1x1")
    assert step(film, ("1x1", "half")) == ("resume", "1x1")
    assert step(film, ("1x1", "done")) is None


def test_a_new_episode_brings_a_finished_series_back() -> None:
    assert step([*SEASONS, place("3x2")], ("3x1", "done")) == ("next_up", "3x2")
    assert step([place("4x1"), *SEASONS], ("3x1", "done")) == ("next_up", "4x1")


def test_an_episode_that_is_gone_leads_to_what_follows_its_place() -> None:
    rest = [one for one in SEASONS if one != place("1x2")]
    assert step(rest, ("1x2", "done")) == ("next_up", "1x3")
    assert step(rest, ("1x2", "half")) == ("next_up", "1x3")
    assert step(rest[:-1], ("3x1", "done")) is None
    assert step([], ("1x1", "half")) is None


def test_one_that_was_replaced_while_it_was_half_seen_is_what_stands_in_its_place() -> None:
    replaced = [Place(1, 2, "another") if one == place("1x2") else one for one in SEASONS]
    assert find_step(replaced, [Watched(place("1x2"), done=False)]) == Step("next_up", Place(1, 2, "another"))
    assert step(replaced, ("1x2", "done")) == ("next_up", "1x3")


def test_one_that_was_numbered_anew_counts_where_it_stands_now() -> None:
    moved = [place("1x1"), Place(2, 5, "id 1x2"), place("1x3"), place("2x1"), Place(2, 6, "last")]
    assert find_following(moved, place("1x2")) == Place(2, 6, "last")


NAMES = st.tuples(st.integers(0, 4), st.integers(0, 9)).map(lambda pair: f"{pair[0]}x{pair[1]}")


@given(st.lists(NAMES, unique=True, min_size=1), st.data())
def test_whoever_goes_on_and_on_sees_each_later_episode_of_the_line_once(names: list[str], data: st.DataObject) -> None:
    places = title(*names)
    begin = data.draw(st.sampled_from(places))
    walked, at = [begin], begin
    while (found := find_step(places, [Watched(at, done=True)])) is not None:
        at = found.place
        walked.append(at)
    line = sorted((one for one in places if one.is_special is begin.is_special), key=lambda one: one.order)
    assert walked == line[line.index(begin) :]
