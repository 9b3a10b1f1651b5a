"""The `rooms` collection: what moderators ruled about episodes' rooms. A room that is not there has no rules."""

from smovie.models.rooms import PINS_MAX, Room, RoomDraft
from smovie.store.mongo import Database, Document, store_call, unpack


def _to_room(episode_id: str, document: Document | None) -> Room:
    return Room.model_validate(unpack(document)) if document else Room(id=episode_id)


@store_call
async def by_id(db: Database, episode_id: str) -> Room:
    """The room's rules."""
    return _to_room(episode_id, await db.rooms.find_one({"_id": episode_id}))


@store_call
async def rule(db: Database, episode_id: str, draft: RoomDraft) -> Room:
    """Change the rules that the draft names; the room as it is then."""
    change = {"$set": draft.model_dump(exclude_none=True)}
    row = await db.rooms.find_one_and_update({"_id": episode_id}, change, upsert=True, return_document=True)
    return _to_room(episode_id, row)


@store_call
async def pin(db: Database, episode_id: str, comment_id: str) -> Room:
    """Pin a comment, once; nothing happens where as many are pinned as may be. The room as it is then."""
    stays = {"$or": [{"$in": [comment_id, "$$pins"]}, {"$gte": [{"$size": "$$pins"}, PINS_MAX]}]}
    pins = {"$cond": [stays, "$$pins", {"$concatArrays": ["$$pins", [comment_id]]}]}
    change = {"$set": {"pinned": {"$let": {"vars": {"pins": {"$ifNull": ["$pinned", []]}}, "in": pins}}}}
    row = await db.rooms.find_one_and_update({"_id": episode_id}, [change], upsert=True, return_document=True)
    return _to_room(episode_id, row)


@store_call
async def unpin(db: Database, episode_id: str, comment_id: str) -> None:
    """Pin a comment no longer."""
    await db.rooms.update_one({"_id": episode_id}, {"$pull": {"pinned": comment_id}})
