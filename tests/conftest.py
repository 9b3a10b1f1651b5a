"""The fixtures that tests share: one loop, one real mongod, one running SMovie with the demo catalogue."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import uvloop
from tornado.ioloop import IOLoop

from smovie.embedded import embedded_mongod, own_folder
from smovie.importing.demo import load_demo
from smovie.store.indexes import create_indexes
from smovie.store.mongo import Database, open_database
from tests.support.databases import EmptyDatabases
from tests.support.graph import FakeGraph
from tests.support.redis import RedisServer
from tests.support.server import RunningServer, start_server, test_settings
from tests.support.smtp import MailServer

for name in [name for name in os.environ if name.startswith("SMOVIE_") and not name.startswith("SMOVIE_ROOMS_")]:
    del os.environ[name]  # an operator's own settings do not reach the tests


def pytest_xdist_auto_num_workers() -> int:
    """Half again as many as there are processors: tests wait for a database, a process, a deadline."""
    return (os.cpu_count() or 1) * 3 // 2


@pytest.fixture(scope="session", autouse=True)
def io_loop() -> Iterator[IOLoop]:
    """The loop of every coroutine test: the one the server runs on, uvloop's."""
    asyncio_loop = uvloop.new_event_loop()
    asyncio.set_event_loop(asyncio_loop)
    loop = IOLoop(make_current=False, asyncio_loop=asyncio_loop)
    yield loop
    asyncio_loop.run_until_complete(asyncio_loop.shutdown_default_executor())
    loop.close(all_fds=True)
    asyncio.set_event_loop(None)


@pytest.fixture(scope="session")
def mongod(io_loop: IOLoop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real MongoDB; fault injection is allowed in it."""
    folder = tmp_path_factory.mktemp("mongod")
    stack = AsyncExitStack()
    stack.enter_context(own_folder(folder))
    url = io_loop.run_sync(
        lambda: stack.enter_async_context(embedded_mongod(folder, parameters=["enableTestCommands=1"]))
    )
    yield url
    io_loop.run_sync(stack.aclose)


@pytest.fixture(scope="session")
def database_names(tmp_path_factory: pytest.TempPathFactory) -> EmptyDatabases:
    """Names of empty databases."""
    return EmptyDatabases(tmp_path_factory.mktemp("data"))


@pytest.fixture(params=["motor", "pymongo"])
def both_drivers(request: pytest.FixtureRequest) -> str:
    """For tests of the store: once under each driver."""
    return str(request.param)


@pytest.fixture
def redis_server(io_loop: IOLoop, tmp_path: Path) -> Iterator[RedisServer]:
    """A real Redis of the test's own, that answers."""
    server = RedisServer(tmp_path)
    io_loop.run_sync(server.start)
    yield server
    io_loop.run_sync(server.kill)


@pytest.fixture
def db(
    io_loop: IOLoop, mongod: str, database_names: EmptyDatabases, request: pytest.FixtureRequest
) -> Iterator[Database]:
    """An empty database with every index."""
    driver = request.getfixturevalue("both_drivers") if "both_drivers" in request.fixturenames else "motor"
    stack = AsyncExitStack()

    async def enter() -> Database:
        database = await stack.enter_async_context(open_database(mongod, next(database_names), driver=driver))
        await create_indexes(database)
        return database

    database = io_loop.run_sync(enter)
    yield database
    io_loop.run_sync(lambda: database_names.give_back(database))
    io_loop.run_sync(stack.aclose)


@pytest.fixture(scope="session")
def demo_database(io_loop: IOLoop, mongod: str) -> str:
    """The name of a database that holds the demo catalogue."""

    async def load() -> str:
        async with open_database(mongod, "demo") as database:
            await create_indexes(database)
            await load_demo(database)
            return database.name

    return io_loop.run_sync(load)


FolderOf = Callable[[str], Path]
StartServer = Callable[..., Awaitable[RunningServer]]


@pytest.fixture(scope="session")
def data_dir_of(database_names: EmptyDatabases) -> FolderOf:
    """Where servers keep their files, by database."""
    return database_names.folder_of


@pytest.fixture
def start(io_loop: IOLoop, mongod: str, database_names: EmptyDatabases) -> Iterator[StartServer]:
    """Start a SMovie of one's own: `await start(limit_frames_per_10s=3)`; on an empty database unless named."""
    stack = AsyncExitStack()
    taken: list[str] = []

    async def start_one(mongo_database: str = "", **settings: object) -> RunningServer:
        name = mongo_database or next(database_names)
        if not mongo_database:
            taken.append(name)
        given = {"mongo_url": mongod, "mongo_database": name, "data_dir": database_names.folder_of(name), **settings}
        return await stack.enter_async_context(start_server(test_settings(**given)))

    yield start_one
    io_loop.run_sync(stack.aclose)

    async def give_back() -> None:
        for name in taken:
            async with open_database(mongod, name) as database:
                await database_names.give_back(database)

    io_loop.run_sync(give_back)


@pytest.fixture(scope="session")
def server(io_loop: IOLoop, mongod: str, demo_database: str, data_dir_of: FolderOf) -> Iterator[RunningServer]:
    """A running SMovie with the demo catalogue, shared by all tests that leave it as it is."""
    stack = AsyncExitStack()
    settings = test_settings(
        mongo_url=mongod, mongo_database=demo_database, data_dir=data_dir_of(demo_database),
        allowed_origins=frozenset([RunningServer.allowed_origin]),
    )  # fmt: skip
    yield io_loop.run_sync(lambda: stack.enter_async_context(start_server(settings)))
    io_loop.run_sync(stack.aclose)


@pytest.fixture
def mail(io_loop: IOLoop) -> Iterator[MailServer]:
    """A mail server that is up."""
    server = MailServer()
    io_loop.run_sync(server.up)
    yield server
    io_loop.run_sync(server.down)


@pytest.fixture(scope="session")
def graph(io_loop: IOLoop) -> Iterator[FakeGraph]:
    """Facebook's Graph API, as far as signing in asks it."""

    async def open_graph() -> FakeGraph:
        return FakeGraph()

    graph = io_loop.run_sync(open_graph)
    yield graph
    io_loop.run_sync(graph.close)
