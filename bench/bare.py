"""The ceiling: a Tornado handler that writes given bytes and does nothing else, on the same loop as SMovie.

python -m bench.bare ANSWERS      # a JSON list of {status, content_type, body}; prints its port, serves /0, /1 ...
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson
import uvloop
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from bench.proc import cpus_for_bench, pin
from bench.processes import ROOT


@dataclass(frozen=True)
class BareAnswer:
    """What to write; the body is text because all that is compared is JSON."""

    status: int
    content_type: str
    body: str


class BareHandler(RequestHandler):
    """Writes an answer made beforehand."""

    def initialize(self, status: int, content_type: str, body: bytes) -> None:
        self._answer = status, content_type, body

    def compute_etag(self) -> None:
        return None  # hashing every body would only lower the ceiling

    async def get(self) -> None:
        status, content_type, body = self._answer
        if status == 304:
            self.set_status(304)
            self.finish()
        else:
            self.set_header("Content-Type", content_type)
            self.finish(body)

    post = get


@contextmanager
def bare_server(answers: Sequence[BareAnswer], folder: Path) -> Iterator[tuple[int, int]]:
    """The bare server as a process; yields (pid, port). It serves `answers` under /0, /1 and so on."""
    file = folder / "bare.json"
    file.write_bytes(orjson.dumps([asdict(answer) for answer in answers]))
    with beside_server("bench.bare", file) as started:
        yield started


@contextmanager
def beside_server(module: str, argument: Path) -> Iterator[tuple[int, int]]:
    """`python -m MODULE ARGUMENT`, which prints its port, on the server's CPU; yields (pid, port)."""
    command = [sys.executable, "-m", module, str(argument)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            pin(process.pid, cpus_for_bench()[0])
            yield process.pid, port
        finally:
            process.terminate()


async def _serve(file: Path) -> None:
    rows = [(row["status"], row["content_type"], row["body"].encode()) for row in orjson.loads(file.read_bytes())]
    routes = [
        (f"/{number}", BareHandler, {"status": status, "content_type": content_type, "body": body})
        for number, (status, content_type, body) in enumerate(rows)
    ]
    sockets = bind_sockets(0, "127.0.0.1")
    HTTPServer(Application(routes)).add_sockets(sockets)
    print(sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_serve(Path(sys.argv[1])))
