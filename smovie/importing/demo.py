"""The demo catalogue that comes with SMovie: some hundred titles, Vietnamese ones first, and an audience for it."""

import json
import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from importlib import resources

from smovie.ids import new_id
from smovie.importing.importer import import_titles
from smovie.importing.report import ImportReport
from smovie.importing.vocabulary import ensure_vocabulary
from smovie.models.banners import Banner
from smovie.models.base import now
from smovie.models.views import day_of, hour_of, start_of_day
from smovie.store import banners, movies, views
from smovie.store.mongo import Database
from smovie.store.views import Place

AUDIENCE_DAYS = 30
_TITLES_A_DAY = 40
_HOURS_A_DAY = 3  # in which a title is viewed
_TOGETHER = 250
_SOURCE = "demo"


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


async def make_up_audience(db: Database, until: datetime) -> int:
    """Count made up views of the last days, so that something trends before anybody has come; how many."""
    titles = [document["_id"] async for batch in movies.read_all(db) for document in batch]
    hours, days = _audience(titles, until)
    for counts, is_hours in ((hours, True), (days, False)):
        places = list(counts)
        for start in range(0, len(places), _TOGETHER):
            some = {place: counts[place] for place in places[start : start + _TOGETHER]}
            await views.raise_counts(db, _SOURCE, some if is_hours else {}, {} if is_hours else some)
    return days.total()


def _audience(titles: Sequence[str], until: datetime) -> tuple[Counter[Place], Counter[Place]]:
    """Views by hours and by days. The same titles at the same time have the same: favourites that change in weeks."""
    dice = random.Random(7)  # noqa: S311, the same at every start
    ranked = dice.sample(titles, len(titles))
    hours: Counter[Place] = Counter()
    days: Counter[Place] = Counter()
    for ago in range(AUDIENCE_DAYS):
        moment = until - timedelta(days=ago)
        favourites = [ranked[(place + ago // 3) % len(ranked)] for place in range(min(_TITLES_A_DAY, len(ranked)))]
        for place, title in enumerate(favourites):
            for _ in range(_HOURS_A_DAY):
                at = moment - timedelta(hours=dice.randrange(8))
                views_then = 1 + int(dice.random() * 120 / (place + 2))
                hours[title, hour_of(at)] += views_then
                days[title, start_of_day(day_of(at))] += views_then
    return hours, days
