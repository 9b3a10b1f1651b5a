"""Media by signed addresses beside Tornado's bare StaticFileHandler on the same files, same CPU, same run.

The ratio is of CPU time a request, which others on the machine disturb less than its rate.

python -m bench.media [--seconds 4] [--repeat 3]
python -m bench.media FOLDER      # the bare server: prints its port
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import click
import uvloop
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, StaticFileHandler

from bench.bare import beside_server
from bench.front_door import register_users
from bench.http_load import LoadFigures, drive, request
from bench.proc import CpuMeter, cpus_for_bench, pin, say_machine
from bench.processes import UNBOUNDED, ServerProcess, import_titles, running_server
from bench.table import show_table
from tests.support.api import Api

Run = tuple[LoadFigures, float]  # … and CPU microseconds a request

_HLS = "film/hls"
_SEGMENTS = 2_700  # 3 hours of 4 s
_COLUMNS = (
    "request", "bytes", "SMovie CPU µs", "bare CPU µs", "ratio", "SMovie req/s", "bare req/s", "p50 ms", "p99 ms",
    "errors",
)  # fmt: skip
_CASES = [
    ("a key", f"{_HLS}/1.key", 16, ()),
    ("a segment", f"{_HLS}/1.ts", 1 << 20, ()),
    ("a part of a file", "film/1.mp4", 64 << 10, (("Range", "bytes=1000000-1065535"),)),
    ("a playlist", f"{_HLS}/master.m3u8", 0, ()),
]


def make_files(folder: Path) -> None:
    """A film to play."""
    (folder / _HLS).mkdir(parents=True)
    (folder / _HLS / "1.key").write_bytes(os.urandom(16))
    (folder / _HLS / "1.ts").write_bytes(os.urandom(1 << 20))
    (folder / "film" / "1.mp4").write_bytes(os.urandom(32 << 20))
    lines = "".join(f"#EXTINF:4.0,\nsegment-{number}.ts\n" for number in range(_SEGMENTS))
    (folder / _HLS / "master.m3u8").write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:4\n{lines}#EXT-X-ENDLIST\n")


async def _measure(folder: Path, seconds: float, repeat: int) -> None:
    server = ServerProcess(folder / "data", UNBOUNDED)
    media = server.data_dir / "media"
    media.mkdir(parents=True)
    make_files(media)
    title = {
        "kind": "movie", "slug": "film", "title": "Film",
        "sources": [{"type": "hls", "path": f"{_HLS}/master.m3u8"}, {"type": "mp4", "path": "film/1.mp4"}],
    }  # fmt: skip
    (folder / "titles.jsonl").write_text(json.dumps(title))
    async with running_server(server):
        import_titles(server.data_dir, folder / "titles.jsonl")
        hls, mp4 = await _addresses(server)
        server.pin_apart()
        pin(os.getpid(), cpus_for_bench()[1])
        with beside_server("bench.media", media) as (bare_pid, bare_port):
            rows = []
            for name, path, size, headers in _CASES:
                url = mp4 if path.endswith(".mp4") else hls.rpartition("/")[0] + "/" + Path(path).name
                ours, bare = [], []
                for _ in range(repeat):
                    ours.append(await _run(server.pid, server.port, request(url, headers), seconds))
                    bare.append(await _run(bare_pid, bare_port, request(f"/{path}", headers), seconds))
                rows.append(_row(name, size or (media / path).stat().st_size, ours, bare))
    show_table(f"Media, 32 connections, median of {repeat} runs of {seconds:g} s", _COLUMNS, rows)


async def _run(pid: int, port: int, asked: bytes, seconds: float) -> Run:
    meter = CpuMeter({"server": pid})
    status = 206 if b"\r\nRange: " in asked else 200
    figures = await drive(port, [asked], status=status, seconds=seconds)
    return figures, meter.shares()["server"] / figures.requests_per_s * 1e6


async def _addresses(server: ServerProcess) -> list[str]:
    api = Api(server.port)
    try:
        account = (await register_users(server, api, 1))[0]
        episode = (await api.get("/movies/film")).json["seasons"][0]["episodes"][0]["id"]
        told = (await api.get(f"/episodes/{episode}/playback", access=account.access)).json
    finally:
        api.close()
    return [source["url"] for source in told["sources"]]


def _row(name: str, size: int, ours: list[Run], bare: list[Run]) -> list[object]:
    median = statistics.median
    return [
        name,
        size,
        median(cpu_us for _, cpu_us in ours),
        median(cpu_us for _, cpu_us in bare),
        median(its / our for (_, our), (_, its) in zip(ours, bare, strict=True)),
        median(run.requests_per_s for run, _ in ours),
        median(run.requests_per_s for run, _ in bare),
        median(run.p50_ms for run, _ in ours),
        median(run.p99_ms for run, _ in ours),
        sum(run.errors for run, _ in (*ours, *bare)),
    ]


async def _serve(folder: str) -> None:
    sockets = bind_sockets(0, "127.0.0.1")
    handlers: list[Any] = [("/(.+)", StaticFileHandler, {"path": folder})]
    HTTPServer(Application(handlers)).add_sockets(sockets)
    print(sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


@click.command()
@click.argument("served", required=False)
@click.option("--seconds", default=4.0, help="Length of one run.")
@click.option("--repeat", default=3, help="Runs of each; the medians are shown.")
def main(served: str | None, seconds: float, repeat: int) -> None:
    """Measure media."""
    if served:
        uvloop.run(_serve(served))
        sys.exit()
    say_machine()
    with tempfile.TemporaryDirectory(prefix="smovie-bench-") as folder:
        uvloop.run(_measure(Path(folder), seconds, repeat))


if __name__ == "__main__":
    main()
