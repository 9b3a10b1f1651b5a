"""Plain GETs of the catalogue, answered before Tornado builds a handler for them (docs/decisions/0014).

Most requests are such: no token, no body, no question but whether what a cache holds is the newest. What they get is,
byte for byte, what handlers/api/catalog.py and discovery.py give; a test asks both ways. What is not plain, or will be
refused, goes to the handler.
"""

import functools
import http.client
import re
import time
from contextlib import suppress
from dataclasses import dataclass

from tornado.httputil import HTTPConnection, HTTPHeaders, RequestStartLine, ResponseStartLine, format_timestamp
from tornado.locale import Locale

from handlers.access_log import log_served
from handlers.headers import CACHE_CATALOGUE, JSON, headers_of_every_answer, language_of, locale_of, request_id_of
from handlers.problems import say
from handlers.query_strings import read_query
from handlers.runtime import Runtime
from smovie.catalog import queries
from smovie.discovery import banners, home, similar
from smovie.discovery.trending import TRENDING_PATH
from smovie.models.banners import BannerQuery
from smovie.models.base import now
from smovie.models.catalog import Language
from smovie.models.catalog_query import MovieQuery
from smovie.models.similar import SimilarQuery
from smovie.models.trending import TrendingQuery

_PLAIN_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?")  # of others Tornado decides whether they are one
_NOT_PLAIN = frozenset(
    {"Authorization", "Content-Encoding", "Content-Length", "Content-Type", "Expect", "Transfer-Encoding"}
)
_TAGS = {f"/api/v1/{collection}": collection for collection in ("genres", "nations", "exclusivities")}
_BANNERS_PATH, _HOME_PATH = "/api/v1/banners", "/api/v1/home"
_MOVIE = re.compile(r"/api/v1/movies/([a-z0-9-]+)(/similar)?")
_PERSON = re.compile(r"/api/v1/people/([a-z0-9-]+)")
_Read = tuple[queries.Body, bool]  # whether who is signed in is shown more


@dataclass(frozen=True, slots=True)
class PlainAnswer:
    """An answer that is ready to be sent, and what the log says of it."""

    path: str
    request_id: str
    status: int
    headers: HTTPHeaders
    body: bytes
    begun: float

    def send(self, connection: HTTPConnection) -> None:
        """Send it, which ends the request."""
        start_line = ResponseStartLine("", self.status, http.client.responses[self.status])
        connection.write_headers(start_line, self.headers, self.body)
        connection.finish()
        took_s = time.time() - self.begun
        log_served(method="GET", path=self.path, status=self.status, took_s=took_s, request_id=self.request_id)


class PlainReads:
    """Answers from the snapshot of a runtime."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def answer(self, asked: RequestStartLine, headers: HTTPHeaders) -> PlainAnswer | None:
        """The answer to a plain request that has one."""
        begun = time.time()
        if asked.method != "GET" or asked.version != "HTTP/1.1" or not _NOT_PLAIN.isdisjoint(headers):
            return None
        if not _PLAIN_HOST.fullmatch(headers.get("Host", "")):
            return None
        path, _, query = asked.path.partition("?")
        locale = locale_of(headers.get("Accept-Language", ""))
        language = language_of(locale)
        read: _Read | None = None
        with suppress(Exception):  # the handler meets it again, and knows what to say
            read = self._read(path, query, language, locale)
        if read is None:
            return None
        (content, etag), differs_by_caller = read
        held = headers.get("If-None-Match")
        if held is not None and held != etag:  # lists and weak ones too
            return None
        request_id = request_id_of(headers)
        given = HTTPHeaders({"Content-Type": JSON, "Date": format_timestamp(begun), "X-Request-Id": request_id})
        for name, value in headers_of_every_answer(headers, self._runtime.allowed_origins).items():
            given[name] = value
        given["Cache-Control"] = CACHE_CATALOGUE
        given["Content-Language"] = language
        varies = "Accept-Language"
        if differs_by_caller:
            varies = f"Authorization, {varies}"
        given["Vary"] = f"{given['Vary']}, {varies}" if "Vary" in given else varies
        given["Etag"] = etag
        if held is None:
            given["Content-Length"] = str(len(content))
            return PlainAnswer(path, request_id, 200, given, content, begun)
        del given["Content-Type"], given["Content-Language"]
        return PlainAnswer(path, request_id, 304, given, b"", begun)

    def _read(self, path: str, query: str, language: Language, locale: Locale) -> _Read | None:
        """What stands at a path; None where it is not known here. Errors: those of the verbs."""
        snapshot = self._runtime.catalog.snapshot
        if path == queries.MOVIES_PATH:
            return queries.list_movies(snapshot, read_query(MovieQuery, query), language), False
        if movie := _MOVIE.fullmatch(path):
            if movie[2]:
                wish, texts = read_query(SimilarQuery, query), functools.partial(say, locale)
                return similar.list_similar(self._runtime.similar, movie[1], wish, language, texts), False
            return None if query else (queries.show_movie(snapshot, movie[1], language, self._runtime.site), True)
        if path == TRENDING_PATH:
            return self._runtime.trending.list(read_query(TrendingQuery, query), language), False
        if path == _BANNERS_PATH:
            placement = read_query(BannerQuery, query).placement
            return banners.list_banners(snapshot, placement, language, now()), False
        if query:
            return None
        if path == _HOME_PATH:
            texts = functools.partial(say, locale)
            return home.show_public_home(self._runtime.home, language, texts, now()), True
        if collection := _TAGS.get(path):
            return queries.list_tags(snapshot, collection, language), False
        if person := _PERSON.fullmatch(path):
            return queries.show_person(snapshot, person[1], language), False
        return None
