"""Throttles of several instances: together on one Redis, each by itself without, and no request that fails with it."""

import time

from tests.conftest import StartServer
from tests.support.redis import RedisServer, patience
from tests.support.server import RunningServer
from tests.support.wait import until

ONE_ADDRESS = {"limit_logins_per_address": "3/minute"}


async def heard(server: RunningServer, tries: int) -> list[int]:
    """What so many sign-ins from our address are answered."""
    body = {"email": "nobody@example.com", "password": "not the password"}
    return [(await server.api.post("/auth/login", body)).status for _ in range(tries)]


async def test_a_throttle_holds_over_two_instances_on_one_redis(start: StartServer, redis_server: RedisServer) -> None:
    one, two = [await start(mongo_database="throttled", redis_url=redis_server.url, **ONE_ADDRESS) for _ in range(2)]
    with patience():
        assert await heard(one, 2) == [401, 401]
        assert await heard(two, 2) == [401, 429]
        assert await heard(one, 1) == [429]


async def test_without_redis_each_instance_has_its_own(start: StartServer) -> None:
    one, two = [await start(**ONE_ADDRESS) for _ in range(2)]
    assert await heard(one, 4) == [401, 401, 401, 429]
    assert await heard(two, 4) == [401, 401, 401, 429]


async def test_an_account_that_was_guessed_on_one_instance_is_closed_on_the_other(
    start: StartServer, redis_server: RedisServer
) -> None:
    settings = {"redis_url": redis_server.url, "limit_failed_logins_per_account": "2/5 minutes"}
    one, two = [await start(mongo_database="guessed", **settings) for _ in range(2)]
    member = await one.a_member()
    right = {"email": member.email, "password": member.password}
    with patience():
        for server in (one, two):
            assert (await server.api.post("/auth/login", {**right, "password": "not the password"})).status == 401
        refused = await one.api.post("/auth/login", right)
        assert refused.status == 429
        assert 290 <= int(refused.headers["retry-after"]) <= 300


async def test_redis_killed_in_the_middle_fails_no_sign_in_and_counts_again_when_it_is_back(
    start: StartServer, redis_server: RedisServer
) -> None:
    server = await start(redis_url=redis_server.url, **ONE_ADDRESS)
    with patience():
        assert await heard(server, 3) == [401, 401, 401]
    await redis_server.kill()
    assert await heard(server, 4) == [401, 401, 401, 429]
    await redis_server.start()

    async def counts_there() -> bool:
        await heard(server, 1)
        async with redis_server.client() as redis:
            return any("logins_per_address" in key for key in await redis.keys())

    await until(counts_there)


async def test_a_redis_that_hangs_holds_a_sign_in_up_for_a_moment(
    start: StartServer, redis_server: RedisServer
) -> None:
    server = await start(redis_url=redis_server.url, **ONE_ADDRESS)
    redis_server.pause()
    took = []
    for _ in range(2):
        began = time.monotonic()
        assert await heard(server, 1) == [401]
        took.append(time.monotonic() - began)
    assert max(took) < 2.0, "redis-py alone would wait 5 s and more"


async def test_a_server_starts_without_the_redis_it_was_told_of(start: StartServer, redis_server: RedisServer) -> None:
    await redis_server.kill()
    server = await start(redis_url=redis_server.url, **ONE_ADDRESS)
    assert await heard(server, 4) == [401, 401, 401, 429]
