"""What the rounds disturb: two instances on one MongoDB and one Redis, each in a process of its own."""

import json
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient

from bench.checking import open_room
from bench.faults.line import Line, running_line
from bench.faults.rounds import Bench
from bench.front_door import Account, episode_ids, register_users, sign_in
from bench.instances import Instance
from bench.processes import UNBOUNDED, ServerProcess, running_server
from bench.room_client import Room
from smovie.embedded import embedded_mongod, own_folder
from smovie.importing.demo import load_demo
from smovie.store.indexes import create_indexes
from smovie.store.mongo import open_database
from tests.support.api import Api
from tests.support.redis import RedisServer
from tests.support.wait import until

USERS = 8
_ROOMS = 100
_DATABASE = "smovie"


class Mongod:
    """A replica set of one that is started again when it dies, and that fails commands when it is asked to."""

    def __init__(self, folder: Path, url: str) -> None:
        self.url = url
        self._state = folder / "mongod.json"

    @property
    def pid(self) -> int:
        return int(json.loads(self._state.read_text())["pid"])

    @property
    def port(self) -> int:
        return int(json.loads(self._state.read_text())["port"])

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    async def serves(self) -> None:
        """Return when it takes writes."""
        async with AsyncMongoClient[dict[str, Any]](self.url, serverSelectionTimeoutMS=30_000) as client:
            await until(lambda: self._is_primary(client), 30)

    async def fail_inserts(self, **how: Any) -> None:
        """Let inserts of comments fail from now on, by its `failCommand`; without a way to fail: no longer."""
        its = {"failCommands": ["insert"], "namespace": f"{_DATABASE}.comments", **how}
        async with AsyncMongoClient[dict[str, Any]](self.url) as client:
            mode = "alwaysOn" if how else "off"
            await client.admin.command("configureFailPoint", "failCommand", mode=mode, data=its)

    @staticmethod
    async def _is_primary(client: AsyncMongoClient[dict[str, Any]]) -> bool:
        return bool((await client.admin.command("hello")).get("isWritablePrimary"))


class Deployment:
    """`one` reaches MongoDB and Redis straight, `two` by lines that can be cut in one direction, if so wanted."""

    def __init__(
        self, mongod: Mongod, redis: RedisServer, mongo_line: Line, redis_line: Line,
        one: ServerProcess, two: ServerProcess,
    ) -> None:  # fmt: skip
        self.mongod = mongod
        self.redis = redis
        self.mongo_line = mongo_line
        self.redis_line = redis_line
        self.one = one
        self.two = two
        self._accounts: list[Account] = []
        self._episodes: Iterator[str] = iter(())

    @property
    def instances(self) -> list[Instance]:
        return [Instance(f"http://127.0.0.1:{server.port}") for server in (self.one, self.two)]

    async def prepare(self) -> None:
        """Users, and rooms in which nobody has talked."""
        api = Api(self.one.port)
        self._accounts = await register_users(self.one, api, USERS)
        self._episodes = iter(await episode_ids(api, _ROOMS))
        api.close()

    async def a_room(self) -> Room:
        return await open_room(self.instances[0], next(self._episodes))

    async def tokens(self) -> list[str]:
        """Fresh ones of all users."""
        api = Api(self.one.port)
        fresh = [(await sign_in(api, account)).access for account in self._accounts]
        api.close()
        return fresh


@asynccontextmanager
async def running_deployment(folder: Path, *, by_lines: bool = True) -> AsyncIterator[Deployment]:
    """Everything for as long as the context lasts; both instances straight when nothing is to be cut, but measured."""
    mongo_folder, redis_folder = folder / "mongod", folder / "redis"
    redis_folder.mkdir(parents=True)
    redis = RedisServer(redis_folder)
    with own_folder(mongo_folder):
        async with embedded_mongod(mongo_folder, parameters=["enableTestCommands=1"]) as url:
            mongod = Mongod(mongo_folder, url)
            async with open_database(url, _DATABASE) as db:
                await create_indexes(db)
                await load_demo(db)
            await redis.start()
            try:
                async with running_line(mongod.port) as mongo_line, running_line(redis.port) as redis_line:
                    by_line = f"mongodb://127.0.0.1:{mongo_line.port}/?directConnection=true"
                    one = _server(folder, "one", url, redis.url)
                    two = (
                        _server(folder, "two", by_line, f"redis://127.0.0.1:{redis_line.port}")
                        if by_lines
                        else _server(folder, "two", url, redis.url)
                    )
                    async with running_server(one), running_server(two):
                        deployment = Deployment(mongod, redis, mongo_line, redis_line, one, two)
                        await deployment.prepare()
                        yield deployment
            finally:
                await redis.kill()


def _server(folder: Path, name: str, mongo_url: str, redis_url: str) -> ServerProcess:
    """Instances share a folder: outbox and secret key are everybody's."""
    settings = {
        **UNBOUNDED, "SMOVIE_MONGO_URL": mongo_url, "SMOVIE_MONGO_DATABASE": _DATABASE, "SMOVIE_REDIS_URL": redis_url
    }  # fmt: skip
    return ServerProcess(folder / "data", settings, command="serve", log=f"{name}.log")


async def shared_deployment(bench: Bench) -> Deployment:
    """The one that rounds of one run use in turn."""
    found = bench.shared.get("deployment")
    if found is None:
        found = bench.shared["deployment"] = await bench.up.enter_async_context(running_deployment(bench.folder))
    assert isinstance(found, Deployment)
    return found
