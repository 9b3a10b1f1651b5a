"""A client in a live room, on another implementation of RFC 6455 than ours."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.support.server import RunningServer

Frame = dict[str, Any]
WITHIN_S = 30.0  # for whatever the server is to say next; past it a test fails instead of waiting for ever
_ids = itertools.count(1)


class RoomClient:
    """Sends and receives frames."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.joined: Frame = {}

    async def say(self, **frame: Any) -> None:
        await self.socket.send(orjson.dumps(frame).decode())

    async def hear(self) -> Frame:
        """The next frame, whatever it is."""
        async with asyncio.timeout(WITHIN_S):
            frame: Frame = orjson.loads(await self.socket.recv())
        return frame

    async def hear_until(self, wanted: Callable[[Frame], bool]) -> Frame:
        """The next frame that is wanted; others are passed over."""
        async with asyncio.timeout(WITHIN_S):  # in all: a quiet room still says where it stands
            while not wanted(frame := await self.hear()):
                pass
        return frame

    async def hear_type(self, kind: str) -> Frame:
        return await self.hear_until(lambda frame: frame["type"] == kind)

    async def ask(self, kind: str, **frame: Any) -> Frame:
        """Say something and wait for its direct answer."""
        number = next(_ids)
        await self.say(type=kind, id=number, **frame)
        return await self.hear_until(lambda answer: answer.get("id") == number)

    async def comment(self, message: str, **members: Any) -> str:
        """Say something; the comment's id."""
        answer = await self.ask("comment", message=message, **members)
        assert answer["type"] == "ack", answer
        return str(answer["comment_id"])

    async def closed(self) -> int | None:
        """Read on until the server closes; its code."""
        try:
            async with asyncio.timeout(WITHIN_S):
                while True:
                    await self.socket.recv()
        except ConnectionClosed:
            return self.socket.close_code


@asynccontextmanager
async def dial(server: RunningServer, episode_id: str, query: str = "", **options: Any) -> AsyncIterator[RoomClient]:
    """A socket to a room, signed in or not."""
    async with connect(
        server.socket_url(f"/ws/comments/{episode_id}{query}"),
        compression=None,
        ping_interval=None,
        close_timeout=2,
        **options,
    ) as socket:
        yield RoomClient(socket)


@asynccontextmanager
async def in_room(server: RunningServer, episode_id: str, access: str, query: str = "") -> AsyncIterator[RoomClient]:
    """A socket that has joined."""
    async with dial(server, episode_id, f"?token={access}{query}") as client:
        client.joined = await client.hear()
        assert client.joined["type"] == "joined", client.joined
        yield client


async def replay(server: RunningServer, room: RoomClient, episode_id: str, access: str) -> list[Frame]:
    """Everything that who comes back to a room is told, from where a client joined up to where the room stands now."""
    epoch, seq = room.joined["epoch"], room.joined["seq"]
    told: list[Frame] = []
    async with in_room(server, episode_id, access, f"&epoch={epoch}&seq={seq}") as again:
        assert again.joined["recovered"], again.joined
        await again.say(type="history", limit=1)  # whose answer comes after what was missed
        while (frame := await again.hear())["type"] != "history":
            if "seq" in frame:
                told.append(frame)
    return told
