"""Whatever is thrown at the routes of the OpenAPI file, the server refuses it or takes it, and never fails."""

from typing import Any
from urllib.parse import quote, urlencode

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tornado.ioloop import IOLoop

from handlers.openapi import describe
from handlers.routes import ROUTES
from tests.support.api import Answer
from tests.support.server import RunningServer

DESCRIBED = describe(ROUTES)
POSTS = sorted(path for path, operations in DESCRIBED["paths"].items() if "post" in operations)
GETS = sorted(path for path, operations in DESCRIBED["paths"].items() if "get" in operations)
PARAMETERS = sorted({p["name"] for path in GETS for p in DESCRIBED["paths"][path]["get"]["parameters"]})
MEMBERS = sorted(
    {name for schema in DESCRIBED["components"]["schemas"].values() for name in schema.get("properties", ())}
)
LIKELY = [
    "war",
    "1",
    "20",
    "-1",
    "nan",
    "",
    "0" * 20,
    "2000",
    "title",
    "a@example.com",
    "long enough",
    "\x00",
    "%",
    "é",
]

TEXT = st.text(max_size=30) | st.sampled_from(LIKELY)
SEGMENT = TEXT.map(lambda text: quote(text, safe="") or "_") | st.binary(min_size=1, max_size=5).map(quote)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS) | TEXT, inner, max_size=3),
    max_leaves=8,
)
MESSAGE = st.dictionaries(st.sampled_from(MEMBERS), TEXT | JSON, max_size=6) | JSON
QUERY = st.lists(st.tuples(st.sampled_from(PARAMETERS) | TEXT, TEXT), max_size=4).map(urlencode) | st.binary(
    max_size=20
).map(lambda some: quote(some, safe="&=+;%"))

repeatable = settings(
    derandomize=True, deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def address(data: st.DataObject, path: str, known: dict[str, str]) -> str:
    """A path with its parameters filled: with what is there, or with anything."""
    for name in ("slug", "person_id", "episode_id", "uid", "token"):
        if f"{{{name}}}" in path:
            path = path.replace(f"{{{name}}}", data.draw(st.just(known.get(name, "_")) | SEGMENT))
    return path


def is_foreseen(answer: Answer) -> bool:
    kind = answer.headers.get("content-type", "")
    return answer.status < 400 or (answer.status < 500 and kind.startswith("application/problem+json"))


@repeatable
@given(data=st.data())
def test_no_json_makes_a_route_fail(io_loop: IOLoop, watched: RunningServer, data: st.DataObject) -> None:
    path = address(data, data.draw(st.sampled_from(POSTS)), {"episode_id": watched.an_episode_apart()})
    text = data.draw(MESSAGE.map(_as_json) | st.binary(max_size=20))
    headers = {"Content-Type": "application/json"}
    answer = io_loop.run_sync(lambda: watched.api.call("POST", path, body=text, headers=headers))
    assert is_foreseen(answer), (path, text, answer)


@repeatable
@given(data=st.data())
def test_no_query_makes_a_route_fail(io_loop: IOLoop, watched: RunningServer, data: st.DataObject) -> None:
    known = {"slug": "spirited-away", "episode_id": watched.an_episode_apart()}
    path = address(data, data.draw(st.sampled_from(GETS)), known)
    query = data.draw(QUERY)
    answer = io_loop.run_sync(lambda: watched.api.call("GET", f"{path}?{query}"))
    assert is_foreseen(answer), (path, query, answer)


def test_no_comment_makes_its_route_fail(io_loop: IOLoop, watched: RunningServer) -> None:
    """The one POST that needs somebody signed in gets random comments of its own."""
    author = io_loop.run_sync(watched.a_member)
    path = f"/episodes/{watched.an_episode_apart()}/comments"
    members = ["message", "cmid", "parent_id", "at_s", "spoiler"]

    @repeatable
    @given(st.dictionaries(st.sampled_from(members), TEXT | JSON, max_size=5))
    def throw(comment: dict[str, Any]) -> None:
        headers = {"Content-Type": "application/json"}
        body = _as_json({"message": "a comment", **comment})
        answer = io_loop.run_sync(
            lambda: watched.api.call("POST", "/api/v1" + path, body=body, access=author.access, headers=headers)
        )
        assert is_foreseen(answer), (comment, answer)

    throw()


def _as_json(value: Any) -> bytes:
    """As JSON where that can say it, else as something that is nearly JSON."""
    try:
        return orjson.dumps(value)
    except (TypeError, orjson.JSONEncodeError):
        return repr(value).encode("utf-8", "surrogatepass")
