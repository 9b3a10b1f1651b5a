"""The `audit` collection: what staff did, for good. It is only ever added to."""

from smovie.models.audit import AuditEntry
from smovie.store.mongo import Database, pack, store_call


@store_call
async def append(db: Database, entry: AuditEntry) -> None:
    """Keep an entry."""
    await db.audit.insert_one(pack({**entry.model_dump(mode="python"), "act": entry.act.value}))
