"""The databases of tests: a fresh one for each, and those that tests are done with emptied and used again.

Making some sixty indexes takes MongoDB ten times as long as to empty what has them.
"""

import asyncio
from pathlib import Path

from smovie.store.mongo import Database


class EmptyDatabases:
    """Names of empty databases, and where the servers of each keep their files: in one place, the outbox too, for
    whose mailer sends is chance."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = 0
        self._spare: list[str] = []
        self._uses: dict[str, int] = {}

    def __iter__(self) -> "EmptyDatabases":
        return self

    def __next__(self) -> str:
        if self._spare:
            return self._spare.pop()
        self._made += 1
        return f"test_{self._made}"

    def folder_of(self, name: str) -> Path:
        """Of the present use of a database; nothing of an earlier one is in it."""
        return self._folder / f"{name}-{self._uses.get(name, 0)}"

    async def give_back(self, db: Database) -> None:
        """Nobody works with it any more."""
        names = [name for name in await db._database.list_collection_names() if not name.startswith("system.")]
        await asyncio.gather(*(db._database[name].delete_many({}) for name in names))
        self._uses[db.name] = self._uses.get(db.name, 0) + 1
        self._spare.append(db.name)
