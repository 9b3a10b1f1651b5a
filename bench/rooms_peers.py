"""Rooms under load: SMovie against its floors, and beside the stacks that people would otherwise deploy.

python -m bench.rooms_peers [--scenarios small,large,…] [--peers FOLDER] [--durable] [--seconds 8] [--json FILE]

The server has a CPU of its own; the load and every mongod share the other. Two instances have a CPU each, with the
load, mongod and Redis beside the second: no machine of two cores has a quiet one for either. What is told of a server
was measured in this run. The peers store with w:1, or with --durable wait for the journal, and write each message to
each socket by itself; SMovie waits for a majority and the journal, and writes what a tick brings at once.
"""

import os
import tempfile
from pathlib import Path
from typing import Any

import click
import uvloop

from bench.contenders import PEER_NAMES, Contender, Ours, PeersFolder, peers_of
from bench.proc import allow_many_files, cpus_for_bench, pin, say_machine
from bench.rooms_load import Figures, build
from bench.rooms_scenarios import FLOORS, SCENARIOS, Bench
from bench.table import show_table, write_json


def _names(_context: click.Context, _option: click.Parameter, value: str) -> list[str]:
    names = [name.strip() for name in value.split(",") if name.strip()]
    if unknown := [name for name in names if name not in SCENARIOS]:
        raise click.BadParameter(f"{', '.join(unknown)}; there are: {', '.join(SCENARIOS)}")
    return names


@click.command()
@click.option("--scenarios", default=",".join(SCENARIOS), callback=_names, show_default=True)
@click.option(
    "--peers", envvar="SMOVIE_BENCH_PEERS", type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the peers; without it SMovie is measured alone.",
)  # fmt: skip
@click.option("--beside", default=",".join(PEER_NAMES), show_default=True, help="Which of them.")
@click.option("--durable", is_flag=True, help="The peers wait for a majority and the journal, too.")
@click.option("--seconds", default=8.0, show_default=True, help="Length of one run.")
@click.option("--deliveries", default=1_000_000, show_default=True, help="That two instances are judged by.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Also a file of them.")
def main(
    scenarios: list[str], peers: Path | None, beside: str, durable: bool, seconds: float, deliveries: int,
    json_file: Path | None,
) -> None:  # fmt: skip
    """Measure rooms."""
    allow_many_files()
    build()
    say_machine()
    with tempfile.TemporaryDirectory(prefix="smovie-bench-") as folder:
        ours = Ours(Path(folder))
        found = PeersFolder.find(peers)
        names = [name.strip() for name in beside.split(",")]
        others = peers_of(found, Path(folder), names, durable=durable) if found else []
        pin(os.getpid(), cpus_for_bench()[1])
        bench = Bench(Path(folder), seconds, deliveries)
        figures = uvloop.run(_measure(bench, scenarios, [ours, *others]))
    _judge(figures)
    if json_file:
        write_json(json_file, figures)


async def _measure(bench: Bench, names: list[str], contenders: list[Contender]) -> dict[str, dict[str, Figures]]:
    """Figures by scenario and server."""
    figures: dict[str, dict[str, Figures]] = {}
    for name in names:
        scenario = SCENARIOS[name]
        rows: dict[str, Figures] = {}
        load = os.getloadavg()[0]
        for contender in contenders:
            if scenario.ours_alone and not isinstance(contender, Ours):
                continue
            rows[contender.name] = await scenario.measure(bench, contender)
        show_table(
            f"{name}: {scenario.title} (load average {load:.2f})", ["server", *scenario.columns],
            [[who, *(row.get(column, "") for column in scenario.columns)] for who, row in rows.items()],
        )  # fmt: skip
        figures[name] = rows
    return figures


def _judge(figures: dict[str, dict[str, Figures]]) -> None:
    """The floors of what was measured, kept or missed."""
    rows: list[list[Any]] = []
    for floor in FLOORS:
        if (value := floor.value(figures)) is not None:
            kept = value >= floor.bound if floor.at_least else 0 <= value <= floor.bound  # below 0: nothing was heard
            bound = f"{'≥' if floor.at_least else '≤'} {floor.bound:,g}"
            rows.append([floor.name, bound, value, "kept" if kept else "MISSED"])
    show_table("Floors", ["what", "floor", "measured", ""], rows)


if __name__ == "__main__":
    main()
