"""Files of titles, line by line: plain or gzipped, our own format or Wikipedia's, told apart by themselves.

Nothing that a file may hold raises: a line that is no title becomes a `BadLine` and reading goes on.
"""

import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import orjson
from pydantic import ValidationError

from smovie.importing import wikipedia
from smovie.importing.rows import TitleRow

MOST_LINE_BYTES = 1024 * 1024
_GZIP = b"\x1f\x8b"
_UTF8_MARK = b"\xef\xbb\xbf"  # some editors begin a file with it
_EPISODE_BYTES = 150  # an episode of which only the number is known, as stored
_MOST_PROBLEMS = 3  # told of one line


@dataclass(frozen=True, slots=True)
class Entry:
    """A line that is a title. `weight` bounds its stored size from above, in bytes, before it is made."""

    line: int
    key: str
    row: TitleRow
    weight: int
    genre_names: dict[str, str] = field(default_factory=dict)  # English names of genres that may be new, by id


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no title, and why."""

    line: int
    text: str


class _Refused(Exception):
    """The line is no title; the text says why."""


def read_rows(file: io.BufferedReader) -> Iterator[Entry | BadLine]:
    """What each line is, in order, empty ones left out. `line` counts from 1, also over empty and bad ones."""
    seen: dict[str, int] = {}
    for number, line in _numbered_lines(file):
        if isinstance(line, BadLine):
            yield line
        elif line.strip():
            try:
                yield _to_entry(number, line, seen)
            except _Refused as refusal:
                yield BadLine(number, str(refusal))


def _numbered_lines(file: io.BufferedReader) -> Iterator[tuple[int, bytes | BadLine]]:
    number = 0
    try:
        for line in _lines(gzip.GzipFile(fileobj=file) if file.peek(2)[:2] == _GZIP else file):
            number += 1
            if line is None:
                yield number, BadLine(number, f"longer than {MOST_LINE_BYTES} bytes")
            else:
                yield number, line.removeprefix(_UTF8_MARK) if number == 1 else line
    except (EOFError, gzip.BadGzipFile, zlib.error):
        yield number + 1, BadLine(number + 1, "the compressed file is damaged or cut off here")


def _lines(file: BinaryIO | gzip.GzipFile) -> Iterator[bytes | None]:
    """Lines; None for one that is too long, which is never held whole."""
    while line := file.readline(MOST_LINE_BYTES + 1):
        if len(line) <= MOST_LINE_BYTES or line.endswith(b"\n"):
            yield line
        else:
            while (rest := file.readline(MOST_LINE_BYTES)) and not rest.endswith(b"\n"):
                pass
            yield None


def _to_entry(number: int, line: bytes, seen: dict[str, int]) -> Entry:
    values = _parse(line)
    try:
        if "kind" in values:
            return _own(number, len(line), TitleRow.model_validate(values), seen)
        return _of_wikipedia(number, len(line), wikipedia.WikipediaRow.model_validate(values), seen)
    except ValidationError as exc:
        hint = "" if "kind" in values else 'without "kind", so read as a row of Wikipedia\'s list: '
        raise _Refused(hint + _explain(exc)) from None


def _parse(line: bytes) -> dict[str, object]:
    try:
        values = orjson.loads(line)
    except orjson.JSONDecodeError as exc:
        try:
            line.decode()
        except UnicodeDecodeError as not_text:
            raise _Refused(f"not UTF-8 at byte {not_text.start + 1}") from None
        raise _Refused(f"not JSON: {exc.msg} at character {exc.pos + 1}") from None
    if not isinstance(values, dict):
        raise _Refused("a title is a JSON object: {…}")
    return values


def _own(number: int, size_bytes: int, row: TitleRow, seen: dict[str, int]) -> Entry:
    key = f"smovie:{row.slug or f'{row.title}|{row.year}|{row.kind}'}"
    if (earlier := seen.setdefault(key, number)) != number:
        same = "slug" if row.slug else "title, year and kind"
        raise _Refused(f"the same {same} as line {earlier}; give each its own slug")
    return Entry(number, key, row, _weight(row, size_bytes))


def _of_wikipedia(number: int, size_bytes: int, source: wikipedia.WikipediaRow, seen: dict[str, int]) -> Entry:
    row = wikipedia.to_title_row(source)
    key = wikipedia.import_key(source)
    seen[key] = times = seen.get(key, 0) + 1
    if times > 1:  # the list has it twice; by its place it is known again at the next import
        key = f"{key}#{times}"
    return Entry(number, key, row, _weight(row, size_bytes), wikipedia.genre_names(source))


def _weight(row: TitleRow, size_bytes: int) -> int:
    return size_bytes + _EPISODE_BYTES * row.most_episodes


def _explain(exc: ValidationError) -> str:
    """The first problems of a row, as "where: what"; never what stood there."""
    problems = exc.errors(include_input=False, include_url=False)
    told = []
    for problem in problems[:_MOST_PROBLEMS]:
        where = ".".join(str(step) for step in problem["loc"])
        what = problem["msg"].removeprefix("Value error, ")
        told.append((f"{where}: {what}" if where else what)[:300])
    more = len(problems) - len(told)
    return "; ".join(told) + (f"; and {more} more" if more else "")
