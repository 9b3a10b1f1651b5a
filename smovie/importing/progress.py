"""An import as its operator watches it: a progress bar, then what happened, bad rows with their line numbers."""

import sys
from pathlib import Path

import click

from smovie.importing.importer import ImportReport, Progress, import_titles
from smovie.store.mongo import Database

ROWS_SHOWN = 20


async def import_with_progress(db: Database, file: Path, *, dry_run: bool) -> ImportReport:
    """Import a file with a bar on standard error."""
    with click.progressbar(length=file.stat().st_size, label="importing", file=sys.stderr) as bar:

        def show(progress: Progress) -> None:
            bar.update(progress.bytes_read - bar.pos)

        return await import_titles(db, file, dry_run=dry_run, on_progress=show)


def show_report(report: ImportReport) -> None:
    """Print what an import did."""
    for line, problem in report.bad[:ROWS_SHOWN]:
        click.echo(f"line {line}: {problem}", err=True)
    if report.bad_count > ROWS_SHOWN:
        click.echo(f"… and {report.bad_count - ROWS_SHOWN} more bad rows", err=True)
    what = "would be" if report.dry_run else "were"
    click.echo(
        f"{report.read} rows read; {report.created} titles {what} created, {report.changed} changed, "
        f"{report.unchanged} unchanged, {report.bad_count} rows skipped as bad"
    )
