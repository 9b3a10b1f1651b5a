"""A line to a server that can be cut in one direction, without either end being told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_REMEMBERED = 4_096  # bytes of what a connection said first


class Proxy:
    """Passes bytes on. While it is mute, what the server says is lost: on connections that have sent `word` in their
    first bytes, or all. While it is deaf, what clients say is kept from the server, and comes late."""

    def __init__(self, target_port: int) -> None:
        self.port = 0
        self._target_port = target_port
        self._mute_word: bytes | None = None
        self._hears = asyncio.Event()
        self._hears.set()
        self._pumps: set[asyncio.Task[None]] = set()

    def mute(self, word: bytes = b"") -> None:
        self._mute_word = word

    def unmute(self) -> None:
        self._mute_word = None

    def deafen(self) -> None:
        self._hears.clear()

    def undeafen(self) -> None:
        self._hears.set()

    def cut(self) -> None:
        """Break every connection that is open now."""
        for pump in self._pumps:
            pump.cancel()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Proxy"]:
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        yield self
        server.close()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target_port)
        except OSError:
            writer.close()
            return
        said = bytearray()
        for pump in (self._pump(reader, back, said, is_answer=False), self._pump(there, writer, said, is_answer=True)):
            task = asyncio.create_task(pump)
            self._pumps.add(task)
            task.add_done_callback(self._pumps.discard)

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, said: bytearray, *, is_answer: bool
    ) -> None:
        try:
            while data := await source.read(1 << 16):
                if not is_answer:
                    said += data[: _REMEMBERED - len(said)]
                    await self._hears.wait()
                elif self._mute_word is not None and self._mute_word in said:
                    continue
                sink.write(data)
                await sink.drain()
        except OSError:
            pass  # one end has gone; the other is told
        finally:
            sink.close()
