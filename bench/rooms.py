"""Live rooms: how fast a comment reaches everybody, whether all of it does, and what an idle socket costs.

python -m bench.rooms [--seconds 10] [--json FILE]
"""

import asyncio
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import uvloop

from bench.front_door import Account, episode_ids, register_users
from bench.instances import read_room
from bench.proc import CpuMeter, allow_many_files, cpus_for_bench, pin, rss_bytes, say_machine
from bench.processes import UNBOUNDED, ServerProcess, running_server
from bench.room_load import Crowd
from bench.table import percentile, show_table, write_json
from bench.verdict import Facts, judge
from bench.websocket import Frame
from tests.support.api import Api

USERS = 20
IDLE_SOCKETS = 2_000
LOOK_EVERY = 10  # comments: every so many it is asked for by REST at the moment it is heard
SETTLE_S = 2.0
_COLUMNS = (
    "room", "sent", "acked", "deliveries", "lost", "doubled", "reordered", "deliveries/s", "p50 ms", "p99 ms", "max ms",
    "sender late p99 ms", "server CPU", "client CPU", "mongod CPU",
)  # fmt: skip
_CHECKS = (
    "room", "acked, stored once", "acked, not stored", "stored twice", "stored, not acked", "looked up",
    "not stored yet", "troubles",
)  # fmt: skip


@dataclass(frozen=True)
class Scenario:
    """A room and how it talks."""

    listeners: int
    talkers: int
    per_second: float

    @property
    def name(self) -> str:
        return f"{self.listeners:,} × {self.per_second:g}/s"


SCENARIOS = (Scenario(100, 20, 20), Scenario(1_000, 50, 50))


@click.command()
@click.option("--seconds", default=10.0, help="Length of one run.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Also a file of them.")
def main(seconds: float, json_file: Path | None) -> None:
    """Measure live rooms."""
    allow_many_files()
    say_machine()
    with tempfile.TemporaryDirectory(prefix="smovie-bench-") as folder:
        figures = uvloop.run(_measure(Path(folder), seconds))
    if json_file:
        write_json(json_file, figures)


async def _measure(folder: Path, seconds: float) -> dict[str, Any]:
    server = ServerProcess(folder / "data", UNBOUNDED)
    rows, checks = [], []
    async with running_server(server):
        server.pin_apart()
        pin(os.getpid(), cpus_for_bench()[1])
        api = Api(server.port)
        accounts = await register_users(server, api, USERS)
        rooms = await episode_ids(api, len(SCENARIOS) + 1)
        for scenario, room in zip(SCENARIOS, rooms, strict=False):
            row, check = await _run(server, api, accounts, room, scenario, seconds)
            rows.append(row)
            checks.append(check)
        api.close()
    async with running_server(server):  # started anew: no memory that a former crowd left is used again
        server.pin_apart()
        idle = await _weigh_idle(server, accounts, rooms[-1])
    show_table(f"Live rooms, {seconds:g} s each, latency from when a comment was due", _COLUMNS, rows)
    show_table("What REST says afterwards", _CHECKS, checks)
    show_table("Idle sockets", tuple(idle), [list(idle.values())])
    return {
        "rooms": [dict(zip(_COLUMNS, row, strict=True)) for row in rows],
        "checks": [dict(zip(_CHECKS, row, strict=True)) for row in checks],
        "idle": idle,
    }


async def _run(
    server: ServerProcess, api: Api, accounts: list[Account], room: str, scenario: Scenario, seconds: float
) -> tuple[list[object], list[object]]:
    crowd = Crowd()
    look_up = LookUp(api, room)
    crowd.on_comment = look_up
    await crowd.join(server.port, room, [account.access for account in accounts], scenario.listeners)
    await asyncio.sleep(SETTLE_S)
    meter = CpuMeter({"server": server.pid, "client": os.getpid(), "mongod": server.mongod_pid})
    took_s = await crowd.talk(scenario.talkers, scenario.per_second, seconds)
    cpu = meter.shares()
    missed = await look_up.misses()
    stored = await read_room(api, room)
    await crowd.leave()
    acknowledged = list(crowd.acknowledged.items())
    verdict = judge({text for text, _ in acknowledged}, {room: Facts(acknowledged=acknowledged, stored=stored)})[room]
    took = sorted(crowd.latencies_s)
    tracks = [socket.track for socket in crowd.sockets]
    unseen = crowd.sent * len(crowd.sockets) - sum(track.last for track in tracks)
    row: list[object] = [
        scenario.name, crowd.sent, len(crowd.acknowledged), len(took),
        unseen + sum(track.lost for track in tracks), sum(track.doubled for track in tracks),
        sum(track.reordered for track in tracks), len(took) / took_s,
        *(percentile(took, share) * 1e3 for share in (0.5, 0.99, 1.0)), percentile(sorted(crowd.late_s), 0.99) * 1e3,
        cpu["server"], cpu["client"], cpu["mongod"],
    ]  # fmt: skip
    check: list[object] = [
        scenario.name, len(crowd.acknowledged) - len(verdict.lost), len(verdict.lost), len(verdict.doubled),
        len(set(stored) - set(crowd.acknowledged.values())), look_up.count, missed, len(crowd.troubles),
    ]  # fmt: skip
    return row, check


class LookUp:
    """Stored before seen: asks REST for a comment at the moment it is heard."""

    def __init__(self, api: Api, room: str) -> None:
        self.count = 0
        self._api = api
        self._room = room
        self._heard = 0
        self._under_way: list[asyncio.Task[bool]] = []

    def __call__(self, message: Frame) -> None:
        self._heard += 1
        if self._heard % LOOK_EVERY == 0:
            self.count += 1
            self._under_way.append(asyncio.create_task(self._is_stored(message["id"])))

    async def misses(self) -> int:
        """How many were not there."""
        return sum(not found for found in await asyncio.gather(*self._under_way))

    async def _is_stored(self, comment_id: str) -> bool:
        page = (await self._api.get(f"/episodes/{self._room}/comments?limit=100")).json
        return any(comment["id"] == comment_id for comment in page["results"])


async def _weigh_idle(server: ServerProcess, accounts: list[Account], room: str) -> dict[str, object]:
    before = rss_bytes(server.pid)
    crowd = Crowd()
    begun = time.perf_counter()
    await crowd.join(server.port, room, [account.access for account in accounts], IDLE_SOCKETS)
    joined_s = time.perf_counter() - begun
    await asyncio.sleep(SETTLE_S)
    meter = CpuMeter({"server": server.pid})
    await asyncio.sleep(5.0)
    after = rss_bytes(server.pid)
    idle_cpu = meter.shares()["server"]
    await crowd.leave()
    return {
        "sockets": IDLE_SOCKETS,
        "joins/s": IDLE_SOCKETS / joined_s,
        "MB before": before / 1e6,
        "MB after": after / 1e6,
        "kB per socket": (after - before) / IDLE_SOCKETS / 1e3,
        "idle server CPU": idle_cpu,
    }


if __name__ == "__main__":
    main()
