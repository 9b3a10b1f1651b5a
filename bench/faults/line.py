"""A line that can be cut, in a process of its own: what the bench computes meanwhile must not make it slow.

python -m bench.faults.line PORT     # prints the port it listens on, then does what lines on its standard input say
"""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.support.proxy import Proxy


class Line:
    """A proxy to a local port; every call returns when it is so."""

    def __init__(self, process: Process, port: int) -> None:
        self.port = port
        self._process = process

    async def mute(self, word: str = "") -> None:
        """What the server says is lost, on connections that have sent the word, or on all."""
        await self._do(f"mute {word}")

    async def unmute(self) -> None:
        """It is heard again."""
        await self._do("unmute")

    async def deafen(self) -> None:
        """What clients say is kept from the server, and comes late."""
        await self._do("deafen")

    async def undeafen(self) -> None:
        """It comes now."""
        await self._do("undeafen")

    async def cut(self) -> None:
        """Break every connection that is open now."""
        await self._do("cut")

    async def _do(self, words: str) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{words}\n".encode())
        await self._process.stdin.drain()
        assert await self._process.stdout.readline() == b"done\n", words


@asynccontextmanager
async def running_line(target_port: int) -> AsyncIterator[Line]:
    """A line for as long as the context lasts."""
    command = (sys.executable, "-m", "bench.faults.line", str(target_port))
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    try:
        assert process.stdout is not None
        yield Line(process, int(await process.stdout.readline()))
    finally:
        process.terminate()
        await process.wait()


async def _serve(target_port: int) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with Proxy(target_port).running() as proxy:
        print(proxy.port, flush=True)
        while line := await reader.readline():
            name, _, word = line.decode().rstrip("\n").partition(" ")
            if name == "mute":
                proxy.mute(word.encode())
            else:
                {"unmute": proxy.unmute, "deafen": proxy.deafen, "undeafen": proxy.undeafen, "cut": proxy.cut}[name]()
            print("done", flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it ends it
    asyncio.run(_serve(int(sys.argv[1])))
