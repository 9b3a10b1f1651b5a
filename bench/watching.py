"""Progress and the row beside a bare handler that writes the same bytes, and beside one `update_one` for each call.

python -m bench.watching [--seconds 3] [--repeat 3] [--json FILE]

The viewers of the first table are few and tell often, so that much of what they tell is overtaken before it is stored;
those of the second tell once, and all of it is stored.
"""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Sequence
from pathlib import Path
from typing import Any

import click
import orjson
import uvloop

from bench.bare import BareAnswer, bare_server, beside_server
from bench.front_door import Account, register_users
from bench.http_load import LoadFigures, drive, request
from bench.one_by_one import store_one
from bench.proc import cpu_s, cpus_for_bench, pin, say_machine
from bench.processes import UNBOUNDED, ServerProcess, running_server
from bench.table import show_table, write_json
from smovie.models.base import iso_z, now
from smovie.models.watching import Progress
from smovie.store.indexes import create_indexes
from smovie.store.mongo import Database, open_database
from smovie.store.progress import progress_id
from smovie.store.progress_writer import ProgressWriter
from tests.support.api import Api

VIEWERS = 48
WATCHED = 40  # titles, of the viewer whose row is asked for; it shows 20
TOLD_ONCE = 5_000
AT_ONCE = 200  # calls under way of the naive way
CONTINUE = "/api/v1/me/continue"
_COLUMNS = ("request", "way", "req/s", "ratio", "p50 ms", "p99 ms", "errors")
_STORED = ("way", "stored/s", "own CPU µs each", "mongod's")


@click.command()
@click.option("--seconds", default=3.0, help="Length of one run.")
@click.option("--repeat", default=3, help="Runs of each; the medians are shown.")
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Also write the figures here."
)
def main(seconds: float, repeat: int, json_file: Path | None) -> None:
    """Measure what watching costs."""
    say_machine()
    with tempfile.TemporaryDirectory(prefix="smovie-bench-") as folder:
        figures = uvloop.run(_measure(Path(folder), seconds, repeat))
    if json_file:
        write_json(json_file, figures)


async def _measure(folder: Path, seconds: float, repeat: int) -> dict[str, Any]:
    server = ServerProcess(folder / "data", UNBOUNDED)
    async with running_server(server):
        server.pin_apart()
        api = Api(server.port)
        try:
            viewers = await register_users(server, api, VIEWERS)
            episodes = await _episodes_apart(api, VIEWERS)
            for episode in episodes[:WATCHED]:
                told = await api.post(f"/episodes/{episode}/progress", _told(), access=viewers[0].access)
                assert told.status == 200, told.body
            row = await api.get("/me/continue", access=viewers[0].access)
            assert row.status == 200, row.body
        finally:
            api.close()
        pin(os.getpid(), cpus_for_bench()[1])
        url = f"mongodb://127.0.0.1:{server.mongod_port}/?directConnection=true"
        (folder / "url").write_text(url)
        media_type = "application/json; charset=utf-8"
        bare_answers = [BareAnswer(200, media_type, one.body.decode()) for one in (told, row)]
        with (
            bare_server(bare_answers, folder) as (_, bare_port),
            beside_server("bench.one_by_one", folder / "url") as (_, naive_port),
        ):
            pairs = list(zip(viewers, episodes, strict=False))
            own_row = request(CONTINUE, [("Authorization", f"Bearer {viewers[0].access}")])
            ways: list[tuple[str, str, int, Sequence[bytes]]] = [
                ("progress", "SMovie", server.port, [_post(f"/api/v1/episodes/{e}/progress", v) for v, e in pairs]),
                ("progress", "one update_one each", naive_port, [_post(f"/progress?episode={e}", v) for v, e in pairs]),
                ("progress", "bare handler", bare_port, [_post("/0", viewer) for viewer, _ in pairs]),
                (f"row of {len(row.json['results'])}", "SMovie", server.port, [own_row]),
                (f"row of {len(row.json['results'])}", "bare handler", bare_port, [request("/1")]),
            ]
            runs: list[list[LoadFigures]] = [[] for _ in ways]
            for _ in range(repeat):
                for found, (_, _, port, requests) in zip(runs, ways, strict=True):
                    found.append(await drive(port, requests, seconds=seconds))
        rows = [_row(name, way, runs, number, ways) for number, (name, way, _, _) in enumerate(ways)]
        show_table(f"Watching, 32 connections, median of {repeat} runs of {seconds:g} s", _COLUMNS, rows)
        async with open_database(url, "bench") as db:
            await create_indexes(db)
            stored = [await _stored(name, way(db), server.mongod_pid) for name, way in _STORING.items()]
        show_table(f"{TOLD_ONCE:,} viewers who tell once, until all is stored", _STORED, stored)
    return {
        "requests": [dict(zip(_COLUMNS, row, strict=True)) for row in rows],
        "stored": [dict(zip(_STORED, row, strict=True)) for row in stored],
    }


def _row(name: str, way: str, runs: list[list[LoadFigures]], number: int, ways: Sequence[Any]) -> list[object]:
    """Figures of one way; the ratio is to the bare handler of the same request."""
    bare = next(i for i, (other, kind, _, _) in enumerate(ways) if (other, kind) == (name, "bare handler"))
    mine = runs[number]
    median = statistics.median
    ratio = median(run.requests_per_s / other.requests_per_s for run, other in zip(mine, runs[bare], strict=True))
    return [
        name,
        way,
        median(run.requests_per_s for run in mine),
        ratio,
        median(run.p50_ms for run in mine),
        median(run.p99_ms for run in mine),
        sum(run.errors for run in mine),
    ]


async def _episodes_apart(api: Api, count: int) -> list[str]:
    """The first episode of so many titles."""
    listed = (await api.get(f"/movies?page_size={count}")).json["results"]
    shown = [(await api.get(f"/movies/{card['slug']}")).json for card in listed]
    return [title["seasons"][0]["episodes"][0]["id"] for title in shown]


def _told() -> dict[str, Any]:
    return {"position_s": 600, "duration_s": 3_600, "state": "playing", "client_time": iso_z(now())}


def _post(path: str, viewer: Account) -> bytes:
    body = orjson.dumps(_told())
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {viewer.access}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _stored(name: str, storing: Awaitable[None], mongod_pid: int) -> list[object]:
    """How fast it went, and the CPU time of one call here and there: others on the machine change that less."""
    began, mine, mongods = time.perf_counter(), time.process_time(), cpu_s(mongod_pid)
    await storing
    passed = (time.perf_counter() - began, time.process_time() - mine, cpu_s(mongod_pid) - mongods)
    return [name, TOLD_ONCE / passed[0], passed[1] / TOLD_ONCE * 1e6, passed[2] / TOLD_ONCE * 1e6]


async def _one_by_one(db: Database) -> None:
    at_once = asyncio.Semaphore(AT_ONCE)

    async def tell(number: int) -> None:
        async with at_once:
            await store_one(db, f"user{number}", {"episode_id": "e1", **_told()})

    await asyncio.gather(*(tell(number) for number in range(TOLD_ONCE)))


async def _behind(db: Database) -> None:
    """With what the row needs, which the naive way does not store, and the indexes of both."""
    writer, at = ProgressWriter(db), now()
    for number in range(TOLD_ONCE):
        user = f"user{number}"
        writer.put(
            Progress(
                id=progress_id(user, "e1"), user_id=user, movie_id="title1", episode_id="e1", season=1, number=1,
                position_s=600, duration_s=3_600, state="playing", done=False, watched_at=at, told_at=at,
            )
        )  # fmt: skip
    await writer.close()
    assert await db.progress.count_documents({}) == TOLD_ONCE


_STORING = {"one update_one each": _one_by_one, "behind, many together": _behind}


if __name__ == "__main__":
    main()
