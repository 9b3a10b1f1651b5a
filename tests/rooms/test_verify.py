"""ROOMS.md 30: the socket that signs a new user in by itself."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from websockets.asyncio.client import connect

from smovie.models.base import now
from tests.conftest import StartServer
from tests.rooms.test_staying import failing
from tests.support.room import RoomClient
from tests.support.server import RunningServer


@asynccontextmanager
async def waiting(server: RunningServer, uid: str, access: str) -> AsyncIterator[RoomClient]:
    """A socket that waits for a confirmation."""
    url = server.socket_url(f"/ws/verify/{uid}?token={access}")
    async with connect(url, compression=None, ping_interval=None, close_timeout=2) as socket:
        yield RoomClient(socket)


async def test_clause_30_opening_the_link_signs_the_waiting_client_in_within_a_second(server: RunningServer) -> None:
    registered = await server.register()
    link = await server.proof_for(registered)
    async with waiting(server, registered["uid"], registered["access"]) as client:
        assert (await client.hear_type("joined"))["email_verified"] is False
        opened = time.monotonic()
        await server.api.post_to(link)
        event = await client.hear_type("email_verified")
        me = await server.api.get("/me", access=event["access"])
        assert time.monotonic() - opened < 1
    assert me.json["email_verified"] is True
    assert event["message"]
    refreshed = await server.api.post("/auth/refresh", {"refresh": event["refresh"]})
    assert refreshed.status == 200


async def test_clause_30_what_happened_while_the_socket_was_down_is_told_on_connecting_as_often_as_it_is(
    server: RunningServer,
) -> None:
    registered = await server.register()
    await server.api.post_to(await server.proof_for(registered))
    told = []
    for _ in range(2):  # the first socket may have gone before its client heard
        async with waiting(server, registered["uid"], registered["access"]) as client:
            told.append(await client.hear_type("email_verified"))
    for event in told:
        assert (await server.api.get("/me/sessions", access=event["access"])).status == 200
        assert (await server.api.post("/auth/refresh", {"refresh": event["refresh"]})).status == 200


async def test_clause_30_the_waiting_client_and_the_browser_with_the_link_are_one_session_each(
    server: RunningServer,
) -> None:
    registered = await server.register()
    link = await server.proof_for(registered)
    async with waiting(server, registered["uid"], registered["access"]) as client:
        opened = await server.api.post_to(link, headers={"User-Agent": "Browser/1.0"})
        event = await client.hear_type("email_verified")
    shown = (await server.api.get("/me/sessions", access=event["access"])).json["results"]
    assert [(one["user_agent"] == "Browser/1.0", one["current"]) for one in shown] == [(True, False), (False, True)]
    assert shown[1]["id"] == registered["refresh"].split(".")[0]
    assert (await server.api.get("/me/sessions", access=opened.json["access"])).status == 200


async def test_clause_30_a_client_that_refreshed_meanwhile_goes_on_with_what_it_has(
    server: RunningServer,
) -> None:
    registered = await server.register()
    fresh = (await server.api.post("/auth/refresh", {"refresh": registered["refresh"]})).json
    await server.api.post_to(await server.proof_for(registered))
    async with waiting(server, registered["uid"], registered["access"]) as client:
        assert (await client.hear_type("email_verified"))["refresh"] == fresh["refresh"]


async def test_clause_30_an_access_token_of_another_sign_in_gives_no_refresh_token(server: RunningServer) -> None:
    member = await server.a_member()
    async with waiting(server, member.id, member.access) as client:
        assert set(await client.hear_type("email_verified")) == {"type", "message"}


async def test_clause_30_long_after_it_was_opened_a_session_is_handed_nothing(server: RunningServer) -> None:
    registered = await server.register()
    await server.api.post_to(await server.proof_for(registered))
    long_ago = {"created_at": now() - timedelta(days=31)}
    session_id = registered["refresh"].split(".")[0]
    await server.runtime.db.sessions.update_one({"_id": session_id}, {"$set": long_ago})
    async with waiting(server, registered["uid"], registered["access"]) as client:
        assert set(await client.hear_type("email_verified")) == {"type", "message"}


async def test_clause_30_who_cannot_be_handed_tokens_now_is_asked_to_come_again(start: StartServer) -> None:
    server = await start()
    registered = await server.register()
    link = await server.proof_for(registered)
    sessions = {"failCommands": ["find"], "namespace": f"{server.settings.mongo_database}.sessions"}
    async with waiting(server, registered["uid"], registered["access"]) as client:
        await client.hear_type("joined")
        async with failing(server, "alwaysOn", **sessions, closeConnection=True):
            await server.api.post_to(link)
            assert (await client.hear_type("error"))["code"] == "unavailable"
            assert await client.closed() == 1013
    async with waiting(server, registered["uid"], registered["access"]) as client:
        assert (await client.hear_type("email_verified"))["access"]


async def test_clause_30_a_confirmation_taken_by_another_instance_arrives_too(server: RunningServer) -> None:
    registered = await server.register()
    async with waiting(server, registered["uid"], registered["access"]) as client:
        await client.hear_type("joined")
        # Another instance shares the database with this one, and nothing else.
        await server.runtime.db.users.update_one({"_id": registered["uid"]}, {"$set": {"email_verified": True}})
        assert (await client.hear_type("email_verified"))["access"]


async def test_clause_30_another_accounts_token_is_refused(server: RunningServer) -> None:
    registered, other = await server.register(), await server.register()
    async with waiting(server, registered["uid"], other["access"]) as client:
        assert await client.closed() == 4403


async def test_clause_30_nothing_is_said_there(server: RunningServer) -> None:
    registered = await server.register()
    async with waiting(server, registered["uid"], registered["access"]) as client:
        await client.hear_type("joined")
        await client.say(type="comment", message="có ai không?")
        assert (await client.hear_type("error"))["code"] == "unknown_type"
