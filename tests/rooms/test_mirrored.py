"""ROOMS.md 24 to 27 through the front door of two instances on one database and one Redis."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from tornado.ioloop import IOLoop

import smovie.comments
from hub import redis_mirror
from smovie.ids import id_at
from smovie.models.base import now
from smovie.models.comments import Comment
from smovie.talk.rooms import room_of
from tests.conftest import StartServer
from tests.hub.test_mirror import PATIENT_S, Instance
from tests.support.redis import RedisServer
from tests.support.room import Frame, RoomClient, in_room
from tests.support.server import Member, RunningServer
from tests.support.wait import until

PATIENT_MS = 10_000


class Pair:
    """Two instances, and somebody in a room of each."""

    def __init__(self, servers: list[RunningServer], redis: RedisServer) -> None:
        self.servers = servers
        self.redis = redis
        self.episode = servers[0].an_episode_apart()

    @property
    def degraded(self) -> list[bool]:
        return [server.runtime.hub.is_degraded for server in self.servers]

    async def members(self) -> list[Member]:
        return [await server.a_member() for server in self.servers]

    @asynccontextmanager
    async def talking(self) -> AsyncIterator[list[RoomClient]]:
        """A client on each instance, both in the same room."""
        async with AsyncExitStack() as stack:
            yield [
                await stack.enter_async_context(in_room(server, self.episode, member.access))
                for server, member in zip(self.servers, await self.members(), strict=True)
            ]


@pytest.fixture
def pair(io_loop: IOLoop, start: StartServer, demo_database: str, redis_server: RedisServer) -> Pair:
    async def start_both() -> Pair:
        given = {"redis_url": redis_server.url, "mongo_database": demo_database, "mirror_patience_ms": PATIENT_MS}
        return Pair([await start(**given) for _ in range(2)], redis_server)

    return io_loop.run_sync(start_both)


async def comments(client: RoomClient, count: int) -> list[tuple[int, str]]:
    """The next so many comments, with their numbers."""
    heard = [await client.hear_type("comment") for _ in range(count)]
    return [(frame["seq"], frame["message"]) for frame in heard]


async def test_clause_24_both_instances_show_one_order(pair: Pair) -> None:
    async with pair.talking() as clients:
        assert clients[0].joined["epoch"] == clients[1].joined["epoch"]
        for number in range(5):
            for who, client in enumerate(clients):
                await client.say(type="comment", message=f"{number} của {who}", cmid=f"{number}-{who}")
        one, two = await asyncio.gather(*(comments(client, 10) for client in clients))
        assert one == two
        assert [seq for seq, _ in one] == list(range(clients[0].joined["seq"] + 1, clients[0].joined["seq"] + 11))


async def test_clause_8_a_client_resumes_on_another_instance(pair: Pair) -> None:
    member = await pair.servers[0].a_member()
    async with pair.talking() as clients:
        joined = clients[0].joined
        for text in ("một", "hai", "ba"):
            await clients[1].say(type="comment", message=text, cmid=text)
        await comments(clients[0], 3)
        position = f"&epoch={joined['epoch']}&seq={joined['seq'] + 1}"
        async with in_room(pair.servers[1], pair.episode, member.access, position) as returning:
            assert returning.joined["recovered"] is True
            assert "comments" not in returning.joined
            assert [text for _, text in await comments(returning, 2)] == ["hai", "ba"]


async def test_clause_25_without_redis_a_room_goes_on_and_then_shows_everything(pair: Pair) -> None:
    async with pair.talking() as clients:
        await pair.redis.kill()
        for client in clients:
            assert (await client.hear_type("degraded"))["value"] is True
        for who, client in enumerate(clients):
            await client.say(type="comment", message=f"một mình {who}", cmid=f"alone-{who}")
            assert [text for _, text in await comments(client, 1)] == [f"một mình {who}"]
        await pair.redis.start()
        for client in clients:
            assert await client.hear_until(lambda frame: frame["type"] == "degraded" and not frame["value"])
            await client.hear_type("gap")
            fresh = await client.hear_type("joined")
            while fresh["epoch"] != pair.servers[0].runtime.hub.position(f"comments:{pair.episode}").epoch:
                fresh = await client.hear_type("joined")  # the other one came back later
            assert (fresh["recovered"], fresh["degraded"]) == (False, False)
            assert {"một mình 0", "một mình 1"} <= {comment["message"] for comment in fresh["comments"]}
        await clients[1].say(type="comment", message="lại có nhau", cmid="together")
        for client in clients:
            assert (await comments(client, 1))[0][1] == "lại có nhau"


@pytest.fixture
def quick_beats() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(redis_mirror, "BEAT_S", 0.05)
        patch.setattr(redis_mirror, "GONE_S", 1.5)  # above the second that a comment may be under way
        yield


async def leave_untold(pair: Pair, author: Member, text: str, *, age_s: float) -> str:
    """What an instance leaves that is killed between storing a comment and telling it."""
    comment_id = id_at(now().timestamp() - age_s)
    await pair.servers[0].runtime.db.comments.insert_one(
        {"_id": comment_id, "episode_id": pair.episode, "user_id": author.id, "username": author.username,
         "message": text, "created_at": now()}
    )  # fmt: skip
    return comment_id


async def test_clause_27_what_a_killed_instance_stored_and_never_told_is_told_by_another(
    quick_beats: None, pair: Pair
) -> None:
    async with pair.talking() as clients:
        author = await pair.servers[0].a_member()
        prefix = f"smovie:{pair.servers[0].settings.mongo_database}"
        async with Instance(pair.redis.url, PATIENT_S, prefix=prefix).running() as killed:
            mirrors = [server.runtime.hub.mirror for server in pair.servers]
            await until(lambda: all(killed.mirror.node in mirror._beats for mirror in mirrors))  # type: ignore[union-attr]
            comment_id = await leave_untold(pair, author, "chưa ai nghe", age_s=0.2)
        heard: list[Frame] = [await client.hear_type("comment") for client in clients]
        assert {frame["id"] for frame in heard} == {comment_id}
        assert heard[0]["seq"] == heard[1]["seq"]
        await clients[0].say(type="comment", message="sau đó", cmid="after")
        for client in clients:
            assert [text for _, text in await comments(client, 1)] == ["sau đó"]  # it was told once


async def test_clause_27_an_instance_that_stood_still_does_not_tell_again_what_another_told_for_it(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, other = (server.runtime.comments for server in pair.servers)
    store, since = slow.writer.store, now().timestamp()
    async with pair.talking() as clients:

        async def stand_still(comment: Comment) -> Comment:
            stored = await store(comment)
            monkeypatch.undo()  # what comes after is stored as ever
            while not pair.servers[1].runtime.hub.knows(room_of(pair.episode), comment.id):
                await smovie.comments.tell_untold(other, since)
            return stored

        monkeypatch.setattr(slow.writer, "store", stand_still)
        await clients[0].say(type="comment", message="một", cmid="1")
        await clients[0].hear_type("ack")
        await clients[0].say(type="comment", message="hai", cmid="2")
        assert [text for _, text in await comments(clients[1], 2)] == ["một", "hai"]


async def test_clause_27_what_was_never_told_is_told_when_an_instance_starts(pair: Pair, start: StartServer) -> None:
    member = await pair.servers[0].a_member()
    async with pair.talking() as clients:
        await clients[0].say(type="comment", message="đã nghe", cmid="told")
        seq, _ = (await comments(clients[0], 1))[0]
        epoch = clients[0].joined["epoch"]
    comment_id = await leave_untold(pair, member, "chưa ai nghe", age_s=1.1)
    given = {"redis_url": pair.redis.url, "mongo_database": pair.servers[0].settings.mongo_database}
    started = await start(**given, mirror_patience_ms=PATIENT_MS)
    async with in_room(started, pair.episode, member.access, f"&epoch={epoch}&seq={seq}") as returning:
        assert returning.joined["recovered"] is True
        assert (await returning.hear_type("comment"))["id"] == comment_id


async def test_clause_27_what_the_log_has_no_room_for_any_more_is_not_told_again(
    start: StartServer, demo_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smovie.comments, "STILL_UNDER_WAY_S", 0.0)
    server = await start(mongo_database=demo_database, limit_comments_per_10s=0)
    member, episode, since = await server.a_member(), server.an_episode_apart(), now().timestamp()
    async with in_room(server, episode, member.access) as client:
        for number in range(200):  # 6 KB each: the log holds some 170
            await client.say(type="comment", message="ề" * 2_000, cmid=f"dài {number}")
        told = await comments(client, 200)
        await smovie.comments.tell_untold(server.runtime.comments, since)
        await client.say(type="comment", message="sau đó", cmid="sau đó")
        assert await comments(client, 1) == [(told[-1][0] + 1, "sau đó")]
