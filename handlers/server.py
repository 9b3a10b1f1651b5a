"""The HTTP server: the application with its routes, and what guards it before a handler is chosen."""

import functools
import re
from collections.abc import Awaitable, Collection
from pathlib import Path
from typing import Any

import orjson
import structlog
import tornado.locale
from tornado import httputil
from tornado.httpserver import HTTPServer
from tornado.web import Application

from handlers.access_log import log_request
from handlers.base import UnknownAddressHandler
from handlers.client_address import Network, client_address
from handlers.headers import headers_of_every_answer, locale_of, request_id_of
from handlers.openapi import describe
from handlers.plain_reads import PlainAnswer, PlainReads
from handlers.problems import problem
from handlers.routes import ROUTES
from handlers.runtime import Runtime
from handlers.uploads import BodyBounds
from smovie.errors import TooLarge

log = structlog.get_logger("request")

_DISCARD_BYTES = 32 << 20  # read and thrown away, so that the client hears why; past it the connection is cut
_IDLE_S = 75.0  # a connection without a complete request
_BODY_WITHIN_S = 30.0
_LENGTH = re.compile(r"[0-9]{1,18}")  # any other Content-Length is Tornado's to refuse


def make_application(runtime: Runtime) -> Application:
    """The application of a runtime."""
    tornado.locale.set_default_locale("vi")
    return Application(
        [route.rule() for route in ROUTES],
        default_handler_class=UnknownAddressHandler,
        default_handler_args={},
        log_function=log_request,
        openapi=_described(),
        runtime=runtime,
    )


@functools.cache  # whatever the runtime
def _described() -> bytes:
    return orjson.dumps(describe(ROUTES))


def load_texts(folder: Path) -> None:
    """Read the vi and en catalogues of what people are told."""
    tornado.locale.load_translations(str(folder))


def make_server(application: Application, *, trusted_proxies: Collection[Network]) -> HTTPServer:
    """An HTTP server that is not listening yet. `X-Forwarded-For` is believed only of trusted proxies."""
    return HTTPServer(
        _Guard(application, BodyBounds(ROUTES), trusted_proxies),
        max_body_size=_DISCARD_BYTES,
        body_timeout=_BODY_WITHIN_S,
        idle_connection_timeout=_IDLE_S,
    )


class _Guard(httputil.HTTPServerConnectionDelegate):
    """Answers plain reads; bounds what every other request may carry, and finds out whose it is. Tornado alone would
    answer a large body with a bare 400, and believe whoever sends X-Real-Ip."""

    def __init__(self, application: Application, bounds: BodyBounds, trusted_proxies: Collection[Network]) -> None:
        self._application = application
        self._bounds = bounds
        self._trusted_proxies = trusted_proxies
        self._reads = PlainReads(application.settings["runtime"])

    def start_request(self, server_conn: object, request_conn: httputil.HTTPConnection) -> httputil.HTTPMessageDelegate:
        request = self._application.start_request(server_conn, request_conn)
        origins = self._application.settings["runtime"].allowed_origins
        return _GuardedRequest(request, request_conn, origins, self._bounds, self._trusted_proxies, self._reads)

    def on_close(self, server_conn: object) -> None:
        self._application.on_close(server_conn)


class _GuardedRequest(httputil.HTTPMessageDelegate):
    def __init__(
        self,
        request: httputil.HTTPMessageDelegate,
        connection: httputil.HTTPConnection,
        allowed_origins: frozenset[str],
        bounds: BodyBounds,
        trusted_proxies: Collection[Network],
        reads: PlainReads,
    ) -> None:
        self._request = request
        self._connection = connection
        self._allowed_origins = allowed_origins
        self._bounds = bounds
        self._trusted_proxies = trusted_proxies
        self._reads = reads
        self._answer: PlainAnswer | None = None
        self._most_bytes = 0
        self._received = 0
        self._begun = False
        self._refused = False
        self._headers = httputil.HTTPHeaders()

    def headers_received(
        self,
        start_line: httputil.RequestStartLine | httputil.ResponseStartLine,
        headers: httputil.HTTPHeaders,
    ) -> Awaitable[None] | None:
        self._headers = headers
        if isinstance(start_line, httputil.RequestStartLine):
            self._answer = self._reads.answer(start_line, headers)
            if self._answer:
                return None
            self._most_bytes = self._bounds.of(start_line.method, start_line.path.partition("?")[0])
        length = headers.get("Content-Length", "0")
        if _LENGTH.fullmatch(length) and int(length) > self._most_bytes:
            self._refuse()
            return None
        if self._trusted_proxies:
            self._find_client(headers)
        self._begun = True
        return self._request.headers_received(start_line, headers)

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        self._received += len(chunk)
        if not self._refused and self._received > self._most_bytes:
            self._refuse()
        return None if self._refused else self._request.data_received(chunk)

    def finish(self) -> None:
        if self._answer:
            self._answer.send(self._connection)
        elif not self._refused:
            self._request.finish()

    def on_connection_close(self) -> None:
        if self._begun:
            self._request.on_connection_close()

    def _find_client(self, headers: httputil.HTTPHeaders) -> None:
        """Say whose this request of the connection is, where Tornado takes `remote_ip` from."""
        context: Any = self._connection.context  # type: ignore[attr-defined]
        forwarded_for = headers.get("X-Forwarded-For", "")
        context.remote_ip = client_address(context.address[0], forwarded_for, self._trusted_proxies)

    def _refuse(self) -> None:
        self._refused = True
        request_id = request_id_of(self._headers)
        locale = locale_of(self._headers.get("Accept-Language", ""))
        body = orjson.dumps(problem(TooLarge("too_large"), locale, request_id))
        headers = httputil.HTTPHeaders(
            {
                "Content-Type": "application/problem+json; charset=utf-8",
                "Content-Length": str(len(body)),
                "X-Request-Id": request_id,
                "Connection": "close",
                **headers_of_every_answer(self._headers, self._allowed_origins),
            }
        )
        self._connection.write_headers(httputil.ResponseStartLine("HTTP/1.1", 413, "Content Too Large"), headers, body)
        self._connection.finish()
        log.info("refused", status=413, request_id=request_id)
