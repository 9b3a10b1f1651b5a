"""What the tests of the front door share."""

import logging
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs
from tornado.ioloop import IOLoop

from tests.support.server import RunningServer
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
