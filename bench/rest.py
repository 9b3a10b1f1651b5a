"""REST beside a bare Tornado handler that writes the same bytes, on the same CPU in the same run.

python -m bench.rest [--titles FILE] [--seconds 5] [--repeat 3] [--json FILE]
"""

import asyncio
import os
import random
import statistics
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
import uvloop

from bench.bare import BareAnswer, bare_server
from bench.http_load import LoadFigures, drive, request
from bench.proc import CpuMeter, cpus_for_bench, pin, rss_bytes, say_machine
from bench.processes import ServerProcess, import_titles, running_server
from bench.table import show_table, write_json
from bench.titles import titles_file
from tests.search.golden import read_golden
from tests.support.api import Api

MOVIES = "/api/v1/movies"
LIST = f"{MOVIES}?page_size=20"
FILTERED = f"{MOVIES}?genre=drama&year_from=1990&year_to=1999&page_size=20"
TRENDING = "/api/v1/trending"
_TEXTS = [golden.text for golden in read_golden()]
SEARCHES = [f"/api/v1/search?q={quote(text)}" for text in _TEXTS]
KEYSTROKES = [
    f"/api/v1/search/suggest?q={quote(text[:length])}" for text in _TEXTS for length in range(1, len(text) + 1)
]
_SORTS = [sign + key for key in ("release_date", "views", "rating", "title", "created_at") for sign in ("", "-")]
COLUMNS = (
    "request", "bytes", "SMovie req/s", "bare req/s", "ratio", "p50 ms", "p99 ms", "bare p50", "bare p99", "errors",
    "server CPU", "bare CPU", "client CPU",
)  # fmt: skip


@dataclass
class Case:
    """A request, or many that are asked in turn, and what a bare handler writes beside them."""

    name: str
    requests: list[bytes]
    answer: BareAnswer
    ours: list[LoadFigures] = field(default_factory=list)
    bare: list[LoadFigures] = field(default_factory=list)
    server_cpu: list[float] = field(default_factory=list)
    bare_cpu: list[float] = field(default_factory=list)

    def requests_of(self, turn: int, turns: int) -> list[bytes]:
        """The share of a repeat: other ones each time, so that what was kept is not asked again."""
        return self.requests[turn::turns] if len(self.requests) > turns else self.requests


@click.command()
@click.option("--titles", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="File to import.")
@click.option("--seconds", default=5.0, help="Length of one run.")
@click.option("--repeat", default=3, help="Runs of each; the medians are shown.")
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Also write the figures here."
)
def main(titles: Path | None, seconds: float, repeat: int, json_file: Path | None) -> None:
    """Measure the catalogue over REST."""
    say_machine()
    with tempfile.TemporaryDirectory(prefix="smovie-bench-") as folder:
        figures = uvloop.run(_measure(Path(folder), titles, seconds, repeat))
    if json_file:
        write_json(json_file, figures)


async def _measure(folder: Path, titles: Path | None, seconds: float, repeat: int) -> dict[str, Any]:
    file = titles_file(titles, folder)
    server = ServerProcess(folder / "data", {})
    async with running_server(server):
        few, few_bytes = server.titles, rss_bytes(server.pid)
    import_s = import_titles(server.data_dir, file)
    async with running_server(server):
        server.pin_apart()
        await asyncio.sleep(2.0)  # the first seconds of a mongod are its own
        many_bytes = rss_bytes(server.pid)
        catalogue = {
            "titles": server.titles,
            "import_s": import_s,
            "start_s": server.start_s,
            "rss_mb": many_bytes / 1e6,
            "kb_per_title": (many_bytes - few_bytes) / max(server.titles - few, 1) / 1e3,
        }
        show_table(
            "Catalogue",
            ("titles", "import s", "start s", "memory MB", "kB per title"),
            [list(catalogue.values())],
        )
        cases = await _cases(server.port)
        pin(os.getpid(), cpus_for_bench()[1])
        with bare_server([case.answer for case in cases], folder) as (bare_pid, bare_port):
            for turn in range(repeat):
                for number, case in enumerate(cases):
                    await run_both(case, number, turn, repeat, seconds, server, bare_pid, bare_port)
    rows = [row_of(case) for case in cases]
    show_table(f"REST, 32 connections, median of {repeat} runs of {seconds:g} s", COLUMNS, rows)
    return {"catalogue": catalogue, "rest": [dict(zip(COLUMNS, row, strict=True)) for row in rows]}


async def _cases(port: int) -> list[Case]:
    """The requests, with the bytes that the server answers them with at present."""
    api = Api(port)
    try:
        listed = await api.call("GET", LIST)
        filtered = await api.call("GET", FILTERED)
        slug = listed.json["results"][0]["slug"]
        shown = await api.call("GET", f"{MOVIES}/{slug}")
        trending = await api.call("GET", TRENDING)
        found = await api.call("GET", SEARCHES[0])
        suggested = await api.call("GET", KEYSTROKES[0])
        pages = int(listed.json["pages"])
    finally:
        api.close()
    apart = [request(f"{LIST}&sort={sort}&page={page}") for sort in _SORTS for page in range(1, pages + 1)]
    random.Random(1).shuffle(apart)
    media_type = listed.headers["content-type"]
    body = listed.body.decode()
    return [
        Case("list", [request(LIST)], BareAnswer(200, media_type, body)),
        Case("filtered list", [request(FILTERED)], BareAnswer(200, media_type, filtered.body.decode())),
        Case("detail", [request(f"{MOVIES}/{slug}")], BareAnswer(200, media_type, shown.body.decode())),
        Case("trending", [request(TRENDING)], BareAnswer(200, media_type, trending.body.decode())),
        Case("304", [request(LIST, [("If-None-Match", listed.headers["etag"])])], BareAnswer(304, media_type, "")),
        Case("list, each another page", apart, BareAnswer(200, media_type, body)),
        Case("search", list(map(request, SEARCHES)), BareAnswer(200, media_type, found.body.decode())),
        Case("suggest", list(map(request, KEYSTROKES)), BareAnswer(200, media_type, suggested.body.decode())),
    ]


async def run_both(
    case: Case, number: int, turn: int, turns: int, seconds: float, server: ServerProcess, bare_pid: int, bare_port: int
) -> None:
    """A run of a case on each of the two servers."""
    meter = CpuMeter({"server": server.pid})
    case.ours.append(
        await drive(server.port, case.requests_of(turn, turns), status=case.answer.status, seconds=seconds)
    )
    case.server_cpu.append(meter.shares()["server"])
    meter = CpuMeter({"bare": bare_pid})
    case.bare.append(await drive(bare_port, [request(f"/{number}")], status=case.answer.status, seconds=seconds))
    case.bare_cpu.append(meter.shares()["bare"])


def row_of(case: Case) -> list[object]:
    """The medians of a case's runs: a row under `COLUMNS`."""
    ratios = [ours.requests_per_s / bare.requests_per_s for ours, bare in zip(case.ours, case.bare, strict=True)]
    median = statistics.median
    return [
        case.name,
        len(case.answer.body.encode()),
        median(run.requests_per_s for run in case.ours),
        median(run.requests_per_s for run in case.bare),
        median(ratios),
        median(run.p50_ms for run in case.ours),
        median(run.p99_ms for run in case.ours),
        median(run.p50_ms for run in case.bare),
        median(run.p99_ms for run in case.bare),
        sum(run.errors for run in (*case.ours, *case.bare)),
        median(case.server_cpu),
        median(case.bare_cpu),
        median(run.cpu_share for run in (*case.ours, *case.bare)),
    ]


if __name__ == "__main__":
    main()
