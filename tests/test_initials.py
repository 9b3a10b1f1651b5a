"""Drawn avatars: which letter stands for a name, and that it can be read."""

from xml.etree import ElementTree

import pytest

from smovie.ids import new_id
from smovie.initials import COLOURS, draw_initials, draw_nobody, initial_of
from smovie.posters.palettes import contrast


@pytest.mark.parametrize(
    ("name", "letter"),
    [
        ("Nguyễn Văn An", "A"), ("lan", "L"), ("Lê Đức", "Đ"), ("Phạm Ơn", "Ơ"), ("Vũ Ấn", "Â"), ("Trần Thị Ánh", "A"),
        ("Đặng Ỷ", "Y"), ("Quang 12345", "Q"), ("Người 3fa2", "N"), ("007", "0"), ("_mai_", "M"), ("李小龙", "李"),
        ("Weiß ß", "S"), ("<b>x", "B"), ("Jürgen Öztürk", "Ö"),
    ],
)  # fmt: skip
def test_a_name_is_known_by_the_initial_of_its_last_word(name: str, letter: str) -> None:
    assert initial_of(name) == letter


def test_the_drawing_is_one_accounts_own_and_the_same_each_time() -> None:
    ids = [new_id() for _ in range(200)]
    assert draw_initials(ids[0], "Lan") == draw_initials(ids[0], "Lan")
    assert len({draw_initials(user_id, "Lan") for user_id in ids}) == len(COLOURS)


def test_what_is_drawn_is_well_formed_whatever_the_name() -> None:
    for name in ("Lan", "<&>", "&lt", '"', "&", "]]>", "名"):
        assert ElementTree.fromstring(draw_initials(new_id(), name)).tag.endswith("svg")
    assert ElementTree.fromstring(draw_nobody()).tag.endswith("svg")


def test_every_letter_can_be_read_on_its_ground() -> None:
    for top, bottom, light in COLOURS:
        assert min(contrast(light, top), contrast(light, bottom)) >= 4.5
