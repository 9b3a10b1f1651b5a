"""A client in a user's own room."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from websockets.asyncio.client import connect

from tests.support.room import Frame, RoomClient
from tests.support.server import Member, RunningServer
from tests.support.wait import until


@asynccontextmanager
async def dial_own_room(server: RunningServer, query: str) -> AsyncIterator[RoomClient]:
    """A socket to the room of whoever signs in."""
    url = f"ws://127.0.0.1:{server.port}/ws/notifications{query}"
    async with connect(url, compression=None, ping_interval=None, close_timeout=2) as socket:
        yield RoomClient(socket)


@asynccontextmanager
async def in_own_room(server: RunningServer, member: Member, query: str = "") -> AsyncIterator[RoomClient]:
    """A socket that has joined its user's room."""
    async with dial_own_room(server, f"?token={member.access}{query}") as client:
        client.joined = await client.hear()
        assert client.joined["type"] == "joined", client.joined
        yield client


async def say(server: RunningServer, member: Member, episode: str, message: str, parent_id: str | None = None) -> str:
    """Comment over REST; the comment's id."""
    sent = {"message": message, "parent_id": parent_id}
    posted = await server.api.post(f"/episodes/{episode}/comments", sent, access=member.access)
    assert posted.status == 201, posted.json
    return str(posted.json["comment"]["id"])


async def notified(server: RunningServer, member: Member, count: int) -> list[Frame]:
    """A member's notifications, when there are so many; whoever is still to be told is."""
    await server.runtime.notifications.flush()

    async def found() -> list[Frame]:
        page = (await server.api.get("/me/notifications", access=member.access)).json
        return list(page["results"])

    async def enough() -> bool:
        return len(await found()) >= count

    await until(enough)
    return await found()
