"""The `notifications` collection: what each user was told, for 90 days (store/indexes.py)."""

from collections.abc import Sequence

from smovie.models.notifications import Kind, Notification, NotificationQuery
from smovie.store.mongo import (
    BulkWriteError,
    Database,
    Document,
    DuplicateKeyError,
    duplicate_rows,
    pack,
    store_call,
    unpack,
)


def _to_notification(row: Document) -> Notification:
    return Notification.model_validate(unpack(row))


@store_call
async def insert(db: Database, one: Notification) -> bool:
    """Store a notification; False when its receiver was told of that before."""
    try:
        await db.notifications.insert_one(pack(one.model_dump(mode="python")))
    except DuplicateKeyError:  # index user_id, kind, comment_id
        return False
    return True


@store_call
async def about(db: Database, user_id: str, comment_id: str, kind: Kind) -> Notification | None:
    """What somebody was told about a comment, or None."""
    row = await db.notifications.find_one({"user_id": user_id, "comment_id": comment_id, "kind": kind})
    return _to_notification(row) if row else None  # index user_id, kind, comment_id


@store_call
async def insert_new(db: Database, some: Sequence[Notification]) -> None:
    """Store notifications of new episodes; who was told of that before keeps what they have."""
    try:
        await db.notifications.insert_many([pack(one.model_dump(mode="python")) for one in some], ordered=False)
    except BulkWriteError as exc:
        if duplicate_rows(exc)[1]:
            raise


@store_call
async def of_episode(db: Database, user_ids: Sequence[str], episode_id: str) -> list[Notification]:
    """What these users were told of an episode that was new."""
    told = {"user_id": {"$in": list(user_ids)}, "kind": Kind.NEW_EPISODE, "episode_id": episode_id}
    return [_to_notification(row) async for row in db.notifications.find(told)]  # index user_id, kind, episode_id


@store_call
async def with_more(db: Database, user_ids: Sequence[str], most: int) -> list[str]:
    """Those of these users who have more notifications than so many."""
    stages: list[Document] = [
        {"$match": {"user_id": {"$in": list(user_ids)}}},  # index user_id, _id
        {"$group": {"_id": "$user_id", "count": {"$sum": 1}}},
        {"$match": {"count": {"$gt": most}}},
    ]
    return [row["_id"] for row in await db.aggregate(db.notifications, stages)]


@store_call
async def page(db: Database, user_id: str, query: NotificationQuery) -> list[Notification]:
    """A user's notifications in ascending order: the newest, or the newest before `before`."""
    before = {"_id": {"$lt": query.before}} if query.before else {}
    cursor = db.notifications.find({"user_id": user_id, **before}).sort("_id", -1).limit(query.limit)
    return [_to_notification(row) async for row in cursor][::-1]  # index user_id, _id


@store_call
async def of_user(db: Database, user_id: str) -> list[Notification]:
    """All that a user was told, oldest first: of each only so many are kept."""
    cursor = db.notifications.find({"user_id": user_id}).sort("_id", 1)
    return [_to_notification(row) async for row in cursor]  # index user_id, _id


@store_call
async def count_unread(db: Database, user_id: str, most: int) -> int:
    """How many a user has not read, at most so many."""
    return int(await db.notifications.count_documents({"user_id": user_id, "read": False}, limit=most))


@store_call
async def set_read(db: Database, user_id: str, *, ids: Sequence[str] | None = None, upto: str | None = None) -> int:
    """Note that a user has read some of theirs, or one and all before it; how many they had not before."""
    which: Document = {"$in": list(ids)} if ids is not None else {"$lte": upto}
    query = {"user_id": user_id, "read": False, "_id": which}  # index user_id, read, _id
    return int((await db.notifications.update_many(query, {"$set": {"read": True}})).modified_count)


@store_call
async def last_kept(db: Database, user_id: str, most: int) -> str | None:
    """The id of the oldest that stays when a user keeps so many; None when they have fewer."""
    cursor = db.notifications.find({"user_id": user_id}, {"_id": 1}).sort("_id", -1).skip(most - 1).limit(1)
    rows = [row async for row in cursor]  # index user_id, _id
    return str(rows[0]["_id"]) if rows else None


@store_call
async def delete_before(db: Database, user_id: str, notification_id: str) -> None:
    """Remove a user's notifications that are older than one of them."""
    await db.notifications.delete_many({"user_id": user_id, "_id": {"$lt": notification_id}})


@store_call
async def delete_of_user(db: Database, user_id: str) -> None:
    """Remove all that a user was told."""
    await db.notifications.delete_many({"user_id": user_id})  # index user_id, _id
