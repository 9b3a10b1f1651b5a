"""What Graph may answer: a token that is not good signs nobody in, and a Graph that is not well is waited for."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from handlers import facebook_graph
from tests.conftest import StartServer
from tests.facebook.conftest import Facebook, LogLines, facebook_settings
from tests.support import graph as replies
from tests.support.api import Answer
from tests.support.graph import APP_ID, APP_SECRET, OTHER_APP_ID, FakeGraph, Reply, Token
from tests.support.wait import until

PATHS = ("/debug_token", "/me")


async def refused_alike(facebook: Facebook, token: Token) -> None:
    answer = await facebook.sign_in(token, **{"Accept-Language": "en"})
    assert answer.status == 401
    assert {**answer.json, "request_id": ""} == {
        "type": "/problems/facebook-token-invalid", "title": "Unauthorized", "status": 401, "request_id": "",
        "detail": "This Facebook sign-in is not valid (any more); please sign in with Facebook again.",
    }  # fmt: skip
    assert await facebook.stored_link(token) is None


def away(answer: Answer) -> int:
    """In how many seconds to come again."""
    assert (answer.status, answer.json["type"]) == (503, "/problems/facebook-away")
    return int(answer.headers["retry-after"])


# -- tokens that are not good ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        ({"expires_at": int(time.time()) - 60}, "not valid, 190/463"),
        ({"app_id": OTHER_APP_ID}, "not valid, 100/0"),
        ({"type": "PAGE"}, "not a user's"),
        ({"profile_id": "10000000000000"}, "another user's"),
    ],
)
async def test_a_token_that_is_not_good_is_refused_and_only_the_log_says_why(
    facebook: Facebook, log_lines: LogLines, about: dict[str, Any], reason: str
) -> None:
    await refused_alike(facebook, facebook.graph.token(**about))
    assert [line["reason"] for line in log_lines if line["event"] == "a Facebook token was refused"] == [reason]


async def test_what_is_no_token_at_all_is_refused_alike(facebook: Facebook) -> None:
    await refused_alike(facebook, Token(text="garbage", user_id="0"))
    await refused_alike(facebook, Token(text=f"{APP_ID}|guessed", user_id="0"))


@pytest.mark.parametrize(
    "changed",
    [
        {"app_id": OTHER_APP_ID},
        {"app_id": None},
        {"is_valid": False},
        {"expires_at": 1_570_820_400},
        {"user_id": "10000000000000"},
    ],
)
async def test_whatever_graph_says_of_a_token_is_looked_at_by_ourselves(
    facebook: Facebook, changed: dict[str, Any]
) -> None:
    token = facebook.graph.token()
    about = {"app_id": APP_ID, "type": "USER", "is_valid": True, "expires_at": 0, "user_id": token.user_id, **changed}
    about = {name: value for name, value in about.items() if value is not None}
    with facebook.graph.instead("/debug_token", replies.as_json({"data": about})):
        await refused_alike(facebook, token)


@pytest.mark.parametrize(("code", "subcode"), [(190, 460), (190, None), (102, None)])
async def test_a_token_that_ends_between_two_questions_is_refused_alike(
    facebook: Facebook, code: int, subcode: int | None
) -> None:
    with facebook.graph.instead("/me", replies.error(code, subcode)):
        await refused_alike(facebook, facebook.graph.token())


async def test_a_token_without_an_end_is_good_and_ids_may_be_numbers(facebook: Facebook) -> None:
    token = facebook.graph.token()
    about = {"app_id": int(APP_ID), "type": "USER", "is_valid": True, "user_id": int(token.user_id), "scopes": ["x"]}
    with facebook.graph.instead("/debug_token", replies.as_json({"data": about})):
        assert (await facebook.signed_in(token))["created"] is True
    link = await facebook.stored_link(token)
    assert link and link["token_expires_at"] is None


async def test_an_address_is_taken_only_where_it_was_granted_to_this_token(facebook: Facebook) -> None:
    token = facebook.graph.token(scopes=("public_profile",))
    profile = {"id": token.user_id, "name": "Lan", "email": "not-granted@example.com"}
    with facebook.graph.instead("/me", replies.as_json(profile)):
        assert (await facebook.signed_in(token))["needs_email"] is True


# -- how it is asked ---------------------------------------------------------------------------------------------------


async def test_graph_is_asked_about_the_token_then_whose_it_is_and_the_apps_secret_is_in_no_url(
    facebook: Facebook,
) -> None:
    token, before = facebook.graph.token(), len(facebook.graph.asked)
    await facebook.signed_in(token)
    (about, about_query, as_app), (whose, whose_query, as_user) = facebook.graph.asked[before:]
    assert (about, about_query, as_app) == ("/debug_token", {"input_token": token.text}, f"{APP_ID}|{APP_SECRET}")
    assert (whose, as_user) == ("/me", token.text)
    assert {*whose_query} == {"fields", "appsecret_proof"}


async def test_a_token_that_is_not_good_is_not_used(facebook: Facebook) -> None:
    before = len(facebook.graph.asked)
    await refused_alike(facebook, facebook.graph.token(app_id=OTHER_APP_ID))
    assert [path for path, _, _ in facebook.graph.asked[before:]] == ["/debug_token"]


async def test_past_so_many_questions_at_once_a_sign_in_is_refused_at_once(
    facebook: Facebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facebook_graph, "MOST_AT_ONCE", 2)
    go_on, before = asyncio.Event(), len(facebook.graph.asked)
    with facebook.graph.instead("/debug_token", replies.wait_for(go_on)):
        waiting = [asyncio.ensure_future(facebook.sign_in(facebook.graph.token())) for _ in range(2)]
        await until(lambda: len(facebook.graph.asked) == before + 2)
        refused = await facebook.sign_in(facebook.graph.token())
        assert (refused.status, refused.json["type"]) == (503, "/problems/busy")
        go_on.set()
        assert [away(answer) for answer in await asyncio.gather(*waiting)] == [5, 5]
    await facebook.signed_in(facebook.graph.token())


# -- a Graph that is not well ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("code", [4, 17, 32, 613])
async def test_past_a_rate_limit_we_are_to_come_again_later(facebook: Facebook, path: str, code: int) -> None:
    with facebook.graph.instead(path, replies.error(code, status=400 if code == 4 else 403)):
        assert away(await facebook.sign_in(facebook.graph.token())) == 60


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "reply",
    [
        replies.error(1, status=500),
        replies.error(2, status=503),
        replies.error(190, status=500),
        replies.error(100),
        replies.text("<html>Sorry, something went wrong.</html>", media_type="text/html"),
        replies.text("<html>Bad Gateway</html>", media_type="text/html", status=502),
        replies.text(""),
        replies.text('{"data": '),
        replies.text("[]"),
        replies.text("{}"),
        replies.text('{"data": {"is_valid": true, "expires_at": 1e30}, "id": "me"}'),
        replies.text('{"data": {"is_valid": "maybe"}, "id": null}'),
        replies.text('{"error": "none of the documented"}'),
        replies.endless,
        replies.hang_up,
    ],
    ids=[
        "unknown error", "service", "server error", "our mistake", "HTML", "bad gateway", "nothing", "half", "a list",
        "empty", "senseless", "more senseless", "strange error", "endless", "hung up",
    ],
)  # fmt: skip
async def test_a_graph_that_is_not_well_signs_nobody_in_and_is_waited_for(
    facebook: Facebook, path: str, reply: Reply
) -> None:
    token = facebook.graph.token()
    with facebook.graph.instead(path, reply):
        assert away(await facebook.sign_in(token)) == 5
    assert await facebook.stored_link(token) is None
    assert (await facebook.signed_in(token))["created"] is True


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("send", [replies.as_json, replies.as_json_in_pieces])
async def test_of_an_answer_no_more_is_read_than_a_profile_takes(
    facebook: Facebook, path: str, send: Callable[[Any], Reply]
) -> None:
    token = facebook.graph.token()
    about = {"app_id": APP_ID, "type": "USER", "is_valid": True, "user_id": token.user_id}
    good = {"id": token.user_id, "data": about}
    with facebook.graph.instead(path, send({**good, "more": "x" * 70_000})):
        assert away(await facebook.sign_in(token)) == 5
    with facebook.graph.instead(path, send({**good, "more": "x" * 50_000})):
        await facebook.signed_in(token)


@pytest.mark.parametrize("path", PATHS)
async def test_a_redirect_is_not_followed_with_tokens_in_hand(facebook: Facebook, path: str) -> None:
    before = len(facebook.graph.asked)
    to = replies.text("", status=302, Location=f"{facebook.graph.url}/elsewhere")
    with facebook.graph.instead(path, to):
        assert away(await facebook.sign_in(facebook.graph.token())) == 5
    assert "/elsewhere" not in [asked for asked, _, _ in facebook.graph.asked[before:]]


@pytest.mark.parametrize("path", PATHS)
async def test_a_graph_that_does_not_answer_is_waited_for_some_seconds(
    facebook: Facebook, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    assert facebook_graph.WITHIN_S <= 5
    monkeypatch.setattr(facebook_graph, "WITHIN_S", 0.2)
    go_on = asyncio.Event()
    with facebook.graph.instead(path, replies.wait_for(go_on)):
        assert away(await facebook.sign_in(facebook.graph.token())) == 5
    go_on.set()


async def test_a_graph_that_is_not_there_is_waited_for(start: StartServer) -> None:
    gone = FakeGraph()
    await gone.close()
    server = await start(**facebook_settings(gone))
    assert away(await Facebook(server, gone).sign_in(gone.token())) == 5


async def test_a_wrong_secret_of_our_app_is_not_held_against_the_token(start: StartServer, graph: FakeGraph) -> None:
    server = await start(**facebook_settings(graph, facebook_app_secret="another one"))
    assert away(await Facebook(server, graph).sign_in(graph.token())) == 5
