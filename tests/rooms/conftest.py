"""The tests of the protocol run against a SMovie of their own, or against the one at SMOVIE_ROOMS_URL."""

import os
from collections.abc import Iterator

import pytest
from tornado.ioloop import IOLoop

from tests.support.remote import INSIDE, RemoteServer, Target
from tests.support.server import RunningServer

GIVEN = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("SMOVIE_ROOMS_")}
TARGET = Target.from_environment(GIVEN)
OF_OUR_OWN = {"mongod", "redis_server", "talker"}  # fixtures that start what a server somewhere else does not use


@pytest.fixture(scope="session")
def server(io_loop: IOLoop, request: pytest.FixtureRequest) -> Iterator[RunningServer | RemoteServer]:
    """The server under test."""
    if TARGET is None:
        yield request.getfixturevalue("server")
        return
    remote = RemoteServer(TARGET)
    io_loop.run_sync(remote.find_rooms)
    yield remote
    remote.api.close()


def pytest_runtest_setup(item: pytest.Function) -> None:
    """Before any fixture starts: nothing of our own is started for a server that is somewhere else."""
    if TARGET is not None and OF_OUR_OWN & set(item.fixturenames):
        pytest.skip(INSIDE)
