"""Figures of a title that are counted from what users store about it, each of them one document (docs/decisions/0011).

A change marks its document as `uncounted` until the title's figures were counted with it. What is taken back stays,
without its telling member, until then. So whatever is stored is counted, whoever crashes.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from smovie.ids import id_at
from smovie.store.mongo import Database, Document, store_call

MARKED: Document = {"uncounted": {"$type": "string"}}
_TITLES_TOGETHER = 100
_MARKS_TOGETHER = 10_000  # that go with one count; those of a crowd beyond wait for the next


@dataclass(frozen=True)
class Counted:
    """A collection that is counted: `member` is None in what was taken back, `figures` of a title are what it says.

    `recounts` is where the title keeps how often that was done. The collection has an index uncounted, movie_id.
    """

    collection: str
    member: str
    recounts: str
    figures: Callable[[Database, str], Awaitable[Document]]

    @store_call
    async def uncounted_titles(self, db: Database, before: float) -> list[str]:
        """Titles whose figures miss a change of before a moment (seconds since 1970): some, of the oldest changes."""
        marked = {"uncounted": {"$type": "string", "$lt": id_at(before)}}
        rows = db.__getattr__(self.collection).find(marked, {"movie_id": 1})
        return sorted({row["movie_id"] async for row in rows.sort("uncounted", 1).limit(_TITLES_TOGETHER)})

    @store_call
    async def recount(self, db: Database, movie_id: str) -> bool:
        """Make a title's figures what is stored; False when somebody else did so meanwhile, and it must be repeated.

        Every count ends in a write, and that only where no other count has written since this one began. So counts that
        are written follow each other, each sees all that the one before saw, and none goes back.
        """
        marked = {"movie_id": movie_id, **MARKED}
        rows = db.durable(self.collection).find(marked, {"uncounted": 1}).limit(_MARKS_TOGETHER)
        marks = [row["uncounted"] async for row in rows]
        movie = await db.durable("movies").find_one({"_id": movie_id}, {self.recounts: 1})
        if movie is not None:
            seen = movie.get("stats", {}).get(self.recounts.removeprefix("stats."))
            figures = await self.figures(db, movie_id)
            still = {"_id": movie_id, self.recounts: seen}
            done = await db.movies.update_one(still, {"$set": figures, "$inc": {self.recounts: 1}})
            if not done.matched_count:
                return False
        await self._unmark(db, movie_id, marks)
        return True

    async def _unmark(self, db: Database, movie_id: str, marks: Sequence[str]) -> None:
        """Those that were counted as they are: a later change has another mark."""
        if marks:
            collection = db.__getattr__(self.collection)
            counted = {"uncounted": {"$in": list(marks)}, "movie_id": movie_id}
            await collection.delete_many({**counted, self.member: None})
            await collection.update_many(counted, {"$unset": {"uncounted": ""}})
