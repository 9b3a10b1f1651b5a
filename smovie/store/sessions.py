"""The `sessions` collection: one document a signed-in device; gone means ended, and so does run out."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from smovie.models.accounts import Device, Session
from smovie.store.mongo import Database, pack, store_call, unpack


def _to_session(document: dict[str, Any] | None) -> Session | None:
    return Session.model_validate(unpack(document)) if document else None


@store_call
async def insert(db: Database, session: Session) -> None:
    """Store a new session."""
    await db.sessions.insert_one(pack(session.model_dump(mode="python")))


@store_call
async def by_id(db: Database, session_id: str) -> Session | None:
    """The session, or None when it has ended."""
    return _to_session(await db.sessions.find_one({"_id": session_id}))


@store_call
async def by_ids(db: Database, session_ids: Sequence[str]) -> dict[str, Session]:
    """Those of these sessions that are there."""
    cursor = db.sessions.find({"_id": {"$in": list(session_ids)}})
    return {row["_id"]: Session.model_validate(unpack(row)) async for row in cursor}


@store_call
async def find_open(db: Database, session_ids: Sequence[str], at: datetime) -> set[str]:
    """Those of these sessions that have not ended."""
    cursor = db.sessions.find({"_id": {"$in": list(session_ids)}, "expires_at": {"$gt": at}}, {"_id": 1})
    return {row["_id"] async for row in cursor}


@store_call
async def newest_of_user(db: Database, user_id: str, at: datetime, *, limit: int) -> list[Session]:
    """The sessions of an account that have not run out, newest first."""
    query = {"user_id": user_id, "expires_at": {"$gt": at}}  # index user_id
    cursor = db.sessions.find(query).sort([("_id", -1)]).limit(limit)
    return [Session.model_validate(unpack(row)) async for row in cursor]


@store_call
async def rotate(
    db: Database, session_id: str, *, from_hash: str, to_hash: str, device: Device, at: datetime, life: timedelta,
    life_at_most: timedelta,
) -> Session | None:  # fmt: skip
    """Replace the good refresh token by its successor, if it still is the good one; None otherwise.

    The session then ends `life` from now, and never later than `life_at_most` after it was opened.
    """
    last_end = {"$add": ["$created_at", life_at_most // timedelta(milliseconds=1)]}
    change = {
        "refresh_hash": to_hash,
        "generation": {"$add": ["$generation", 1]},
        "rotated_at": at,
        "last_used_at": at,
        "expires_at": {"$min": [at + life, last_end]},
        # A client's own words: a $ in them is no name of a member.
        "user_agent": {"$literal": device.user_agent},
        "address": {"$literal": device.address},
    }
    query = {"_id": session_id, "refresh_hash": from_hash, "expires_at": {"$gt": at}}
    return _to_session(await db.sessions.find_one_and_update(query, [{"$set": change}], return_document=True))


@store_call
async def delete(db: Database, session_id: str) -> bool:
    """End one session; whether there was one."""
    return bool((await db.sessions.delete_one({"_id": session_id})).deleted_count)


@store_call
async def delete_of_user(db: Database, user_id: str, session_id: str) -> bool:
    """End one session of an account; whether it had that one."""
    return bool((await db.sessions.delete_one({"_id": session_id, "user_id": user_id})).deleted_count)


@store_call
async def delete_all_of_user(db: Database, user_id: str, *, but: str | None = None) -> list[str]:
    """End the sessions of an account, save one; returns their ids."""
    query = {"user_id": user_id, "_id": {"$ne": but}}  # index user_id
    ids = [row["_id"] async for row in db.sessions.find(query, {"_id": 1})]
    await db.sessions.delete_many({"_id": {"$in": ids}})
    return ids


@store_call
async def delete_of_users(db: Database, user_ids: Sequence[str]) -> list[str]:
    """End every session of these accounts; returns their ids."""
    query = {"user_id": {"$in": list(user_ids)}}  # index user_id
    ids = [row["_id"] async for row in db.sessions.find(query, {"_id": 1})]
    await db.sessions.delete_many(query)
    return ids
