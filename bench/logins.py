"""A login storm beside catalogue reads: what signing in costs those who only look.

python -m bench.logins [--seconds 5] [--per-second 200] [--json FILE]

Open loop: each request is due at a fixed moment, whatever became of those before it, and is timed from then on. Half of
the logins are of known addresses, half of unknown ones; twice a second somebody registers. `probe` is /healthz, which
does nothing: what it takes is how late the loop is.
"""

import asyncio
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import orjson
import uvloop

from bench.front_door import PASSWORD, register_users
from bench.http_load import request
from bench.proc import CpuMeter, cpus_for_bench, pin, say_machine
from bench.processes import UNBOUNDED, ServerProcess, running_server
from bench.table import percentile, show_table, write_json
from tests.support.api import Api

USERS = 3
LINES = 8  # kept-alive connections that read
READS_PER_S = 100.0
PROBES_PER_S = 100.0
REGISTRATIONS_PER_S = 2.0
READ, PROBE = request("/api/v1/movies?page_size=20"), request("/healthz")
_LENGTH = b"\r\nContent-Length: "
_COLUMNS = (
    "run", "read p50 ms", "read p99", "read max", "probe p99", "probe max", "failed", "200", "401", "429", "503",
    "other", "registered", "of", "server CPU",
)  # fmt: skip
COST = {"SMOVIE_BCRYPT_COST": "12"}
SERVERS = {"throttles lifted": {**UNBOUNDED, **COST}, "as delivered": COST}


@dataclass
class Seen:
    """What a run's clients saw; times from when a request was due, in seconds."""

    reads_s: list[float] = field(default_factory=list)
    probes_s: list[float] = field(default_factory=list)
    failed: int = 0
    logins: Counter[int] = field(default_factory=Counter)
    registrations: Counter[int] = field(default_factory=Counter)


class Line:
    """A kept-alive connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def dial(cls, port: int) -> "Line":
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, sent: bytes) -> int:
        """Send a request, read its answer to the end; the status."""
        self._writer.write(sent)
        head = await self._reader.readuntil(b"\r\n\r\n")
        start = head.index(_LENGTH) + len(_LENGTH)
        await self._reader.readexactly(int(head[start : head.index(b"\r", start)]))
        return int(head[9:12])

    def hang_up(self) -> None:
        self._writer.close()


@click.command()
@click.option("--seconds", default=5.0, help="Length of one run.")
@click.option("--per-second", default=200.0, help="Logins.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Also a file of them.")
def main(seconds: float, per_second: float, json_file: Path | None) -> None:
    """Measure catalogue reads while many sign in."""
    say_machine()
    rows = []
    for name, settings in SERVERS.items():
        with tempfile.TemporaryDirectory(prefix="smovie-bench-") as folder:
            rows += uvloop.run(_measure(ServerProcess(Path(folder) / "data", settings), name, seconds, per_second))
    title = f"{per_second:g} logins/s beside {READS_PER_S:g} reads/s, {seconds:g} s each, latency from when it was due"
    show_table(title, _COLUMNS, rows)
    if json_file:
        write_json(json_file, [dict(zip(_COLUMNS, row, strict=True)) for row in rows])


async def _measure(server: ServerProcess, name: str, seconds: float, per_second: float) -> list[list[object]]:
    async with running_server(server):
        server.pin_apart()
        pin(os.getpid(), cpus_for_bench()[1])
        api = Api(server.port)
        emails = [account.email for account in await register_users(server, api, USERS)]
        api.close()
        rows = []
        for run, rate in ((f"{name}, quiet", 0.0), (f"{name}, storm", per_second)):
            meter = CpuMeter({"server": server.pid})
            seen = await _run(server.port, emails, seconds, rate)
            rows.append(_row(run, seen, meter.shares()["server"]))
        return rows


async def _run(port: int, emails: list[str], seconds: float, logins_per_s: float) -> Seen:
    seen = Seen()
    tries = [_login(email) for known in emails for email in (known, f"un{known}")]
    lines: asyncio.Queue[Line] = asyncio.Queue()
    for _ in range(LINES):
        lines.put_nowait(await Line.dial(port))

    async def ask(sent: bytes, due: float, took_s: list[float]) -> None:
        line = await lines.get()
        seen.failed += await line.ask(sent) != 200
        lines.put_nowait(line)
        took_s.append(time.perf_counter() - due)

    async def read(_number: int, due: float) -> None:
        await ask(READ, due, seen.reads_s)

    async def probe(_number: int, due: float) -> None:
        await ask(PROBE, due, seen.probes_s)

    async def log_in(number: int, _due: float) -> None:
        seen.logins[await _ask_once(port, tries[number % len(tries)])] += 1

    async def register(number: int, _due: float) -> None:
        seen.registrations[await _ask_once(port, _registration(number))] += 1

    async with asyncio.TaskGroup() as group:
        group.create_task(_pace(READS_PER_S, seconds, read))
        group.create_task(_pace(PROBES_PER_S, seconds, probe))
        if logins_per_s:
            group.create_task(_pace(logins_per_s, seconds, log_in))
            group.create_task(_pace(REGISTRATIONS_PER_S, seconds, register))
    while not lines.empty():
        lines.get_nowait().hang_up()
    return seen


async def _pace(per_second: float, seconds: float, act: Callable[[int, float], Coroutine[Any, Any, None]]) -> None:
    """Act at a steady rate for so long, and wait for the last; `act` gets its number and when it was due."""
    begun = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in range(round(per_second * seconds)):
            due = begun + number / per_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(act(number, due))


async def _ask_once(port: int, sent: bytes) -> int:
    line = await Line.dial(port)
    status = await line.ask(sent)
    line.hang_up()
    return status


def _login(email: str) -> bytes:
    return _post("/api/v1/auth/login", {"email": email, "password": PASSWORD})


def _registration(number: int) -> bytes:
    sent = {"email": f"storm{number}@example.com", "username": f"Người tới {number}", "password": PASSWORD}
    return _post("/api/v1/auth/register", sent)


def _post(path: str, value: Any) -> bytes:
    body = orjson.dumps(value)
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _row(run: str, seen: Seen, cpu: float) -> list[object]:
    reads, probes = sorted(seen.reads_s), sorted(seen.probes_s)
    foreseen = {status: seen.logins[status] for status in (200, 401, 429, 503)}
    return [
        run, *(percentile(reads, share) * 1e3 for share in (0.5, 0.99, 1.0)),
        *(percentile(probes, share) * 1e3 for share in (0.99, 1.0)), seen.failed, *foreseen.values(),
        seen.logins.total() - sum(foreseen.values()), seen.registrations[201], seen.registrations.total(), cpu,
    ]  # fmt: skip


if __name__ == "__main__":
    main()
