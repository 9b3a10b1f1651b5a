"""A server killed or stopped while somebody watches: what is a second old is there, and after a stop everything."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smovie.models.base import iso_z, now
from tests.support.process import Program, Programs
from tests.support.wait import until

AT_MOST_S = 1.0  # old is what may be lost
EVERY_S = 0.05
TOLD = 40


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    with Programs(tmp_path) as programs:
        yield programs


async def tell(server: Program, access: str, episode: str, position_s: float) -> None:
    said = {"position_s": position_s, "duration_s": 3_000, "state": "playing", "client_time": iso_z(now())}
    answer = await server.api.post(f"/episodes/{episode}/progress", said, access=access)
    assert answer.status == 200, answer.json


async def history(server: Program, access: str) -> dict[str, Any]:
    page = await server.api.get("/me/history", access=access)
    return {one["episode_id"]: one["position_s"] for one in page.json["results"]}


async def test_after_kill_9_what_is_a_second_old_is_there_and_after_a_stop_everything(programs: Programs) -> None:
    server = await programs.serve("demo")
    access, episode = await server.sign_in_demo_admin(), await server.an_episode()
    loop = asyncio.get_running_loop()
    acknowledged: list[tuple[float, float]] = []  # (when, position); a player goes on telling, and nobody reads
    while len(acknowledged) < TOLD:
        position_s = 100.0 + len(acknowledged)
        await tell(server, access, episode, position_s)
        acknowledged.append((loop.time(), position_s))
        await until(lambda: loop.time() > acknowledged[-1][0] + EVERY_S)
    killed_at = loop.time()
    await server.kill()
    server = await programs.serve(data_dir=server.data_dir)
    access = await server.sign_in_demo_admin()
    old = [position_s for at, position_s in acknowledged if at < killed_at - AT_MOST_S]
    assert old and (await history(server, access))[episode] >= old[-1]

    await tell(server, access, episode, 200)
    assert await server.stop() == 0
    server = await programs.serve(data_dir=server.data_dir)
    assert (await history(server, await server.sign_in_demo_admin()))[episode] == 200
