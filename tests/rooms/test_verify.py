"""ROOMS.md 30: the socket that signs a new user in by itself."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from websockets.asyncio.client import connect

from tests.support.room import RoomClient
from tests.support.server import RunningServer


@asynccontextmanager
async def waiting(server: RunningServer, uid: str, access: str) -> AsyncIterator[RoomClient]:
    """A socket that waits for a confirmation."""
    url = f"ws://127.0.0.1:{server.port}/ws/verify/{uid}?token={access}"
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


async def test_clause_30_what_happened_while_the_socket_was_down_is_told_on_connecting(server: RunningServer) -> None:
    registered = await server.register()
    await server.api.post_to(await server.proof_for(registered))
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
