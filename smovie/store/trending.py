"""What rows of counted views say of demand: recent views weigh more, by half-lives."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from smovie.store.mongo import Database, Document

_ANSWER_WITHIN_MS = 20_000  # nobody waits for it


@dataclass(frozen=True, slots=True)
class Demand:
    """How much a title is viewed. `score`: its views, each worth half as much with every half-life that has passed."""

    movie_id: str
    score: float
    views: int


async def most_demanded(
    db: Database, unit: str, *, since: datetime, until: datetime, half_life: timedelta, limit: int
) -> list[Demand]:
    """Titles by the views of hours or days (`unit`: "hour", "day") from `since` on, in most demand first.

    Errors: the driver's; who follows it tries again.
    """
    collection = {"hour": db.views_hourly, "day": db.views_daily}[unit]
    age = {"$divide": [{"$subtract": [until, f"${unit}"]}, half_life / timedelta(milliseconds=1)]}
    stages: list[Document] = [
        {"$match": {unit: {"$gte": since}}},  # index hour or day, movie_id, count: covering
        {"$project": {"_id": 0, "movie_id": 1, "count": 1, "score": {"$multiply": ["$count", {"$pow": [0.5, age]}]}}},
        {"$group": {"_id": "$movie_id", "score": {"$sum": "$score"}, "views": {"$sum": "$count"}}},
        {"$project": {"score": {"$round": ["$score", 6]}, "views": 1}},  # sums of floats in another order are alike
        {"$sort": {"score": -1, "views": -1, "_id": 1}},
        {"$limit": limit},
    ]
    hint = f"{unit}_1_movie_id_1_count_1"
    found = await db.aggregate(collection, stages, hint=hint, maxTimeMS=_ANSWER_WITHIN_MS)
    return [Demand(row["_id"], row["score"], row["views"]) for row in found]
