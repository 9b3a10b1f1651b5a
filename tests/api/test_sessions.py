"""Devices: seeing where one is signed in, and ending one or all of it; sockets and tokens go with it."""

import asyncio

import pytest

from smovie.identities import IdentityCheck
from smovie.models.accounts import User
from tests.support.room import in_room
from tests.support.server import Member, RunningServer


async def sign_in(server: RunningServer, member: Member, agent: str = "") -> dict[str, str]:
    """Another device of somebody."""
    body = {"email": member.email, "password": member.password}
    answer = await server.api.post("/auth/login", body, headers={"User-Agent": agent})
    assert answer.status == 200, answer.json
    return {"access": answer.json["access"], "refresh": answer.json["refresh"]}


async def sessions_of(server: RunningServer, access: str) -> list[dict[str, str]]:
    answer = await server.api.get("/me/sessions", access=access)
    assert answer.status == 200, answer.json
    results: list[dict[str, str]] = answer.json["results"]
    return results


async def assert_is_out(server: RunningServer, tokens: dict[str, str]) -> None:
    assert (await server.api.get("/me", access=tokens["access"])).status == 401
    assert (await server.api.post("/auth/refresh", {"refresh": tokens["refresh"]})).status == 401


async def test_devices_are_listed_newest_first_with_what_tells_them_apart(server: RunningServer) -> None:
    member = await server.a_member()
    phone = await sign_in(server, member, "Điện thoại/1.0".encode().decode("latin1"))
    tv = await sign_in(server, member, "TV/2.0")
    shown = await sessions_of(server, phone["access"])
    # Below these are the one that the link of the mail opened, and that of the registration.
    assert [one["current"] for one in shown] == [False, True, False, False]
    assert shown[0]["user_agent"] == "TV/2.0"
    assert {one["address"] for one in shown} == {"127.0.0.1"}
    assert all(one["created_at"].endswith("Z") and one["last_used_at"] >= one["created_at"] for one in shown)
    assert {*shown[0]} == {"id", "user_agent", "address", "created_at", "last_used_at", "current"}
    assert [one["current"] for one in await sessions_of(server, tv["access"])] == [True, False, False, False]


async def test_ending_a_device_closes_its_socket_and_kills_its_tokens_and_no_others(server: RunningServer) -> None:
    member = await server.a_member()
    phone = await sign_in(server, member)
    episode = server.an_episode_apart()
    ended = (await sessions_of(server, phone["access"]))[0]["id"]
    async with in_room(server, episode, phone["access"]) as room, in_room(server, episode, member.access) as own:
        gone = await server.api.call("DELETE", f"/api/v1/me/sessions/{ended}", access=member.access)
        assert (gone.status, gone.body) == (204, b"")
        assert await room.closed() == 4401
        await own.say(type="comment", message="vẫn ở đây", cmid="still-here")
        await own.hear_type("ack")
    await assert_is_out(server, phone)
    left = await sessions_of(server, member.access)
    assert ended not in [one["id"] for one in left] and left[0]["current"]
    again = await server.api.call("DELETE", f"/api/v1/me/sessions/{ended}", access=member.access)
    assert (again.status, again.json["type"]) == (404, "/problems/session-not-found")


async def test_ones_own_device_can_be_ended_too(server: RunningServer) -> None:
    member = await server.a_member()
    own = (await sessions_of(server, member.access))[0]["id"]
    assert (await server.api.call("DELETE", f"/api/v1/me/sessions/{own}", access=member.access)).status == 204
    assert (await server.api.get("/me/sessions", access=member.access)).status == 401


async def test_nobody_sees_or_ends_somebody_elses_devices(server: RunningServer) -> None:
    member, other = await server.a_member(), await server.a_member()
    own = (await sessions_of(server, member.access))[0]["id"]
    assert own not in [one["id"] for one in await sessions_of(server, other.access)]
    refused = await server.api.call("DELETE", f"/api/v1/me/sessions/{own}", access=other.access)
    unknown = await server.api.call("DELETE", "/api/v1/me/sessions/no-such", access=other.access)
    assert refused.status == unknown.status == 404
    assert refused.json["type"] == unknown.json["type"]
    assert (await server.api.get("/me", access=member.access)).status == 200


async def test_logging_out_everywhere_ends_all_sessions_and_nobody_elses(server: RunningServer) -> None:
    member, other = await server.a_member(), await server.a_member()
    phone = await sign_in(server, member)
    episode = server.an_episode_apart()
    async with (
        in_room(server, episode, phone["access"]) as first,
        in_room(server, episode, member.access) as second,
        in_room(server, episode, other.access) as third,
    ):
        done = await server.api.post("/auth/logout-all", access=phone["access"])
        assert (done.status, done.body) == (204, b"")
        assert [await first.closed(), await second.closed()] == [4401, 4401]
        await third.say(type="comment", message="còn tôi", cmid="me-too")
        await third.hear_type("ack")
    await assert_is_out(server, phone)
    await assert_is_out(server, {"access": member.access, "refresh": member.refresh})
    assert (await server.api.get("/me", access=other.access)).status == 200


async def test_who_is_not_verified_yet_may_log_out_everywhere_but_not_see_devices(server: RunningServer) -> None:
    registered = await server.register()
    assert (await server.api.get("/me/sessions", access=registered["access"])).status == 403
    assert (await server.api.post("/auth/logout-all", access=registered["access"])).status == 204
    await assert_is_out(server, registered)


async def test_a_session_that_ends_while_it_is_looked_up_lets_nobody_in(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = await server.a_member()
    phone = await sign_in(server, member)
    ended = (await sessions_of(server, member.access))[0]["id"]
    found, go_on = asyncio.Event(), asyncio.Event()
    look_up = IdentityCheck._look_up

    async def wait(self: IdentityCheck, session_id: str, user_id: str) -> User:
        user = await look_up(self, session_id, user_id)
        if session_id == ended:
            found.set()
            await go_on.wait()
        return user

    monkeypatch.setattr(IdentityCheck, "_look_up", wait)
    asking = asyncio.ensure_future(server.api.get("/me", access=phone["access"]))
    await found.wait()
    assert (await server.api.call("DELETE", f"/api/v1/me/sessions/{ended}", access=member.access)).status == 204
    go_on.set()
    assert (await asking).status == 401


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/me/sessions"), ("DELETE", "/me/sessions/x"), ("POST", "/auth/logout-all")]
)
async def test_without_a_token_there_are_no_devices(server: RunningServer, method: str, path: str) -> None:
    assert (await server.api.call(method, "/api/v1" + path)).status == 401
