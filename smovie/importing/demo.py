"""The demo catalogue that comes with SMovie: some hundred titles, Vietnamese ones first."""

import json
from importlib import resources

from smovie.ids import new_id
from smovie.importing.importer import import_titles
from smovie.importing.report import ImportReport
from smovie.importing.vocabulary import ensure_vocabulary
from smovie.models.banners import Banner
from smovie.models.base import now
from smovie.store import banners
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
    await banners.add_first(db, demo_banners())
    return report


def demo_banners() -> list[Banner]:
    """The packaged banners: stored where there are none yet, so that one which somebody deletes stays away."""
    at = now()
    rows = json.loads((resources.files("smovie") / "demo" / "banners.json").read_text(encoding="utf-8"))
    return [Banner(id=new_id(), created_at=at, updated_at=at, order=order, **row) for order, row in enumerate(rows)]
