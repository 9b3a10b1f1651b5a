"""The `announcements` collection: a document of each title that is, or was, in a watchlist, with the episodes that are
known of it. What is noted here as new is told, whoever crashes."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from smovie.models.announcements import Announcement, Telling
from smovie.store.mongo import Database, Document, DuplicateKeyError, store_call, unpack


@store_call
async def begin(db: Database, movie_id: str, episode_ids: Collection[str]) -> None:
    """Follow a title from now on: of these episodes nobody is told. Nothing happens when it is followed."""
    try:
        known = {"known": list(episode_ids)}
        await db.announcements.update_one({"_id": movie_id}, {"$setOnInsert": known}, upsert=True)
    except DuplicateKeyError:  # somebody else, just now
        pass


@store_call
async def among(db: Database, movie_ids: Sequence[str]) -> list[Announcement]:
    """Those of these titles that are followed."""
    return [_to_announcement(row) async for row in db.announcements.find({"_id": {"$in": list(movie_ids)}})]


@store_call
async def page(db: Database, *, after: str, limit: int) -> list[Announcement]:
    """Titles that are followed in the order of their ids, from behind one on; "" for the first."""
    cursor = db.announcements.find({"_id": {"$gt": after}}).sort("_id", 1).limit(limit)
    return [_to_announcement(row) async for row in cursor]


@store_call
async def note(db: Database, movie_id: str, episode_ids: Collection[str], at: datetime, due_at: datetime) -> None:
    """Note episodes of a title as new, those that are not known yet: each is so once, however many note it."""
    is_first: Document = {"$eq": [{"$type": "$due_at"}, "missing"]}
    steps = [
        {"$set": {"arrived": {"$setDifference": [list(episode_ids), "$known"]}}},
        {
            "$set": {
                "known": {"$concatArrays": ["$known", "$arrived"]},
                "fresh": {"$concatArrays": [{"$ifNull": ["$fresh", []]}, "$arrived"]},
                "noted_at": {"$cond": [{"$eq": [{"$ifNull": ["$fresh", []]}, []]}, at, "$noted_at"]},
                "due_at": {"$cond": [is_first, due_at, "$due_at"]},
            }
        },
        {"$unset": "arrived"},
    ]
    await db.announcements.update_one({"_id": movie_id, "known": {"$not": {"$all": list(episode_ids)}}}, steps)


@store_call
async def take_due(db: Database, at: datetime, *, until: datetime) -> Announcement | None:
    """The title that is due longest; it is due again at `until`, so that two instances do not take it at once."""
    row: dict[str, Any] | None = await db.announcements.find_one_and_update(
        {"due_at": {"$lte": at}}, {"$set": {"due_at": until}}, sort=[("due_at", 1)], return_document=True
    )  # index due_at
    return _to_announcement(row) if row else None


@store_call
async def begin_telling(db: Database, movie_id: str, fresh: Collection[str], telling: Telling) -> bool:
    """Let these new episodes be what is told; False when others are being told by somebody else."""
    nothing_else = {"_id": movie_id, "telling": None, "fresh": {"$all": list(fresh)}}
    change = {"$set": {"telling": telling.model_dump()}, "$pull": {"fresh": {"$in": list(fresh)}}}
    return bool((await db.announcements.update_one(nothing_else, change)).matched_count)


@store_call
async def go_on(db: Database, movie_id: str, telling: Telling, *, after: str, due_at: datetime) -> None:
    """Remember up to which user somebody has told; nobody else takes it up before `due_at`."""
    still = {"_id": movie_id, "telling.episode_id": telling.episode_id}
    await db.announcements.update_one(still, {"$max": {"telling.after": after}, "$set": {"due_at": due_at}})


@store_call
async def finish(db: Database, movie_id: str, telling: Telling, *, due_at: datetime) -> None:
    """Everybody was told. What came meanwhile is told from `due_at` on."""
    still = {"_id": movie_id, "telling.episode_id": telling.episode_id}
    is_more = {"$gt": [{"$size": "$fresh"}, 0]}
    steps = [{"$set": {"due_at": {"$cond": [is_more, due_at, "$$REMOVE"]}}}, {"$unset": "telling"}]
    await db.announcements.update_one(still, steps)


@store_call
async def take_back(db: Database, movie_id: str) -> None:
    """Know nothing of what was noted and is not told: the title is hidden. Once it is shown it is noted again."""
    steps = [{"$set": {"known": {"$setDifference": ["$known", "$fresh"]}, "fresh": []}}, {"$unset": "due_at"}]
    await db.announcements.update_one({"_id": movie_id, "telling": None}, steps)


def _to_announcement(row: Document) -> Announcement:
    return Announcement.model_validate(unpack(row))
