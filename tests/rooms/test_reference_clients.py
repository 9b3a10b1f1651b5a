"""The clients that docs/rooms.md points to, in Python and in JavaScript, as processes of their own (ROOMS.md 23)."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest

from tests.conftest import FolderOf, StartServer
from tests.rooms.test_staying import failing
from tests.support.proxy import Proxy
from tests.support.server import Member, RunningServer, start_server, test_settings
from tests.support.wait import until

ROOT = Path(__file__).parents[2]
COMMANDS = {
    "python": [sys.executable, "-u", "docs/chat.py"],
    # Node 20 has WebSocket behind this flag; from 22 on it needs none, and takes it still.
    "javascript": ["node", "--no-warnings", "--experimental-websocket", "tests/support/chat.mjs"],
}
BACK_WITHIN_S = 30.0  # a stopped server asks for up to 5 s, then comes what a client waits by itself


class Talker:
    """A client's process: what is typed, and what it has printed."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self._command = command
        self._printed = folder / "printed"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, base: str, member: Member, episode: str) -> None:
        with self._printed.open("wb") as out:
            self.process = subprocess.Popen(
                [*self._command, base, member.email, member.password, episode],
                cwd=ROOT, stdin=subprocess.PIPE, stdout=out, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def say(self, *lines: str) -> None:
        assert self.process and self.process.stdin
        self.process.stdin.write("".join(f"{line}\n" for line in lines).encode())
        self.process.stdin.flush()

    @property
    def printed(self) -> list[str]:
        return self._printed.read_text().splitlines()

    @property
    def heard(self) -> list[str]:
        """The comments it has shown."""
        return [line.partition(": ")[2] for line in self.printed if not line.startswith("--")]

    async def has_joined(self) -> None:
        await until(lambda: any(line.startswith("-- joined") for line in self.printed), BACK_WITHIN_S)

    async def has_heard(self, *messages: str) -> None:
        """Wait until it has shown all of these; fails when it shows anything else, or one twice."""
        await until(lambda: len(self.heard) >= len(messages), BACK_WITHIN_S)
        assert self.heard == list(messages), self.printed

    async def closed(self) -> int:
        """Wait until it gives up; the close code that it names."""
        process = self.process
        await until(lambda: process and process.poll() is not None, BACK_WITHIN_S)
        return int(self.printed[-1].removeprefix("-- closed: "))

    def end(self) -> None:
        if self.process:
            self.process.kill()
            with suppress(BrokenPipeError):
                self.process.communicate()


@pytest.fixture(params=list(COMMANDS))
def talker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Talker]:
    talker = Talker(COMMANDS[request.param], tmp_path)
    yield talker
    talker.end()


async def stored(server: RunningServer, episode: str) -> list[str]:
    page = (await server.api.get(f"/episodes/{episode}/comments?limit=100")).json
    return [comment["message"] for comment in page["results"]]


async def test_clause_23_a_client_comes_back_to_a_server_that_was_away_and_nothing_is_lost_or_doubled(
    talker: Talker, mongod: str, demo_database: str, data_dir_of: FolderOf
) -> None:
    given = {"mongo_url": mongod, "mongo_database": demo_database, "data_dir": data_dir_of(demo_database)}
    async with AsyncExitStack() as up:
        server = await up.enter_async_context(start_server(test_settings(**given)))
        member, other, episode = await server.a_member(), await server.a_member(), server.an_episode_apart()
        talker.start(server.url, member, episode)
        await talker.has_joined()
        talker.say("một", "hai")
        await talker.has_heard("một", "hai")
        port = server.port
    talker.say("ba", "bốn")
    async with start_server(test_settings(**given, port=port)) as server:
        posted = await server.api.post(f"/episodes/{episode}/comments", {"message": "đã lỡ"}, access=other.access)
        assert posted.status == 201
        await until(lambda: len(talker.heard) >= 5, BACK_WITHIN_S)
        assert await stored(server, episode) == talker.heard
        assert [text for text in talker.heard if text != "đã lỡ"] == ["một", "hai", "ba", "bốn"]


async def test_clause_13_a_client_says_again_what_was_stored_and_never_acknowledged_and_it_is_there_once(
    talker: Talker, server: RunningServer
) -> None:
    member, episode = await server.a_member(), server.an_episode_apart()
    async with Proxy(server.port).running() as line:
        talker.start(f"http://127.0.0.1:{line.port}", member, episode)
        await talker.has_joined()
        line.mute()
        talker.say("một")

        async def is_stored() -> bool:
            return await stored(server, episode) == ["một"]

        await until(is_stored)
        line.unmute()
        line.cut()
        talker.say("hai", "ba")
        await talker.has_heard("một", "hai", "ba")
    assert await stored(server, episode) == ["một", "hai", "ba"]


async def test_clause_16_a_client_waits_where_a_refusal_is_temporary_and_keeps_the_order(
    talker: Talker, start: StartServer, demo_database: str
) -> None:
    server = await start(mongo_database=demo_database)
    member, episode = await server.a_member(), server.an_episode_apart()
    talker.start(server.url, member, episode)
    await talker.has_joined()
    async with failing(server, {"times": 2}, failCommands=["insert"], closeConnection=True):
        talker.say("một", "hai", "ba")
        await talker.has_heard("một", "hai", "ba")
    assert await stored(server, episode) == ["một", "hai", "ba"]


async def test_clause_23_a_client_does_not_come_back_to_a_room_that_is_not(
    talker: Talker, server: RunningServer
) -> None:
    talker.start(server.url, await server.a_member(), "no-such-episode")
    assert await talker.closed() == 4404


async def test_clause_23_a_client_that_was_signed_out_does_not_come_back(talker: Talker, server: RunningServer) -> None:
    member = await server.a_member()
    talker.start(server.url, member, server.an_episode_apart())
    await talker.has_joined()
    assert (await server.api.post("/auth/logout-all", access=member.access)).status == 204
    assert await talker.closed() == 4401
