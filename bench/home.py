"""The home page and titles like another: over REST beside a bare handler with the same bytes, and beside a naive scan.

python -m bench.home [--titles FILE] [--seconds 5] [--repeat 3] [--asked 1000] [--json FILE]
"""

import gc
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from heapq import nsmallest
from pathlib import Path
from typing import Any

import click
import uvloop

from bench.bare import BareAnswer, bare_server
from bench.http_load import request
from bench.proc import cpus_for_bench, pin, rss_bytes, say_machine
from bench.processes import ServerProcess, import_titles, running_server
from bench.rest import COLUMNS, Case, row_of, run_both
from bench.table import percentile, show_table, write_json
from bench.titles import titles_file
from smovie.catalog.snapshot import Entry, Snapshot
from smovie.collector import end_loading
from smovie.discovery.co_watching import MOST_OF_ONE, MOST_ROWS, count_together
from smovie.discovery.likeness import profile, score
from smovie.discovery.neighbours import candidates, neighbours
from smovie.discovery.rails import public_rails
from tests.support.api import Api
from tests.support.catalogue import demo_files, movies_of

_HOME = "/api/v1/home"
_LIMIT = 12
_NAIVE = 100  # of the titles asked for: looking at everything takes its time
_TODAY = "2026-01-01"
_PEOPLE = MOST_ROWS // MOST_OF_ONE
_COST = ("what", "p50 ms", "p95 ms", "most ms")


@click.command()
@click.option("--titles", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="File to import.")
@click.option("--seconds", default=5.0, help="Length of one run.")
@click.option("--repeat", default=3, help="Runs of each; the medians are shown.")
@click.option("--asked", default=1_000, help="Titles, drawn at random, whose neighbours are looked for.")
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Also write the figures here."
)
def main(titles: Path | None, seconds: float, repeat: int, asked: int, json_file: Path | None) -> None:
    """Measure the home page and titles like another."""
    say_machine()
    with tempfile.TemporaryDirectory(prefix="smovie-bench-") as name:
        file = titles_file(titles, Path(name))
        figures: dict[str, Any] = {"cost": _measure_cost(file, asked)}
        gc.collect()
        figures["rest"] = uvloop.run(_measure_rest(Path(name), file, seconds, repeat))
    if json_file:
        write_json(json_file, figures)


def _measure_cost(file: Path, asked: int) -> dict[str, Any]:
    """Within one process, in CPU time."""
    snapshot = _load(file)
    entries = random.Random(1).sample(list(snapshot.entries.values()), min(asked, len(snapshot.entries)))
    end_loading()
    some = entries[:_NAIVE]
    looked_at = sorted(len(candidates(snapshot, entry)) for entry in entries)
    found = [{one.entry.id for one in neighbours(snapshot, entry, _LIMIT)} for entry in some]
    best = [_naive(snapshot, entry) for entry in some]
    wanted = sum(map(len, best))
    both = sum(len(ours & all_) for ours, all_ in zip(found, best, strict=True))
    rows = [
        ["similar", *_timed(lambda entry: neighbours(snapshot, entry, _LIMIT), entries)],
        ["similar, comparing all titles", *_timed(lambda entry: _naive(snapshot, entry), some)],
        ["rails of the home page", *_timed(lambda _entry: public_rails(snapshot, (), _TODAY), some)],
    ]
    show_table(f"CPU time among {len(snapshot.entries):,} titles", _COST, rows)
    share = both / max(wanted, 1)
    click.echo(
        f"  compared with {statistics.median(looked_at):,.0f} titles at the median, {looked_at[-1]:,} at most; "
        f"{share:.1%} of the best {_LIMIT} of all titles are among ours"
    )
    counted = _count_together(list(snapshot.entries))
    costs = {str(row[0]): dict(zip(_COST[1:], row[1:], strict=True)) for row in rows}
    return {"titles": len(snapshot.entries), "found_of_all": share, "most_compared": looked_at[-1], **costs, **counted}


def _count_together(ids: list[str]) -> dict[str, float]:
    """What is watched by the same people: as many finished titles as are counted, a few of them with very many."""
    dice = random.Random(2)
    popular = [1 / (rank + 10) for rank in range(len(ids))]
    finished = [list(dict.fromkeys(dice.choices(ids, popular, k=MOST_OF_ONE))) for _ in range(_PEOPLE)]
    before = rss_bytes(os.getpid())
    steps = count_together(finished, {}, 1)
    used: list[float] = []
    while True:
        began = time.thread_time()
        try:
            next(steps)
        except StopIteration as done:
            used.append(time.thread_time() - began)
            found = done.value
            break
        used.append(time.thread_time() - began)
    rows = sum(map(len, finished))
    figures = {
        "together_s": sum(used),
        "together_longest_step_ms": max(used) * 1e3,
        "together_mb": (rss_bytes(os.getpid()) - before) / 1e6,
    }
    click.echo(
        f"  watched together, counted of {rows:,} finished titles of {_PEOPLE:,} people: {figures['together_s']:.2f} s "
        f"of CPU in steps of at most {figures['together_longest_step_ms']:.1f} ms; "
        f"{len(found):,} titles have others beside them; {figures['together_mb']:.0f} MB more"
    )
    return figures


def _load(file: Path) -> Snapshot:
    snapshot = Snapshot()
    for movie in movies_of(*demo_files(), file):
        snapshot.put(movie, sort=False)
        snapshot.tags["genres"].update({genre.id: genre for genre in movie.genres})
    for _ in snapshot.sort_in_steps():
        pass
    return snapshot


def _naive(snapshot: Snapshot, entry: Entry) -> set[str]:
    """The same scores, of every title."""
    of = profile(entry.facets, snapshot.count, len(snapshot.entries))
    scored = (
        (-score(of, other.facets), movie_id) for movie_id, other in snapshot.entries.items() if other is not entry
    )
    return {movie_id for _, movie_id in nsmallest(_LIMIT, scored)}


def _timed(work: Callable[[Entry], object], entries: Sequence[Entry]) -> list[float]:
    used = []
    for entry in entries:
        began = time.thread_time()
        work(entry)
        used.append((time.thread_time() - began) * 1e3)
    used.sort()
    return [percentile(used, 0.5), percentile(used, 0.95), used[-1]]


async def _measure_rest(folder: Path, file: Path, seconds: float, repeat: int) -> list[dict[str, object]]:
    server = ServerProcess(folder / "data", {})
    async with running_server(server):
        pass  # the demo catalogue, with its banners
    import_titles(server.data_dir, file)
    async with running_server(server):
        server.pin_apart()
        cases = await _cases(server.port)
        pin(os.getpid(), cpus_for_bench()[1])
        with bare_server([case.answer for case in cases], folder) as (bare_pid, bare_port):
            for turn in range(repeat):
                for number, case in enumerate(cases):
                    await run_both(case, number, turn, repeat, seconds, server, bare_pid, bare_port)
    rows = [row_of(case) for case in cases]
    show_table(f"REST, 32 connections, median of {repeat} runs of {seconds:g} s", COLUMNS, rows)
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows]


async def _cases(port: int) -> list[Case]:
    api = Api(port)
    try:
        home = await api.call("GET", _HOME)
        listed = await api.call("GET", "/api/v1/movies?page_size=100")
        paths = [f"/api/v1/movies/{movie['slug']}/similar" for movie in listed.json["results"]]
        similar = await api.call("GET", paths[0])
    finally:
        api.close()
    media_type = home.headers["content-type"]
    like = BareAnswer(200, media_type, similar.body.decode())
    held = [("If-None-Match", home.headers["etag"])]
    return [
        Case("home", [request(_HOME)], BareAnswer(200, media_type, home.body.decode())),
        Case("home, 304", [request(_HOME, held)], BareAnswer(304, media_type, "")),
        Case("similar", [request(paths[0])], like),
        Case("similar, each of another title", list(map(request, paths)), like),
    ]


if __name__ == "__main__":
    main()
