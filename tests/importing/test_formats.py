"""Files line by line: formats told apart, and whatever is wrong told with its line number."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smovie.importing.batches import in_batches
from smovie.importing.formats import MOST_LINE_BYTES, BadLine, Entry, read_rows

OURS = b'{"kind": "movie", "slug": "mui-du-du-xanh", "title": "The Scent of Green Papaya"}'
WIKIPEDIA = b'{"title": "The Kid", "year": 1921, "cast": [], "genres": ["Silent"], "href": "The_Kid"}'


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def read_content(content: bytes) -> list[Entry | BadLine]:
        path = tmp_path / "titles"
        path.write_bytes(content)
        with path.open("rb") as file:
            return list(read_rows(file))

    return read_content


def keys(rows: list[Entry | BadLine]) -> list[tuple[int, str]]:
    return [(row.line, row.key if isinstance(row, Entry) else "bad") for row in rows]


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
def test_both_formats_are_told_apart_row_by_row(read: Any, pack: Any) -> None:
    rows = read(pack(OURS + b"\n\n" + WIKIPEDIA + b"\r\n"))
    assert keys(rows) == [(1, "smovie:mui-du-du-xanh"), (3, "wikipedia:The Kid|1921|The_Kid")]
    assert rows[1].genre_names == {"silent": "Silent"}


def test_a_row_without_slug_is_known_by_title_year_and_kind(read: Any) -> None:
    rows = read(b'{"kind": "series", "title": "Pilot", "year": 2008}\n{"kind": "movie", "title": "Pilot"}')
    assert keys(rows) == [(1, "smovie:Pilot|2008|series"), (2, "smovie:Pilot|None|movie")]


def test_a_film_that_the_list_has_twice_is_numbered_and_ours_is_refused(read: Any) -> None:
    rows = read(b"\n".join([WIKIPEDIA, OURS, WIKIPEDIA, OURS, WIKIPEDIA]))
    key = "wikipedia:The Kid|1921|The_Kid"
    assert keys(rows) == [(1, key), (2, "smovie:mui-du-du-xanh"), (3, f"{key}#2"), (4, "bad"), (5, f"{key}#3")]
    assert "line 2" in rows[3].text


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b"{", "not JSON"),
        (b'{"kind": "movie", "title": "\xff"}', "not UTF-8"),
        (b'{"kind": "movie", "title": "\\ud800"}', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "JSON object"),
        (b'"title"', "JSON object"),
        (b'{"kind": "movie"}', "title: Field required"),
        (b'{"kind": "movie", "title": "A", "colour": 1}', "colour: Extra inputs"),
        (b'{"kind": "movie", "title": "A", "seasons": [{"number": 1}]}', "a film has no seasons"),
        (b'{"kind": "series", "title": "A", "seasons": [{"number": 1}, {"number": 1}]}', "season 1 stands there twice"),
        (b'{"title": "A"}', 'without "kind"'),
        (b'{"kind": "movie", "title": "' + b"a" * MOST_LINE_BYTES + b'"}', "longer than"),
    ],
)
def test_a_bad_line_is_told_and_reading_goes_on(read: Any, line: bytes, text: str) -> None:
    bad, good = read(line + b"\n" + OURS)
    assert isinstance(bad, BadLine)
    assert (bad.line, good.line) == (1, 2)
    assert text in bad.text


def test_what_stood_in_a_bad_row_is_not_repeated(read: Any) -> None:
    (bad,) = read(b'{"kind": "movie", "title": 5, "slug": "a secret", "year": "a secret"}')
    assert "secret" not in bad.text


def test_a_file_that_begins_with_a_byte_order_mark_is_read(read: Any) -> None:
    assert keys(read(b"\xef\xbb\xbf" + OURS)) == [(1, "smovie:mui-du-du-xanh")]


@pytest.mark.parametrize("damage", [lambda packed: packed[:-12], lambda packed: packed[:10] + b"\xff" * 30])
def test_a_damaged_gzip_file_says_so(read: Any, damage: Any) -> None:
    rows = read(damage(gzip.compress(OURS + b"\n")))
    assert isinstance(rows[-1], BadLine)
    assert "damaged" in rows[-1].text


def test_the_example_of_the_manual_is_a_row(read: Any) -> None:
    manual = (Path(__file__).parents[2] / "docs" / "import.md").read_text(encoding="utf-8")
    example = manual.split("```json\n")[1].split("```")[0]
    assert keys(read(example.replace("\n", " ").encode())) == [(1, "smovie:the-long-harbour")]


def test_an_empty_file_has_no_rows(read: Any) -> None:
    assert read(b"") == []
    assert read(gzip.compress(b"")) == []


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.binary(max_size=100).map(lambda tail: b"\x1f\x8b" + tail)))
def test_no_bytes_raise(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(content)
    with path.open("rb") as file:
        assert all(isinstance(row, BadLine) for row in read_rows(file))


def test_batches_are_bounded_by_rows_and_by_weight(read: Any) -> None:
    series = {"kind": "series", "title": "A", "seasons": [{"number": 1, "episode_count": 10_000}]}
    heavy = b"\n".join(json.dumps({**series, "slug": f"a{n}"}).encode() for n in range(7))
    assert [len(batch) for batch in in_batches(read(heavy))] == [3, 3, 1]
    assert [len(batch) for batch in in_batches(read(b"{\n" * 2_500))] == [1_000, 1_000, 500]
