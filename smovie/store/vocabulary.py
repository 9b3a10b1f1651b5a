"""The small collections whose names are embedded in titles: genres, nations, exclusivities and people."""

from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import ValidationError

from smovie.models.catalog import Tag
from smovie.store.mongo import (
    BulkWriteError,
    Database,
    Document,
    InsertOne,
    UpdateOne,
    duplicate_rows,
    pack,
    store_call,
    unpack,
)

TagCollection = Literal["genres", "nations", "exclusivities"]
TAG_COLLECTIONS: tuple[TagCollection, ...] = ("genres", "nations", "exclusivities")


def to_tag(document: Document) -> Tag | None:
    """A stored document as a noun; None when it was written by hand and is no tag."""
    try:
        return Tag.model_validate(unpack(document))
    except ValidationError:
        return None


@store_call
async def read_tags(db: Database, collection: TagCollection) -> dict[str, Tag]:
    """All tags of a collection by id."""
    tags = [to_tag(row) async for row in db.__getattr__(collection).find({})]
    return {tag.id: tag for tag in tags if tag}


@store_call
async def add_tags(db: Database, collection: TagCollection, tags: Iterable[Tag]) -> None:
    """Store those that are new; an existing one keeps the name an editor gave it."""
    operations = [
        UpdateOne({"_id": tag.id}, {"$setOnInsert": {"name": tag.name.model_dump()}}, upsert=True) for tag in tags
    ]
    if operations:
        await db.__getattr__(collection).bulk_write(operations, ordered=False)


@store_call
async def people_by_name(db: Database, names: Sequence[str]) -> dict[str, str]:
    """Ids of the people with exactly these names; unknown names are left out."""
    cursor = db.people.find({"name": {"$in": list(names)}})  # index name
    return {row["name"]: row["_id"] async for row in cursor}


@store_call
async def add_people(db: Database, people: Iterable[tuple[str, str]]) -> None:
    """Store new people as (id, name); a name somebody stored meanwhile is left as it is, under that id."""
    operations = [InsertOne(pack({"id": person_id, "name": name})) for person_id, name in people]
    if not operations:
        return
    try:
        await db.people.bulk_write(operations, ordered=False)
    except BulkWriteError as exc:
        if duplicate_rows(exc)[1]:
            raise
