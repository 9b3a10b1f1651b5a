"""The media folder: whatever may wait for a disk is done in threads of its own, so that the loop never does.

Bytes that the system holds in memory are read on the loop: that takes 40 µs for a chunk and spares a change of threads,
which made sending a segment half as dear again (docs/decisions/0007).
"""

import asyncio
import errno
import hashlib
import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, TypeVar

from smovie.errors import NotFound, Unavailable

T = TypeVar("T")

CHUNK_BYTES = 256 << 10  # what is read, and sent, at a time
_THREADS = 8
_NOT_THERE = {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.ENXIO}


class Content(Protocol):
    """Bytes that can be sent, whole or in part; `etag` is strong."""

    size: int
    etag: str

    async def read(self, at: int, size: int) -> bytes:
        """Some bytes from `at`, at most `size`; none at the end."""

    def close(self) -> None:
        """Done with it."""


class MediaFolder:
    """Opens what lies in the folder, and nothing that a symbolic link puts outside of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="media")
        self._scratch = memoryview(bytearray(CHUNK_BYTES))

    async def open(self, path: str) -> "MediaFile":
        """A file by its path below the folder. Errors: NotFound; Unavailable when the disk refuses."""
        try:
            descriptor, status = await self.run(lambda: _open(self._folder, path))
        except OSError as exc:
            if exc.errno in _NOT_THERE:
                raise NotFound("media_not_found") from None
            raise Unavailable from exc
        return MediaFile(self, descriptor, status)

    def read_cached(self, descriptor: int, at: int, size: int) -> bytes | None:
        """As `MediaFile.read`, of what is in memory; None where a disk would have to be waited for."""
        try:
            count = os.preadv(descriptor, [self._scratch[:size]], at, os.RWF_NOWAIT)
        except (OSError, AttributeError):  # not in memory; or a file system, or a system, that cannot say
            return None
        return bytes(self._scratch[:count])

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` gives, done in a thread of ours."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def close(self) -> None:
        """Read nothing more."""
        self._pool.shutdown(wait=False)


class MediaFile:
    """An open file. Its ETag is made of size and time of change: hashing a film would take longer than sending it."""

    def __init__(self, folder: MediaFolder, descriptor: int, status: os.stat_result) -> None:
        self.size = status.st_size
        self.etag = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
        self._folder = folder
        self._descriptor = descriptor

    async def read(self, at: int, size: int) -> bytes:
        cached = self._folder.read_cached(self._descriptor, at, size)
        return await self._read(at, size) if cached is None else cached

    async def read_all(self) -> bytes:
        """The whole."""
        return await self._read(0, self.size)

    def close(self) -> None:
        os.close(self._descriptor)

    async def _read(self, at: int, size: int) -> bytes:
        return await self._folder.run(lambda: os.pread(self._descriptor, size, at))


class KeptContent:
    """Bytes that are in memory."""

    def __init__(self, body: bytes) -> None:
        self.size = len(body)
        self.etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        self._body = body

    async def read(self, at: int, size: int) -> bytes:
        return self._body[at : at + size]

    def close(self) -> None:
        pass


def _open(folder: Path, path: str) -> tuple[int, os.stat_result]:
    """(descriptor, status) of a plain file that really lies in the folder. Errors: OSError."""
    root = os.path.realpath(folder)
    real = os.path.realpath(os.path.join(root, path))
    if not real.startswith(root.rstrip("/") + "/"):
        raise OSError(errno.ENOENT, "out of the media folder")
    descriptor = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)  # a pipe would have us wait for a writer
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise OSError(errno.ENOENT, "not a plain file")
    return descriptor, status
