"""The `banners` collection: small, read whole by the catalogue feed."""

from collections.abc import Iterable

from pydantic import ValidationError

from smovie.models.banners import Banner
from smovie.store.mongo import Database, Document, pack, store_call, unpack


def to_banner(document: Document) -> Banner | None:
    """A stored document as a noun; None when it was written by hand and is no banner."""
    try:
        return Banner.model_validate(unpack(document))
    except ValidationError:
        return None


@store_call
async def read_all(db: Database) -> list[Document]:
    """All documents, banners or not."""
    return [document async for document in db.banners.find({})]


@store_call
async def add_first(db: Database, banners: Iterable[Banner]) -> bool:
    """Store banners where there are none at all yet; False, and nothing stored, where there are."""
    if await db.banners.find_one({}, {"_id": 1}):
        return False
    await db.banners.insert_many([pack(banner.model_dump(mode="python")) for banner in banners])
    return True
