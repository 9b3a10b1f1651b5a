"""The `reactions` collection, the truth of all counts: one document for each emoji that somebody gives a comment."""

from datetime import datetime

from smovie.models.reactions import EMOJI, GivenReaction
from smovie.store.mongo import Database, Document, DuplicateKeyError, store_call, unpack


def _id_of(comment_id: str, user_id: str, emoji: str) -> str:
    return f"{comment_id}:{user_id}:{emoji}"


@store_call
async def insert(db: Database, comment_id: str, user_id: str, emoji: str, at: datetime) -> bool:
    """Give a comment an emoji; False when it has that from the user already."""
    row = {"_id": _id_of(comment_id, user_id, emoji), "comment_id": comment_id, "user_id": user_id, "emoji": emoji}
    try:
        await db.reactions.insert_one({**row, "created_at": at})
    except DuplicateKeyError:
        return False
    return True


@store_call
async def delete(db: Database, comment_id: str, user_id: str, emoji: str) -> bool:
    """Take it back; False when it was not there."""
    return bool((await db.reactions.delete_one({"_id": _id_of(comment_id, user_id, emoji)})).deleted_count)


@store_call
async def count(db: Database, comment_id: str) -> dict[str, int]:
    """How many gave a comment each of the six."""
    stages: list[Document] = [
        {"$match": {"comment_id": comment_id}},
        {"$group": {"_id": "$emoji", "count": {"$sum": 1}}},
    ]
    rows = await db.aggregate(db.reactions, stages)  # index comment_id, emoji
    given = {row["_id"]: row["count"] for row in rows}
    return {emoji: given.get(emoji, 0) for emoji in EMOJI}


@store_call
async def of_user(db: Database, user_id: str, *, after: str, limit: int) -> list[GivenReaction]:
    """What somebody gave, by id, from behind one on; "" for the first."""
    cursor = db.reactions.find({"user_id": user_id, "_id": {"$gt": after}}).sort("_id", 1).limit(limit)
    return [GivenReaction.model_validate(unpack(row)) async for row in cursor]  # index user_id, _id


@store_call
async def delete_some_of_user(db: Database, user_id: str, *, limit: int) -> list[str]:
    """Take back some of what somebody gave; the ids of the comments, which must be counted anew."""
    rows = [row async for row in db.reactions.find({"user_id": user_id}, {"comment_id": 1}).limit(limit)]
    await db.reactions.delete_many({"_id": {"$in": [row["_id"] for row in rows]}})  # index user_id
    return list({row["comment_id"] for row in rows})
