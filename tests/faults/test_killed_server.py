"""The server killed in the middle of talk, the short form of `make faults`: what was acknowledged is there, once."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from tests.support.process import Program, Programs
from tests.support.room import RoomClient
from tests.support.wait import until

ROUNDS = 2
TALKERS = 5
PER_SECOND = 100
KILL_AFTER = 60  # acknowledgements in a round
ENV = {"SMOVIE_LIMIT_COMMENTS_PER_10S": "0"}


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    with Programs(tmp_path) as programs:
        yield programs


@dataclass
class Talker:
    """Somebody who talks, and knows of every comment whether it was acknowledged. A comment's cmid is its text."""

    name: str
    unacknowledged: set[str] = field(default_factory=set)
    ids: dict[str, str] = field(default_factory=dict)
    epoch: str = ""
    seq: int = 0

    @property
    def since(self) -> str:
        return f"&epoch={self.epoch}&seq={self.seq}"

    async def say(self, room: RoomClient, text: str) -> None:
        self.unacknowledged.add(text)
        await room.say(type="comment", message=text, cmid=text)

    async def hear(self, room: RoomClient) -> None:
        """Take the next frame."""
        frame = await room.hear()
        if frame["type"] == "comment":
            self.seq = frame["seq"]
        elif frame["type"] == "ack":
            self.unacknowledged.discard(frame["cmid"])
            assert self.ids.setdefault(frame["cmid"], frame["comment_id"]) == frame["comment_id"]

    async def talk(self, room: RoomClient, round_number: int) -> None:
        """Comments at an even pace until the line breaks."""
        self.epoch, self.seq = room.joined["epoch"], room.joined["seq"]
        hearing = asyncio.create_task(self._hear_on(room))
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            for number in itertools.count():
                due = begun + number * TALKERS / PER_SECOND
                await until(lambda due=due: loop.time() >= due)  # type: ignore[misc]
                await self.say(room, f"{self.name}.{round_number}.{number}")
        except ConnectionClosed:
            await hearing

    async def _hear_on(self, room: RoomClient) -> None:
        try:
            while True:
                await self.hear(room)
        except ConnectionClosed:
            pass

    async def retry(self, room: RoomClient) -> None:
        """Say again, with the same cmid, what nobody acknowledged."""
        for text in sorted(self.unacknowledged):
            await self.say(room, text)
        while self.unacknowledged:
            await self.hear(room)


async def talk_until_killed(server: Program, episode: str, access: str, talkers: list[Talker], number: int) -> None:
    already = sum(len(talker.ids) for talker in talkers)
    async with AsyncExitStack() as sockets:
        rooms = [await sockets.enter_async_context(server.in_room(episode, access)) for _ in talkers]
        talking = [asyncio.create_task(talker.talk(room, number)) for talker, room in zip(talkers, rooms, strict=True)]
        await until(lambda: sum(len(talker.ids) for talker in talkers) >= already + KILL_AFTER)
        for talker, room in zip(talkers, rooms, strict=True):  # some are on their way for certain
            await talker.say(room, f"{talker.name}.{number}, lúc đó")
        await server.kill()
        await asyncio.gather(*talking)


async def all_by_rest(server: Program, episode: str) -> dict[str, str]:
    """Every comment of a room, texts by id."""
    found: dict[str, str] = {}
    before = ""
    while True:
        page = (await server.api.get(f"/episodes/{episode}/comments?limit=100{before}")).json
        found |= {comment["id"]: comment["message"] for comment in page["results"]}
        if page["next"] is None:
            return found
        before = f"&before={page['next']}"


async def all_by_history(room: RoomClient) -> dict[str, str]:
    """Every comment of a room: the page that came with joining, and what history has before it."""
    found, page = {}, room.joined["comments"]
    while page:
        found.update({comment["id"]: comment["message"] for comment in page})
        await room.say(type="history", before=page[0]["id"], limit=100)
        page = (await room.hear_type("history"))["comments"]
    return found


async def test_what_was_acknowledged_is_there_once_after_kill_9_in_full_talk(programs: Programs) -> None:
    server = await programs.serve("demo", env=ENV)
    access, episode = await server.sign_in_demo_admin(), await server.an_episode()
    talkers = [Talker(f"người {number}") for number in range(TALKERS)]
    for number in range(ROUNDS):
        await talk_until_killed(server, episode, access, talkers, number)
        server = await programs.serve(data_dir=server.data_dir, env=ENV)
        for talker in talkers:
            async with server.in_room(episode, access, talker.since) as room:
                assert room.joined["recovered"] is False
                assert room.joined["epoch"] != talker.epoch
                assert len(room.joined["comments"]) == 50
                await talker.retry(room)
        acknowledged = {comment_id: text for talker in talkers for text, comment_id in talker.ids.items()}
        stored = await all_by_rest(server, episode)
        assert [text for text, times in Counter(stored.values()).items() if times > 1] == []
        assert stored == acknowledged
        async with server.in_room(episode, access, talkers[0].since) as room:
            assert room.joined["recovered"] is False
            assert await all_by_history(room) == stored
