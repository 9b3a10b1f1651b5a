"""ROOMS.md 14, 15, 17, 18 and 24 on two instances that share a real Redis and MongoDB."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager

import orjson
import pytest

from tests.conftest import StartServer
from tests.support.redis import RedisServer, patience
from tests.support.room import RoomClient, in_room, replay
from tests.support.server import Member, RunningServer
from tests.support.wait import until

Pair = tuple[RunningServer, RunningServer]


@pytest.fixture(autouse=True)
def patient() -> Iterator[None]:
    with patience():
        yield


async def two(start: StartServer, server: RunningServer, **settings: object) -> Pair:
    """Two instances of one SMovie."""
    given = {
        "mongo_database": server.settings.mongo_database,
        "mirror_patience_ms": 10_000,
        "limit_comments_per_10s": 0,
        **settings,
    }
    return await start(**given), await start(**given)


@asynccontextmanager
async def in_both(pair: Pair, episode: str, *members: Member) -> AsyncIterator[list[RoomClient]]:
    """A socket on each instance: of one member, or of one each."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(in_room(server, episode, member.access))
            for server, member in zip(pair, [members[0], members[-1]], strict=True)
        ]


async def test_clause_14_edits_reactions_and_pins_reach_the_other_instance_in_one_order(
    start: StartServer, server: RunningServer, redis_server: RedisServer
) -> None:
    pair = await two(start, server, redis_url=redis_server.url)
    here, _ = pair
    author, moderator, episode = await here.a_member(), await here.a_moderator(), here.an_episode_apart()
    async with in_both(pair, episode, author, moderator) as [room, staff]:
        comment = await room.comment("một")
        await room.ask("edit", comment_id=comment, message="hai")
        await staff.ask("react", comment_id=comment, emoji="😂")
        await staff.ask("pin", comment_id=comment)
        await staff.ask("slow_mode", seconds=5)
        await staff.ask("close")
        await room.hear_type("closed")
        orders = [await replay(instance, room, episode, author.access) for instance in pair]
    assert orders[0] == orders[1]
    kinds = ["comment", "edited", "reaction", "pinned", "slow_mode", "closed"]
    assert [frame["type"] for frame in orders[0]] == kinds


async def test_clause_14_a_deleted_text_is_gone_from_every_instance_and_from_redis(
    start: StartServer, server: RunningServer, redis_server: RedisServer
) -> None:
    pair = await two(start, server, redis_url=redis_server.url)
    here, there = pair
    author, moderator, episode = await here.a_member(), await here.a_moderator(), here.an_episode_apart()
    async with in_both(pair, episode, author, moderator) as [room, staff]:
        comment = await room.comment("điều bí mật")
        await room.ask("edit", comment_id=comment, message="vẫn bí mật")
        await staff.ask("pin", comment_id=comment)
        await staff.ask("delete", comment_id=comment)
        await room.hear_type("deleted")
        for instance in pair:
            told = await replay(instance, room, episode, author.access)
            assert [frame["type"] for frame in told] == ["deleted"] * 4
            assert "bí mật" not in orjson.dumps(told).decode()
    async with redis_server.client() as redis:
        held = [str(await redis.xrange(key)) async for key in redis.scan_iter("*:stream")]
        held += [str(await redis.hgetall(key)) async for key in redis.scan_iter("*:redactions")]
    assert len(held) >= 2
    assert "bí mật" not in "".join(held)
    assert "pinned" not in "".join(held)
    page = await there.api.get(f"/episodes/{episode}/comments")
    assert page.json["results"] == []


async def test_clause_14_counts_are_exact_when_both_instances_count(
    start: StartServer, server: RunningServer, redis_server: RedisServer
) -> None:
    pair = await two(start, server, redis_url=redis_server.url)
    here, there = pair
    episode, members = here.an_episode_apart(), [await here.a_member() for _ in range(6)]
    async with in_both(pair, episode, members[0], members[1]) as rooms:
        comment = await rooms[0].comment("cùng thích")
        path = f"/api/v1/comments/{comment}/reactions/%F0%9F%98%AE"
        answers = await asyncio.gather(
            *(instance.api.call("PUT", path, access=member.access) for member in members for instance in pair)
        )
        assert {answer.status for answer in answers} == {200}
        told = await asyncio.gather(
            *(room.hear_until(lambda frame: frame.get("reactions", {}).get("😮") == 6) for room in rooms)
        )
        assert told[0] == told[1]
        for instance in pair:
            last = (await replay(instance, rooms[0], episode, members[0].access))[-1]
            assert last["reactions"]["😮"] == 6
    (shown,) = (await there.api.get(f"/episodes/{episode}/comments")).json["results"]
    assert shown["reactions"] == {"😮": 6}


async def test_clause_15_people_and_writers_are_counted_once_over_instances(
    start: StartServer, server: RunningServer, redis_server: RedisServer
) -> None:
    pair = await two(start, server, redis_url=redis_server.url)
    here, _ = pair
    member, reader, episode = await here.a_member(), await here.a_member(), here.an_episode_apart()
    async with in_both(pair, episode, member) as tabs, in_room(here, episode, reader.access) as other:
        names = sorted([member.username, reader.username])
        await other.hear_until(lambda frame: frame == {"type": "presence", "count": 2, "usernames": names})
        for tab in tabs:
            await tab.say(type="typing")
        told = await other.hear_type("typing")
        assert told == {"type": "typing", "usernames": [member.username], "count": 1}
        await tabs[1].comment("xong")
        assert (await other.hear_type("typing"))["count"] == 0


async def test_clause_17_comments_are_counted_over_instances(
    start: StartServer, server: RunningServer, redis_server: RedisServer
) -> None:
    pair = await two(start, server, redis_url=redis_server.url, limit_comments_per_10s=3)
    member, episode = await pair[0].a_member(), pair[0].an_episode_apart()
    async with in_both(pair, episode, member) as tabs:
        for number in range(3):
            await tabs[number % 2].comment(str(number))
        for tab in tabs:
            assert (await tab.ask("comment", message="thừa"))["code"] == "rate_limited"


async def test_clause_18_slow_mode_counts_over_instances(
    start: StartServer, server: RunningServer, redis_server: RedisServer
) -> None:
    pair = await two(start, server, redis_url=redis_server.url)
    here, there = pair
    member, moderator, episode = await here.a_member(), await here.a_moderator(), here.an_episode_apart()
    path = f"/episodes/{episode}/comments"
    async with in_both(pair, episode, member) as tabs, in_room(here, episode, moderator.access) as staff:
        await tabs[1].comment("trước đó")
        await staff.ask("slow_mode", seconds=100)
        await tabs[0].comment("một")
        assert (await tabs[1].ask("comment", message="hai"))["code"] == "slow_mode"
    # Nobody is in the room there any more, and its rules hold all the same.
    answer = await there.api.post(path, {"message": "ba"}, access=member.access)
    assert (answer.status, answer.json["type"]) == (429, "/problems/slow-mode")


async def test_clause_16_a_mute_holds_and_is_told_on_the_other_instance(
    start: StartServer, server: RunningServer, redis_server: RedisServer
) -> None:
    pair = await two(start, server, redis_url=redis_server.url)
    here, _ = pair
    member, moderator, episode = await here.a_member(), await here.a_moderator(), here.an_episode_apart()
    async with in_both(pair, episode, moderator, member) as [staff, room]:
        await room.comment("trước đó")
        await staff.ask("mute", user_id=member.id, seconds=600, reason="ồn ào")
        assert (await room.hear_type("muted"))["reason"] == "ồn ào"
        assert (await room.ask("comment", message="x"))["code"] == "muted"
        await staff.ask("unmute", user_id=member.id)
        await room.hear_type("unmuted")
        await room.comment("cảm ơn")


async def test_rules_are_read_anew_while_their_changes_do_not_arrive(start: StartServer, server: RunningServer) -> None:
    here, there = await two(start, server)
    member, moderator, episode = await here.a_member(), await here.a_moderator(), here.an_episode_apart()
    path = f"/episodes/{episode}/comments"
    assert (await there.api.post(path, {"message": "một"}, access=member.access)).status == 201
    there.runtime.comments.rules.follow(followed=False)
    async with in_room(here, episode, moderator.access) as staff:
        await staff.ask("close")
        assert (await there.api.post(path, {"message": "hai"}, access=member.access)).status == 403
        await staff.ask("reopen")
    assert (await there.api.post(path, {"message": "ba"}, access=member.access)).status == 201


async def test_a_closed_room_is_closed_on_an_instance_that_has_nobody_there(
    start: StartServer, server: RunningServer
) -> None:
    here, there = await two(start, server)
    member, moderator, episode = await here.a_member(), await here.a_moderator(), here.an_episode_apart()
    path = f"/episodes/{episode}/comments"
    assert (await there.api.post(path, {"message": "một"}, access=member.access)).status == 201
    async with in_room(here, episode, moderator.access) as staff:
        await staff.ask("close")

    async def is_closed() -> bool:
        return (await there.runtime.comments.rules.of(episode)).closed

    await until(is_closed)
    assert (await there.api.post(path, {"message": "hai"}, access=member.access)).status == 403
