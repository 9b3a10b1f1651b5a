"""A page asked for at fixed times however long the answers take: what a visitor notices of whatever is going on.

    python -m bench.rest_probe PORT PATH PER_SECOND SECONDS kept|fresh

A process of its own, so that a busy client beside it is not taken for a busy server; prints the figures as JSON.
"""

import asyncio
import functools
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from typing import cast

import orjson
import uvloop

from bench.http_load import request
from bench.table import percentile

_Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]

_KEPT = 16  # connections; an answer that is late delays none of the others while one is free


@dataclass(frozen=True)
class Asked:
    """Times in ms since an answer was due to be asked for."""

    asked: int
    errors: int
    p50_ms: float
    p99_ms: float
    max_ms: float


async def probe(port: int, path: str, per_second: float, seconds: float, *, fresh: bool = False) -> Asked:
    """Ask in a process of its own, on connections that are kept or on a fresh one each time."""
    how = "fresh" if fresh else "kept"
    words = [sys.executable, "-m", "bench.rest_probe", str(port), path, str(per_second), str(seconds), how]
    process = await asyncio.create_subprocess_exec(*words, stdout=subprocess.PIPE)
    out, _ = await process.communicate()
    return Asked(**orjson.loads(out))


async def _ask(port: int, path: str, per_second: float, seconds: float, *, fresh: bool) -> Asked:
    connect = functools.partial(asyncio.open_connection, "127.0.0.1", port)
    free: asyncio.LifoQueue[_Line | None] = asyncio.LifoQueue()  # None: one that broke
    for _ in range(0 if fresh else _KEPT):
        free.put_nowait(await connect())
    took_ms: list[float] = []
    errors = 0

    async def ask_once(due: float) -> None:
        nonlocal errors
        line = None if fresh else await free.get()
        try:
            line = line or await connect()
            answered = await _answers(line, path)
            errors += not answered  # not in one line: others add to it while this one waits
        except (OSError, EOFError, IndexError):
            errors += 1
            _close(line)
            line = None
        if fresh:
            _close(line)
        else:
            free.put_nowait(line)
        took_ms.append((time.perf_counter() - due) * 1e3)

    begun = time.perf_counter()
    asking = []
    for number in range(round(per_second * seconds)):
        due = begun + number / per_second
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        asking.append(asyncio.create_task(ask_once(due)))
    await asyncio.gather(*asking)
    took_ms.sort()
    return Asked(len(took_ms), errors, percentile(took_ms, 0.5), percentile(took_ms, 0.99), took_ms[-1])


async def _answers(line: _Line, path: str) -> bool:
    """Whether a page is answered with 200. Errors: OSError, EOFError, IndexError."""
    reader, writer = line
    writer.write(request(path))
    head = await reader.readuntil(b"\r\n\r\n")
    length = head.split(b"\r\nContent-Length: ", 1)[1].split(b"\r\n", 1)[0]
    await reader.readexactly(int(length))
    return head.startswith(b"HTTP/1.1 200 ")


def _close(line: _Line | None) -> None:
    if line:
        line[1].close()


if __name__ == "__main__":
    _, port, path, per_second, seconds, how = cast(tuple[str, str, str, str, str, str], tuple(sys.argv))
    asking = _ask(int(port), path, float(per_second), float(seconds), fresh=how == "fresh")
    print(orjson.dumps(asdict(uvloop.run(asking))).decode())
