"""Readers who do not read, in a room with as many who do: they cost the others next to nothing (ROOMS.md 19)."""

import asyncio
import contextlib
import socket
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.contenders import our_place
from bench.faults.rounds import Bench, Outcome, Round
from bench.front_door import episode_ids, register_users
from bench.proc import rss_bytes
from bench.processes import UNBOUNDED, ServerProcess, running_server
from bench.rooms_load import Crowd, Figures
from tests.support.api import Api

MOST_TIMES_P99 = 2.0  # of the issue
MOST_GROWN_MB = 300.0  # so is this
_JOINED_WITHIN_S = 30.0
_DRAINED_WITHIN_S = 20.0
_TOGETHER = 50
_NETWORK_SEGMENT = 1_460  # loopback's own of 64 KB would let the kernel take megabytes in for each who does not read
_LOOK_S = 0.1
_TEXT = "{M} " + "khán giả này không đọc nữa. " * 50  # nearly 2 KB, so that what waits soon weighs


@dataclass(frozen=True)
class Size:
    """How many there are of both, and how long the readers are listened to without the others and beside them."""

    readers: int = 1_000
    stuck: int = 1_000
    users: int = 8
    per_second: float = 25.0  # with the stuck ones 50,000 deliveries/s: what one core has been shown to serve in time
    alone_s: float = 12.0
    beside_s: float = 25.0  # enough to fill what a listener may have unsent, and then to stand still for 10 s
    judges_p99: bool = True


async def run_stuck(folder: Path, size: Size, **settings: str) -> Outcome:
    """Talk among readers alone, then beside those who do not read. `settings` go over a benchmark's."""
    server = ServerProcess(folder / "data", {**UNBOUNDED, **settings})
    async with running_server(server):
        server.pin_apart()
        api = Api(server.port)
        tokens = [account.access for account in await register_users(server, api, size.users)]
        rooms = await episode_ids(api, 1)
        api.close()
        processes = {"server": server.pid, "db": server.mongod_pid}
        async with Crowd(our_place([server.port], rooms, tokens, processes, _TEXT), folder) as crowd:
            assert (await crowd.join(size.readers))["failed"] == 0
            alone = await _talk(crowd, size, size.alone_s)
            before = rss_bytes(server.pid)
            stuck = await _join_stuck(server.port, rooms[0], tokens, size.stuck)
            watching = asyncio.create_task(_most_rss(server.pid))
            beside = await _talk(crowd, size, size.beside_s)
            watching.cancel()
            grown_mb = (await watching - before) / 1e6
            gaps = sum(await asyncio.gather(*(_has_gap(each) for each in stuck)))
        dropped = sum(line.get("code") == 4408 for line in server.logged("left"))
    return _outcome(size, alone, beside, grown_mb, dropped, gaps)


def _outcome(size: Size, alone: Figures, beside: Figures, grown_mb: float, dropped: int, gaps: int) -> Outcome:
    p99_alone, p99_beside = alone["p99_ms"], beside["p99_ms"]
    wrong = {what: abs(alone[what]) + abs(beside[what]) for what in ("lost", "skipped", "doubled", "gaps", "errors")}
    wrong["closed"] = beside["closed_early"]
    violations = [f"readers: {count} {what}" for what, count in wrong.items() if count]
    if size.judges_p99 and p99_beside >= MOST_TIMES_P99 * p99_alone:
        violations.append(f"p99 {p99_beside:.1f} ms beside stuck readers, {p99_alone:.1f} ms without")
    if grown_mb >= MOST_GROWN_MB:
        violations.append(f"the server grew by {grown_mb:.0f} MB")
    if dropped + gaps < size.stuck:
        violations.append(f"of {size.stuck} stuck readers {dropped} were closed and {gaps} told of a gap")
    figures = {
        "readers": size.readers, "stuck": size.stuck, "said/s": size.per_second,
        "deliveries": alone["received"] + beside["received"], "lost": wrong["lost"] + wrong["skipped"],
        "doubled": wrong["doubled"], "p99 ms alone": p99_alone, "p99 ms beside": p99_beside,
        "max ms beside": beside["max_ms"], "server CPU alone": alone["server_cpu"],
        "server CPU beside": beside["server_cpu"],
        "MB grown": grown_mb, "closed 4408": dropped, "gap": gaps,
    }  # fmt: skip
    return Outcome(figures, violations)


async def _talk(crowd: Crowd, size: Size, seconds: float) -> Figures:
    return await crowd.talk(min(20, size.readers), size.per_second, seconds)


async def _most_rss(pid: int) -> int:
    """The most memory that a process holds until this is cancelled."""
    most = 0
    with contextlib.suppress(asyncio.CancelledError):
        while True:
            most = max(most, rss_bytes(pid))
            await asyncio.sleep(_LOOK_S)
    return most


async def _join_stuck(port: int, room: str, tokens: Sequence[str], count: int) -> list[socket.socket]:
    """Sockets that have joined a room, and will not be read."""
    sockets: list[socket.socket] = []
    while len(sockets) < count:
        more = range(len(sockets), min(count, len(sockets) + _TOGETHER))
        sockets += await asyncio.gather(*(_join_one(port, room, tokens[number % len(tokens)]) for number in more))
    return sockets


async def _join_one(port: int, room: str, token: str) -> socket.socket:
    sock = socket.socket()
    sock.setblocking(False)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, _NETWORK_SEGMENT)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 10)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(sock, ("127.0.0.1", port))
    await loop.sock_sendall(
        sock,
        (
            f"GET /ws/comments/{room}?token={token} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: c21vdmllLWJlbmNoLWtleQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        ).encode(),
    )
    async with asyncio.timeout(_JOINED_WITHIN_S):
        while b'"type":"joined"' not in _peek(sock):
            await asyncio.sleep(0.01)
    return sock


def _peek(sock: socket.socket) -> bytes:
    """What lies ready, left there."""
    try:
        return sock.recv(4096, socket.MSG_PEEK)
    except BlockingIOError:
        return b""


async def _has_gap(sock: socket.socket) -> bool:
    """Read at last: whether a `gap` comes before the line ends."""
    loop, heard, deadline = asyncio.get_running_loop(), b"", time.monotonic() + _DRAINED_WITHIN_S
    try:
        while b'"type":"gap"' not in heard:
            async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
                data = await loop.sock_recv(sock, 1 << 16)
            if not data:
                return False
            heard = heard[-32:] + data
        return True
    except (OSError, TimeoutError):
        return False
    finally:
        sock.close()


async def _run(bench: Bench) -> Outcome:
    return await run_stuck(Path(tempfile.mkdtemp(prefix="stuck-", dir=bench.folder)), Size())


ROUNDS = (Round("stuck-readers", "1,000 readers who never read in a room of 2,000", _run),)
