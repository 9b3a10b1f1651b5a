"""Range headers (RFC 9110, 14), case by case, for a file of 1,000 bytes."""

import pytest

from handlers.ranges import wanted_span

SIZE = 1_000


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-0", range(1)), ("bytes=0-499", range(500)), ("bytes=500-999", range(500, 1_000)),
        ("bytes=0-", range(1_000)), ("bytes=999-", range(999, 1_000)), ("bytes=500-5000", range(500, 1_000)),
        ("bytes=0-999999999999999999", range(1_000)), ("bytes=-1", range(999, 1_000)),
        ("bytes=-500", range(500, 1_000)), ("bytes=-1000", range(1_000)), ("bytes=-5000", range(1_000)),
        ("Bytes=0-0", range(1)), ("bytes = 0-0 ", range(1)),
    ],
)  # fmt: skip
def test_one_span_is_given(header: str, span: range) -> None:
    assert wanted_span(header, SIZE) == span


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=1000-2000", "bytes=5000-5001", "bytes=-0", "bytes=-000"])
def test_a_span_of_which_nothing_is_there_is_empty(header: str) -> None:
    span = wanted_span(header, SIZE)
    assert span is not None and not span


@pytest.mark.parametrize("header", ["bytes=0-", "bytes=0-0", "bytes=-1"])
def test_an_empty_file_has_no_span(header: str) -> None:
    span = wanted_span(header, 0)
    assert span is not None and not span


@pytest.mark.parametrize(
    "header",
    [
        "", "bytes", "bytes=", "bytes=-", "bytes=--1", "bytes=a-b", "bytes=5-4", "bytes=1", "bytes=0x0-1",
        "bytes=0-1-2", "bytes=+1-2", "bytes=1_0-20", "bytes=١-٢", "bytes=0.0-1", "items=0-1",
        "seconds=0-1", "=0-1", "bytes:0-1",
        "bytes=0-1,5-6", "bytes=0-1, -1", "bytes=,0-1", "bytes=0-" + "9" * 5_000, "bytes=" + "9" * 5_000 + "-",
        "x" * 9_999,
    ],
)  # fmt: skip
def test_anything_else_is_answered_with_the_whole(header: str) -> None:
    assert wanted_span(header, SIZE) is None
