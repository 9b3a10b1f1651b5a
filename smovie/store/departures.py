"""The `departures` collection: accounts that are being deleted. What is stored here is finished, whoever crashes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from smovie.models.departures import Departure
from smovie.store.mongo import Database, pack, store_call, unpack


@store_call
async def put(db: Database, departure: Departure) -> None:
    """Store where a departure stands."""
    document = pack(departure.model_dump(mode="python"))
    await db.departures.replace_one({"_id": departure.id}, document, upsert=True)


@store_call
async def delete(db: Database, user_id: str) -> None:
    """Forget a departure: nothing is left to do."""
    await db.departures.delete_one({"_id": user_id})


@store_call
async def among(db: Database, user_ids: Sequence[str]) -> set[str]:
    """Those of these accounts that are leaving."""
    return {row["_id"] async for row in db.departures.find({"_id": {"$in": list(user_ids)}}, {"_id": 1})}


@store_call
async def take_due(db: Database, at: datetime, *, until: datetime) -> Departure | None:
    """The departure that is due longest; it is due again at `until`, so that two instances do not take it at once."""
    row: dict[str, Any] | None = await db.departures.find_one_and_update(
        {"due_at": {"$lte": at}}, {"$set": {"due_at": until}}, sort=[("due_at", 1)]
    )  # index due_at
    return Departure.model_validate(unpack(row)) if row else None
