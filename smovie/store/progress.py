"""The `progress` collection, how far users are in episodes, and `last_watched`, what they watched last of a title.

The second follows from the first, and spares who reads the row all that somebody ever watched: a document of each user
and title, or two where specials were watched too. All ids begin with their user's.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from smovie.models.watching import BEGUN_AT_S, HistoryQuery, LastWatched, Progress
from smovie.store.mongo import Database, Document, UpdateOne, store_call, unpack

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def progress_id(user_id: str, episode_id: str) -> str:
    """The one document of a user and episode."""
    return f"{user_id}:{episode_id}"


def last_of(progress: Progress) -> LastWatched:
    """What was watched last, once this was."""
    line = "specials" if progress.season == 0 else "seasons"
    return LastWatched(
        id=f"{progress.user_id}:{progress.movie_id}:{line}",
        **progress.model_dump(include=LastWatched.model_fields.keys() - {"id", "removed_at"}),
    )


def cursor_of(progress: Progress) -> str:
    """Where a page of the history goes on that ends with this."""
    return f"{(progress.watched_at - _EPOCH) // _MILLISECOND}-{progress.episode_id}"


@store_call
async def of_episodes(db: Database, user_id: str, episode_ids: Sequence[str]) -> dict[str, Progress]:
    """How far somebody is in those of these episodes that they watched, by episode."""
    ids = [progress_id(user_id, episode_id) for episode_id in episode_ids]
    found = [_to_progress(row) async for row in db.progress.find({"_id": {"$in": ids}})]
    return {progress.episode_id: progress for progress in found}


@store_call
async def page(db: Database, user_id: str, query: HistoryQuery) -> list[Progress]:
    """What somebody watched, newest first, one more than the limit where there are more."""
    conditions: Document = {"user_id": user_id}  # index user_id, watched_at, _id
    if query.before:
        milliseconds, _, episode_id = query.before.partition("-")
        at = _EPOCH + int(milliseconds) * _MILLISECOND
        shown = {"watched_at": at, "_id": {"$gte": progress_id(user_id, episode_id)}}
        conditions |= {"watched_at": {"$lte": at}, "$nor": [shown]}
    cursor = db.progress.find(conditions).sort([("watched_at", -1), ("_id", -1)]).limit(query.limit + 1)
    return [_to_progress(row) async for row in cursor]


@store_call
async def last_watched(db: Database, user_id: str, limit: int) -> list[LastWatched]:
    """What somebody watched last of each title and line, newest first."""
    cursor = db.last_watched.find({"user_id": user_id}).sort("watched_at", -1).limit(limit)
    return [_to_last(row) async for row in cursor]  # index user_id, watched_at


@store_call
async def half_seen(db: Database, user_id: str, limit: int) -> list[Progress]:
    """The episodes that somebody began and did not see to their end, newest first."""
    begun = {"user_id": user_id, "done": False, "position_s": {"$gte": BEGUN_AT_S}}
    # The index of what is not done; left to itself MongoDB at times takes that of the whole history.
    cursor = db.progress.find(begun).sort("watched_at", -1).limit(limit).hint("user_id_1_watched_at_-1")
    return [_to_progress(row) async for row in cursor]


async def recent_titles(db: Database, user_id: str, limit: int) -> list[tuple[str, datetime, bool]]:
    """The titles that somebody watched last, newest first. Shape: (id, when, whether that episode is done)."""
    found: dict[str, tuple[str, datetime, bool]] = {}
    for last in await last_watched(db, user_id, 2 * limit):
        found.setdefault(last.movie_id, (last.movie_id, last.watched_at, last.done))
    return list(found.values())[:limit]


@store_call
async def remove_from_row(db: Database, user_id: str, movie_id: str, at: datetime) -> None:
    """Take a title out of somebody's row until they watch something of it again."""
    await db.last_watched.update_many(_of_title(user_id, movie_id), {"$set": {"removed_at": at}})


async def forget_episode(db: Database, user_id: str, episode_id: str) -> None:
    """Forget that somebody watched an episode, and let their row be as if they had not. May be done again."""
    progress = (await of_episodes(db, user_id, [episode_id])).get(episode_id)
    if progress is None:
        return
    was_last = last_of(progress)
    instead = await _newest_beside(db, progress)
    await _forget_last(db, was_last, last_of(instead) if instead else None)
    await _delete(db, progress.id)


@store_call
async def delete_of_user(db: Database, user_id: str) -> None:
    """Forget all that somebody watched."""
    await db.last_watched.delete_many({"_id": _ids_of(user_id)})
    await db.progress.delete_many({"_id": _ids_of(user_id)})


@store_call
async def of_user(db: Database, user_id: str, *, after: str, limit: int) -> list[Progress]:
    """How far somebody is in what they watched, by id, from behind one on; "" for the first."""
    cursor = db.progress.find({"_id": _ids_of(user_id, after)}).sort("_id", 1).limit(limit)
    return [_to_progress(row) async for row in cursor]


@store_call
async def last_of_user(db: Database, user_id: str, *, after: str, limit: int) -> list[LastWatched]:
    """What somebody watched last of each title and line, by id, from behind one on; "" for the first."""
    cursor = db.last_watched.find({"_id": _ids_of(user_id, after)}).sort("_id", 1).limit(limit)
    return [_to_last(row) async for row in cursor]


@store_call
async def put(db: Database, progress: Sequence[Progress]) -> None:
    """Store how far users are, each where nothing is stored of a later time."""
    updates = [_put_newer(one, {"id", "done_at"} if one.done_at is None else {"id"}) for one in progress]
    await db.progress.bulk_write(updates, ordered=False)


@store_call
async def put_last(db: Database, last: Sequence[LastWatched]) -> None:
    """Store what was watched last, each where nothing is stored of a later time."""
    await db.last_watched.bulk_write([_put_newer(one, {"id", "removed_at"}) for one in last], ordered=False)


@store_call
async def _newest_beside(db: Database, progress: Progress) -> Progress | None:
    """What somebody watched last of the same line of a title, but for this."""
    is_begun = {"$or": [{"done": True}, {"position_s": {"$gte": BEGUN_AT_S}}]}
    season = {"$eq" if progress.season == 0 else "$ne": 0}
    of_line = {**_of_title(progress.user_id, progress.movie_id), "season": season, "_id": {"$ne": progress.id}}
    row = await db.progress.find_one({**of_line, **is_begun}, sort=[("watched_at", -1)])
    return _to_progress(row) if row else None  # index user_id, movie_id, watched_at


@store_call
async def _forget_last(db: Database, was: LastWatched, instead: LastWatched | None) -> None:
    """Where this episode still is what was watched last, let it be the other, or nothing."""
    if_still = {"_id": was.id, "episode_id": was.episode_id}
    if instead is None:
        await db.last_watched.delete_one(if_still)
    else:
        await db.last_watched.update_one(if_still, {"$set": instead.model_dump(exclude={"id", "removed_at"})})


@store_call
async def _delete(db: Database, wanted: str) -> None:
    await db.progress.delete_one({"_id": wanted})


def _put_newer(one: Progress | LastWatched, left_out: set[str]) -> UpdateOne:
    """Let a document be this, but for some members. By pipeline, which MongoDB does no slower than a plain update: that
    would fail where something of a later time is stored, as it does where two instances store the first at once."""
    is_newer = {"$lte": ["$watched_at", one.watched_at]}  # also than what is not there
    merged = {"$mergeObjects": ["$$ROOT", {"$literal": one.model_dump(exclude=left_out)}]}
    return UpdateOne({"_id": one.id}, [{"$replaceWith": {"$cond": [is_newer, merged, "$$ROOT"]}}], upsert=True)


def _of_title(user_id: str, movie_id: str) -> Document:
    return {"user_id": user_id, "movie_id": movie_id}


def _ids_of(user_id: str, after: str = "") -> Document:
    return {"$gt": after or f"{user_id}:", "$lt": f"{user_id};"}  # the sign after the colon


def _to_progress(row: dict[str, Any]) -> Progress:
    return Progress.model_validate(unpack(row))


def _to_last(row: dict[str, Any]) -> LastWatched:
    return LastWatched.model_validate(unpack(row))
