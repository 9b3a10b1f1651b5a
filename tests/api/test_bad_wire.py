"""Requests that break HTTP itself, or its bounds: an answer or a clean end, and the server goes on serving others."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from tests.api.test_bad_input import LOGIN, assert_problem
from tests.support.raw import raw, request_of, said_to
from tests.support.server import RunningServer

MB = 1 << 20
JSON = "Content-Type: application/json"
CHUNKED = "Transfer-Encoding: chunked"
LAST = "Connection: close"


async def assert_lives(server: RunningServer) -> None:
    async with asyncio.timeout(2):
        assert (await server.api.call("GET", "/healthz")).status == 200


async def test_a_body_of_2_mb_announced_is_refused_and_the_client_hears_it(watched: RunningServer) -> None:
    answer = await watched.api.call("POST", LOGIN, body=b"x" * 2 * MB, headers={"Content-Type": "application/json"})
    assert_problem(answer, 413, "too-large")


async def test_a_body_of_2_mb_in_chunks_is_refused_and_the_client_hears_it(watched: RunningServer) -> None:
    async with raw(watched.port) as client:
        await client.send(request_of("POST", LOGIN, JSON, CHUNKED))
        for _ in range(32):
            await client.send(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        await client.send(b"0\r\n\r\n")
        answer = await client.answer()
        assert answer.headers["connection"] == "close"
        assert_problem(answer, 413, "too-large")
        assert await client.rest() == b""


async def test_a_body_of_just_1_mb_is_read(watched: RunningServer) -> None:
    answer = await watched.api.call("POST", LOGIN, body=b" " * MB, headers={"Content-Type": "application/json"})
    assert_problem(answer, 422, "malformed-json")


async def test_a_refused_body_is_refused_in_the_callers_language_and_under_their_request_id(
    watched: RunningServer,
) -> None:
    sent = {"Accept-Language": "en", "X-Request-Id": "mine.1", "Origin": "https://app.smovie.example"}
    answer = await watched.api.call("POST", LOGIN, body=b"x" * 2 * MB, headers=sent)
    assert answer.json["detail"] == "What was sent is too large."
    assert answer.headers["x-request-id"] == "mine.1"
    assert answer.headers["access-control-allow-origin"] == "https://app.smovie.example"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_40_mb_announced_are_not_waited_for(watched: RunningServer) -> None:
    async with raw(watched.port) as client:
        await client.send(request_of("POST", LOGIN, JSON, f"Content-Length: {40 * MB}"))
        assert_problem(await client.answer(), 413, "too-large")
        await client.rest()
    await assert_lives(watched)


async def test_40_mb_in_chunks_end_the_connection(watched: RunningServer) -> None:
    async with raw(watched.port) as client:
        await client.send(request_of("POST", LOGIN, JSON, CHUNKED))
        for _ in range(40):
            await client.send(b"100000\r\n" + b"x" * MB + b"\r\n")
        await client.rest()
    await assert_lives(watched)


async def test_a_client_that_leaves_amid_a_refused_body_breaks_nothing(watched: RunningServer) -> None:
    for length in (f"Content-Length: {2 * MB}", CHUNKED):
        async with raw(watched.port) as client:
            await client.send(request_of("POST", LOGIN, JSON, length) + b"100000\r\n" + b"x" * (MB + 100))
    await assert_lives(watched)


@pytest.mark.parametrize(
    "length", ["-1", "+5", "1e3", "0x10", "\xb2", "9" * 5_000, "5, 6", "5,", "", "five", "99999999999999999999"]
)
async def test_a_length_that_is_none_ends_the_connection(watched: RunningServer, length: str) -> None:
    said = await said_to(watched.port, request_of("POST", LOGIN, JSON, f"Content-Length: {length}", body=b"{}"))
    assert said[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 413", b"")
    await assert_lives(watched)


async def test_a_body_longer_than_its_length_is_another_request_and_a_wrong_one(watched: RunningServer) -> None:
    async with raw(watched.port) as client:
        await client.send(request_of("POST", LOGIN, JSON, "Content-Length: 2", body=b"{}rest\r\n\r\n"))
        assert_problem(await client.answer(), 422, "invalid", "/email", "/password")
        assert (await client.rest())[:12] in (b"HTTP/1.1 400", b"")


async def test_a_body_shorter_than_its_length_is_dropped_with_its_connection(watched: RunningServer) -> None:
    async with raw(watched.port) as client:
        await client.send(request_of("POST", LOGIN, JSON, "Content-Length: 100", body=b"{}"))
    await assert_lives(watched)


@pytest.mark.parametrize(
    "sent",
    [
        request_of("POST", LOGIN, JSON, CHUNKED, "Content-Length: 4", body=b"0\r\n\r\n"),
        request_of("POST", LOGIN, JSON, "Transfer-Encoding: gzip", body=b"{}"),
        request_of("POST", LOGIN, JSON, CHUNKED, body=b"zz\r\n{}\r\n0\r\n\r\n"),
        request_of("POST", LOGIN, JSON, CHUNKED, body=b"-2\r\n{}\r\n0\r\n\r\n"),
        request_of("POST", LOGIN, JSON, CHUNKED, body=b"1\r\n{}\r\n0\r\n\r\n"),
        request_of("POST", LOGIN, JSON, CHUNKED, body=b"f" * 5_000 + b"\r\n"),
        b"GET /healthz HTTP/1.1\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nX\x00: y\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
        b"GET /healthz HTTP/9.9\r\nHost: a\r\n\r\n",
        b"GET  /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /health z HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"\x00" * 100 + b"\r\n\r\n",
        request_of("GET", "/api/v1/movies?" + "&" * 3_000, LAST),
    ],
    ids=range(19),
)
async def test_what_is_not_http_is_refused_and_the_connection_ends(watched: RunningServer, sent: bytes) -> None:
    assert (await said_to(watched.port, sent))[:12] in (b"HTTP/1.1 400", b"")
    await assert_lives(watched)


@pytest.mark.parametrize(
    "sent",
    [
        request_of("GET", "/api/v1/movies/" + "x" * 65_536),
        request_of("GET", "/api/v1/movies?genre=" + "x" * 65_536),
        request_of("GET", "/healthz", "X-Bomb: " + "x" * 65_536),
        request_of("GET", "/healthz", *(f"X-{number}: y" for number in range(10_000))),
        request_of("GET", "/healthz", "Cookie: " + "a=b; " * 16_000),
        request_of("GET", "/healthz", "Accept-Language: " + "vi," * 24_000),
        b"x" * 1_000_000,
    ],
    ids=["path", "query", "one header", "many headers", "cookies", "languages", "no line at all"],
)
async def test_headers_past_64_kb_end_the_connection(watched: RunningServer, sent: bytes) -> None:
    assert (await said_to(watched.port, sent))[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 431", b"")
    await assert_lives(watched)


@pytest.mark.parametrize(
    "header",
    [
        "Authorization: Bearer " + "x" * 50_000, "Authorization: Bearer " + "W1tb" * 12_000 + ".e30.x",
        "Authorization: Bearer \xff\xfe", "Authorization: Bearer ..", "Authorization: Bearer e30.e30.",
        "Authorization: Bearer eyJraWQiOlsxXSwiYWxnIjoiSFMyNTYifQ.e30.x",
    ],
    ids=range(6),
)  # fmt: skip
async def test_a_token_that_is_rubbish_is_refused(watched: RunningServer, header: str) -> None:
    async with raw(watched.port) as client:
        await client.send(request_of("GET", "/api/v1/me", header, LAST))
        assert_problem(await client.answer(), 401, "token-invalid")


@pytest.mark.parametrize(
    "header",
    [
        "Accept-Language: " + "vi," * 20_000, "Accept-Language: en;q=nan,\xff;q=x,;;;=,en;q=", "If-None-Match: \xff\"",
        "Cookie: \xff=\"\x01; =; a=b=c", "User-Agent: \xff", "Accept: " + "*/*," * 10_000, "Range: bytes=9-1,x",
        "If-Modified-Since: yesterday", "X-Forwarded-For: nobody, 1.2.3.4.5", "Expect: 200-maybe", "Origin: null",
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/api/v1/movies", "/", "/static/site/site.css", "/posters/spirited-away.svg"])
async def test_a_header_that_is_rubbish_does_no_harm(watched: RunningServer, path: str, header: str) -> None:
    async with raw(watched.port) as client:
        await client.send(request_of("GET", path, header, LAST))
        assert (await client.answer()).status in (200, 400, 416)


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /healthz HT", b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: ", b"",
        request_of("POST", LOGIN, JSON, "Content-Length: 100", body=b'{"email'),
        request_of("POST", LOGIN, JSON, CHUNKED, body=b"64\r\n{"),
        request_of("POST", LOGIN, JSON, "Content-Length: 100", "Expect: 100-continue"),
    ],
    ids=["no line", "no headers", "nothing", "body", "chunk", "waits to be asked"],
)  # fmt: skip
async def test_slow_clients_keep_nobody_waiting(watched: RunningServer, sent: bytes) -> None:
    async with AsyncExitStack() as slow:
        for _ in range(50):
            client = await slow.enter_async_context(raw(watched.port))
            await client.send(sent)
        for _ in range(3):
            await assert_lives(watched)
