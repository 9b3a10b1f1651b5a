"""What changes in rooms' rules and mutes, as MongoDB's change stream tells it."""

from contextlib import AbstractAsyncContextManager

from smovie.store.changes import Changes, open_changes
from smovie.store.mongo import Database


def open_room_changes(db: Database) -> AbstractAsyncContextManager[Changes]:
    """Changed rooms and mutes from now on. Errors: StreamLost, and the driver's when MongoDB is away."""
    return open_changes(db, ("rooms", "mutes"), None)
