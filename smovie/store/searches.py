"""The `searches_daily` collection: one document of each day and folded query, for 400 days (store/indexes.py)."""

from collections.abc import Sequence

from smovie.models.searches import DaysSearches
from smovie.store.mongo import Database, Document, UpdateOne, store_call


@store_call
async def add(db: Database, some: Sequence[DaysSearches]) -> None:
    """Add to what is stored of these days and queries: some hundred at a time."""
    await db.searches_daily.bulk_write([_addition(one) for one in some], ordered=False)


def _addition(one: DaysSearches) -> UpdateOne:
    clicks = {f"clicks.{movie_id}": number for movie_id, number in one.clicks.items()}
    change: Document = {
        "$inc": {"count": one.count, "without_hits": one.without_hits, **clicks},
        "$setOnInsert": {"day": one.day, "q": one.q},
    }
    if one.hits is not None:
        change["$set"] = {"hits": one.hits}
    return UpdateOne({"_id": f"{one.day:%Y-%m-%d} {one.q}"}, change, upsert=True)
