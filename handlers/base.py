"""What every REST handler shares: language, caller, input, answers, problems. No rule of the product lives here."""

import contextlib
import functools
import typing
from collections.abc import AsyncIterator
from typing import Any, TypeVar

import orjson
import structlog
import tornado.locale
from pydantic import ValidationError
from tornado.http1connection import HTTP1Connection
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, RequestHandler

from handlers.access import Access, admit
from handlers.headers import CACHE_CATALOGUE, JSON, headers_of_every_answer, language_of, locale_of, request_id_of
from handlers.problems import invalid_from, problem, say, status_of
from handlers.query_strings import read_query
from handlers.runtime import Runtime
from smovie.catalog.render import Json, encode
from smovie.errors import Invalid, Refusal, Unauthenticated, Unavailable
from smovie.models.accounts import Device, Identity
from smovie.models.base import Model
from smovie.models.catalog import Language

log = structlog.get_logger("request")

T = TypeVar("T", bound=Model)
_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' https:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_CORS_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
_CORS_HEADERS = "Authorization, Content-Type, Accept-Language, If-Match, If-None-Match, If-Range, Range, X-Request-Id"


class ApiHandler(RequestHandler):
    """A resource of the API. Subclasses declare methods with `@operation`; HEAD follows GET by itself."""

    identity: Identity | None = None
    is_anonymous = True  # no token was sent; else `identity` is None only while the database is away
    _kept_etag: str | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "get" in vars(cls) and "head" not in vars(cls):
            cls.head = cls.get

    @property
    def runtime(self) -> Runtime:
        return typing.cast(Runtime, self.application.settings["runtime"])

    @property
    def language(self) -> Language:
        """vi or en, by Accept-Language; vi where neither is wanted."""
        return language_of(self.locale)

    def on_finish(self) -> None:
        self.runtime.traffic.under_way -= 1

    def get_user_locale(self) -> tornado.locale.Locale:
        return locale_of(self.request.headers.get("Accept-Language", ""))

    def initialize(self) -> None:
        self.runtime.traffic.under_way += 1

    @functools.cached_property
    def request_id(self) -> str:
        """What the log and the client know this request by."""
        return request_id_of(self.request.headers)

    def set_default_headers(self) -> None:
        # Tornado calls this first thing, and again before an error is written.
        self.clear_header("Server")
        self.set_header("Content-Type", JSON)
        self.set_header("X-Request-Id", self.request_id)
        for name, value in headers_of_every_answer(self.request.headers, self.runtime.allowed_origins).items():
            self.set_header(name, value)

    async def options(self, **_path: str) -> None:
        """Answer a browser's preflight."""
        self.set_status(204)
        self.clear_header("Content-Type")
        if self.request.headers.get("Origin") in self.runtime.allowed_origins:
            self.set_header("Access-Control-Allow-Methods", _CORS_METHODS)
            self.set_header("Access-Control-Allow-Headers", _CORS_HEADERS)
            self.set_header("Access-Control-Max-Age", "86400")

    async def admit(self, access: Access) -> None:
        """Find out who calls, where that matters, and whether they may. Errors: Unauthenticated, Forbidden."""
        header = self.request.headers.get("Authorization")
        if access is Access.PUBLIC and header is None:
            return
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            if access is Access.PUBLIC:
                return
            raise Unauthenticated("token_missing")
        self.is_anonymous = False
        try:
            self.identity = await self.runtime.identities.identify(token.strip())
        except Unavailable:
            if access is not Access.PUBLIC:
                raise
            return  # nobody can say who calls, and what is public is theirs all the same
        admit(access, self.identity)

    @property
    def caller(self) -> Identity:
        """Who calls an operation that is not public."""
        assert self.identity is not None, "the operation is public"
        return self.identity

    @property
    def device(self) -> Device:
        agent = self.request.headers.get("User-Agent", "")[:300]
        return Device(user_agent=agent, address=self.request.remote_ip or "")

    def parse_query(self, model: type[T]) -> T:
        """The query string as a noun; a member that is a tuple takes repeated parameters. Errors: Invalid."""
        return read_query(model, self.request.query)

    def parse_path(self, model: type[T], **parts: str) -> T:
        """Parts of the path as a noun. Errors: Invalid."""
        try:
            return model.model_validate(parts)
        except ValidationError as exc:
            raise invalid_from(exc) from None

    def parse_body(self, model: type[T]) -> T:
        """The JSON body as a noun. Errors: Invalid; HTTPError 415 for another media type."""
        media_type = self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if media_type != "application/json":
            raise HTTPError(415)
        try:
            value = orjson.loads(self.request.body)
        except orjson.JSONDecodeError:
            raise Invalid("malformed_json") from None
        if not isinstance(value, dict):
            raise Invalid("not_an_object")
        try:
            return model.model_validate(value, strict=True)
        except ValidationError as exc:
            raise invalid_from(exc) from None

    def send(self, answer: Model, *, status: int = 200) -> None:
        """Answer with a noun as JSON."""
        self.set_status(status)
        self.set_header("Cache-Control", "no-store")
        self.finish(answer.model_dump_json())

    def send_own(self, answer: Json) -> None:
        """Answer with what was put together for the caller in their language, nouns encoded before among it."""
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Language", self.language)
        self.vary_by("Accept-Language")
        self.finish(encode(answer))

    def send_nothing(self) -> None:
        """Answer that it is done."""
        self.set_status(204)
        self.clear_header("Content-Type")
        self.finish()

    def send_page(self, template: str, **values: object) -> None:
        """Answer with a page in the caller's language."""
        self.set_page_headers()
        self.set_header("Content-Language", self.language)
        self.vary_by("Accept-Language")
        self.finish(self.render_page(template, **values))

    def render_page(self, template: str, **values: object) -> str:
        """A page in the caller's language; `say` is there for its texts."""
        page = self.runtime.pages.get_template(template)
        return page.render(say=self.say, language=self.language, **values)

    def set_page_headers(self) -> None:
        """What every page carries."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Content-Security-Policy", _PAGE_POLICY)
        self.set_header("Referrer-Policy", "no-referrer")  # an address may hold a token

    async def send_pieces(self, pieces: AsyncIterator[bytes]) -> None:
        """Answer bit by bit, each once the client has taken the one before. A client that leaves ends it."""
        with contextlib.suppress(StreamClosedError):
            async for piece in pieces:
                self.write(piece)
                await self.flush()
        self.finish()

    def send_secret_page(self, template: str) -> None:
        """A page whose address holds a token: nobody keeps it."""
        self.set_header("Cache-Control", "no-store")
        self.send_page(template)

    @property
    def confirms_by_get(self) -> bool:
        """Whether who opened a link is a program that says so; a browser's GET, or a HEAD, must change nothing."""
        return self.request.method == "GET" and "application/json" in self.request.headers.get("Accept", "")

    def send_kept(self, body: tuple[bytes, str], *, media_type: str = JSON, fresh_s: int = 0) -> None:
        """Answer with bytes that were made before, or 304 when the client has them; for `fresh_s` it need not ask."""
        content, self._kept_etag = body
        if media_type != JSON:
            self.set_header("Content-Type", media_type)
        self.set_header("Cache-Control", f"public, max-age={fresh_s}" if fresh_s else CACHE_CATALOGUE)
        self.set_header("Content-Language", self.language)
        self.vary_by("Accept-Language")
        self.finish(content)  # Tornado compares the ETag and makes it a 304

    def send_private(self, body: tuple[bytes, str]) -> None:
        """Answer with bytes that are the caller's alone, or 304 when the client has them; nobody between keeps them."""
        content, self._kept_etag = body
        self.set_header("Cache-Control", "private, no-cache")
        self.set_header("Content-Language", self.language)
        self.vary_by("Accept-Language, Authorization")
        self.finish(content)

    def vary_by(self, header: str) -> None:
        """Tell caches that the answer depends on a header of the request."""
        others = self._headers.get("Vary")
        self.set_header("Vary", f"{others}, {header}" if others else header)

    def _methods(self) -> list[str]:
        refused = RequestHandler._unimplemented_method
        return [verb for verb in self.SUPPORTED_METHODS if getattr(type(self), verb.lower()) is not refused]

    def compute_etag(self) -> str | None:
        return self._kept_etag  # made once, when the body was, and not per request

    def say(self, code: str, facts: dict[str, object] | None = None) -> str:
        """A text of the catalogues in the caller's language."""
        return say(self.locale, code, facts)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        exc = kwargs.get("exc_info", (None, None, None))[1]
        body = problem(exc if exc is not None else HTTPError(status_code), self.locale, self.request_id)
        self.set_status(body["status"])
        self.set_header("Content-Type", "application/problem+json; charset=utf-8")
        self.set_header("Content-Language", self.language)
        self.set_header("Cache-Control", "no-store")
        if isinstance(exc, Refusal) and exc.retry_after_s is not None:
            self.set_header("Retry-After", str(exc.retry_after_s))
        if body["status"] == 405:
            self.set_header("Allow", ", ".join(self._methods()))
        if body["status"] == 401:
            self.set_header("WWW-Authenticate", 'Bearer realm="smovie"')
        self.finish(orjson.dumps(body))

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        exc = kwargs.get("exc_info", (None, None, None))[1]
        if self._headers_written:  # a part of the answer is out: the line is cut, so that nobody takes it for the whole
            typing.cast(HTTP1Connection, self.request.connection).close()
            self.finish()
            return
        super().send_error(status_of(exc) if exc is not None else status_code, **kwargs)

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """What was foreseen is said by the request's own line; the rest is an error with its traceback."""
        if isinstance(value, Unavailable):
            log.warning("refused", code=value.code, cause=repr(value.__cause__)[:300], request_id=self.request_id)
        elif not isinstance(value, Refusal | HTTPError):
            log.error("failed", request_id=self.request_id, exc_info=(typ, value, tb))


class UnknownAddressHandler(ApiHandler):
    """Whatever the route map does not know."""

    def prepare(self) -> None:
        raise HTTPError(404)
