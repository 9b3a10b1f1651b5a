"""A client that may break every rule of HTTP: bytes out, bytes in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from tests.support.api import Answer

WITHIN_S = 15.0


@dataclass
class RawClient:
    """A TCP connection to the server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, sent: bytes) -> None:
        """Send; that the server has hung up meanwhile is no error."""
        with suppress(ConnectionError, RuntimeError):  # uvloop's word for a transport that is closed
            self.writer.write(sent)
            await self.writer.drain()

    async def answer(self) -> Answer:
        """The next answer; one without Content-Length has no body."""
        async with asyncio.timeout(WITHIN_S):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin1").rstrip().split("\r\n")
            headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:])}
            body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return Answer(int(head[0].split()[1]), headers, body)

    async def rest(self) -> bytes:
        """Everything until the server ends the connection; fails when it does not."""
        said = b""
        async with asyncio.timeout(WITHIN_S):
            with suppress(ConnectionError):
                while part := await self.reader.read(1 << 16):
                    said += part
        return said


@asynccontextmanager
async def raw(port: int, host: str = "127.0.0.1") -> AsyncIterator[RawClient]:
    """Connect, and hang up in the end."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        yield RawClient(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def request_of(method: str, target: str, *headers: str, body: bytes = b"") -> bytes:
    """A request as bytes, from text that may be anything in Latin 1."""
    lines = [f"{method} {target} HTTP/1.1", "Host: smovie", *headers]
    return "\r\n".join(lines).encode("latin1") + b"\r\n\r\n" + body


async def said_to(port: int, sent: bytes) -> bytes:
    """All that the server says to these bytes until it hangs up."""
    async with raw(port) as client:
        await client.send(sent)
        return await client.rest()
