"""An echo on the wire of rooms, for the fuzzing client of Autobahn's test suite, which wants everything said back.

    python -m bench.autobahn [--port 9011]
    wstest -m fuzzingclient -s spec.json     # "servers": [{"url": "ws://127.0.0.1:9011"}]

Handshake, frames and closing are those of `handlers/live/`; only the bounds of a message are lifted, to the 16 MiB of
its group 9. It offers no compression, so groups 12 and 13 are none of its. What came of it: docs/decisions/0005.
"""

import asyncio
from types import SimpleNamespace
from typing import Any

import click
import uvloop
from tornado.httpserver import HTTPServer
from tornado.web import Application

from handlers.access import Access
from handlers.live import connection, wire
from handlers.live.connection import LiveConnection
from handlers.live.connections import LiveConnections
from handlers.live.upgrade import SocketHandler
from handlers.live.wire import Message, Opcode, frame

MOST_BYTES = 32 << 20
MOST_FRAGMENTS = 1 << 20


class EchoConnection(LiveConnection):
    """Says back what it hears."""

    def _take(self, message: Message) -> None:
        if message.opcode in (Opcode.TEXT, Opcode.BINARY):
            self.send(frame(*message))
        else:
            super()._take(message)


class EchoSession:
    """Has nothing to say itself."""

    room = "echo"
    user_id = ""  # nobody signs in

    def __init__(self, _runtime: Any, connection: LiveConnection, _place: str, *, address: str, **_given: Any) -> None:
        self.connection = connection
        self.address = address

    def begin(self) -> None:
        """There is nothing to begin with."""

    def on_text(self, payload: bytes) -> None:
        """Said back already; so for the others."""

    def on_binary(self) -> None: ...

    def on_drained(self) -> None: ...

    def on_closed(self, code: int) -> None: ...


class EchoHandler(SocketHandler):
    """`GET /`."""

    access = Access.PUBLIC
    connection = EchoConnection
    session: Any = EchoSession


@click.command()
@click.option("--port", default=9011)
def main(port: int) -> None:
    """Serve until interrupted."""
    connection.MAX_FRAME_BYTES, wire.MOST_FRAGMENTS = MOST_BYTES, MOST_FRAGMENTS
    uvloop.run(_serve(port))


async def _serve(port: int) -> None:
    runtime = SimpleNamespace(
        traffic=SimpleNamespace(under_way=0), allowed_origins=frozenset(),
        live=LiveConnections(per_user=0, per_address=0, frames_per_10s=0),
        hub=SimpleNamespace(limits=SimpleNamespace(soft_bytes=2 * MOST_BYTES)),
    )  # fmt: skip
    HTTPServer(Application([("/", EchoHandler)], runtime=runtime)).listen(port, "127.0.0.1")
    click.echo(f"ws://127.0.0.1:{port}")
    await asyncio.Event().wait()


if __name__ == "__main__":
    main()
