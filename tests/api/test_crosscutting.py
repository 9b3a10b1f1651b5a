"""What holds for every address: request ids, origins, languages, methods, headers, and logs that tell no secrets."""

import logging
import secrets

import orjson
import pytest
from structlog.testing import capture_logs

from tests.support.room import in_room
from tests.support.server import RunningServer

OURS = "https://app.smovie.example"
PATHS = ["/api/v1/movies", "/api/v1/movies/no-such", "/api/v1/me", "/nowhere", "/healthz", "/", "/api/openapi.json"]
PROOFS = ["/api/v1/auth/verify/somebody/secret", "/api/v1/auth/password/reset/somebody/secret"]


@pytest.mark.parametrize("path", PATHS)
async def test_a_request_id_comes_back(watched: RunningServer, path: str) -> None:
    answer = await watched.api.call("GET", path, headers={"X-Request-Id": "web-7.Ab_"})
    assert answer.headers["x-request-id"] == "web-7.Ab_"
    if answer.status >= 400:
        assert answer.json["request_id"] == "web-7.Ab_"


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "a;b", "<script>", "a\tb", "\xe9", "${jndi:x}", "a,b"])
async def test_a_request_id_that_is_unfit_for_a_log_is_replaced(watched: RunningServer, given: str) -> None:
    answers = [await watched.api.call("GET", "/healthz", headers={"X-Request-Id": given}) for _ in range(2)]
    ids = {answer.headers["x-request-id"] for answer in answers}
    assert len(ids) == 2
    assert given not in ids


async def test_a_request_is_logged_under_its_id(watched: RunningServer) -> None:
    with capture_logs() as lines:
        await watched.api.call("GET", "/api/v1/movies/no-such?q=x", headers={"X-Request-Id": "find-me"})
    line = next(line for line in lines if line.get("request_id") == "find-me")
    assert (line["method"], line["path"], line["status"]) == ("GET", "/api/v1/movies/no-such", 404)


@pytest.mark.parametrize("path", PATHS)
async def test_an_allowed_origin_may_read_every_answer(watched: RunningServer, path: str) -> None:
    answer = await watched.api.call("GET", path, headers={"Origin": OURS})
    assert answer.headers["access-control-allow-origin"] == OURS
    assert {"ETag", "Retry-After", "X-Request-Id"} <= set(answer.headers["access-control-expose-headers"].split(", "))
    assert "Origin" in answer.headers["vary"]
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
@pytest.mark.parametrize(
    "origin",
    [
        None, "null", "", "*", "http://app.smovie.example", OURS + ":443", OURS + "/", OURS + ".evil.example",
        "https://evil.example", "https://APP.smovie.example", f"{OURS}, https://evil.example",
    ],
)  # fmt: skip
async def test_a_foreign_origin_may_not(watched: RunningServer, origin: str | None, method: str) -> None:
    headers = {} if origin is None else {"Origin": origin, "Access-Control-Request-Method": "POST"}
    answer = await watched.api.call(method, "/api/v1/movies", headers=headers)
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert "Origin" in answer.headers["vary"], "a cache would give this answer to an allowed origin"


async def test_a_preflight_of_an_allowed_origin_is_answered(watched: RunningServer) -> None:
    asked = {
        "Origin": OURS,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    answer = await watched.api.call("OPTIONS", "/api/v1/episodes/x/comments", headers=asked)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == OURS
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert {"Authorization", "Content-Type"} <= set(answer.headers["access-control-allow-headers"].split(", "))


@pytest.mark.parametrize(
    ("wish", "language"),
    [
        (None, "vi"), ("", "vi"), ("en", "en"), ("vi", "vi"), ("en-GB", "en"), ("EN-us", "en"), ("fr", "vi"),
        ("*", "vi"),
        ("fr, en;q=0.1", "en"), ("en;q=0.5, vi;q=0.8", "vi"), ("vi;q=0.5,en;q=0.8", "en"), ("vi;q=0, en;q=0.1", "en"),
        ("fr-CH, fr;q=0.9, en;q=0.8, *;q=0.5", "en"), ("vi; q=0.2, en; q=0.7", "en"), ("en;q=0", "vi"),
        ("en;q=x, vi", "vi"), ("en;q=nan", "vi"), (";;,,q=1", "vi"), ("enx", "vi"),
    ],
)  # fmt: skip
async def test_texts_are_in_the_language_wished_for(watched: RunningServer, wish: str | None, language: str) -> None:
    headers = {} if wish is None else {"Accept-Language": wish}
    detail = {"vi": "Không có phim này.", "en": "There is no such title."}
    refused = await watched.api.get("/movies/no-such", headers=headers)
    assert (refused.headers["content-language"], refused.json["detail"]) == (language, detail[language])
    shown = await watched.api.get("/genres", headers=headers)
    assert shown.headers["content-language"] == language
    assert "Accept-Language" in shown.headers["vary"]


@pytest.mark.parametrize("path", [*PATHS, "/static/site/site.css", "/posters/spirited-away.svg"])
async def test_head_is_get_without_a_body(watched: RunningServer, path: str) -> None:
    got, head = [await watched.api.call(method, path) for method in ("GET", "HEAD")]
    assert head.body == b""
    passing = ("date", "x-request-id")
    assert head.status == got.status
    assert {k: v for k, v in head.headers.items() if k not in passing} == {
        k: v for k, v in got.headers.items() if k not in passing
    }


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/api/v1/movies", {"GET", "HEAD", "OPTIONS"}),
        ("PUT", "/api/v1/auth/login", {"POST", "OPTIONS"}),
        ("GET", "/api/v1/auth/login", {"POST", "OPTIONS"}),
        ("HEAD", "/api/v1/auth/login", {"POST", "OPTIONS"}),
        ("DELETE", "/api/v1/episodes/x/comments", {"GET", "HEAD", "POST", "OPTIONS"}),
    ],
)
async def test_a_method_that_is_not_there_is_refused_with_those_that_are(
    watched: RunningServer, method: str, path: str, allowed: set[str]
) -> None:
    answer = await watched.api.call(method, path)
    assert answer.status == 405
    assert set(answer.headers["allow"].split(", ")) == allowed


@pytest.mark.parametrize("path", [*PATHS, "/static/site/site.css", "/static/no-such", "/posters/spirited-away.svg"])
async def test_every_answer_carries_the_headers_that_protect(watched: RunningServer, path: str) -> None:
    answer = await watched.api.call("GET", path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "server" not in answer.headers
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/", *PROOFS])
async def test_a_page_runs_nothing_but_our_own(watched: RunningServer, path: str) -> None:
    policy = (await watched.api.call("GET", path, headers={"Accept": "text/html"})).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", ["/api/v1/me", "/api/v1/movies/no-such", *PROOFS])
async def test_what_is_about_somebody_or_refused_is_not_kept_by_caches(watched: RunningServer, path: str) -> None:
    access = (await watched.a_member()).access
    assert (await watched.api.call("GET", path, access=access)).headers["cache-control"] == "no-store"


async def test_logs_never_hold_what_people_keep_to_themselves(
    watched: RunningServer, caplog: pytest.LogCaptureFixture
) -> None:
    mark = secrets.token_hex(6)
    said, password = f"bình luận {mark}", f"mật khẩu {mark}"
    with caplog.at_level(logging.DEBUG), capture_logs() as lines:
        registered = await watched.register(password=password)
        link = await watched.proof_for(registered)
        proof = link.rpartition("/")[2]
        for spelt in (link + "/", link + "/?a=b", link.replace(proof, f"%{ord(proof[0]):02x}{proof[1:]}%ff")):
            await watched.api.call("GET", spelt)
        confirmed = (await watched.api.post_to(link)).json
        user = {"email": registered["email"], "password": password}
        await watched.api.post("/auth/login", {**user, "password": password + "!"})
        signed_in = (await watched.api.post("/auth/login", user)).json
        episode = watched.an_episode_apart()
        await watched.api.post(f"/episodes/{episode}/comments", {"message": said}, access=signed_in["access"])
        await watched.api.post(
            f"/episodes/{episode}/comments", {"message": said, "x": said}, access=confirmed["access"]
        )
        async with in_room(watched, episode, signed_in["access"]) as room:
            await room.say(type="comment", message=said)
            await room.say(type=said)
            await room.hear_type("error")
        for path in (
            f"/movies?genre={mark}",
            f"/nowhere?token={mark}",
            f"/auth/verify/u/{mark}?{mark}",
            f"/auth/password/reset/u/{mark}",
            f"/auth/password/reset/u/{mark}/",
        ):
            await watched.api.get(path)
        await watched.api.call("GET", f"/static/../settings.py?token={mark}")
        refreshed = (await watched.api.post("/auth/refresh", {"refresh": signed_in["refresh"]})).json
        await watched.api.post("/auth/refresh", {"refresh": refreshed["refresh"] + mark})
        await watched.api.post("/auth/logout", {"refresh": refreshed["refresh"]})
    told = [line for line in lines if line["event"] != "mail written to the outbox"]  # its link is how one goes on
    assert len(told) > 15
    logged = [orjson.dumps(line, default=repr).decode() for line in told]
    # The drivers' own debug lines hold commands; we never let them be written below "warning" (smovie/logs.py).
    logged += [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    private = [mark, proof[1:], registered["email"], registered["username"]]
    private += [
        given[kind] for given in (registered, confirmed, signed_in, refreshed) for kind in ("access", "refresh")
    ]
    assert [(word, line) for word in private for line in logged if word in line] == []
