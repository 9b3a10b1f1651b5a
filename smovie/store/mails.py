"""The `mails` collection: letters that are still to be sent. What is stored survives a restart."""

from datetime import datetime, timedelta

from smovie.models.base import StoredModel, now
from smovie.store.mongo import Database, pack, store_call, unpack


class Letter(StoredModel):
    """A mail on its way. `due_at` is when to try (again)."""

    id: str
    to: str
    subject: str
    text: str
    html: str
    tries: int = 0
    due_at: datetime


@store_call
async def insert(db: Database, letter: Letter) -> None:
    """Store a letter to be sent."""
    await db.mails.insert_one(pack(letter.model_dump(mode="python")))


@store_call
async def take_due(db: Database, *, retry_after: timedelta) -> Letter | None:
    """The letter that is due longest; it is due again after `retry_after` unless `delete` says it was sent.

    Taking and postponing are one step, so two instances do not send the same letter.
    """
    at = now()
    change = {"$set": {"due_at": at + retry_after}, "$inc": {"tries": 1}}
    row = await db.mails.find_one_and_update(
        {"due_at": {"$lte": at}}, change, sort=[("due_at", 1)], return_document=True
    )  # index due_at
    return Letter.model_validate(unpack(row)) if row else None


@store_call
async def postpone(db: Database, letter_id: str, until: datetime) -> None:
    """Try again at `until`."""
    await db.mails.update_one({"_id": letter_id}, {"$set": {"due_at": until}})


@store_call
async def delete_to(db: Database, address: str) -> None:
    """Forget all letters to an address."""
    await db.mails.delete_many({"to": address})


@store_call
async def delete(db: Database, letter_id: str) -> None:
    """Forget a letter that was sent, or given up."""
    await db.mails.delete_one({"_id": letter_id})
