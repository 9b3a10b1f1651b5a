"""The checker's judgement: what is planted is found, at the instance that showed it, and nothing else."""

import pytest

from bench.verdict import Facts, Order, SeqTrack, Verdict, View, judge

ONE, TWO = "http://one", "http://two"
TEXTS = {"c1": "một", "c2": "hai", "c3": "ba"}


def a_view(name: str) -> View:
    """Somebody who has seen everything, live."""
    view = View(name, dict(TEXTS))
    for seq in (1, 2, 3):
        view.track.take(seq)
    return view


@pytest.fixture
def facts() -> dict[str, Facts]:
    """Three comments, said at the first of two instances, seen at both."""
    acknowledged = [(text, comment_id) for comment_id, text in TEXTS.items()]
    return {
        ONE: Facts(acknowledged=acknowledged, views=[a_view("an")], stored=dict(TEXTS)),
        TWO: Facts(views=[a_view("binh")], stored=dict(TEXTS)),
    }


def verdicts(facts: dict[str, Facts]) -> tuple[Verdict, Verdict]:
    found = judge(set(TEXTS.values()), facts)
    return found[ONE], found[TWO]


def counts(verdict: Verdict) -> dict[str, int]:
    return {kind: len(found) for kind, found in vars(verdict).items() if found}


def test_nothing_is_found_where_nothing_is_wrong(facts: dict[str, Facts]) -> None:
    one, two = verdicts(facts)
    assert one.is_clean and two.is_clean


def test_what_was_acknowledged_and_is_not_stored_is_lost_where_it_was_acknowledged(facts: dict[str, Facts]) -> None:
    for each in facts.values():
        del each.stored["c2"]
        del each.views[0].comments["c2"]
    one, two = verdicts(facts)
    assert one.lost == ["acknowledged as c2, not stored: hai"]
    assert two.is_clean


def test_what_was_acknowledged_under_an_id_that_holds_something_else_is_lost(facts: dict[str, Facts]) -> None:
    facts[ONE].acknowledged[1] = ("hai", "c3")
    one, _ = verdicts(facts)
    assert counts(one) == {"lost": 1}


def test_what_nobody_ever_acknowledged_is_lost(facts: dict[str, Facts]) -> None:
    facts[TWO].never_acknowledged.append("bốn")
    one, two = verdicts(facts)
    assert one.is_clean
    assert two.lost == ["never acknowledged: bốn"]


def test_what_one_client_was_never_shown_is_lost_at_its_instance(facts: dict[str, Facts]) -> None:
    del facts[TWO].views[0].comments["c1"]
    one, two = verdicts(facts)
    assert one.is_clean
    assert two.lost == ["binh: never shown một"]


def test_what_the_page_of_one_instance_lacks_is_lost_there(facts: dict[str, Facts]) -> None:
    del facts[TWO].stored["c1"]
    one, two = verdicts(facts)
    assert one.is_clean
    assert two.lost == ["REST lacks: một"]


def test_what_is_stored_twice_is_doubled_for_everybody_who_saw_it(facts: dict[str, Facts]) -> None:
    facts[ONE].stored["c4"] = facts[ONE].views[0].comments["c4"] = "hai"
    facts[TWO].stored["c4"] = "hai"
    one, two = verdicts(facts)
    assert counts(one) == {"doubled": 2}
    assert counts(two) == {"doubled": 1, "lost": 1}


def test_one_comment_acknowledged_with_two_ids_is_doubled(facts: dict[str, Facts]) -> None:
    facts[ONE].acknowledged.append(("hai", "c4"))
    one, _ = verdicts(facts)
    assert one.doubled == ["acknowledged with two ids, twice: hai"]


def test_an_acknowledgement_that_comes_again_is_not_doubled(facts: dict[str, Facts]) -> None:
    facts[ONE].acknowledged.append(("hai", "c2"))
    one, _ = verdicts(facts)
    assert one.is_clean


def test_what_was_shown_and_is_not_stored_is_a_phantom(facts: dict[str, Facts]) -> None:
    facts[TWO].views[0].comments["c4"] = "bốn"
    one, two = verdicts(facts)
    assert one.is_clean
    assert two.phantom == ["binh: shown, not stored: bốn"]


def test_what_is_shown_in_other_words_than_it_is_stored_in_is_a_phantom(facts: dict[str, Facts]) -> None:
    facts[ONE].views[0].comments["c2"] = "h a i"
    one, _ = verdicts(facts)
    assert counts(one) == {"phantom": 1}


def test_what_is_stored_and_nobody_said_is_a_phantom(facts: dict[str, Facts]) -> None:
    for each in facts.values():
        each.stored["c4"] = each.views[0].comments["c4"] = "ai nói?"
    assert [counts(verdict) for verdict in verdicts(facts)] == [{"phantom": 1}] * 2


@pytest.mark.parametrize(
    ("seqs", "found"),
    [
        ([1, 2, 3], {}),
        ([1, 3], {"lost": 1}),
        ([1, 4], {"lost": 2}),
        ([1, 2, 2, 3], {"doubled": 1}),
        ([1, 3, 2], {"reordered": 1}),
        ([1, 3, 2, 2], {"reordered": 1, "doubled": 1}),
    ],
)
def test_numbers_that_are_missing_late_or_come_twice_are_found(
    facts: dict[str, Facts], seqs: list[int], found: dict[str, int]
) -> None:
    track = facts[TWO].views[0].track = SeqTrack()
    for seq in seqs:
        track.take(seq)
    one, two = verdicts(facts)
    assert one.is_clean
    assert counts(two) == found


def test_a_fresh_page_excuses_what_came_before_it(facts: dict[str, Facts]) -> None:
    track = facts[TWO].views[0].track = SeqTrack()
    track.take(1)
    track.begin(7)
    track.take(8)
    assert verdicts(facts)[1].is_clean


def test_two_clients_that_are_told_different_comments_at_one_position_disagree(facts: dict[str, Facts]) -> None:
    order = Order()
    for _ in range(2):
        assert not order.objects("e", 1, "c1")
        assert not order.objects("e", 2, "c2")
        assert not order.objects("another epoch", 1, "c2")
    objection = order.objects("e", 1, "c2")
    assert objection == "c2 at 1 of e, where others had c1"
    facts[TWO].views[0].disagreed.append(objection)
    assert counts(verdicts(facts)[1]) == {"reordered": 1}


def test_what_lies_after_a_position_is_known() -> None:
    order = Order()
    for seq, comment_id in enumerate(TEXTS, 1):
        order.objects("e", seq, comment_id)
    assert order.later("e", 1) == {"c2", "c3"}
    assert order.later("another", 0) == set()
