"""What the tests of the front door share."""

import logging
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tornado.ioloop import IOLoop

from smovie.store.indexes import create_indexes
from smovie.store.mongo import open_database
from tests.support.films import FILM, SERIES, add_titles, make_files
from tests.support.server import RunningServer, start_server, test_settings
from tests.support.wait import until


@pytest.fixture
def watched(io_loop: IOLoop, server: RunningServer, caplog: pytest.LogCaptureFixture) -> Iterator[RunningServer]:
    """The shared server; the test fails when it logs an error, or never finishes a request."""
    with capture_logs() as lines:
        yield server
        io_loop.run_sync(lambda: until(lambda: not server.runtime.traffic.under_way))
    ours = [line for line in lines if line["log_level"] in ("error", "critical")]
    others = [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert not ours + others


@pytest.fixture(scope="session")
def media_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The media of all instances."""
    folder = tmp_path_factory.mktemp("media")
    make_files(folder)
    return folder


@pytest.fixture(scope="session")
def cinemas(
    io_loop: IOLoop, mongod: str, media_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RunningServer, RunningServer]]:
    """Two instances with films to play, which share a database and the media."""
    stack = AsyncExitStack()

    async def open_both() -> tuple[RunningServer, RunningServer]:
        db = await stack.enter_async_context(open_database(mongod, "cinema"))
        await create_indexes(db)
        await add_titles(db, tmp_path_factory.mktemp("titles"), FILM, SERIES)
        first, second = [
            test_settings(
                mongo_url=mongod, mongo_database=db.name, data_dir=tmp_path_factory.mktemp(name),
                media_dir=media_folder, public_url="https://phim.example",
                allowed_origins=frozenset(["https://app.smovie.example"]),
            )
            for name in ("cinema", "other_cinema")
        ]  # fmt: skip
        return (
            await stack.enter_async_context(start_server(first)),
            await stack.enter_async_context(start_server(second)),
        )

    yield io_loop.run_sync(open_both)
    io_loop.run_sync(stack.aclose)


@pytest.fixture
def cinema(io_loop: IOLoop, cinemas: tuple[RunningServer, RunningServer]) -> Iterator[RunningServer]:
    """The first of them; the test fails when a request of it never ends."""
    yield cinemas[0]
    io_loop.run_sync(lambda: until(lambda: not cinemas[0].runtime.traffic.under_way))
