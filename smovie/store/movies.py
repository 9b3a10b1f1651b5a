"""The `movies` collection: titles with their seasons and episodes embedded."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import bson
from pydantic import ValidationError

from smovie.models.catalog import Movie, Stats, Tag
from smovie.store.changes import Change
from smovie.store.mongo import (
    BulkWriteError,
    Database,
    Document,
    InsertOne,
    UpdateMany,
    UpdateOne,
    duplicate_rows,
    pack,
    store_call,
    unpack,
)

_PAGE = 250  # documents a round trip; decoding more at once would hold the loop of a server that reloads
_KEPT_BY_IMPORTS = ("slug", "stats", "is_active", "created_at", "deleted_at")
MOST_BYTES = 12 * 1024 * 1024  # of a title as stored (DESIGN.md 4)

_UPDATED = {"$objectToArray": {"$ifNull": ["$updateDescription.updatedFields", {}]}}
_IS_FIGURE = {"$eq": [{"$first": {"$split": ["$$this.k", "."]}}, "stats"]}
_ARE_FIGURES = {
    "$and": [
        {"$eq": ["$operationType", "update"]},
        {"$eq": ["$updateDescription.removedFields", []]},
        {"$eq": ["$ns.coll", "movies"]},
        {"$allElementsTrue": {"$map": {"input": _UPDATED, "in": _IS_FIGURE}}},
    ]
}
# For a change stream: of a title of which only figures have changed nothing else is sent. They change all the time, and
# a long series is large.
ONLY_FIGURES: Document = {
    "$set": {"fullDocument": {"$cond": [_ARE_FIGURES, {"stats": "$fullDocument.stats"}, "$fullDocument"]}}
}


def to_movie(document: Document) -> Movie | None:
    """A stored document as a noun; None when somebody wrote by hand what is no title."""
    try:
        return Movie.model_validate(unpack(document))
    except ValidationError:
        return None


def to_document(movie: Movie) -> Document:
    """A noun as it is stored."""
    return pack(movie.model_dump(mode="python", exclude_none=False))


async def read_all(db: Database) -> AsyncIterator[list[Document]]:
    """All documents, in batches, oldest first. Errors: the driver's; the catalogue feed tries again."""
    cursor = db.movies.find({}).sort("_id", 1).batch_size(_PAGE)
    batch: list[Document] = []
    async for document in cursor:
        batch.append(document)
        if len(batch) >= _PAGE:
            yield batch
            batch = []
    if batch:
        yield batch


def stats_alone(change: Change) -> Stats | None:
    """The figures of a title of which nothing else has changed; None for every other change."""
    if not change.document or "stats" not in change.document or not change.updated:
        return None
    if not all(member.partition(".")[0] == "stats" for member in change.updated):
        return None
    try:
        return Stats.model_validate(change.document["stats"])
    except ValidationError:
        return None


@store_call
async def known_imports(db: Database, keys: Sequence[str]) -> dict[str, tuple[str, str | None]]:
    """Of these import keys, those stored: key -> (id, digest of the row as it was imported)."""
    cursor = db.movies.find(
        {"import_key": {"$in": list(keys)}}, {"import_key": 1, "import_digest": 1}
    )  # index import_key
    return {row["import_key"]: (row["_id"], row.get("import_digest")) async for row in cursor}


@store_call
async def read_by_ids(db: Database, ids: Sequence[str]) -> dict[str, Movie]:
    """Titles by id; an id that is not a title is left out."""
    movies = [to_movie(row) async for row in db.movies.find({"_id": {"$in": list(ids)}})]
    return {movie.id: movie for movie in movies if movie}


@store_call
async def slugs_taken(db: Database, slugs: Sequence[str]) -> set[str]:
    """Those of these slugs that a title has, visible or not."""
    cursor = db.movies.find({"slug": {"$in": list(slugs)}}, {"slug": 1, "_id": 0})  # index slug, covering
    return {row["slug"] async for row in cursor}


def size_bytes(movie: Movie) -> int:
    """What the title takes as a document; MongoDB refuses more than 16 MiB, we more than MOST_BYTES."""
    return len(bson.encode(to_document(movie)))


def to_insert(movie: Movie) -> InsertOne[Document]:
    """For `write_bulk`: a title that is not stored yet."""
    return InsertOne(to_document(movie))


def to_import_change(movie: Movie, *, if_version: int) -> UpdateOne:
    """For `write_bulk`: what an import changes of a title, if it is still the version that the import read.

    Members an import leaves alone are not written, so that views counted meanwhile stay counted.
    """
    changed = to_document(movie)
    kept = {member: changed.pop(member) for member in _KEPT_BY_IMPORTS}
    # upsert: a title that moved on is not found and collides by its _id, which tells exactly whose turn it is again.
    return UpdateOne(
        {"_id": changed.pop("_id"), "version": if_version}, {"$set": changed, "$setOnInsert": kept}, upsert=True
    )


@store_call
async def write_bulk(db: Database, operations: Sequence[Any]) -> set[int]:
    """Write in one go, unordered; the places of those that collided with what is stored. All others are written.

    At most a few hundred and a few MiB at a time, for the answer is due in 2 s.
    """
    try:
        await db.movies.bulk_write(list(operations), ordered=False)
    except BulkWriteError as exc:
        collided, others = duplicate_rows(exc)
        if others:
            raise
        return collided
    return set()


@store_call
async def carry_tag_rename(db: Database, member: str, tag: Tag) -> None:
    """Make every title that embeds the tag in `member` (genres, nation, exclusivity) carry its present name."""
    name = tag.name.model_dump()
    if member == "genres":
        await db.movies.update_many(
            {"genres": {"$elemMatch": {"id": tag.id, "name": {"$ne": name}}}},
            {"$set": {"genres.$[embedded].name": name}, "$inc": {"version": 1}, "$currentDate": {"updated_at": True}},
            array_filters=[{"embedded.id": tag.id}],
        )
    else:
        await db.movies.update_many(
            {f"{member}.id": tag.id, f"{member}.name": {"$ne": name}},
            {"$set": {f"{member}.name": name}, "$inc": {"version": 1}, "$currentDate": {"updated_at": True}},
        )


@store_call
async def carry_person_rename(db: Database, person_id: str, name: str) -> None:
    """Make every title that embeds the person carry their present name."""
    changed = {"$inc": {"version": 1}, "$currentDate": {"updated_at": True}}
    await db.movies.bulk_write(
        [
            UpdateMany(
                {member: {"$elemMatch": {"person_id": person_id, "name": {"$ne": name}}}},
                {"$set": {f"{member}.$[embedded].name": name}, **changed},
                array_filters=[{"embedded.person_id": person_id}],
            )
            for member in ("cast", "directors")
        ]
    )
