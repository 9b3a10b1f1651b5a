"""What the tests of the wire at the front door share."""

import pytest
from tornado.ioloop import IOLoop

from tests.support.server import Member, RunningServer


@pytest.fixture(scope="session")
def reader(io_loop: IOLoop, server: RunningServer) -> Member:
    """Somebody who only listens: one for all."""
    return io_loop.run_sync(server.a_member)
