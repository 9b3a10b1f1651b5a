"""What ends a session, or changes whom it belongs to, as MongoDB's change stream tells it.

Sessions are written each time a token is refreshed, accounts whenever somebody forgets a password: MongoDB is asked to
keep all that to itself, and of an account to show no more than its state.
"""

from contextlib import AbstractAsyncContextManager

from smovie.store.changes import Changes, open_changes
from smovie.store.mongo import Database, Document
from smovie.store.users import STATE

_UPDATES_FELT: list[Document] = [
    *({f"updateDescription.updatedFields.{member}": {"$exists": True}} for member in STATE),
    {"updateDescription.removedFields": {"$in": list(STATE)}},
]
_STAGES: list[Document] = [
    {
        "$match": {  # what is none of the named kinds concerns the collection as a whole, and is let through
            "$or": [
                {"ns.coll": "sessions", "operationType": {"$nin": ["insert", "update", "replace"]}},
                {"ns.coll": "users", "operationType": {"$nin": ["insert", "update"]}},
                {"ns.coll": "users", "operationType": "update", "$or": _UPDATES_FELT},
            ]
        }
    },
    {
        "$project": {
            "operationType": 1,
            "ns": 1,
            "documentKey": 1,
            **{f"fullDocument.{member}": 1 for member in ("_id", *STATE)},
        }
    },
]


def open_account_changes(db: Database) -> AbstractAsyncContextManager[Changes]:
    """Ended sessions and changed accounts from now on. Errors: StreamLost, and the driver's when MongoDB is away."""
    return open_changes(db, ("sessions", "users"), None, _STAGES)
