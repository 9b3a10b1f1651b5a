"""Titles from a file into the catalogue. Running an import twice changes nothing the second time (docs/import.md).

The file streams through in batches; each batch is compared with what is stored, planned and written. What collides with
a write of somebody else (an editor, another import) is planned anew from what is stored then.
"""

import asyncio
import io
from collections.abc import Callable, Sequence
from pathlib import Path

from smovie.importing.batches import in_batches
from smovie.importing.formats import BadLine, Entry, read_rows
from smovie.importing.plan import Step, make_plan
from smovie.importing.report import ImportReport, Progress
from smovie.importing.vocabulary import ensure_vocabulary
from smovie.store import movies
from smovie.store.mongo import Database

__all__ = ["ImportReport", "Progress", "import_titles"]

_TRIES = 5  # of a row that collides; an editor does not save five times within a batch
_WRITTEN_AT_ONCE = 250  # titles; takes some 50 ms where a store call may take 2 s


async def import_titles(
    db: Database, path: Path, *, dry_run: bool, on_progress: Callable[[Progress], None]
) -> ImportReport:
    """Bring the titles of a file, plain or gzipped JSON lines, into the catalogue.

    `dry_run` stores nothing at all and reports what would be. `on_progress` is called after each batch, on this loop.
    Errors: OSError when the file cannot be read; Unavailable when MongoDB is away: what is stored until then stays, and
    the same import again goes on from there.
    """
    report = ImportReport(dry_run=dry_run)
    if not dry_run:
        await ensure_vocabulary(db)
    with await asyncio.to_thread(_open, path) as file:
        batches = in_batches(read_rows(file))
        while batch := await asyncio.to_thread(next, batches, None):
            await _import_batch(db, batch, report, dry_run=dry_run)
            bytes_read = file.tell() if file.seekable() else 0
            on_progress(
                Progress(report.read, report.created, report.changed, report.unchanged, report.bad_count, bytes_read)
            )
    return report


def _open(path: Path) -> io.BufferedReader:
    return path.open("rb")


async def _import_batch(db: Database, batch: Sequence[Entry | BadLine], report: ImportReport, *, dry_run: bool) -> None:
    report.read += len(batch)
    bad = [row for row in batch if isinstance(row, BadLine)]
    waiting = [row for row in batch if isinstance(row, Entry)]
    for _ in range(_TRIES):
        plan = await make_plan(db, waiting, dry_run=dry_run)
        collided = [] if dry_run else await _write(db, plan.steps)
        again = {step.entry.line for step in collided}
        done = [step for step in plan.steps if step.entry.line not in again]
        report.created += sum(step.replaces is None for step in done)
        report.changed += sum(step.replaces is not None for step in done)
        report.unchanged += plan.unchanged
        bad += plan.bad
        waiting = [step.entry for step in collided]
        if not waiting:
            break
    bad += [BadLine(entry.line, "somebody else kept changing it meanwhile; import again") for entry in waiting]
    for line in sorted(bad, key=lambda row: row.line):
        report.refuse(line.line, line.text)


async def _write(db: Database, steps: Sequence[Step]) -> list[Step]:
    """Store the titles; those that collided with what somebody else stored."""
    collided: list[Step] = []
    for start in range(0, len(steps), _WRITTEN_AT_ONCE):
        together = steps[start : start + _WRITTEN_AT_ONCE]
        operations = [
            movies.to_insert(step.movie)
            if step.replaces is None
            else movies.to_import_change(step.movie, if_version=step.replaces)
            for step in together
        ]
        collided += [together[place] for place in sorted(await movies.write_bulk(db, operations))]
    return collided
