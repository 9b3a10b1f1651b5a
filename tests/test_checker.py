"""The checker against a real server, and what it says when it cannot check one."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable

import pytest

from bench.checking import Check, open_room
from bench.instances import Instance
from bench.room_client import Room
from smovie.ids import new_id
from smovie.models.base import now
from tests.conftest import StartServer
from tests.support.process import ROOT
from tests.support.server import RunningServer

CLIENTS = 6


CheckOf = Callable[[], Awaitable[tuple[RunningServer, Check, Room]]]


@pytest.fixture
def check_of(start: StartServer, demo_database: str) -> CheckOf:
    """`await check_of()`: a server without limits, and a check of a room of it."""

    async def make() -> tuple[RunningServer, Check, Room]:
        server = await start(mongo_database=demo_database, limit_comments_per_10s=0)
        instance = Instance.at(server.url)
        room = await open_room(instance, server.an_episode_apart())
        return server, Check([instance], [room], [(await server.a_member()).access for _ in range(2)], CLIENTS), room

    return make


async def test_a_server_that_keeps_its_word_is_found_clean_also_by_clients_whose_lines_break(check_of: CheckOf) -> None:
    server, check, _ = await check_of()
    async with check.running():
        talking = asyncio.create_task(check.talk(200, 1.0))
        for client in check.clients[::2]:
            await asyncio.sleep(0.1)
            client.cut()
        await talking
        verdicts = await check.settle()
    assert verdicts[server.url].is_clean, verdicts
    assert sum(client.sent for client in check.clients) == 200
    assert sum(client.recovered for client in check.clients) == 3
    assert all(len(client.view.comments) == 200 for client in check.clients)


async def test_what_was_in_the_room_before_and_what_others_say_is_left_out(check_of: CheckOf) -> None:
    server, _, room = await check_of()
    member, path = await server.a_member(), f"/episodes/{room.episode_id}/comments"
    await server.api.post(path, {"message": "trước đó"}, access=member.access)
    room = await open_room(Instance.at(server.url), room.episode_id)
    check = Check([Instance.at(server.url)], [room], [member.access], 2)
    async with check.running():
        await check.talk(100, 0.1)
        await server.api.post(path, {"message": "người khác"}, access=member.access)
        await check.talk(100, 0.1)
        verdicts = await check.settle()
    assert verdicts[server.url].is_clean, verdicts
    assert len(check.clients[0].view.comments) == 20


async def test_what_vanishes_behind_a_servers_back_is_found(check_of: CheckOf) -> None:
    server, check, room = await check_of()
    async with check.running():
        await check.talk(100, 0.2)
        db, text = server.runtime.db, f"{room.mark} câu số 3"
        while not (gone := (await db.comments.delete_one({"message": text})).deleted_count):
            await asyncio.sleep(0.01)
        verdict = (await check.settle())[server.url]
    assert gone == 1
    assert [text in each for each in verdict.lost] == [True]
    assert len(verdict.phantom) == CLIENTS + 1  # everybody saw it, and the replay of the log shows it still


async def test_what_was_stored_and_never_told_is_found(check_of: CheckOf) -> None:
    server, check, room = await check_of()
    async with check.running():
        await check.talk(100, 0.2)
        document = {"_id": new_id(), "episode_id": room.episode_id, "message": f"{room.mark} ai nói?", "user_id": "x",
                    "username": "x", "created_at": now()}  # fmt: skip
        await server.runtime.db.comments.insert_one(document)
        verdict = (await check.settle(patience_s=0.5))[server.url]
    assert verdict.phantom == [f"REST: nobody said {room.mark} ai nói?"]
    assert len(verdict.lost) == CLIENTS


# -- the command -------------------------------------------------------------------------------------------------------


async def run_checker(*words: str, users: str = "") -> tuple[int, str]:
    """`python -m bench.checker WORDS`: how it ended, and what it printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.checker", *words, cwd=ROOT, env={**os.environ, "SMOVIE_ROOMS_USERS": users},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    printed, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, printed.decode()


async def test_the_command_keeps_to_a_servers_limits_and_prints_what_it_found(server: RunningServer) -> None:
    members = [await server.a_member(password="matkhaudai") for _ in range(4)]
    users = " ".join(f"{member.email}:{member.password}" for member in members)
    rooms = ["--episode", server.an_episode_apart()]
    code, printed = await run_checker(
        "--url", server.url, *rooms, "--clients", "6", "--seconds", "2", "--cuts", "1", "--during", "echo xin chào",
        users=users,
    )  # fmt: skip
    assert code == 0, printed
    assert "the server allows a user 5 comments in 10 s: 4 users say 1.6 a second, not 200" in printed
    assert "xin chào" in printed
    assert "Nothing was lost, doubled, reordered or made up." in printed


async def test_what_cannot_be_checked_is_said_in_a_line(server: RunningServer) -> None:
    member = await server.a_member(password="matkhaudai")
    somebody = "an@example.com:nothing"
    answers = await asyncio.gather(
        run_checker("--url", "movies.example", users=somebody),
        run_checker("--url", server.url),
        run_checker("--url", "http://127.0.0.1:1", users=somebody),
        run_checker("--url", server.url, "--episode", "none", users=somebody),
        run_checker("--url", server.url, users=somebody),
        run_checker("--url", server.url, "--clients", "50", users=f"{member.email}:{member.password}"),
    )
    expected = [
        "not like http://host:port: movies.example",
        "no users: give --users FILE or SMOVIE_ROOMS_USERS",
        "http://127.0.0.1:1 does not answer",
        "has no episode none",
        "an@example.com cannot sign in",
        "1 users may have 20 sockets, not 52",
    ]
    for (code, printed), words in zip(answers, expected, strict=True):
        assert (code, words in printed) == (2, True), printed
        assert "Traceback" not in printed
