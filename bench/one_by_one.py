"""The naive way to keep progress: a handler that waits for one `update_one` of its own each time.

python -m bench.one_by_one FILE      # which holds the URL of a MongoDB; prints its port, serves /progress
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

import orjson
import uvloop
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from smovie.models.base import now
from smovie.store.mongo import Database, open_database


async def store_one(db: Database, user: str, told: dict[str, Any]) -> None:
    """What somebody told of an episode, at once."""
    key = {"_id": f"{user}:{told['episode_id']}"}
    await db.one_by_one.update_one(key, {"$set": {**told, "user_id": user, "watched_at": now()}}, upsert=True)


class OneByOneHandler(RequestHandler):
    """Reads who and what, stores it, says it again."""

    def initialize(self, db: Database) -> None:
        self._db = db

    async def post(self) -> None:
        told = orjson.loads(self.request.body)
        user = self.request.headers["Authorization"]
        await store_one(self._db, user, {"episode_id": self.get_query_argument("episode"), **told})
        self.set_header("Content-Type", "application/json")
        self.finish(orjson.dumps(told))


async def _serve(file: Path) -> None:
    async with open_database(file.read_text(), "bench") as db:
        sockets = bind_sockets(0, "127.0.0.1")
        HTTPServer(Application([("/progress", OneByOneHandler, {"db": db})])).add_sockets(sockets)
        print(sockets[0].getsockname()[1], flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_serve(Path(sys.argv[1])))
