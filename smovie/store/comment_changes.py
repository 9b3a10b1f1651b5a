"""What happens to a stored comment: edits, deletion, counts. `revisions` keep for moderators what it said before."""

from datetime import datetime

from smovie.models.comments import Comment, Deleter
from smovie.store.comments import SHOWN, to_comment
from smovie.store.mongo import Database, Document, store_call

EDITS_MAX = 20  # of one comment: each keeps what it said before


def _kept(at: datetime) -> Document:
    """The revisions with what the comment says now as the newest; `until` is when it said so last."""
    said = {"message": "$message", "until": at}
    return {"$concatArrays": [{"$ifNull": ["$revisions", []]}, [said]]}


@store_call
async def edit(db: Database, comment_id: str, message: str, at: datetime) -> Comment | None:
    """Let a comment say something else; None when it was deleted or has been edited too often."""
    query = {"_id": comment_id, "deleted_at": None, f"revisions.{EDITS_MAX - 1}": {"$exists": False}}
    # A literal: text that begins with a dollar sign is not the name of a member.
    said = {"message": {"$literal": message}, "edited_at": at, "untold_since": at}
    change = {"$set": {"revisions": _kept(at), **said}}
    row = await db.comments.find_one_and_update(query, [change], projection=SHOWN, return_document=True)
    return to_comment(row) if row else None


@store_call
async def delete(db: Database, comment_id: str, by: Deleter, at: datetime) -> Comment | None:
    """Take a comment's text away; None when that was done before."""
    query = {"_id": comment_id, "deleted_at": None}
    gone = {"message": "", "deleted_at": at, "deleted_by": by, "untold_since": at}
    change = {"$set": {"revisions": _kept(at), **gone}}
    row = await db.comments.find_one_and_update(query, [change], projection=SHOWN, return_document=True)
    return to_comment(row) if row else None


@store_call
async def set_told(db: Database, comment: Comment) -> None:
    """The room was told how a comment is now; nothing happens when it has changed since."""
    query = {"_id": comment.id, "edited_at": comment.edited_at, "deleted_at": comment.deleted_at}
    await db.comments.update_one(query, {"$unset": {"untold_since": ""}})


@store_call
async def untold_before(db: Database, at: datetime, most: int) -> list[Comment]:
    """Comments that were edited or deleted before a moment while their rooms were not told, the oldest change first."""
    cursor = db.comments.find({"untold_since": {"$lt": at}}, SHOWN).sort("untold_since", 1).limit(most)
    return [to_comment(row) async for row in cursor]  # index untold_since


@store_call
async def set_reactions(db: Database, comment_id: str, counts: dict[str, int]) -> None:
    """Keep with a comment how many gave each emoji, so that a page needs not count."""
    await db.comments.update_one({"_id": comment_id}, {"$set": {"reactions": counts}})
