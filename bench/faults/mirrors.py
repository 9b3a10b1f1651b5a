"""Redis killed, stopped, emptied, out of date, refused or cut off in one direction. Rooms go on at each instance."""

import asyncio
from functools import partial

from bench.faults.deployment import Deployment
from bench.faults.fault import Fault

_REFUSALS = 20

_OfRedis = partial(Fault, gap_is_bound=True)


async def _kill(deployment: Deployment) -> None:
    await deployment.redis.kill()


async def _start(deployment: Deployment) -> None:
    await deployment.redis.start()


async def _pause(deployment: Deployment) -> None:
    deployment.redis.pause()


async def _resume(deployment: Deployment) -> None:
    deployment.redis.resume()


async def _flush(deployment: Deployment) -> None:
    async with deployment.redis.client() as redis:
        await redis.flushall()


async def _keep_and_kill(deployment: Deployment) -> None:
    """It keeps what it knows now, goes on, and will come back with that."""
    async with deployment.redis.client() as redis:
        await redis.save()
    await asyncio.sleep(1.0)
    await deployment.redis.kill()


async def _start_with_what_was_kept(deployment: Deployment) -> None:
    await deployment.redis.start()
    async with deployment.redis.client() as redis:
        assert await redis.dbsize(), "it came back empty"
    deployment.redis.forget()


async def _mute(deployment: Deployment) -> None:
    await deployment.redis_line.mute()


async def _mute_subscription(deployment: Deployment) -> None:
    await deployment.redis_line.mute("SUBSCRIBE")


async def _unmute(deployment: Deployment) -> None:
    await deployment.redis_line.unmute()


async def _deafen(deployment: Deployment) -> None:
    await deployment.redis_line.deafen()


async def _undeafen(deployment: Deployment) -> None:
    await deployment.redis_line.undeafen()


FAULTS = (
    _OfRedis("redis-kill", "kill -9 of Redis, back empty after 2 s", _kill, _start, lasts_s=2.0),
    _OfRedis("redis-stop", "SIGSTOP of Redis for 2 s", _pause, _resume, lasts_s=2.0),
    _OfRedis("redis-flushall", "FLUSHALL", _flush, lasts_s=0.5),
    _OfRedis("redis-old-rdb", "Redis back with what it knew a second before it was killed",
             _keep_and_kill, _start_with_what_was_kept, lasts_s=1.0),
    _OfRedis("redis-refused", f"Redis' port refused, then back, {_REFUSALS} times", _kill, _start, lasts_s=1.0,
             times=_REFUSALS),
    _OfRedis("redis-answers", "Redis' answers are lost to one instance, 3 s", _mute, _unmute, lasts_s=3.0),
    _OfRedis("redis-questions", "what one instance says reaches Redis 3 s late", _deafen, _undeafen, lasts_s=3.0),
    _OfRedis("redis-silent", "one instance's subscription goes silent, 5 s", _mute_subscription, _unmute, lasts_s=5.0),
)  # fmt: skip
ROUNDS = tuple(fault.as_round() for fault in FAULTS)
