"""Two instances whose Redis or MongoDB is disturbed in talk, the short form of `make faults`: every word is kept."""

import random
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest
from tornado.ioloop import IOLoop

from bench.faults import databases, mirrors
from bench.faults.deployment import Deployment, running_deployment
from bench.faults.fault import Disturbed, Fault, Pace, disturb

BRIEF = Pace(clients=8, talkers=4, per_second=100, cuts=2, before_s=(0.4, 0.5), after_s=0.2)
FAULTS = {fault.name: fault for fault in (*databases.FAULTS, *mirrors.FAULTS)}


@pytest.fixture(scope="module")
def deployment(io_loop: IOLoop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    stack, folder = AsyncExitStack(), tmp_path_factory.mktemp("deployment")
    yield io_loop.run_sync(lambda: stack.enter_async_context(running_deployment(folder)))
    io_loop.run_sync(stack.aclose)


async def disturbed(deployment: Deployment, name: str, lasts_s: float) -> Disturbed:
    fault: Fault = replace(FAULTS[name], lasts_s=lasts_s)
    found = await disturb(deployment, fault, random.Random(name), BRIEF)
    assert found.broken == []
    assert found.figures["said"]
    return found


async def test_redis_killed_and_back_empty(deployment: Deployment) -> None:
    found = await disturbed(deployment, "redis-kill", 0.5)
    assert found.figures["fresh pages"] > BRIEF.clients  # type: ignore[operator]


async def test_redis_that_hangs(deployment: Deployment) -> None:
    found = await disturbed(deployment, "redis-stop", 0.5)
    assert found.figures["fresh pages"] > BRIEF.clients  # type: ignore[operator]


async def test_redis_emptied(deployment: Deployment) -> None:
    await disturbed(deployment, "redis-flushall", 0.1)


async def test_answers_lost_after_the_commit(deployment: Deployment) -> None:
    found = await disturbed(deployment, "insert-denied", 0.5)
    assert found.figures["said"] == len({text for client in found.check.clients for text, _ in client.acknowledged})


async def test_mongod_killed_and_started_again(deployment: Deployment) -> None:
    found = await disturbed(deployment, "mongod-kill", 0.1)
    assert found.figures["repeated"]
