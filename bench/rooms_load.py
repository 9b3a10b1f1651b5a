"""The load generator of `bench/rooms_load.c`: built when it is wanted, driven line by line."""

import asyncio
import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import click
import orjson

from bench.proc import CpuMeter, cpus_for_bench, pin

SOURCE = Path(__file__).with_suffix(".c")
OPENED_TOGETHER = 64
_STILL_S = 330.0  # the longest silence of a generator that works

Figures = dict[str, Any]


def build() -> Path:
    """The generator's program, compiled once per version of its source. Errors: click's, with what to install."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise click.ClickException("the load generator is written in C and no compiler is here: apt-get install gcc")
    version = hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:12]
    program = Path(tempfile.gettempdir()) / f"smovie-bench-{version}" / "rooms_load"
    if not program.exists():
        program.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        subprocess.run([compiler, "-O2", "-o", program, SOURCE], check=True)
    return program


@dataclass(frozen=True)
class Place:
    """How to get into a server's rooms and talk there; forms as `rooms_load.c` fills them in.

    With `other_ports`, of instances that share the rooms, the sockets of each room are spread over all of them.
    """

    port: int
    path: str
    payload: str
    rooms: Sequence[str]
    tokens: Sequence[str]
    other_ports: Sequence[int] = ()
    joined: str = "-"  # what the first frame holds, "-" where there is none
    processes: Mapping[str, int] = field(default_factory=dict)  # pids by name: whose CPU is told


class Crowd:
    """A running generator with its sockets."""

    def __init__(self, place: Place, folder: Path) -> None:
        self._place = place
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None

    async def join(self, sockets: int, rooms: int = 1, together: int = OPENED_TOGETHER) -> Figures:
        """Open so many sockets in so many rooms; {"opened", "failed", "connect_s", "client_cpu"} and CPU shares."""
        words = {"rooms": self._place.rooms[:rooms], "tokens": self._place.tokens}
        for name, lines in words.items():
            (self._folder / name).write_text("\n".join(lines) + "\n")
        place = self._place
        meter = CpuMeter(place.processes)
        ports = ",".join(map(str, (place.port, *place.other_ports)))
        self._process = await asyncio.create_subprocess_exec(
            build(), ports, str(sockets), str(together), place.path, place.payload,
            self._folder / "rooms", self._folder / "tokens", place.joined,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        pin(self._process.pid, cpus_for_bench()[1])
        opened = cast(Figures, orjson.loads(await self._line()))
        return {**opened, **_named(meter.shares())}

    async def talk(
        self, senders: int, per_second: float, seconds: float, *, warm_up: float = 1.0, drain: float = 5.0,
        beside: Callable[[], Awaitable[None]] | None = None,
    ) -> Figures:  # fmt: skip
        """Messages at fixed times; what the sockets got of them, and the CPU shares of the server's processes."""
        return await self._run(f"open {senders} {per_second} {warm_up} {seconds} {drain}", beside)

    async def talk_in_turn(self, senders: int, seconds: float, *, warm_up: float = 1.0, drain: float = 5.0) -> Figures:
        """Each sender says its next when its last has come back to it."""
        return await self._run(f"closed {senders} {warm_up} {seconds} {drain}", None)

    async def __aenter__(self) -> "Crowd":
        return self

    async def __aexit__(self, *_exc: object) -> None:
        """Every socket is closed."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        self._process = None

    async def _run(self, command: str, beside: Callable[[], Awaitable[None]] | None) -> Figures:
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.write(command.encode() + b"\n")
        await self._expect(b"begin\n")
        meter = CpuMeter(self._place.processes)
        work = asyncio.ensure_future(beside()) if beside else None
        await self._expect(b"end\n")
        shares = meter.shares()
        if work is not None:
            await work
        return {**cast(Figures, orjson.loads(await self._line())), **_named(shares)}

    async def _expect(self, word: bytes) -> None:
        line = await self._line()
        if line != word:
            raise click.ClickException(f"the load generator said {line!r} instead of {word!r}")

    async def _line(self) -> bytes:
        assert self._process is not None and self._process.stdout is not None
        async with asyncio.timeout(_STILL_S):
            line = await self._process.stdout.readline()
        if not line:
            raise click.ClickException("the load generator ended")
        return line


def _named(shares: Mapping[str, float]) -> Figures:
    return {f"{name}_cpu": share for name, share in shares.items()}
