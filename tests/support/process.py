"""`run.py` as an operator starts it: a process of its own, with its embedded mongod. All that was started is ended."""

import itertools
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self

import orjson
from websockets.asyncio.client import connect

from tests.support.api import Api
from tests.support.room import RoomClient
from tests.support.wait import until

ROOT = Path(__file__).parents[2]
START_WITHIN_S = 60.0
END_WITHIN_S = 30.0


def mongods_on(data_dir: Path) -> list[int]:
    """Every process that works on a data folder's database, whoever started it."""
    wanted, found = os.fsencode(data_dir.resolve() / "mongo"), []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            if wanted in (folder / "cmdline").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return found


@dataclass
class Program:
    """A started process; what it writes goes to files, so that it never waits for a reader."""

    process: subprocess.Popen[bytes]
    data_dir: Path
    out_file: Path
    err_file: Path
    address: str = ""  # of a server that serves, with its port and front door
    port: int = 0
    api: Api = field(init=False)

    @property
    def printed(self) -> str:
        """Standard output until now."""
        return self.out_file.read_text()

    @property
    def complaints(self) -> str:
        """Standard error until now, the log too."""
        return self.err_file.read_text()

    @property
    def log(self) -> list[dict[str, Any]]:
        """The lines of the log until now."""
        return [orjson.loads(line) for line in self.complaints.splitlines() if line[:1] == "{" and line[-1:] == "}"]

    @property
    def mongod_pid(self) -> int:
        """The mongod as the data folder remembers it."""
        return int(orjson.loads((self.data_dir / "mongod.json").read_bytes())["pid"])

    def logged(self, event: str) -> dict[str, Any] | None:
        return next((line for line in self.log if line["event"] == event), None)

    async def serves(self) -> None:
        """Wait until it takes requests. Fails with its log when it ended instead."""

        def serving() -> dict[str, Any] | None:
            assert self.process.poll() is None, f"ended with {self.process.returncode}: {self.complaints}"
            return self.logged("serving")

        line = await until(serving, START_WITHIN_S)
        assert line
        self.address = line["address"]
        self.port = int(self.address.rpartition(":")[2])
        self.api = Api(self.port)

    async def ended(self, within_s: float = END_WITHIN_S) -> int:
        """Wait for its end; its exit code."""
        await until(lambda: self.process.poll() is not None, within_s)
        return self.process.returncode

    async def stop(self, within_s: float = END_WITHIN_S) -> int:
        """SIGTERM; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return await self.ended(within_s)

    async def kill(self) -> None:
        """kill -9; its mongod lives on."""
        self.process.kill()
        await self.ended()

    def kill_mongod(self) -> None:
        os.kill(self.mongod_pid, signal.SIGKILL)

    async def sign_in(self, email: str, password: str) -> str:
        """An access token."""
        answer = await self.api.post("/auth/login", {"email": email, "password": password})
        assert answer.status == 200, answer.body
        return str(answer.json["access"])

    async def sign_in_demo_admin(self) -> str:
        """An access token of the admin that `run.py demo` makes."""
        return await self.sign_in("admin@smovie.example", (self.data_dir / "demo_admin_password").read_text())

    async def an_episode(self) -> str:
        """The id of an episode of the demo catalogue, always the same."""
        slug = (await self.api.get("/movies?kind=series&sort=title&page_size=1")).json["results"][0]["slug"]
        return str((await self.api.get(f"/movies/{slug}")).json["seasons"][0]["episodes"][0]["id"])

    @asynccontextmanager
    async def in_room(self, episode_id: str, access: str, query: str = "") -> AsyncIterator[RoomClient]:
        """A socket that has joined."""
        url = f"ws://127.0.0.1:{self.port}/ws/comments/{episode_id}?token={access}{query}"
        async with connect(url, compression=None, ping_interval=None, close_timeout=2) as socket:
            client = RoomClient(socket)
            client.joined = await client.hear_type("joined")
            yield client

    def end(self) -> None:
        """Whatever it does: end it, and any mongod on its folder."""
        self.process.kill()
        self.process.wait()
        if self.process.stdin:
            with suppress(BrokenPipeError):
                self.process.stdin.close()
        if self.port:
            self.api.close()
        for pid in mongods_on(self.data_dir):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


class Programs:
    """Starts programs; on leaving, none of them and none of their mongods is left."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = itertools.count()
        self._started: list[Program] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        for program in self._started:
            program.end()

    def new_data_dir(self) -> Path:
        return self.folder / f"data{next(self._numbers)}"

    def start(
        self, *words: str, data_dir: Path | None = None, env: Mapping[str, str] | None = None, piped: bool = False,
        script: str = "run.py",
    ) -> Program:  # fmt: skip
        """`run.py WORDS`, just started; `piped`: its standard input is a pipe of ours, else empty.

        `env` goes over ours, which holds no SMOVIE_ of an operator (tests/conftest.py)."""
        data_dir, number = data_dir or self.new_data_dir(), next(self._numbers)
        given = {"SMOVIE_PORT": "0", "SMOVIE_DATA_DIR": str(data_dir), "SMOVIE_LOG_FORMAT": "json"}
        out_file, err_file = self.folder / f"out{number}", self.folder / f"err{number}"
        with out_file.open("wb") as out, err_file.open("wb") as err:
            process = _open(
                [sys.executable, str(ROOT / script), *words],
                {**os.environ, **given, "SMOVIE_BCRYPT_COST": "4", **(env or {})},
                out, err, piped=piped,
            )  # fmt: skip
        program = Program(process, data_dir, out_file, err_file)
        self._started.append(program)
        return program

    async def serve(
        self, command: str = "serve", *, data_dir: Path | None = None, env: Mapping[str, str] | None = None
    ) -> Program:
        """A server that serves."""
        program = self.start(command, data_dir=data_dir, env=env)
        await program.serves()
        return program

    async def run(self, *words: str, data_dir: Path | None = None, env: Mapping[str, str] | None = None) -> Program:
        """A program that has ended."""
        program = self.start(*words, data_dir=data_dir, env=env)
        await program.ended(START_WITHIN_S)
        return program


def _open(
    command: Sequence[str], env: Mapping[str, str], out: IO[bytes], err: IO[bytes], *, piped: bool
) -> subprocess.Popen[bytes]:
    stdin = subprocess.PIPE if piped else subprocess.DEVNULL
    return subprocess.Popen(command, cwd=ROOT, env=dict(env), stdin=stdin, stdout=out, stderr=err)
