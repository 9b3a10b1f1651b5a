"""The `reviews` collection, the truth of every title's rating: one document of each user and title.

A review that is taken back stays, without a rating, until its title was counted without it (`smovie/store/counted.py`).
"""

from datetime import datetime

from smovie.ids import new_id
from smovie.models.reviews import OwnReview, Review, ReviewDraft, ReviewQuery
from smovie.store.counted import Counted
from smovie.store.mongo import Database, Document, DuplicateKeyError, store_call, unpack

REVISIONS_MAX = 20  # the newest; each keeps what a review said before
_SHOWN = {"revisions": 0}
_IS_THERE = {"$gt": ["$rating", None]}
_TAKEN_BACK: Document = {"rating": None, "text": "", "spoiler": False, "revisions": []}


@store_call
async def page(db: Database, movie_id: str, query: ReviewQuery) -> list[Review]:
    """Reviews of a title that have a text, newest first, one more than the limit where there are more."""
    conditions: Document = {"movie_id": movie_id, "text": {"$gt": ""}}  # index movie_id, _id
    if query.before:
        conditions["_id"] = {"$lt": query.before}
    cursor = db.reviews.find(conditions, _SHOWN).sort("_id", -1).limit(query.limit + 1)
    return [Review.model_validate(unpack(row)) async for row in cursor]


@store_call
async def of_user_and_title(db: Database, user_id: str, movie_id: str) -> Review | None:
    """Somebody's review of a title, or None."""
    row = await db.reviews.find_one({**_key(movie_id, user_id), "rating": {"$ne": None}}, _SHOWN)
    return Review.model_validate(unpack(row)) if row else None


@store_call
async def of_user(db: Database, user_id: str, *, after: str, limit: int) -> list[OwnReview]:
    """What somebody reviewed in the order of writing, from behind one on; "" for the first."""
    of_them = {"user_id": user_id, "_id": {"$gt": after}, "rating": {"$ne": None}}
    cursor = db.reviews.find(of_them).sort("_id", 1).limit(limit)  # index user_id, _id
    return [OwnReview.model_validate(unpack(row)) async for row in cursor]


@store_call
async def put(db: Database, movie_id: str, user_id: str, username: str, draft: ReviewDraft, at: datetime) -> Review:
    """Let somebody's review of a title be this, and keep what it said before; the same again changes nothing."""
    change = _change_to(draft, username, at)
    try:
        row = await db.reviews.find_one_and_update(
            _key(movie_id, user_id), change, projection=_SHOWN, upsert=True, return_document=True
        )
    except DuplicateKeyError:  # their other tab was first, just now
        row = await db.reviews.find_one_and_update(
            _key(movie_id, user_id), change, projection=_SHOWN, return_document=True
        )
    return Review.model_validate(unpack(row))


@store_call
async def take_back(db: Database, movie_id: str, user_id: str) -> None:
    """Take somebody's review of a title away; nothing happens when there is none."""
    is_there = {**_key(movie_id, user_id), "rating": {"$ne": None}}
    await db.reviews.update_one(is_there, {"$set": {**_TAKEN_BACK, "uncounted": new_id()}})


@store_call
async def take_back_all(db: Database, user_id: str) -> list[str]:
    """Take all that somebody reviewed away; the titles, which must be counted anew."""
    is_there = {"user_id": user_id, "rating": {"$ne": None}}  # index user_id, _id
    await db.reviews.update_many(is_there, {"$set": {**_TAKEN_BACK, "username": "", "uncounted": new_id()}})
    return [row["movie_id"] async for row in db.reviews.find({"user_id": user_id}, {"movie_id": 1})]


async def _count(db: Database, movie_id: str) -> Document:
    stages = [
        {"$match": {"movie_id": movie_id, "rating": {"$gt": 0}}},  # index movie_id, rating
        {"$group": {"_id": "$rating", "count": {"$sum": 1}}},
    ]
    ratings = {row["_id"]: row["count"] for row in await db.aggregate(db.durable("reviews"), stages)}
    return {
        "stats.rating_sum": sum(rating * count for rating, count in ratings.items()),
        "stats.rating_count": sum(ratings.values()),
        "stats.ratings": {str(rating): count for rating, count in sorted(ratings.items())},
    }


COUNTED = Counted("reviews", member="rating", recounts="stats.recounts", figures=_count)


def _key(movie_id: str, user_id: str) -> Document:
    return {"movie_id": movie_id, "user_id": user_id}  # index movie_id, user_id


def _change_to(draft: ReviewDraft, username: str, at: datetime) -> list[Document]:
    """An update by pipeline, whose members all see the review as it was. Literals: a text may begin with a dollar."""
    says: Document = {name: {"$literal": value} for name, value in draft.model_dump().items()}
    is_same = {"$and": [{"$eq": [f"${name}", value]} for name, value in says.items()]}
    is_edited = {"$and": [_IS_THERE, {"$not": [is_same]}]}
    revisions = {"$ifNull": ["$revisions", []]}
    said = {**{name: f"${name}" for name in says}, "until": at}
    more = {"$slice": [{"$concatArrays": [revisions, [said]]}, -REVISIONS_MAX]}
    change = {
        "_id": {"$ifNull": ["$_id", new_id()]},
        "username": {"$literal": username},
        "created_at": {"$cond": [_IS_THERE, "$created_at", at]},
        "edited_at": {"$cond": [is_edited, at, {"$cond": [_IS_THERE, "$edited_at", None]}]},
        "revisions": {"$cond": [is_edited, more, revisions]},
        "uncounted": {"$cond": [is_same, {"$ifNull": ["$uncounted", "$$REMOVE"]}, new_id()]},
    }
    return [{"$set": {**says, **change}}]
