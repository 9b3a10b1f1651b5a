"""The `mutes` collection: who may not talk in which room until when. What has ended leaves by itself."""

from datetime import datetime

from smovie.models.rooms import Mute
from smovie.store.mongo import Database, pack, store_call, unpack


def mute_id(episode_id: str, user_id: str) -> str:
    """One mute of a user and room."""
    return f"{episode_id}:{user_id}"


def read_id(id_of_mute: str) -> tuple[str, str]:
    """(episode's id, user's id) of a mute's id."""
    episode_id, _, user_id = id_of_mute.rpartition(":")
    return episode_id, user_id


@store_call
async def put(db: Database, mute: Mute) -> None:
    """Store a mute in the place of an earlier one."""
    await db.mutes.replace_one({"_id": mute.id}, pack(mute.model_dump(mode="python")), upsert=True)


@store_call
async def delete(db: Database, id_of_mute: str) -> bool:
    """End a mute; False when there was none."""
    return bool((await db.mutes.delete_one({"_id": id_of_mute})).deleted_count)


@store_call
async def of_room(db: Database, episode_id: str, at: datetime) -> list[Mute]:
    """Who is muted in a room at a moment, who is soonest free first."""
    cursor = db.mutes.find({"episode_id": episode_id, "until": {"$gt": at}}).sort("until", 1)
    return [Mute.model_validate(unpack(row)) async for row in cursor]  # index episode_id, until


@store_call
async def delete_of_user(db: Database, user_id: str) -> None:
    """Forget every mute of somebody."""
    await db.mutes.delete_many({"user_id": user_id})  # index user_id
