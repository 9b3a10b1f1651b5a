"""Keeps the rules of rooms current, whichever instance changed them, by MongoDB's change stream.

The rooms' own events would not do: an instance hears only those of rooms in which it has somebody, and a comment may
come over REST to one that has nobody there.
"""

import asyncio
from collections.abc import Callable

import structlog

from smovie.store.changes import Change
from smovie.store.mongo import Database
from smovie.store.mutes import read_id
from smovie.store.room_changes import open_room_changes
from smovie.talk.rooms import room_of
from smovie.talk.rules import RoomRules

log = structlog.get_logger("rooms")

RETRY_S = 0.5


class RoomFeed:
    """Follows the changes. `tell_mute(user, room)` lets somebody's sockets there look at what they may do."""

    def __init__(self, db: Database, rules: RoomRules, tell_mute: Callable[[str, str], None]) -> None:
        self._db = db
        self._rules = rules
        self._tell_mute = tell_mute

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            try:
                async with open_room_changes(self._db) as changes:
                    self._rules.follow(followed=True)
                    async for batch in changes.batches():
                        for change in batch:
                            self._apply(change)
            except Exception as exc:  # MongoDB away, in whichever of the driver's words
                log.warning("changes of rooms interrupted, trying again", problem=str(exc)[:300], retry_s=RETRY_S)
            self._rules.follow(followed=False)
            await asyncio.sleep(RETRY_S)

    def _apply(self, change: Change) -> None:
        if change.collection == "rooms":
            self._rules.drop(change.id)
        else:
            episode_id, user_id = read_id(change.id)
            self._rules.drop(episode_id)
            self._tell_mute(user_id, room_of(episode_id))
