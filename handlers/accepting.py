"""Accepts connections for the HTTP server, a few in each round of the loop, when they have something to say.

Tornado takes up to 128 in a round, and what a crowd of them says is then all read in one round, in which nobody else
is served. Here the kernel keeps a connection until its first bytes are there, so that accepting few is reading few
(docs/decisions/0015).
"""

import asyncio
import contextlib
import socket
from collections.abc import Sequence

import structlog
from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream

log = structlog.get_logger("server")

A_ROUND = 32  # connections of one address that is listened on: some 5 ms, with their requests
_SILENT_FOR_S = 1  # in the kernel's hands; who is silent for longer is accepted all the same, and Tornado's to give up
PAUSE_S = 1.0  # before the next try where nothing can be opened


class Accepting:
    """Hands the connections that come on listening sockets to a server, until it is stopped."""

    def __init__(self, server: HTTPServer, listening: Sequence[socket.socket]) -> None:
        self._server = server
        self._listening = list(listening)
        self._loop = asyncio.get_running_loop()
        for sock in self._listening:
            with contextlib.suppress(AttributeError):  # Linux has it
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, _SILENT_FOR_S)
            self._listen(sock)

    def stop(self) -> None:
        """Accept nothing more: who comes now is refused by the kernel."""
        for sock in self._listening:
            self._loop.remove_reader(sock.fileno())
            sock.close()
        self._listening.clear()

    def _listen(self, sock: socket.socket) -> None:
        if sock in self._listening:
            self._loop.add_reader(sock.fileno(), self._accept, sock)

    def _accept(self, sock: socket.socket) -> None:
        for _ in range(A_ROUND):
            try:
                connection, address = sock.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as exc:  # no descriptor or memory is left for it; it waits in the kernel's queue
                log.error("no connection can be accepted", problem=exc.strerror, again_in_s=PAUSE_S)
                self._loop.remove_reader(sock.fileno())
                self._loop.call_later(PAUSE_S, self._listen, sock)
                return
            self._server.handle_stream(IOStream(connection), address)
