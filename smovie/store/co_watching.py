"""What people have finished, person by person and without saying whose it is: to count what is watched together."""

from smovie.store.mongo import Database, Document

_PEOPLE_AT_ONCE = 200  # decoding an answer holds the loop
_ANSWER_WITHIN_MS = 20_000  # nobody waits for it


async def finished_by_each(db: Database, *, rows: int, most_of_one: int) -> list[list[str]]:
    """Ids of the titles that each person finished, newest first, of so many newest rows; who finished one has none.

    Errors: the driver's; who follows it tries again.
    """
    stages: list[Document] = [
        {"$match": {"done": True}},  # index done, watched_at, user_id, movie_id: covering
        {"$sort": {"watched_at": -1}},
        {"$limit": rows},
        {"$group": {"_id": "$user_id", "titles": {"$push": "$movie_id"}}},
        {"$match": {"titles.1": {"$exists": True}}},
        {"$project": {"_id": 0, "titles": {"$slice": ["$titles", most_of_one]}}},
    ]
    hint = "done_1_watched_at_-1_user_id_1_movie_id_1"
    options = {"hint": hint, "batchSize": _PEOPLE_AT_ONCE, "maxTimeMS": _ANSWER_WITHIN_MS}
    found = await db.aggregate(db.last_watched, stages, **options)
    return [row["titles"] for row in found]
