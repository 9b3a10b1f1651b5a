"""The `avatars` collection: one document an account that has a picture, in both sizes, so that every instance has it.

Its `_id` is the account's: a new picture takes the place of the old one in one write. Two accounts with one picture
each have their own, at the same address.
"""

from datetime import datetime

from smovie.models.avatars import LARGE, SMALL, Pictures
from smovie.store.mongo import Database, store_call

_MEMBERS = {LARGE: "large", SMALL: "small"}


@store_call
async def replace(db: Database, user_id: str, pictures: Pictures, at: datetime) -> None:
    """Give an account a picture; its earlier one is gone."""
    document = {"_id": user_id, "digest": pictures.digest, "large": pictures.large, "small": pictures.small, "at": at}
    await db.avatars.replace_one({"_id": user_id}, document, upsert=True)


@store_call
async def delete_of_user(db: Database, user_id: str) -> None:
    """Take an account's picture away, if it has one."""
    await db.avatars.delete_one({"_id": user_id})


@store_call
async def digest_of_user(db: Database, user_id: str) -> str | None:
    """What the address of an account's picture is made of; None when it has none."""
    row = await db.avatars.find_one({"_id": user_id}, {"digest": 1})
    return str(row["digest"]) if row else None


@store_call
async def small_of_user(db: Database, user_id: str) -> bytes | None:
    """An account's picture, small; None when it has none."""
    row = await db.avatars.find_one({"_id": user_id}, {"small": 1})
    return bytes(row["small"]) if row else None


@store_call
async def by_digest(db: Database, digest: str, size: int) -> bytes | None:
    """A picture in one of its sizes, or None."""
    member = _MEMBERS[size]
    row = await db.avatars.find_one({"digest": digest}, {member: 1})  # index digest
    return bytes(row[member]) if row else None
