"""What is answered before a handler is built is what the handler would have said: every byte, and the log's line."""

import random
import re
from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs
from tornado.httputil import HTTPHeaders, RequestStartLine

from handlers.plain_reads import PlainAnswer, PlainReads
from tests.support.raw import raw, request_of, said_to
from tests.support.server import RunningServer

ORIGIN = f"Origin: {RunningServer.allowed_origin}"
TITLE = "/api/v1/movies/spirited-away"
LIST = "/api/v1/movies?page_size=3"
PLAIN_TARGETS = [
    "/api/v1/movies", "/api/v1/movies?", LIST, f"{LIST}&page=2", "/api/v1/movies?page=9999", TITLE,
    "/api/v1/movies?genre=war&genre=romance&sort=title", "/api/v1/movies?genre=w%61r", "/api/v1/genres",
    "/api/v1/nations", "/api/v1/exclusivities", "/api/v1/trending", "/api/v1/trending?window=7d&limit=3",
    "/api/v1/home", "/api/v1/home?", "/api/v1/banners", "/api/v1/banners?placement=home_hero", f"{TITLE}/similar",
    f"{TITLE}/similar?limit=3",
]  # fmt: skip
OTHER_TARGETS = [
    "/api/v1/movies?page=0", "/api/v1/movies?page=x", "/api/v1/movies?no=such", "/api/v1/movies?page=1&page=2",
    "/api/v1/movies?" + "&".join(f"genre=g{number}" for number in range(120)), "/api/v1/movies?q_letter=\xe9",
    "/api/v1/movies/", "/api/v1/movies/no-such-title", "/api/v1/movies/Spirited-Away", "/api/v1/movies/spirited%2Daway",
    f"{TITLE}?x=1", f"{TITLE}/", "/api/v1/people/nobody", "/api/v1//movies", "/api/v1/genres?" + "a=b&" * 1100,
    "http://smovie/api/v1/movies", "*", "/api/v1/search?q=ponyo", "/movies/spirited-away", "/healthz",
    "/api/v1/trending?window=1y", "/api/v1/home?x=1", "/api/v1/home/", "/api/v1/banners?placement=nowhere",
    "/api/v1/banners/", f"{TITLE}/similar?limit=0", f"{TITLE}/similar/", "/api/v1/movies/no-such-title/similar",
    "/api/v1/movies/similar", "/api/v1/search/suggest?q=po",
]  # fmt: skip
PLAIN_HEADERS = [
    "Accept-Language: en", "Accept-Language: fr, en;q=0.1", "Accept-Language: vi;q=0", ORIGIN, "Origin: null",
    "Origin: https://evil.example", "X-Request-Id: web-7.Ab_", "X-Request-Id: not fit", "Connection: close",
    "Connection: keep-alive", "Cookie: a=b", "Accept: text/html", "Accept-Encoding: gzip", "Range: bytes=0-9",
    "If-Match: \"x\"", "If-Modified-Since: Sun, 29 Nov 2026 00:00:00 GMT", "X-Forwarded-For: 10.0.0.9", "X-Empty:",
]  # fmt: skip
OTHER_HEADERS = [
    "Authorization: Bearer x", "Authorization: Basic x", "Authorization:", "Content-Length: 0", "Content-Length: x",
    "Content-Length: 5", "Content-Type: multipart/form-data", "Content-Type: application/json", "Host: other",
    "Content-Encoding: gzip", "Transfer-Encoding: chunked", "Expect: 100-continue", "If-None-Match: *",
    "If-None-Match: \"other\"", "If-None-Match:", "If-None-Match: nonsense",
]  # fmt: skip


class Ways:
    """The two ways to an answer of a server: `usual` is that of handlers alone."""

    def __init__(self, server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.server = server
        self._took_it: list[bool] = []  # the short way, by request
        self._is_open = True
        answer = PlainReads.answer

        def watched(reads: PlainReads, asked: RequestStartLine, headers: HTTPHeaders) -> PlainAnswer | None:
            found = answer(reads, asked, headers) if self._is_open else None
            self._took_it.append(found is not None)
            return found

        monkeypatch.setattr(PlainReads, "answer", watched)

    async def short(self, request: bytes) -> tuple[bytes, list[object]]:
        """What the server says to a request and to one that follows it on the same line, and what it logs."""
        with capture_logs() as lines:
            said = await said_to(self.server.port, request + request_of("GET", "/api/v1/nations", "Connection: close"))
        given = re.findall(rb"X-Request-Id: (.*)\r\n", said)
        said = re.sub(rb"\r\nDate: .{29}\r\n", b"\r\nDate: now\r\n", said)
        for request_id in given:
            if re.fullmatch(rb"[0-9a-f]{16}", request_id):
                said = said.replace(request_id, b"made")
        logged = [line for line in lines if line["event"] == "served"]
        ids = [line.pop("request_id").encode() for line in logged]
        assert ids[: len(given)] == given, "the log and the client know a request by the same id"
        assert all(0 <= line.pop("ms") < 60_000 for line in logged)
        return said, logged

    async def usual(self, request: bytes) -> tuple[bytes, list[object]]:
        self._is_open = False
        try:
            return await self.short(request)
        finally:
            self._is_open = True

    async def agree_on(self, request: bytes, *, is_plain: bool) -> None:
        """Both say the same, whether or not what they say is kept already."""
        self.server.runtime.catalog.snapshot.commit()
        cold = await self.short(request)
        self._took_it.clear()
        warm = await self.short(request)
        assert (self._took_it[:1] == [True]) == is_plain
        usual = await self.usual(request)
        assert cold == usual
        assert warm == usual


@pytest.fixture
def ways(watched: RunningServer, monkeypatch: pytest.MonkeyPatch) -> Ways:
    return Ways(watched, monkeypatch)


@pytest.mark.parametrize("target", PLAIN_TARGETS)
async def test_a_plain_read_is_answered_as_its_handler_would(ways: Ways, target: str) -> None:
    await ways.agree_on(request_of("GET", target), is_plain=True)


async def test_somebodys_page_too(ways: Ways) -> None:
    person = (await ways.server.api.get("/movies/spirited-away")).json["directors"][0]["id"]
    await ways.agree_on(request_of("GET", f"/api/v1/people/{person}"), is_plain=True)


@pytest.mark.parametrize("header", PLAIN_HEADERS)
async def test_a_header_that_changes_no_more_than_headers_leaves_a_read_plain(ways: Ways, header: str) -> None:
    await ways.agree_on(request_of("GET", LIST, header), is_plain=True)


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_a_cache_that_has_the_newest_hears_so(ways: Ways, language: str) -> None:
    wish = f"Accept-Language: {language}"
    etag = (await ways.server.api.get("/movies?page_size=3", headers={"Accept-Language": language})).headers["etag"]
    await ways.agree_on(request_of("GET", LIST, wish, f"If-None-Match: {etag}"), is_plain=True)
    for held in (f'"other", {etag}', f"W/{etag}", f"{etag}, *", etag.strip('"')):
        await ways.agree_on(request_of("GET", LIST, wish, f"If-None-Match: {held}"), is_plain=False)


@pytest.mark.parametrize("target", ["/api/v1/home", "/api/v1/banners", f"{TITLE}/similar"])
async def test_so_does_one_of_what_to_watch_next(ways: Ways, target: str) -> None:
    english = {"Accept-Language": "en"}
    etag = (await ways.server.api.call("GET", target, headers=english)).headers["etag"]
    await ways.agree_on(request_of("GET", target, "Accept-Language: en", f"If-None-Match: {etag}"), is_plain=True)
    await ways.agree_on(request_of("GET", target, "Accept-Language: en", "If-None-Match: *"), is_plain=False)


@pytest.mark.parametrize("target", OTHER_TARGETS)
async def test_what_is_refused_or_not_of_the_catalogue_goes_to_a_handler(ways: Ways, target: str) -> None:
    await ways.agree_on(request_of("GET", target), is_plain=False)


@pytest.mark.parametrize("header", OTHER_HEADERS)
async def test_so_does_what_brings_a_token_a_body_or_a_question(ways: Ways, header: str) -> None:
    await ways.agree_on(request_of("GET", LIST, header), is_plain=False)


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST", "DELETE", "get", "TRACE"])
async def test_so_does_every_other_method(ways: Ways, method: str) -> None:
    await ways.agree_on(request_of(method, LIST), is_plain=False)


@pytest.mark.parametrize(
    ("first_lines", "is_plain"),
    [
        (["HTTP/1.1", "Host: phim.example:8080"], True),
        (["HTTP/1.1"], False),
        (["HTTP/1.1", "Host:"], False),
        (["HTTP/1.1", "Host: [::1]:80"], False),
        (["HTTP/1.1", "Host: a b"], False),
        (["HTTP/1.1", "Host: a,b"], False),
        (["HTTP/1.1", "Host: a", "Host: b"], False),
        (["HTTP/1.0", "Host: a"], False),
        (["HTTP/1.0", "Connection: keep-alive"], False),
        (["HTTP/2.0", "Host: a"], False),
    ],
)
async def test_a_host_or_version_out_of_the_ordinary_is_tornados_to_judge(
    ways: Ways, first_lines: Sequence[str], is_plain: bool
) -> None:
    version, *hosts = first_lines
    await ways.agree_on("\r\n".join([f"GET {LIST} {version}", *hosts, "", ""]).encode(), is_plain=is_plain)


async def test_any_mixture_is_answered_alike(ways: Ways) -> None:
    dice = random.Random(14)
    for _ in range(150):
        target = dice.choice(PLAIN_TARGETS + OTHER_TARGETS)
        headers = dice.sample(PLAIN_HEADERS + OTHER_HEADERS, dice.randint(0, 4))
        request = request_of("GET", target, *headers)
        assert await ways.short(request) == await ways.usual(request), (target, headers)


async def test_requests_sent_ahead_are_answered_in_turn(ways: Ways) -> None:
    ids = [f"ahead-{number}" for number in range(20)]
    targets = [dict(enumerate((LIST, TITLE, "/healthz")))[number % 3] for number in range(20)]
    async with raw(ways.server.port) as client:
        for target, request_id in zip(targets, ids, strict=True):
            await client.send(request_of("GET", target, f"X-Request-Id: {request_id}"))
        answers = [await client.answer() for _ in ids]
    assert [answer.headers["x-request-id"] for answer in answers] == ids
    assert {answer.status for answer in answers} == {200}


async def test_what_a_verb_fails_at_is_said_by_the_handler(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("smovie.catalog.queries.list_movies", fail)
    answer = await server.api.get("/movies")
    assert (answer.status, answer.headers["content-type"]) == (500, "application/problem+json; charset=utf-8")
