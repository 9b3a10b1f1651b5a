"""A real mongod of one's own, for `make run`, imports and the tests (DESIGN.md 8).

One data folder belongs to one SMovie at a time (a lock the kernel frees when its holder dies). Its mongod is a
single-node replica set on a loopback port from the kernel; it stops with us. One that a killed SMovie left behind is
adopted. One that dies under us is started again on the same port, so that clients find it.
"""

import asyncio
import contextlib
import fcntl
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from smovie.store.mongo import make_primary

log = structlog.get_logger("embedded")

REPLICA_SET = "smovie"
STOP_WITHIN_S = 15
_CACHE_GB = "0.5"
_LIBRARY_PACKAGES = {"libcurl.so.4": "libcurl4", "libssl.so.3": "libssl3", "libcrypto.so.3": "libssl3"}


class CannotStart(Exception):
    """The embedded database cannot run here; the text says what to do about it."""


@dataclass(frozen=True)
class _Running:
    """The mongod of a folder, as `<data_dir>/mongod.json` remembers it; `process` only where it is our child."""

    pid: int
    port: int
    process: subprocess.Popen[bytes] | None = None

    def lives(self, data_dir: Path) -> bool:
        """Whether it runs, and is not a stranger that got the same number."""
        if self.process:  # a child's number is its own until it is waited for; at first its words are not there yet
            return self.process.poll() is None
        try:
            words = Path(f"/proc/{self.pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return os.fsencode(data_dir.resolve() / "mongo") in words


def find_mongod() -> str:
    """The path of a mongod: on PATH, else the one in the installed PyPI package. Errors: CannotStart."""
    if found := shutil.which("mongod"):
        return found
    spec = importlib.util.find_spec("fiftyone")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        candidate = Path(folder, "db", "bin", "mongod")
        if candidate.exists():
            if not os.access(candidate, os.X_OK):
                candidate.chmod(0o755)
            return str(candidate)
    raise CannotStart(
        "no mongod found: install MongoDB 6 or newer so that `mongod` is on PATH, "
        "or set SMOVIE_MONGO_URL to a replica set"
    )


@contextmanager
def own_folder(data_dir: Path) -> Iterator[None]:
    """Hold the data folder. Errors: CannotStart when another SMovie holds it."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (data_dir / "smovie.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CannotStart(
                f"another SMovie (process {lock.read().strip() or 'unknown'}) is using {data_dir}: "
                "stop it, or choose another folder with --data-dir"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def url_of_running(data_dir: Path) -> str | None:
    """The address of the mongod that serves this folder now, if one does."""
    running = _remembered(data_dir)
    return _url(running.port) if running and running.lives(data_dir) else None


@asynccontextmanager
async def embedded_mongod(data_dir: Path, *, parameters: Sequence[str] = ()) -> AsyncIterator[str]:
    """A mongod on `<data_dir>/mongo` for as long as the context lasts; yields its URL. Hold `own_folder` around it.

    `parameters` are `name=value` for mongod's --setParameter. Errors: CannotStart.
    """
    if sys.platform != "linux":  # /proc is how we recognise our mongod
        raise CannotStart("the embedded MongoDB runs on Linux only: set SMOVIE_MONGO_URL to a replica set")
    left = _remembered(data_dir)
    if left and left.lives(data_dir):
        log.warning("adopting the mongod that a killed SMovie left", pid=left.pid, port=left.port)
        running = left
    else:
        running = await _start(data_dir, _free_port(left.port if left else 0), parameters)
    keeper = _Keeper(data_dir, running, parameters)
    try:
        await make_primary(f"127.0.0.1:{running.port}", replica_set=REPLICA_SET)
        watching = asyncio.create_task(keeper.keep_alive())
        try:
            yield _url(running.port)
        finally:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching
    finally:
        await _end(data_dir, keeper.running)


def _url(port: int) -> str:
    return f"mongodb://127.0.0.1:{port}/?replicaSet={REPLICA_SET}"


def _remembered(data_dir: Path) -> _Running | None:
    try:
        return _Running(**json.loads((data_dir / "mongod.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _free_port(preferred: int) -> int:
    """The port of the last run where it is still free (no reconfiguration then), else one from the kernel."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise CannotStart("no free port on 127.0.0.1")


async def _start(data_dir: Path, port: int, parameters: Sequence[str]) -> _Running:
    folder, log_file = data_dir.resolve() / "mongo", data_dir / "mongod.log"
    folder.mkdir(parents=True, exist_ok=True)
    settings = (
        "diagnosticDataCollectionEnabled=false",
        "shutdownTimeoutMillisForSignaledShutdown=100",  # nobody to hand over to: do not wait for it
        *parameters,
    )
    command = [
        find_mongod(), "--dbpath", str(folder), "--replSet", REPLICA_SET, "--bind_ip", "127.0.0.1",
        "--port", str(port), "--nounixsocket", "--wiredTigerCacheSizeGB", _CACHE_GB, "--oplogSize", "512",
        "--quiet", *(word for setting in settings for word in ("--setParameter", setting)),
    ]  # fmt: skip
    with log_file.open("wb") as output:
        # Its own session: a Ctrl-C in the terminal is for us, and we stop it when we are done with it.
        process = subprocess.Popen(  # noqa: ASYNC220 - one fork at start, before anybody is served
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    running = _Running(process.pid, port, process)
    try:
        (data_dir / "mongod.json").write_text(json.dumps({"pid": process.pid, "port": port}))
        await _wait_listening(process, port, log_file)
    except BaseException:  # also when we stop meanwhile: nobody would know of it any more
        await _end(data_dir, running)
        raise
    return running


async def _wait_listening(process: subprocess.Popen[bytes], port: int, log_file: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise CannotStart(_why_it_ended(log_file))
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.2):
            return
        await asyncio.sleep(0.05)
    raise CannotStart(f"mongod did not answer within 30 s; its log is {log_file}")


def _why_it_ended(log_file: Path) -> str:
    tail = log_file.read_text(errors="replace")[-2000:]
    for library, package in _LIBRARY_PACKAGES.items():
        if f"{library}: cannot open" in tail:
            return f"mongod needs {library}: apt-get install {package}"
    return f"mongod ended at once; the end of {log_file}:\n{tail}"


@dataclass
class _Keeper:
    """Watches over one mongod: starts it again when it dies under us."""

    data_dir: Path
    running: _Running
    parameters: Sequence[str]

    async def keep_alive(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            if self.running.lives(self.data_dir):
                continue
            log.error("mongod ended under us, starting it again", pid=self.running.pid)
            try:
                self.running = await _start(self.data_dir, self.running.port, self.parameters)
                await make_primary(f"127.0.0.1:{self.running.port}", replica_set=REPLICA_SET)
            except Exception as exc:  # whatever it was: without this task nobody would start it again
                log.error("mongod did not start, trying again", problem=str(exc))


async def _end(data_dir: Path, running: _Running) -> None:
    """Stop a mongod and wait until it is gone; one that does not stop is killed."""
    with contextlib.suppress(ProcessLookupError):
        if running.lives(data_dir):
            os.kill(running.pid, signal.SIGTERM)
            os.kill(running.pid, signal.SIGCONT)  # a stopped process does not see SIGTERM
        for _ in range(STOP_WITHIN_S * 50):
            if not running.lives(data_dir):
                break
            await asyncio.sleep(0.02)
        else:
            os.kill(running.pid, signal.SIGKILL)
            log.error("mongod did not stop in time and was killed", pid=running.pid)
    if running.process:
        running.process.wait()
