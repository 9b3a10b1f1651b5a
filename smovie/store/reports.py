"""The `reports` collection: what people find wrong with comments, once each."""

from datetime import datetime

from smovie.models.comments import Comment
from smovie.models.rooms import SentReport
from smovie.store.mongo import Database, DuplicateKeyError, store_call, unpack


@store_call
async def insert(db: Database, comment: Comment, reporter_id: str, reason: str, at: datetime) -> None:
    """Store a report with what the comment says now; a second one of the same person about it is none."""
    row = {
        "_id": f"{comment.id}:{reporter_id}", "comment_id": comment.id, "episode_id": comment.episode_id,
        "author_id": comment.user_id, "message": comment.message, "reporter_id": reporter_id, "reason": reason,
        "created_at": at,
    }  # fmt: skip
    try:
        await db.reports.insert_one(row)
    except DuplicateKeyError:
        return


@store_call
async def of_reporter(db: Database, user_id: str, *, after: str, limit: int) -> list[SentReport]:
    """What somebody reported, by id, from behind one on; "" for the first."""
    cursor = db.reports.find({"reporter_id": user_id, "_id": {"$gt": after}}).sort("_id", 1).limit(limit)
    return [SentReport.model_validate(unpack(row)) async for row in cursor]  # index reporter_id, _id


@store_call
async def delete_of_user(db: Database, user_id: str) -> None:
    """Forget what somebody reported, and what was reported of them."""
    await db.reports.delete_many({"$or": [{"reporter_id": user_id}, {"author_id": user_id}]})  # both have an index
