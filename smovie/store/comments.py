"""The `comments` collection, and group commit: whatever comments arrive while one write is under way share the next.

A write that waits for the journal takes about a millisecond however many documents it carries. One by one that is the
rate of a room; together it is the rate of a crowd, and nobody waits longer than two writes (docs/decisions/0004).
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog

from smovie.errors import Conflict, Unavailable
from smovie.ids import IdSource
from smovie.models.comments import NOBODY_ID, Comment, CommentQuery, OwnComment
from smovie.store.mongo import BulkWriteError, Database, duplicate_rows, store_call, unpack

log = structlog.get_logger("comments")

MOST_WAITING = 5_000  # comments; past it a clear refusal
MOST_TOGETHER = 1_000  # comments in one write
UNSETTLED_S = 60.0  # how long a write whose answer was lost may still turn out to have happened
SHOWN = {"revisions": 0}  # what a comment said before is for moderators


def to_comment(document: dict[str, Any]) -> Comment:
    """The noun of a stored comment."""
    return Comment.model_validate(unpack(document))


@store_call
async def by_id(db: Database, comment_id: str) -> Comment | None:
    """The comment, also a deleted one, or None."""
    row = await db.comments.find_one({"_id": comment_id}, SHOWN)
    return to_comment(row) if row else None


@store_call
async def by_ids(db: Database, ids: Sequence[str]) -> list[Comment]:
    """Those of these comments that are there and were not deleted, in the order of their storing."""
    cursor = db.comments.find({"_id": {"$in": list(ids)}, "deleted_at": None}, SHOWN).sort("_id", 1)
    return [to_comment(row) async for row in cursor]


@store_call
async def by_cmid(db: Database, user_id: str, cmid: str) -> Comment | None:
    """The comment that somebody sent under a `cmid`, also a deleted one, or None."""
    row = await db.comments.find_one({"user_id": user_id, "cmid": cmid}, SHOWN)  # index user_id, cmid
    return to_comment(row) if row else None


@store_call
async def page(db: Database, episode_id: str, query: CommentQuery) -> list[Comment]:
    """Comments of a room in ascending order: the newest before `before`, or the oldest after `after`."""
    conditions: dict[str, Any] = {"episode_id": episode_id, "deleted_at": None}  # index episode_id, _id
    bounds = {"$lt": query.before, "$gt": query.after}
    if ids := {operator: bound for operator, bound in bounds.items() if bound}:
        conditions["_id"] = ids
    seconds = {"$gte": query.at_from, "$lte": query.at_to}
    if times := {operator: bound for operator, bound in seconds.items() if bound is not None}:
        conditions["at_s"] = times
    direction = 1 if query.after and not query.before else -1
    cursor = db.comments.find(conditions, SHOWN).sort("_id", direction).limit(query.limit)
    comments = [to_comment(row) async for row in cursor]
    return comments if direction == 1 else comments[::-1]


@store_call
async def stored_between(db: Database, first_id: str, last_id: str, most: int) -> list[Comment]:
    """Comments of all rooms from one id to another in the order of their storing, at most so many of the newest."""
    between = {"_id": {"$gte": first_id, "$lt": last_id}, "deleted_at": None}
    cursor = db.comments.find(between, SHOWN).sort("_id", -1).limit(most)
    return [to_comment(row) async for row in cursor][::-1]


@store_call
async def of_user(db: Database, user_id: str, *, after: str, limit: int) -> list[OwnComment]:
    """What somebody wrote in the order of writing, from behind a comment on; "" for the first."""
    cursor = db.comments.find({"user_id": user_id, "_id": {"$gt": after}}).sort("_id", 1).limit(limit)
    return [OwnComment.model_validate(unpack(row)) async for row in cursor]  # index user_id, _id


@store_call
async def make_nobodys(db: Database, user_id: str, *, limit: int) -> int:
    """Take the author off some of their comments, and what these said before they were edited; of how many."""
    of_author = {"user_id": user_id}  # index user_id, _id
    ids = [row["_id"] async for row in db.comments.find(of_author, {"_id": 1}).limit(limit)]
    change = {"$set": {"user_id": NOBODY_ID, "username": ""}, "$unset": {"cmid": "", "revisions": ""}}
    await db.comments.update_many({"_id": {"$in": ids}, **of_author}, change)
    return len(ids)


class CommentWriter:
    """Stores comments, many at a time. An answer means acknowledged by a majority and journalled."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._ids = IdSource()
        self._waiting: list[tuple[Comment, asyncio.Future[Comment]]] = []
        self._under_way: dict[tuple[str, str], asyncio.Future[Comment]] = {}
        self._writing: asyncio.Task[None] | None = None
        self._unsettled: dict[str, float] = {}  # comments whose write had no answer, and until when to look for them

    def next_id(self) -> str:
        """The id for a comment that is handed to `store` at once: order of ids is order of storing."""
        return self._ids.next()

    async def store(self, comment: Comment) -> Comment:
        """The stored comment; an earlier one where its author used the `cmid` before. Errors: Unavailable, Conflict
        when that `cmid` was used in another room."""
        retry_key = (comment.user_id, comment.cmid) if comment.cmid else None
        if retry_key and (earlier := self._under_way.get(retry_key)):
            return await asyncio.shield(earlier)
        if len(self._waiting) >= MOST_WAITING:
            raise Unavailable("busy", retry_after_s=1)
        done: asyncio.Future[Comment] = asyncio.get_running_loop().create_future()
        self._waiting.append((comment, done))
        if retry_key:
            self._under_way[retry_key] = done
            done.add_done_callback(lambda _: self._under_way.pop(retry_key, None))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        return await asyncio.shield(done)

    def claim(self, comment_id: str) -> bool:
        """Whether the comment's write had no answer and nobody has told the room of it: the caller does now."""
        return self._unsettled.pop(comment_id, None) is not None

    async def find_settled(self) -> list[Comment]:
        """Comments whose write had no answer, but happened; claimed for the caller. Errors: Unavailable."""
        at = asyncio.get_running_loop().time()
        found = await by_ids(self._db, list(self._unsettled)) if self._unsettled else []
        self._unsettled = {comment_id: until for comment_id, until in self._unsettled.items() if until > at}
        return [comment for comment in found if self.claim(comment.id)]

    async def flush(self) -> None:
        """Return when everything handed over so far is stored or refused."""
        while self._writing is not None:
            await asyncio.wait([self._writing])

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                together, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
                await self._write(together)
        finally:
            self._writing = None

    async def _write(self, together: list[tuple[Comment, "asyncio.Future[Comment]"]]) -> None:
        try:
            refused = await _insert(self._db, [comment for comment, _ in together])
        except Exception as exc:  # whatever it was, each author is told, and the next write is tried
            if not isinstance(exc, Unavailable):
                log.error("comments were not stored", count=len(together), exc_info=exc)
            until = asyncio.get_running_loop().time() + UNSETTLED_S
            for comment, done in together:
                self._unsettled[comment.id] = until
                done.set_exception(exc if isinstance(exc, Unavailable) else Unavailable())
                done.exception()  # seen: its author may have gone
            return
        for index, (comment, done) in enumerate(together):
            if index not in refused:
                done.set_result(comment)
        for index in sorted(refused):
            await self._settle(*together[index])

    async def _settle(self, comment: Comment, done: "asyncio.Future[Comment]") -> None:
        """Answer an author whose row was refused: as a rule it is a retry, and the first try is stored."""
        try:
            stored = await by_cmid(self._db, comment.user_id, comment.cmid) if comment.cmid else None
            if stored is None:
                raise Unavailable
            if stored.episode_id != comment.episode_id:
                raise Conflict("invalid")
            done.set_result(stored)
        except (Unavailable, Conflict) as exc:
            done.set_exception(exc)
            done.exception()


@store_call
async def _insert(db: Database, comments: list[Comment]) -> set[int]:
    """Store comments; the indexes of those that were refused."""
    documents = [
        {"_id": c.id, "episode_id": c.episode_id, "user_id": c.user_id, "username": c.username, "message": c.message,
         "cmid": c.cmid, "parent_id": c.parent_id, "reply_to": c.reply_to, "at_s": c.at_s, "spoiler": c.spoiler,
         "created_at": c.created_at}
        for c in comments
    ]  # fmt: skip
    try:
        await db.comments.insert_many(documents, ordered=False)
    except BulkWriteError as exc:
        duplicates, others = duplicate_rows(exc)
        return duplicates | others
    return set()
