"""Bodies with a file, which may be larger than others: read only for who may send one, and one at a time of each."""

import re

from tornado.httputil import HTTPFile, HTTPInputError, parse_multipart_form_data
from tornado.web import stream_request_body

from handlers.base import ApiHandler
from handlers.openapi import VERBS
from handlers.operation import Operation, Upload, operation_of
from handlers.problems import pointer_to
from handlers.route import Route
from smovie.errors import Invalid, TooMany, Unavailable, Unsupported

MAX_BODY_BYTES = 1 << 20  # of a request whose operation takes no upload
MOST_AT_ONCE = 32  # uploads under way, each with a body in memory


class BodyBounds:
    """How many bytes the body of a request may have, before a handler is chosen."""

    def __init__(self, routes: tuple[Route, ...]) -> None:
        self._larger = [
            (verb.upper(), re.compile(route.pattern), declared.upload.max_body_bytes)
            for route in routes
            for verb in VERBS
            if (declared := operation_of(route.handler, verb)) and declared.upload
        ]

    def of(self, method: str, path: str) -> int:
        """The bound for a method and a path without its query."""
        fitting = (bound for verb, pattern, bound in self._larger if verb == method and pattern.fullmatch(path))
        return next(fitting, MAX_BODY_BYTES)


@stream_request_body
class UploadHandler(ApiHandler):
    """A resource with an operation that takes an upload.

    Tornado hands over the body as it comes, once `prepare` is done: so what can be refused by its headers is, and then
    its body is thrown away as it arrives.
    """

    def initialize(self) -> None:
        super().initialize()
        self._body = bytearray()
        self._uploader: str | None = None  # the caller whose body is taken
        self._is_over = False

    async def prepare(self) -> None:
        declared = self._declared()
        if declared and declared.upload:
            await self.admit(declared.access)
            _boundary_in(self.request.headers.get("Content-Type", ""))
            self._begin(self.caller.user_id)

    def data_received(self, chunk: bytes) -> None:
        if self._uploader:
            self._body += chunk

    def parse_upload(self, upload: Upload) -> bytes:
        """The file of the body, which holds that and nothing else. Errors: Invalid; Unsupported for another kind of
        body."""
        files: dict[str, list[HTTPFile]] = {}
        fields: dict[str, list[bytes]] = {}  # a part without a file name counts as one
        boundary = _boundary_in(self.request.headers.get("Content-Type", ""))
        try:
            parse_multipart_form_data(boundary.encode(), bytes(self._body), fields, files)
        except (HTTPInputError, ValueError):
            raise Invalid("malformed_multipart") from None
        self._body.clear()
        for name, found in files.items():
            fields.setdefault(name, []).extend(file.body for file in found)
        if unknown := sorted(set(fields) - {upload.part}):
            raise Invalid(errors=[(pointer_to(name), "invalid_unknown_member", {}) for name in unknown])
        if len(fields.get(upload.part, ())) != 1:
            raise Invalid(errors=[(pointer_to(upload.part), "invalid_missing", {})])
        return fields[upload.part][0]

    def on_finish(self) -> None:
        if not self._is_over:
            self._is_over = True
            if self._uploader:
                self.runtime.traffic.uploading.discard(self._uploader)
            super().on_finish()

    def on_connection_close(self) -> None:
        was_cut = not self.request._body_future.done()  # then Tornado leaves off here, without a finish
        super().on_connection_close()
        if was_cut:
            self.on_finish()

    def _declared(self) -> Operation | None:
        return operation_of(type(self), (self.request.method or "").lower())

    def _begin(self, user_id: str) -> None:
        uploading = self.runtime.traffic.uploading
        if user_id in uploading:
            raise TooMany("rate_limited", retry_after_s=2)
        if len(uploading) >= MOST_AT_ONCE:
            raise Unavailable("busy", retry_after_s=5)
        uploading.add(user_id)
        self._uploader = user_id


def _boundary_in(content_type: str) -> str:
    """What separates the parts of a multipart body. Errors: Unsupported for a body that is none."""
    media_type, *parameters = (part.strip() for part in content_type.split(";"))
    found = [value for name, _, value in (part.partition("=") for part in parameters) if name.lower() == "boundary"]
    if media_type.lower() != "multipart/form-data" or len(found) != 1 or not found[0].strip('"'):
        raise Unsupported("multipart_expected")
    return found[0]
