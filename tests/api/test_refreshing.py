"""Refreshing: each token is good once, a copy of it ends its family, and no session lives for ever."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from smovie.models.base import now
from tests.api.test_sessions import assert_is_out, sessions_of, sign_in
from tests.conftest import StartServer
from tests.support.api import Answer
from tests.support.server import Member, RunningServer


async def refresh(server: RunningServer, token: str, agent: str = "", address: str = "") -> Answer:
    sent = {"User-Agent": agent, **({"X-Forwarded-For": address} if address else {})}
    return await server.api.post("/auth/refresh", {"refresh": token}, headers=sent)


async def refreshed(server: RunningServer, token: str) -> dict[str, str]:
    answer = await refresh(server, token)
    assert answer.status == 200, answer.json
    found: dict[str, str] = answer.json
    return found


async def write(server: RunningServer, token: str, **members: Any) -> None:
    """Change the stored session of a refresh token, as time would."""
    done = await server.runtime.db.sessions.update_one({"_id": token.partition(".")[0]}, {"$set": members})
    assert done.matched_count == 1


async def stored(server: RunningServer, token: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = await server.runtime.db.sessions.find_one({"_id": token.partition(".")[0]})
    return found


async def test_refreshing_rotates_and_a_double_click_gets_the_same_successor(server: RunningServer) -> None:
    member = await server.a_member()
    first, again = await refreshed(server, member.refresh), await refreshed(server, member.refresh)
    assert first["refresh"] == again["refresh"] != member.refresh
    assert (await server.api.get("/me", access=first["access"])).status == 200
    assert (await refresh(server, first["refresh"])).status == 200


async def test_fifty_parallel_refreshes_leave_one_chain_that_goes_on(server: RunningServer) -> None:
    member = await server.a_member()
    phone = await sign_in(server, member)
    answers = await asyncio.gather(*(refresh(server, phone["refresh"]) for _ in range(50)))
    assert {answer.status for answer in answers} == {200}
    (successor,) = {answer.json["refresh"] for answer in answers}
    session = await stored(server, successor)
    assert session and session["generation"] == 1
    assert (await refresh(server, successor)).status == 200


async def test_a_grandparent_that_comes_again_ends_its_family(server: RunningServer) -> None:
    member = await server.a_member()
    child = await refreshed(server, member.refresh)
    grandchild = await refreshed(server, child["refresh"])
    assert (await refresh(server, member.refresh)).status == 401
    await assert_is_out(server, grandchild)
    assert await stored(server, member.refresh) is None


async def test_a_used_token_that_comes_again_after_the_grace_ends_its_family(server: RunningServer) -> None:
    member = await server.a_member()
    child = await refreshed(server, member.refresh)
    await write(server, child["refresh"], rotated_at=now() - timedelta(seconds=11))
    assert (await refresh(server, member.refresh)).status == 401
    await assert_is_out(server, child)


async def test_a_used_token_that_another_client_brings_ends_its_family_within_the_grace_too(
    server: RunningServer,
) -> None:
    member = await server.a_member()
    child = (await refresh(server, member.refresh, "Phim/1.0")).json
    assert (await refresh(server, member.refresh, "curl/8")).status == 401
    await assert_is_out(server, child)


async def test_a_phone_that_changed_its_network_before_the_answer_came_is_the_same_client(
    start: StartServer,
) -> None:
    server = await start(trusted_proxies=frozenset(["127.0.0.1"]))
    member = await server.a_member()
    first = await refresh(server, member.refresh, "Phim/1.0", "203.0.113.7")
    again = await refresh(server, member.refresh, "Phim/1.0", "2001:db8::7")
    assert first.status == again.status == 200
    assert first.json["refresh"] == again.json["refresh"]


@pytest.mark.parametrize("later", [False, True])
async def test_a_child_of_a_family_that_has_ended_is_refused_however_close_the_two_are(
    server: RunningServer, later: bool
) -> None:
    member = await server.a_member()
    child = await refreshed(server, member.refresh)
    newest = await refreshed(server, child["refresh"])
    replayed = [refresh(server, member.refresh), refresh(server, newest["refresh"])]
    answers = await asyncio.gather(*(reversed(replayed) if later else replayed))
    assert 401 in [answer.status for answer in answers]
    for answer in answers:
        if answer.status == 200:  # it was the earlier one; what it gave is dead by now
            await assert_is_out(server, answer.json)
    assert (await refresh(server, newest["refresh"])).status == 401
    assert await stored(server, newest["refresh"]) is None


async def test_the_list_of_devices_shows_where_a_session_was_used_last(start: StartServer) -> None:
    server = await start(trusted_proxies=frozenset(["127.0.0.1"]))
    member = await server.a_member()
    opened = (await sessions_of(server, member.access))[0]
    for agent in ("Phim/2.0", "$user_id", "$$ROOT"):
        answer = await refresh(server, member.refresh, agent, "203.0.113.7")
        member = Member(**{**vars(member), "access": answer.json["access"], "refresh": answer.json["refresh"]})
        used = (await sessions_of(server, member.access))[0]
        assert (used["user_agent"], used["address"]) == (agent, "203.0.113.7")
    assert used["id"] == opened["id"]
    assert used["created_at"] == opened["created_at"]
    assert used["last_used_at"] > opened["last_used_at"]


async def test_a_session_lives_30_days_from_its_last_use_and_180_at_most(server: RunningServer) -> None:
    member = await server.a_member()
    token = (await refreshed(server, member.refresh))["refresh"]
    session = await stored(server, token)
    assert session and session["expires_at"] == session["last_used_at"] + timedelta(days=30)
    opened = now() - timedelta(days=170)
    await write(server, token, created_at=opened)
    token = (await refreshed(server, token))["refresh"]
    session = await stored(server, token)
    assert session and session["expires_at"] == opened + timedelta(days=180)


async def test_a_session_that_has_run_out_is_over_though_it_still_lies_there(server: RunningServer) -> None:
    member = await server.a_member()
    await write(server, member.refresh, expires_at=now())
    server.runtime.identities.forget_everybody()
    assert (await server.api.get("/me", access=member.access)).status == 401
    assert (await refresh(server, member.refresh)).status == 401


async def test_who_is_banned_or_gone_does_not_refresh(server: RunningServer) -> None:
    member, other = await server.a_member(), await server.a_member()
    await server.runtime.db.users.update_one({"_id": member.id}, {"$set": {"is_active": False}})
    await server.runtime.db.users.delete_one({"_id": other.id})
    for out in (member, other):
        assert (await refresh(server, out.refresh)).status == 401
        assert await stored(server, out.refresh) is None
