"""Disturbs running servers in full talk, one round after another, and checks that the rooms kept their word.

    python -m bench.faults [--only NAME …] [--seed N] [--list]

Ends with 1 when a round broke a promise, or did not run.
"""

import asyncio
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping
from contextlib import AsyncExitStack
from itertools import groupby
from pathlib import Path

import click
import uvloop

from bench.faults import databases, mirrors, rolling, servers, storm, stuck
from bench.faults.rounds import Bench, Outcome, Round
from bench.proc import allow_many_files, say_machine
from bench.table import show_table

MODULES = (servers, databases, mirrors, rolling, stuck, storm)
ROUNDS: Mapping[str, Round] = {round.name: round for module in MODULES for round in module.ROUNDS}
_ROUND_WITHIN_S = 300.0
_SHOWN = 10  # violations of a round


@click.command()
@click.option("--only", multiple=True, type=click.Choice(list(ROUNDS)), help="This round; may be given again.")
@click.option("--seed", default=1, help="Of the moments at which things happen.")
@click.option("--list", "only_list", is_flag=True, help="Say which rounds there are, and stop.")
def main(only: tuple[str, ...], seed: int, only_list: bool) -> None:
    """Disturb servers in full talk, and check."""
    if only_list:
        for each in ROUNDS.values():
            click.echo(f"{each.name:20} {each.title}")
        return
    allow_many_files()
    say_machine()
    with tempfile.TemporaryDirectory(prefix="smovie-faults-") as folder:
        clean = uvloop.run(_run([ROUNDS[name] for name in only or ROUNDS], Path(folder), random.Random(seed)))
    sys.exit(0 if clean else 1)


async def _run(rounds: list[Round], folder: Path, dice: random.Random) -> bool:
    done: list[tuple[Round, Outcome, float]] = []
    async with AsyncExitStack() as up:
        bench = Bench(folder, dice, up)
        for each in rounds:
            began = time.monotonic()
            outcome = await _outcome(each, bench)
            done.append((each, outcome, time.monotonic() - began))
            click.echo(f"{each.name}: {_word(outcome)} ({done[-1][2]:.0f} s)")
            for violation in outcome.violations[:_SHOWN]:
                click.echo(f"  {violation}")
    for columns, alike in groupby(done, key=lambda row: tuple(row[1].figures)):
        rows = [[each.name, *outcome.figures.values(), took_s, _word(outcome)] for each, outcome, took_s in alike]
        show_table("Rounds", ("round", *columns, "took s", ""), rows)
    return not any(outcome.violations for _, outcome, _ in done)


async def _outcome(each: Round, bench: Bench) -> Outcome:
    try:
        async with asyncio.timeout(_ROUND_WITHIN_S):
            return await each.run(bench)
    except Exception as exc:  # the others are run all the same
        traceback.print_exc()
        return Outcome({}, [f"did not run to its end: {exc!r}"])


def _word(outcome: Outcome) -> str:
    return f"VIOLATED {len(outcome.violations)}" if outcome.violations else "ok"


if __name__ == "__main__":
    main()
