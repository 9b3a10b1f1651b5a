"""The servers that are measured side by side: SMovie, and the peers of a study kept elsewhere, where it is present.

The peers' folder (`--peers`, `SMOVIE_BENCH_PEERS`) has a `setup.sh` that fetches what they need into `PEERS_TMP`.
"""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import click

from bench.front_door import Account, episode_ids, register_users, sign_in
from bench.proc import cpus_for_bench, pin
from bench.processes import UNBOUNDED, ServerProcess, running_server
from bench.rooms_load import Place
from smovie.embedded import find_mongod
from tests.support.api import Api

ROOMS = 100
USERS, SIGN_INS_EACH = 25, 20
_TEXT = "{M} great episode, watching it again tonight with friends"
_START_WITHIN_S = 60.0


class Contender(Protocol):
    """A server that can be started again and again."""

    @property
    def name(self) -> str:
        """What it is called in the tables."""

    def running(self) -> AbstractAsyncContextManager[Place]:
        """Run it for as long as the context lasts, apart from the load."""


class Ours:
    """SMovie with its embedded mongod, limits lifted; users, sign-ins and rooms got by its front door."""

    name = "SMovie"

    def __init__(self, folder: Path) -> None:
        self.server = ServerProcess(folder / "data", UNBOUNDED)
        self._accounts: list[Account] = []
        self._rooms: list[str] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Place]:
        """Started, signed in, on a CPU of its own."""
        async with running_server(self.server):
            self.server.pin_apart()
            api = Api(self.server.port)
            if not self._accounts:
                self._accounts = await register_users(self.server, api, USERS)
                self._rooms = await episode_ids(api, ROOMS)
            # A sign-in of its own for every few sockets: each is looked up by itself.
            tokens = [(await sign_in(api, a)).access for a in self._accounts for _ in range(SIGN_INS_EACH)]
            api.close()
            processes = {"server": self.server.pid, "db": self.server.mongod_pid}
            yield our_place([self.server.port], self._rooms, tokens, processes)


def our_place(
    ports: Sequence[int], rooms: Sequence[str], tokens: Sequence[str], processes: Mapping[str, int], text: str = _TEXT
) -> Place:
    """How to get into the rooms of SMovie, of one instance or several; `text` holds {M}, and is what is said."""
    return Place(
        port=ports[0], other_ports=ports[1:], path="/ws/comments/{room}?token={token}", joined='"type":"joined"',
        payload=f'{{"type":"comment","message":"{text}","cmid":"{{n}}"}}', rooms=rooms, tokens=tokens,
        processes=processes,
    )  # fmt: skip


@dataclass(frozen=True)
class PeersFolder:
    """Where the peers are and what was fetched for them."""

    sources: Path
    fetched: Path

    @classmethod
    def find(cls, sources: Path | None) -> "PeersFolder | None":
        """The folder, when it is there and set up; else None, and a line that says why."""
        fetched = Path(os.environ.get("PEERS_TMP") or Path(tempfile.gettempdir(), "peers"))
        if sources is None or not (sources / "data.py").exists():
            click.echo("no peers beside us: give their folder by --peers or SMOVIE_BENCH_PEERS")
        elif not (fetched / "venv" / "bin" / "python").exists():
            click.echo(f"no peers beside us: {sources}/setup.sh has not been run")
        else:
            return cls(sources.resolve(), fetched)
        return None

    @property
    def python(self) -> Path:
        return self.fetched / "venv" / "bin" / "python"

    @property
    def environment(self) -> dict[str, str]:
        """For their processes, with the secret that their tokens are signed with."""
        return {
            **os.environ,
            "PEERS_SECRET": self.ask("print(data.SECRET, end='')"),
            "PEERS_NOSEARCH": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "NODE_PATH": str(self.fetched / "node" / "node_modules"),
            "NODE_ENV": "production",
        }

    def ask(self, code: str) -> str:
        """What a line of Python prints beside their data."""
        command = [str(self.python), "-B", "-c", f"import data; {code}"]
        return subprocess.run(command, cwd=self.sources, check=True, capture_output=True, text=True).stdout


class Peer:
    """One of the peers with a mongod beside it; a `durable` one waits for the journal, as SMovie does."""

    def __init__(
        self, name: str, command: Sequence[str], peers: PeersFolder, folder: Path, *, durable: bool = False
    ) -> None:
        self.name = name
        self._durable = durable
        self._command = command
        self._peers = peers
        self._folder = folder / name
        self._tokens: list[str] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Place]:
        """Started, with users in its database, on a CPU of its own."""
        server_cpu, load_cpu = cpus_for_bench()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir()
        db_port, port = _free_port(), _free_port()
        mongod = [
            find_mongod(), "--dbpath", str(self._folder), "--port", str(db_port), "--bind_ip", "127.0.0.1",
            "--wiredTigerCacheSizeGB", "0.5", "--nounixsocket",
        ]  # fmt: skip
        url = f"mongodb://127.0.0.1:{db_port}"
        if not self._tokens:
            self._tokens = self._peers.ask("print('\\n'.join(data.tokens()))").split()
        environment = self._peers.environment
        async with _running(mongod, db_port, load_cpu, os.environ, self._folder / "mongod.log") as db_pid:
            await asyncio.to_thread(self._peers.ask, f"data.load_mongo({url!r})")
            asked = f"{url}/?w=majority&journal=true" if self._durable else url
            command = [*self._command, "--port", str(port), "--mongo", asked]
            async with _running(command, port, server_cpu, environment, self._folder / "server.log") as pid:
                yield Place(
                    port=port, path="/ws/episodes/{room}/comments/?token={token}",
                    payload=f'{{"type":"comment","message":"{_TEXT}"}}',
                    rooms=[str(number + 1) for number in range(ROOMS)], tokens=self._tokens,
                    processes={"server": pid, "db": db_pid},
                )  # fmt: skip


def peers_of(peers: PeersFolder, folder: Path, names: Sequence[str], *, durable: bool = False) -> list[Contender]:
    """The peers of these names that can run here."""
    python, sources = str(peers.python), peers.sources
    commands = {
        "FastAPI": [python, str(sources / "fastapi_uvicorn" / "server.py")],
        "Node ws": [shutil.which("node") or "", str(sources / "node_ws" / "server.js")],
        "plain Tornado": [python, str(sources / "tornado_bare" / "server.py")],
    }
    found: list[Contender] = []
    for name, (program, script) in commands.items():
        if name not in names:
            continue
        if program and Path(script).exists():
            found.append(Peer(name, [program, script], peers, folder, durable=durable))
        else:
            click.echo(f"no {name}: {script if program else 'node'} is not there")
    return found


PEER_NAMES = ("FastAPI", "Node ws", "plain Tornado")


@asynccontextmanager
async def _running(
    command: Sequence[str], port: int, cpu: int, environment: Mapping[str, str], log: Path
) -> AsyncIterator[int]:
    """A process that listens on a port, on one CPU."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        pin(process.pid, cpu)
        async with asyncio.timeout(_START_WITHIN_S):
            while not _listens(port):
                if process.poll() is not None:
                    end = log.read_text(errors="replace")[-2000:]
                    raise click.ClickException(f"{command[1]} ended with {process.returncode}:\n{end}")
                await asyncio.sleep(0.05)
        pin(process.pid, cpu)  # and the threads that it began before
        yield process.pid
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            await asyncio.to_thread(process.wait, 10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.2):
        return True
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
