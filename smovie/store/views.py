"""Counted views: `views`, who saw what these days, and `views_hourly` and `views_daily`, how often titles were seen.

A view is stored once, by a unique index, whoever notes it. It carries its `source`, the process that stored it, and
each row of counts says how many of each source it holds (`by`): numbers that only rise, and are written as what they
are, not by how much they rose. So a write may come twice, late, or from somebody else (docs/decisions/0012).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from smovie.errors import Unavailable
from smovie.ids import id_at
from smovie.models.views import View, hour_of, start_of_day
from smovie.store.mongo import (
    BulkWriteError,
    Collection,
    Database,
    Document,
    UpdateOne,
    duplicate_rows,
    pack,
    store_call,
    unpack,
)

VIEWS_KEPT_S = 2 * 86_400
COUNTS_KEPT_S = 400 * 86_400
_TOGETHER = 100  # some ms each, and the answer is due in 2 s on a busy machine too
_DAYS_REMEMBERED = 4  # of a title's views, of how many of each its figure knows; longer than any write is under way
_WRITES_MAX = 3
_MARK: Document = {"unshown": ""}

Place = tuple[str, datetime]  # a title, and the beginning of an hour or a day


def hour_place(view: View) -> Place:
    """The row of its hour."""
    return view.movie_id, hour_of(view.at)


def day_place(view: View) -> Place:
    """The row of its day."""
    return view.movie_id, start_of_day(view.day)


# -- views, then counts ------------------------------------------------------------------------------------------------


@store_call
async def insert(db: Database, views: Sequence[View], source: str) -> set[str]:
    """Store views, and say which of these ids are stored, now or by an earlier try; the others were counted before."""
    documents = [
        {**pack(view.model_dump(mode="python")), "hour": hour_of(view.at), "source": source, "uncounted": view.id}
        for view in views
    ]
    stored = {view.id for view in views}
    try:
        await db.views.insert_many(documents, ordered=False)
    except BulkWriteError as exc:
        if exc.details.get("writeConcernErrors"):
            raise Unavailable("database_away") from exc
        duplicates, others = duplicate_rows(exc)
        if others:
            raise
        unclear = [views[index].id for index in duplicates]
        earlier = {row["_id"] async for row in db.durable("views").find({"_id": {"$in": unclear}}, {"_id": 1})}
        stored.difference_update(set(unclear) - earlier)
    return stored


@store_call
async def raise_counts(db: Database, source: str, hours: Mapping[Place, int], days: Mapping[Place, int]) -> None:
    """Let rows say that a source has counted so many; less than they say already changes nothing."""
    await _raise(db.views_hourly, source, "hour", hours, {})
    await _raise(db.views_daily, source, "day", days, {"unshown": True})


async def _raise(collection: Collection, source: str, unit: str, counts: Mapping[Place, int], marks: Document) -> None:
    if not counts:
        return
    own, total = f"by.{source}", {"$sum": {"$map": {"input": {"$objectToArray": "$by"}, "in": "$$this.v"}}}
    rows = [
        UpdateOne(
            {"_id": f"{movie_id}:{start:%Y-%m-%dT%H}"},
            [
                {"$set": {"movie_id": movie_id, unit: start, own: {"$max": [f"${own}", count]}, **marks}},
                {"$set": {"count": total}},
            ],
            upsert=True,
        )
        for (movie_id, start), count in counts.items()
    ]
    for _ in range(_WRITES_MAX):
        try:
            await collection.bulk_write(rows, ordered=False)
            return
        except BulkWriteError as exc:  # another instance made the same row just now
            _, others = duplicate_rows(exc)
            if others or exc.details.get("writeConcernErrors"):
                raise Unavailable("database_away") from exc
    raise Unavailable("busy", retry_after_s=1)


@store_call
async def mark_counted(db: Database, ids: Iterable[str]) -> None:
    """Note that these views are in the rows."""
    await db.views.update_many({"_id": {"$in": list(ids)}}, {"$unset": {"uncounted": ""}})


@store_call
async def count_left(db: Database, before: float) -> bool:
    """Count views of before a moment (seconds since 1970) that whoever stored them did not count: some at a time, and
    whether there were more.

    All of their source in their hour and day are counted anew, so that it does not matter what was counted already.
    """
    marked = {"uncounted": {"$type": "string", "$lt": id_at(before)}}  # index uncounted
    left = [row async for row in db.durable("views").find(marked).sort("uncounted", 1).limit(_TOGETHER)]
    for source in {row["source"] for row in left}:
        rows = [row for row in left if row["source"] == source]
        hours, days = await _count_of_source(db, source, sorted({row["movie_id"] for row in rows}))
        await raise_counts(db, source, hours, days)
        await mark_counted(db, [row["_id"] for row in rows])
    return len(left) == _TOGETHER


async def _count_of_source(
    db: Database, source: str, movie_ids: Sequence[str]
) -> tuple[Counter[Place], Counter[Place]]:
    stages: list[Document] = [
        {"$match": {"source": source, "movie_id": {"$in": movie_ids}}},  # index source, movie_id, day, hour: covering
        {"$group": {"_id": {"movie_id": "$movie_id", "day": "$day", "hour": "$hour"}, "count": {"$sum": 1}}},
    ]
    hours: Counter[Place] = Counter()
    days: Counter[Place] = Counter()
    for row in await db.aggregate(db.durable("views"), stages):
        movie_id, day, hour = (row["_id"][name] for name in ("movie_id", "day", "hour"))
        hours[movie_id, hour] += row["count"]
        days[movie_id, start_of_day(day)] += row["count"]
    return hours, days


# -- counts, then what a title shows -----------------------------------------------------------------------------------


@store_call
async def show_counts(db: Database) -> bool:
    """Bring counts into the figures of their titles, some at a time, oldest day first; whether there were more.

    A title remembers how much of each of the last days its figure holds, and takes what is more: once, whoever brings
    it and how often.
    """
    cursor = db.durable("views_daily").find({"unshown": True}).sort("day", 1).limit(_TOGETHER)  # index unshown, day
    rows: list[Document] = [row async for row in cursor]
    if rows:
        await db.movies.bulk_write([_shown(row) for row in rows], ordered=True)
        await db.views_daily.bulk_write([_done(row) for row in rows], ordered=False)
    return len(rows) == _TOGETHER


def _done(row: Document) -> UpdateOne:
    """For a row whose count the title holds: not if it has risen meanwhile."""
    return UpdateOne({"_id": row["_id"], "count": row["count"]}, {"$set": {"shown": row["count"]}, "$unset": _MARK})


def _shown(row: Document) -> UpdateOne:
    day, count = f"{row['day']:%Y-%m-%dT%H}", row["count"]
    held = {"$ifNull": [f"$stats.views_of_days.{day}", row.get("shown", 0)]}
    more = {"$max": [0, {"$subtract": [count, held]}]}
    days = {"$mergeObjects": ["$stats.views_of_days", {day: {"$max": [count, held]}}]}
    newest = {"$slice": [{"$objectToArray": days}, -_DAYS_REMEMBERED]}
    views = {"$add": [{"$ifNull": ["$stats.views", 0]}, more]}
    change = {"stats.views": views, "stats.views_of_days": {"$arrayToObject": newest}}
    return UpdateOne({"_id": row["movie_id"]}, [{"$set": change}])


# -- of somebody -------------------------------------------------------------------------------------------------------


@store_call
async def of_user(db: Database, user_id: str, *, after: str, limit: int) -> list[View]:
    """What somebody has seen these two days, from behind a view on; "" for the first."""
    of_them = {"user_id": user_id, "_id": {"$gt": after}}  # index user_id, movie_id, day
    return [View.model_validate(unpack(row)) async for row in db.views.find(of_them).sort("_id", 1).limit(limit)]


@store_call
async def make_nobodys(db: Database, user_id: str) -> None:
    """Take somebody's name off what they have seen; it stays counted."""
    await db.views.update_many({"user_id": user_id}, {"$unset": {"user_id": ""}})  # index user_id, movie_id, day
