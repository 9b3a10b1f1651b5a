"""What is wrong with JSON, a query string or an address is said in a problem, member by member; nothing breaks."""

from typing import Any

import orjson
import pytest

from tests.support.api import Answer
from tests.support.server import RunningServer

LOGIN = "/api/v1/auth/login"
REGISTER = "/api/v1/auth/register"
AS_JSON = {"Content-Type": "application/json"}
GOOD = {"email": "somebody@example.com", "username": "Somebody", "password": "long enough"}


def assert_problem(answer: Answer, status: int, kind: str, *pointers: str) -> None:
    """The answer is a whole problem document, of this kind, about these members and no others."""
    assert answer.headers["content-type"] == "application/problem+json; charset=utf-8"
    said = answer.json
    assert (answer.status, said["status"], said["type"]) == (status, status, f"/problems/{kind}")
    assert said["title"] and said["detail"]
    assert said["request_id"] == answer.headers["x-request-id"]
    assert [item["pointer"] for item in said.get("errors", [])] == list(pointers)
    assert all(item["detail"] for item in said.get("errors", []))


async def post_text(server: RunningServer, text: str | bytes, path: str = LOGIN) -> Answer:
    body = text.encode() if isinstance(text, str) else text
    return await server.api.call("POST", path, body=body, headers=AS_JSON)


@pytest.mark.parametrize(
    "text",
    [
        "", "{", '{"email": }', "{'email': 1}", '{"email": "a",}', '{"a": 1} {"b": 2}', "\ufeff{}", "nul",
        '{"email": "\\ud800"}', '{"email": "\\udc00\\ud800"}', '{"email": "a\x00"}', '{"email": "\\x41"}',
        '{"email": NaN}', '{"email": Infinity}', '{"email": 01}', b'{"email": "\xff"}', b'{"email": "\xed\xa0\x80"}',
        "[" * 10_000 + "]" * 10_000, '{"a":' * 10_000 + "1" + "}" * 10_000,
    ],
)  # fmt: skip
async def test_a_body_that_is_not_json_is_refused(watched: RunningServer, text: str | bytes) -> None:
    assert_problem(await post_text(watched, text), 422, "malformed-json")


@pytest.mark.parametrize("text", ["[]", "null", "true", "17", '"text"', "[{}]", "1" * 400, "-0", "1e400"])
async def test_json_that_is_no_object_is_refused(watched: RunningServer, text: str) -> None:
    answer = await post_text(watched, text)
    assert answer.json["type"] in ("/problems/not-an-object", "/problems/malformed-json")
    assert_problem(answer, 422, answer.json["type"].rpartition("/")[2])


async def test_every_missing_member_is_named(watched: RunningServer) -> None:
    answer = await post_text(watched, "{}", REGISTER)
    assert_problem(answer, 422, "invalid", "/email", "/password", "/username")


async def test_an_unknown_member_is_named_by_an_escaped_pointer(watched: RunningServer) -> None:
    answer = await post_text(watched, orjson.dumps({**GOOD, "role": "admin", "a/b~c": 1, "": 2}), REGISTER)
    assert_problem(answer, 422, "invalid", "/role", "/a~1b~0c", "/")


@pytest.mark.parametrize("value", [None, True, 17, 1.5, [], ["a"], {}, {"$ne": None}, 10**30])
async def test_a_member_of_a_wrong_type_is_named(watched: RunningServer, value: Any) -> None:
    text = '{"email": "a@example.com", "password": %s}' % (value if value == 10**30 else orjson.dumps(value).decode())
    assert_problem(await post_text(watched, text), 422, "invalid", "/password")


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("email", "nobody"), ("email", "a@b@example.com"), ("email", "a\x00@example.com"), ("email", "a" * 300),
        ("email", "a@example.com\r\nBcc: b@example.com"), ("email", "A <a@example.com>"), ("email", ""),
        ("username", "x"), ("username", "x" * 41), ("username", " padded"), ("username", "a\x00b"), ("username", "…!"),
        ("username", "a\u202eb"), ("username", "e\u0301a"), ("password", "short"), ("password", "x" * 1_025),
    ],
)  # fmt: skip
async def test_a_value_out_of_its_bounds_is_named(watched: RunningServer, member: str, value: str) -> None:
    answer = await post_text(watched, orjson.dumps({**GOOD, member: value}), REGISTER)
    assert_problem(answer, 422, "invalid", f"/{member}")
    assert len(value) < 2 or value not in answer.body.decode()


async def test_no_more_than_fifty_members_are_listed(watched: RunningServer) -> None:
    answer = await post_text(watched, orjson.dumps({f"member{n}": n for n in range(5_000)}))
    assert answer.status == 422
    assert len(answer.json["errors"]) == 50


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "json"])
async def test_another_content_type_is_refused(watched: RunningServer, kind: str) -> None:
    answer = await watched.api.call("POST", LOGIN, body=orjson.dumps(GOOD), headers={"Content-Type": kind})
    assert_problem(answer, 415, "unsupported-media-type")


async def test_a_form_that_cannot_be_read_is_refused(watched: RunningServer) -> None:
    sent = {"Content-Type": "multipart/form-data"}
    assert_problem(await watched.api.call("POST", LOGIN, body=b"--", headers=sent), 400, "bad-request")


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON", " application/json ;x=y"])
async def test_json_is_taken_under_each_of_its_spellings(watched: RunningServer, kind: str) -> None:
    answer = await watched.api.call("POST", LOGIN, body=b"{}", headers={"Content-Type": kind})
    assert_problem(answer, 422, "invalid", "/email", "/password")


@pytest.mark.parametrize(
    ("query", "pointers"),
    [
        ("page=0", ["/page"]), ("page=-1", ["/page"]), ("page=1000001", ["/page"]), ("page=9" + "9" * 5_000, ["/page"]),
        ("page=", ["/page"]), ("page=one", ["/page"]), ("page=1.5", ["/page"]), ("page=%00", ["/page"]),
        ("page_size=0&page=0", ["/page", "/page_size"]), ("page_size=101", ["/page_size"]),
        ("sort=price", ["/sort"]), ("kind=", ["/kind"]), ("q_letter=dd", ["/q_letter"]),
        ("year_from=12", ["/year_from"]), ("genre=War", ["/genre/0"]),
        ("genre=war&genre=../..", ["/genre/1"]), ("genre[$ne]=x", ["/genre[$ne]"]),
        ("year_from=2001&year_to=2000", [""]), ("&".join(["genre=war"] * 21), ["/genre"]),
        ("page=1&page=2", ["/page"]), ("pages=1", ["/pages"]), ("=1", ["/"]), ("page[]=1", ["/page[]"]),
        ("a/b=1&a/b=2", ["/a~1b"]), ("%ff=1", ["/\ufffd"]), ("genre=%ff", ["/genre/0"]), ("genre=%c0%ae", ["/genre/0"]),
        ("genre=%", ["/genre/0"]), ("genre=%zz", ["/genre/0"]), ("genre=%ed%a0%80", ["/genre/0"]),
    ],
)  # fmt: skip
async def test_a_wrong_parameter_is_named(watched: RunningServer, query: str, pointers: list[str]) -> None:
    assert_problem(await watched.api.get(f"/movies?{query}"), 422, "invalid", *pointers)


async def test_more_parameters_than_a_hundred_are_refused(watched: RunningServer) -> None:
    answer = await watched.api.get("/movies?" + "&".join(f"p{n}=1" for n in range(101)))
    assert_problem(answer, 422, "invalid")


@pytest.mark.parametrize("query", ["at_from=nan", "at_to=inf", "at_from=-1", "limit=0", "before=x", "after=%00"])
async def test_a_wrong_parameter_of_comments_is_named(watched: RunningServer, query: str) -> None:
    answer = await watched.api.get(f"/episodes/{watched.an_episode_apart()}/comments?{query}")
    assert_problem(answer, 422, "invalid", "/" + query.partition("=")[0])


@pytest.mark.parametrize(
    "comment",
    [
        {"message": ""}, {"message": " \n\t"}, {"message": "x" * 2_001}, {"message": "a\x00b"}, {"message": ["a"]},
        {"message": "a", "cmid": ""}, {"message": "a", "parent_id": "1"}, {"message": "a", "at_s": -1},
        {"message": "a", "at_s": [1]}, {"message": "a", "spoiler": "perhaps"},
    ],
)  # fmt: skip
async def test_a_wrong_member_of_a_comment_is_named(watched: RunningServer, comment: dict[str, Any]) -> None:
    author = await watched.a_member()
    answer = await watched.api.post(f"/episodes/{watched.an_episode_apart()}/comments", comment, access=author.access)
    assert_problem(answer, 422, "invalid", "/" + list(comment)[-1])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/movies/%ff", 400), ("/movies/%c0%ae", 400), ("/people/%ed%a0%80", 400), ("/auth/verify/u/%ff", 400),
        ("/movies/%", 404), ("/movies/%zz", 404), ("/movies/%00", 404), ("/movies/%0d%0aX:%20y", 404),
        ("/movies/..%2f..%2fsettings.py", 404), ("/episodes/%00/comments", 404), ("/episodes/$ne/comments", 404),
        ("/movies/" + "x" * 20_000, 404), ("/movies/", 404), ("//movies", 404), ("/movies/a/b", 404),
    ],
)  # fmt: skip
async def test_an_address_that_names_nothing_is_refused(watched: RunningServer, path: str, status: int) -> None:
    answer = await watched.api.get(path)
    assert answer.status == status
    assert_problem(answer, status, answer.json["type"].rpartition("/")[2])


@pytest.mark.parametrize("path", ["../settings.py", "%2e%2e/settings.py", "..%2fsettings.py", "%00", "site", "x" * 300])
async def test_static_files_are_those_of_their_folder(watched: RunningServer, path: str) -> None:
    answer = await watched.api.call("GET", f"/static/{path}")
    assert answer.status in (403, 404)
    assert b"SMOVIE" not in answer.body


@pytest.mark.parametrize("method", ["BREW", "TRACE", "get", "PROPFIND"])
@pytest.mark.parametrize("path", ["/api/v1/movies", "/api/v1/auth/verify/uid/secret", "/nowhere"])
async def test_an_unknown_method_is_refused(watched: RunningServer, method: str, path: str) -> None:
    assert_problem(await watched.api.call(method, path), 405, "method-not-allowed")
