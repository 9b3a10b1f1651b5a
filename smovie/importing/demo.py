"""The demo catalogue that comes with SMovie: some hundred titles, Vietnamese ones first."""

from importlib import resources

from smovie.importing.importer import import_titles
from smovie.importing.report import ImportReport
from smovie.importing.vocabulary import ensure_vocabulary
from smovie.store.mongo import Database


async def load_demo(db: Database) -> ImportReport:
    """Import the packaged files of `smovie/demo`; where they are loaded already, nothing is written.

    What an editor changed since stays, for only a changed row of ours would replace it.
    """
    await ensure_vocabulary(db)
    report = ImportReport()
    files = [file for file in (resources.files("smovie") / "demo").iterdir() if file.name.endswith(".jsonl")]
    for file in sorted(files, key=lambda file: file.name):
        with resources.as_file(file) as path:
            report.add(await import_titles(db, path, dry_run=False, on_progress=lambda _: None), file.name)
    return report
