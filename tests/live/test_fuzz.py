"""The short form of `make fuzz`: bad clients of every kind, at a server in this process; and servers that are wrong."""

import logging
from typing import Any, NoReturn

import pytest
from structlog.testing import capture_logs

from bench.fuzz.fuzzer import Plan, fuzz
from bench.fuzz.stage import Person, Stage
from handlers.live import room_frames
from tests.conftest import StartServer
from tests.support.server import Member, RunningServer

FRAMES = 20_000
NO_LIMITS = {
    "limit_comments_per_10s": 0, "limit_frames_per_10s": 0, "limit_connections_per_user": 0,
    "limit_connections_per_address": 0,
}  # fmt: skip


def person(member: Member) -> Person:
    return Person(member.id, member.access)


async def a_stage(server: RunningServer, *, is_limited: bool) -> Stage:
    people = [person(await server.a_member()) for _ in range(3)]
    room, ruled_room = server.an_episode_apart(), server.an_episode_apart()
    moderator = person(await server.a_moderator())
    return Stage(server.port, room, ruled_room, people, moderator, is_limited=is_limited)


async def fail(*_: Any) -> NoReturn:
    raise KeyError("a mistake of the server's")


async def be_silent(*_: Any) -> None:
    """A mistake, too: the message has no answer."""


async def test_20_000_bad_frames_do_no_harm(
    start: StartServer, demo_database: str, caplog: pytest.LogCaptureFixture
) -> None:
    server = await start(mongo_database=demo_database, **NO_LIMITS)
    stage = await a_stage(server, is_limited=False)
    with capture_logs() as lines:
        seat = await fuzz(stage, person(await server.a_member()), Plan("1", FRAMES))
    assert stage.findings.violations == []
    assert stage.findings.sent >= FRAMES
    assert len(seat.took_s) == seat.sent
    assert [line for line in lines if line["log_level"] in ("error", "critical")] == []
    assert [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.ERROR] == []


@pytest.mark.parametrize(("mistake", "found"), [(fail, "closed with 1011"), (be_silent, "no answer by its id")])
async def test_a_server_that_makes_a_mistake_is_found_out(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch, mistake: room_frames.Verb, found: str
) -> None:
    monkeypatch.setitem(room_frames.VERBS, "react", mistake)
    stage = await a_stage(server, is_limited=True)
    await fuzz(stage, person(await server.a_member()), Plan("1", 1_500, pause_s=2.5))
    assert any(found in violation for violation in stage.findings.violations), stage.findings.violations
