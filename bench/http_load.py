"""Closed-loop HTTP load: N kept-alive connections, each asks again as soon as it is answered.

Raw protocols on uvloop, since a client that costs more than the server under test would measure itself. Bodies are
counted, not kept; every status is checked.
"""

import asyncio
import itertools
import time
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from bench.table import percentile

WARM_UP_S = 0.5
_HEAD_END = b"\r\n\r\n"
_LENGTH = b"\r\nContent-Length: "


@dataclass(frozen=True)
class LoadFigures:
    """What a run gave; `cpu_share` is the load client's own, 1.0 a whole CPU."""

    requests_per_s: float
    p50_ms: float
    p99_ms: float
    errors: int
    cpu_share: float


def request(path: str, headers: Sequence[tuple[str, str]] = ()) -> bytes:
    """A GET, ready to be sent."""
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def drive(
    port: int, requests: Sequence[bytes], *, status: int = 200, connections: int = 32, seconds: float = 5.0
) -> LoadFigures:
    """Ask for `seconds`, the requests in turn; an answer of another status, or a lost line, is an error."""
    load = _Load(requests, status)
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: _Connection(load), "127.0.0.1", port)
    await asyncio.sleep(WARM_UP_S)
    load.begin()
    begun, cpu_before = time.perf_counter(), time.process_time()
    await asyncio.sleep(seconds)
    passed_s, used_s = time.perf_counter() - begun, time.process_time() - cpu_before
    took = sorted(load.took_s)
    load.over = True
    await asyncio.sleep(0.1)  # what is under way is answered, so that the next run begins on an idle server
    for connection in list(load.connections):
        connection.hang_up()
    return LoadFigures(
        len(took) / passed_s, percentile(took, 0.5) * 1e3, percentile(took, 0.99) * 1e3, load.errors, used_s / passed_s
    )


class _Load:
    """What the connections of a run share."""

    def __init__(self, requests: Sequence[bytes], status: int) -> None:
        self.next_request: Iterator[bytes] = itertools.cycle(requests)
        self.status = str(status).encode()
        self.has_body = status != 304
        self.took_s = array("d")
        self.errors = 0
        self.over = False
        self.connections: set[_Connection] = set()

    def begin(self) -> None:
        """Forget the warm-up."""
        self.took_s = array("d")
        self.errors = 0


class _Connection(asyncio.Protocol):
    __slots__ = ("_head", "_load", "_missing", "_sent_at", "_transport")

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._head = b""  # of an answer that came in pieces
        self._missing = 0  # bytes of the body still to come
        self._sent_at = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._load.connections.add(self)
        self._ask()

    def connection_lost(self, _exc: Exception | None) -> None:
        self._load.connections.discard(self)
        self._load.errors += not self._load.over

    def hang_up(self) -> None:
        """Done."""
        if self._transport:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        if self._missing:
            self._missing -= len(data)
        else:
            if self._head:
                data = self._head + data
            end = data.find(_HEAD_END)
            if end < 0:
                self._head = data
                return
            self._head = b""
            if data[9:12] != self._load.status:
                self._load.errors += 1
            self._missing = end + 4 + self._body_bytes(data, end) - len(data)
        if self._missing > 0:
            return
        if self._missing < 0:  # more than was announced: nothing after it can be trusted
            self._load.errors += 1
            self.hang_up()
            return
        self._load.took_s.append(time.perf_counter() - self._sent_at)
        if not self._load.over:
            self._ask()

    def _body_bytes(self, data: bytes, end: int) -> int:
        if not self._load.has_body:
            return 0
        start = data.index(_LENGTH, 0, end) + len(_LENGTH)
        return int(data[start : data.index(b"\r", start)])

    def _ask(self) -> None:
        assert self._transport is not None
        self._sent_at = time.perf_counter()
        self._transport.write(next(self._load.next_request))
