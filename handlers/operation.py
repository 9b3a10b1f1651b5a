"""An operation of the API, declared once: its signature both validates and makes the OpenAPI file.

A method of a handler says what it takes by annotation (`query: MovieQuery`, `body: Registration`) and what it is by
`@operation`. The decorator admits the caller, parses what is declared, and calls the method with nouns.
"""

import functools
import inspect
import typing
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from handlers.access import Access
from smovie.models.base import Model

MULTIPART_BYTES = 16 << 10  # what a multipart body may hold beside its file

Method = Callable[..., Awaitable[None]]


@dataclass(frozen=True)
class Upload:
    """A file in a multipart body: the name of its part, what it may weigh, and of which media types it should be."""

    part: str
    max_bytes: int
    media_types: tuple[str, ...]

    @property
    def max_body_bytes(self) -> int:
        return self.max_bytes + MULTIPART_BYTES


@dataclass(frozen=True)
class Operation:
    """What one method of one route does, for whom, with which shapes."""

    access: Access
    summary: str
    query: type[Model] | None
    body: type[Model] | None
    upload: Upload | None
    answer: type[Model] | None
    status: int
    cacheable: bool


def operation(
    *, access: Access, answer: type[Model] | None = None, status: int = 200, cacheable: bool = False,
    upload: Upload | None = None,
) -> Callable[[Method], Method]:  # fmt: skip
    """Declare a method. `answer` is the shape of its body, `cacheable` that it carries an ETag and honours 304.

    `upload` is a file that it takes, as `file`, in a body that may be larger than others' (handlers/uploads.py).
    """

    def declare(method: Method) -> Method:
        @functools.cache  # at the first call and not before: an annotation may name what is defined later
        def read() -> Operation:
            return _read(method, access, answer, status, cacheable, upload)

        @functools.wraps(method)
        async def perform(self: Any, *path: str, **named: str) -> None:
            declared = read()
            await self.admit(declared.access)
            taken: dict[str, Any] = dict(named)
            if declared.query:
                taken["query"] = self.parse_query(declared.query)
            if declared.body:
                taken["body"] = self.parse_body(declared.body)
            if declared.upload:
                taken["file"] = self.parse_upload(declared.upload)
            await method(self, *path, **taken)

        perform.operation = read  # type: ignore[attr-defined]
        return perform

    return declare


def operation_of(handler: type, verb: str) -> Operation | None:
    """The declaration of a handler's method ("get", "post" …); None where it has none."""
    read = getattr(getattr(handler, verb, None), "operation", None)
    return typing.cast(Operation, read()) if read else None


def _read(
    method: Method, access: Access, answer: type[Model] | None, status: int, cacheable: bool, upload: Upload | None
) -> Operation:
    hints = typing.get_type_hints(method)
    summary = (inspect.getdoc(method) or "").partition("\n")[0].rstrip(".")
    return Operation(access, summary, hints.get("query"), hints.get("body"), upload, answer, status, cacheable)
