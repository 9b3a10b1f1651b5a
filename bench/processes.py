"""The real SMovie as a process of its own, on a data folder of the benchmark's."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from bench.proc import cpus_for_bench, pin
from smovie.throttles import Throttle

ROOT = Path(__file__).parent.parent
START_WITHIN_S = 120.0
STOP_WITHIN_S = 30.0

# Users of a benchmark are few and talk much; passwords are not what is measured.
UNBOUNDED = {
    "SMOVIE_LIMIT_COMMENTS_PER_10S": "0",
    "SMOVIE_LIMIT_FRAMES_PER_10S": "0",
    "SMOVIE_LIMIT_CONNECTIONS_PER_USER": "0",
    "SMOVIE_LIMIT_CONNECTIONS_PER_ADDRESS": "0",
    **{f"SMOVIE_LIMIT_{throttle.upper()}": "0" for throttle in Throttle},
    "SMOVIE_BCRYPT_COST": "4",
}


class DidNotRun(Exception):
    """A process of SMovie ended or stayed silent; the text holds the end of its log."""


class ServerProcess:
    """`run.py demo` (or `serve`), with its embedded mongod unless its settings name another.

    Start, kill, start again on the same port, stop."""

    def __init__(
        self, data_dir: Path, settings: Mapping[str, str], *, command: str = "demo", log: str = "server.log"
    ) -> None:
        self.data_dir = data_dir
        self.port = 0  # from the kernel at the first start, the same at every later one
        self.titles = 0
        self.start_s = 0.0
        self._settings = dict(settings)
        self._command = command
        self._log = data_dir / log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None, "not started"
        return self._process.pid

    @property
    def mongod_pid(self) -> int:
        """The mongod that serves the folder now."""
        return int(json.loads((self.data_dir / "mongod.json").read_text())["pid"])

    @property
    def mongod_port(self) -> int:
        """… and where it listens."""
        return int(json.loads((self.data_dir / "mongod.json").read_text())["port"])

    @property
    def outbox(self) -> Path:
        return self.data_dir / "outbox"

    async def start(self) -> None:
        """Return when it serves. Errors: DidNotRun."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        begun = time.monotonic()
        with self._log.open("ab") as log:
            log_from = log.tell()
            self._process = subprocess.Popen(
                [*_run_py(), self._command, "--data-dir", str(self.data_dir)],
                cwd=ROOT, env=_environment({"SMOVIE_PORT": str(self.port), **self._settings}), stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=log,
            )  # fmt: skip
        serving = await self._wait_serving(log_from)
        self.start_s = time.monotonic() - begun
        self.port = int(serving["address"].rpartition(":")[2])
        self.titles = int(serving["titles"])

    def pin_apart(self) -> None:
        """The server to a CPU of its own, its mongod to that of the load."""
        server_cpu, load_cpu = cpus_for_bench()
        pin(self.pid, server_cpu)
        pin(self.mongod_pid, load_cpu)

    def kill(self) -> None:
        """kill -9 of the server alone; its mongod lives on."""
        assert self._process is not None, "not started"
        self._process.kill()
        self._process.wait()

    def pause(self) -> None:
        """Stop the server in its tracks; what comes to it waits in its sockets."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on where it was paused."""
        os.kill(self.pid, signal.SIGCONT)

    async def stop(self) -> None:
        """SIGTERM, and wait; also the mongod of a killed server goes."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            await _until(lambda: self._process is None or self._process.poll() is not None, STOP_WITHIN_S)
        except TimeoutError:
            self._process.kill()
            raise DidNotRun(f"did not stop within {STOP_WITHIN_S} s; {self._tail(0)}") from None
        finally:
            self._process = None
            self._end_mongod()

    def log_lines(self) -> list[str]:
        """Everything it has written to its log."""
        return self._log.read_bytes().decode(errors="replace").splitlines()

    def warnings(self) -> list[dict[str, Any]]:
        """The lines of the log that are warnings or worse."""
        return [
            line
            for line in _json_lines(self._log.read_bytes())
            if line.get("level") in ("warning", "error", "critical")
        ]

    def logged(self, event: str) -> list[dict[str, Any]]:
        """The lines of the log that tell of an event."""
        return [line for line in _json_lines(self._log.read_bytes()) if line.get("event") == event]

    async def _wait_serving(self, log_from: int) -> dict[str, Any]:
        assert self._process is not None
        deadline = time.monotonic() + START_WITHIN_S
        while time.monotonic() < deadline:
            for line in _json_lines(self._log.read_bytes()[log_from:]):
                if line.get("event") == "serving":
                    return line
            if self._process.poll() is not None:
                raise DidNotRun(f"ended with {self._process.returncode}; {self._tail(log_from)}")
            await asyncio.sleep(0.02)
        raise DidNotRun(f"does not serve after {START_WITHIN_S} s; {self._tail(log_from)}")

    def _tail(self, log_from: int) -> str:
        return f"its log ends:\n{self._log.read_bytes()[log_from:][-3000:].decode(errors='replace')}"

    def _end_mongod(self) -> None:
        with suppress(OSError, ValueError, KeyError):
            pid = self.mongod_pid
            if os.fsencode(self.data_dir.resolve() / "mongo") in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
                os.kill(pid, signal.SIGKILL)


@asynccontextmanager
async def running_server(server: ServerProcess) -> AsyncIterator[ServerProcess]:
    """A server for as long as the context lasts."""
    try:
        await server.start()
        yield server
    finally:
        await server.stop()


def import_titles(data_dir: Path, file: Path) -> float:
    """`run.py import` into a data folder; seconds that the whole command took. Errors: DidNotRun."""
    begun = time.monotonic()
    done = subprocess.run(
        [*_run_py(), "import", str(file), "--data-dir", str(data_dir)],
        cwd=ROOT, env=_environment({}), stdin=subprocess.DEVNULL, capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise DidNotRun((done.stdout + done.stderr)[-3000:].decode(errors="replace"))
    return time.monotonic() - begun


def _run_py() -> list[str]:
    return [sys.executable, str(ROOT / "run.py")]


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Ours without an operator's SMOVIE_ settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SMOVIE_")}
    return {**kept, "SMOVIE_LOG_FORMAT": "json", **settings}


def _json_lines(data: bytes) -> list[dict[str, Any]]:
    found = []
    for line in data.splitlines():
        with suppress(ValueError):
            value = json.loads(line)
            if isinstance(value, dict):
                found.append(value)
    return found


async def _until(condition: Any, within_s: float) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.02)
