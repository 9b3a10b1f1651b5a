"""The `watchlist` collection: one document of each user and title.

A title that is taken off stays, without a state, until its figure was counted without it (`smovie/store/counted.py`).
"""

from collections.abc import Collection
from datetime import datetime

from smovie.ids import new_id
from smovie.models.watchlist import Listed, WatchlistQuery, WatchState
from smovie.store.counted import Counted
from smovie.store.mongo import Database, Document, DuplicateKeyError, store_call, unpack

_IS_THERE = {"$gt": ["$state", None]}


@store_call
async def page(db: Database, user_id: str, query: WatchlistQuery, most: int) -> list[Listed]:
    """What somebody has in their list, changed last first."""
    conditions: Document = {"user_id": user_id, "state": query.state or {"$ne": None}}
    if query.before:
        conditions["change"] = {"$lt": query.before}  # index user_id, change
    cursor = db.watchlist.find(conditions).sort("change", -1).limit(most)
    return [_to_listed(row) async for row in cursor]


@store_call
async def of_user_and_title(db: Database, user_id: str, movie_id: str) -> Listed | None:
    """How a title stands in somebody's list, or None."""
    row = await db.watchlist.find_one({**_key(movie_id, user_id), "state": {"$ne": None}})
    return _to_listed(row) if row else None


@store_call
async def of_user(db: Database, user_id: str, *, after: str, limit: int) -> list[Listed]:
    """What somebody has in their list in the order of putting, from behind one on; "" for the first."""
    theirs = {"user_id": user_id, "_id": {"$gt": after}, "state": {"$ne": None}}
    cursor = db.watchlist.find(theirs).sort("_id", 1).limit(limit)  # index user_id, _id
    return [_to_listed(row) async for row in cursor]


@store_call
async def count(db: Database, user_id: str, most: int) -> int:
    """How many titles somebody has in their list, at most so many."""
    theirs = {"user_id": user_id, "state": {"$ne": None}}
    return int(await db.watchlist.count_documents(theirs, limit=most))


@store_call
async def followers(db: Database, movie_id: str, *, after: str, upto: datetime, limit: int) -> list[str]:
    """Users who had a title in their list by a moment and have not dropped it, in the order of their ids."""
    theirs = {"movie_id": movie_id, "user_id": {"$gt": after}}  # index movie_id, user_id
    wanted = {**theirs, "state": {"$nin": [None, "dropped"]}, "added_at": {"$lte": upto}}
    cursor = db.watchlist.find(wanted, {"user_id": 1}).sort("user_id", 1).limit(limit)
    return [row["user_id"] async for row in cursor]


@store_call
async def put(db: Database, movie_id: str, user_id: str, state: WatchState, at: datetime) -> Listed:
    """Let a title stand in somebody's list in a state; the same again changes nothing."""
    is_same, change_id = {"$eq": ["$state", state]}, new_id()
    change: Document = {
        "_id": {"$ifNull": ["$_id", change_id]},
        "state": state,
        "added_at": {"$cond": [_IS_THERE, "$added_at", at]},
        "changed_at": {"$cond": [is_same, "$changed_at", at]},
        "change": {"$cond": [is_same, "$change", change_id]},
        "uncounted": {"$cond": [_IS_THERE, {"$ifNull": ["$uncounted", "$$REMOVE"]}, change_id]},
    }
    key, how = _key(movie_id, user_id), [{"$set": change}]
    try:
        row = await db.watchlist.find_one_and_update(key, how, upsert=True, return_document=True)
    except DuplicateKeyError:  # their other tab was first, just now
        row = await db.watchlist.find_one_and_update(key, how, return_document=True)
    return _to_listed(row)


@store_call
async def follow(
    db: Database, movie_id: str, user_id: str, state: WatchState, at: datetime,
    *, running: Collection[WatchState], over: Collection[WatchState], over_before: datetime,
) -> None:  # fmt: skip
    """Let a title of somebody's list that stands in one of these states stand in another: in those of `running`, and in
    those of `over` if it came to stand there before a moment."""
    is_over = {"state": {"$in": list(over)}, "changed_at": {"$lt": over_before}}
    stands = {**_key(movie_id, user_id), "$or": [{"state": {"$in": list(running)}}, is_over]}
    await db.watchlist.update_one(stands, {"$set": {"state": state, "changed_at": at, "change": new_id()}})


@store_call
async def take_off(db: Database, movie_id: str, user_id: str) -> bool:
    """Take a title off somebody's list; False when it was not in it."""
    is_there = {**_key(movie_id, user_id), "state": {"$ne": None}}
    done = await db.watchlist.update_one(is_there, {"$set": {"state": None, "uncounted": new_id()}})
    return bool(done.matched_count)


@store_call
async def delete_of_user(db: Database, user_id: str) -> None:
    """Make somebody's list nobody's: what is left of it is there to be counted, and names no one."""
    gone: Document = {"user_id": "$_id", "state": None, "uncounted": new_id()}
    await db.watchlist.update_many({"user_id": user_id}, [{"$set": gone}])  # index user_id, _id


async def _figures(db: Database, movie_id: str) -> Document:
    listed = {"movie_id": movie_id, "state": {"$gt": ""}}  # index movie_id, state
    return {"stats.watchlisted": await db.durable("watchlist").count_documents(listed)}


COUNTED = Counted("watchlist", member="state", recounts="stats.watchlist_recounts", figures=_figures)


def _key(movie_id: str, user_id: str) -> Document:
    return {"movie_id": movie_id, "user_id": user_id}  # index movie_id, user_id


def _to_listed(row: Document) -> Listed:
    return Listed.model_validate(unpack(row))
