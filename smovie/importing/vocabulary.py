"""The vocabulary SMovie comes with: genres, nations by ISO 3166-1 code, exclusivities, each in both languages."""

import json
from functools import cache
from importlib import resources

from smovie.models.catalog import LocalName, Tag
from smovie.store import vocabulary
from smovie.store.mongo import Database
from smovie.store.vocabulary import TAG_COLLECTIONS, TagCollection

Vocabulary = dict[TagCollection, dict[str, Tag]]


@cache
def packaged_vocabulary() -> Vocabulary:
    """The tags of `vocabulary.json` by collection and id. Read only: it is shared."""
    names = json.loads((resources.files("smovie.importing") / "vocabulary.json").read_text(encoding="utf-8"))
    return {
        collection: {tag_id: Tag(id=tag_id, name=LocalName(**name)) for tag_id, name in names[collection].items()}
        for collection in TAG_COLLECTIONS
    }


async def stored_vocabulary(db: Database) -> Vocabulary:
    """All tags the database has, ours and those that editors and imports added."""
    return {collection: await vocabulary.read_tags(db, collection) for collection in TAG_COLLECTIONS}


async def ensure_vocabulary(db: Database) -> None:
    """Store the packaged tags that are missing; a name that an editor changed stays."""
    stored = await stored_vocabulary(db)
    for collection, tags in packaged_vocabulary().items():
        missing = [tag for tag_id, tag in tags.items() if tag_id not in stored[collection]]
        await vocabulary.add_tags(db, collection, missing)
