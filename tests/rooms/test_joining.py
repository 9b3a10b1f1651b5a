"""ROOMS.md 6 to 10: joining, positions, resuming, history."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from pymongo import monitoring

from tests.conftest import FolderOf
from tests.support.room import dial, in_room
from tests.support.server import RunningServer, start_server, test_settings


async def test_clause_6_joined_is_the_first_frame_and_says_everything(server: RunningServer) -> None:
    member, episode = await server.a_member(), server.an_episode_apart()
    async with in_room(server, episode, member.access) as room:
        joined = room.joined
    assert joined["room"] == episode
    assert joined["recovered"] is False
    assert joined["comments"] == []
    assert joined["presence"] == {"count": 1}
    assert joined["me"]["id"] == member.id
    assert "comment" in joined["me"]["can"]
    assert {"comments_per_10s", "frames_per_10s", "message_length", "connections_per_user"} <= joined["limits"].keys()
    assert joined["degraded"] is False
    assert joined["server_time"].endswith("Z")
    assert 0 < joined["expires_in"] <= 900


async def test_clause_6_the_newest_page_comes_in_ascending_order(server: RunningServer) -> None:
    episode = server.an_episode_apart()
    for _ in range(11):
        member = await server.a_member()
        for number in range(5):
            posted = await server.api.post(
                f"/episodes/{episode}/comments", {"message": f"số {number}"}, access=member.access
            )
            assert posted.status == 201
    async with in_room(server, episode, member.access) as room:
        ids = [comment["id"] for comment in room.joined["comments"]]
    assert len(ids) == 50
    assert ids == sorted(ids)
    assert ids[-1] == posted.json["comment"]["id"]


async def test_clause_7_every_event_carries_the_next_number(server: RunningServer) -> None:
    member, episode = await server.a_member(), server.an_episode_apart()
    async with in_room(server, episode, member.access) as room:
        for number in range(1, 6):
            await room.say(type="comment", message=f"số {number}")
        seqs = [(await room.hear_type("comment"))["seq"] for _ in range(5)]
    start = room.joined["seq"]
    assert seqs == list(range(start + 1, start + 6))


async def test_clause_8_resuming_brings_exactly_what_was_missed(server: RunningServer) -> None:
    member, other, episode = await server.a_member(), await server.a_member(), server.an_episode_apart()
    async with in_room(server, episode, member.access) as room:
        await room.say(type="comment", message="trước")
        last = await room.hear_type("comment")
    async with in_room(server, episode, other.access) as meanwhile:
        for number in range(3):
            await meanwhile.say(type="comment", message=f"lỡ {number}")
            await meanwhile.hear_type("ack")
    since = f"&epoch={room.joined['epoch']}&seq={last['seq']}"
    async with in_room(server, episode, member.access, since) as again:
        assert again.joined["recovered"] is True
        assert "comments" not in again.joined
        missed = [await again.hear_type("comment") for _ in range(3)]
    assert [event["message"] for event in missed] == ["lỡ 0", "lỡ 1", "lỡ 2"]
    assert [event["seq"] for event in missed] == [last["seq"] + number for number in (1, 2, 3)]


async def test_clause_8_the_position_may_come_in_the_auth_frame(server: RunningServer) -> None:
    member, episode = await server.a_member(), server.an_episode_apart()
    async with in_room(server, episode, member.access) as room:
        await room.say(type="comment", message="một")
        await room.hear_type("comment")
    async with dial(server, episode) as again:
        await again.say(type="auth", token=member.access, epoch=room.joined["epoch"], seq=room.joined["seq"])
        assert (await again.hear())["recovered"] is True
        assert (await again.hear_type("comment"))["message"] == "một"


@pytest.mark.parametrize(
    "since", ["&epoch=another&seq=0", "&epoch={epoch}&seq=999999", "&seq=0", "&epoch={epoch}&seq=-1"]
)
async def test_clause_8_an_unknown_position_gets_a_fresh_page(server: RunningServer, since: str) -> None:
    member, episode = await server.a_member(), server.an_episode_apart()
    async with in_room(server, episode, member.access) as room:
        await room.say(type="comment", message="có đây")
        await room.hear_type("ack")
    async with in_room(server, episode, member.access, since.format(epoch=room.joined["epoch"])) as again:
        assert again.joined["recovered"] is False
        assert [comment["message"] for comment in again.joined["comments"]] == ["có đây"]


async def test_clause_9_history_goes_back_to_the_first_comment(server: RunningServer) -> None:
    member, episode = await server.a_member(), server.an_episode_apart()
    sent = []
    async with in_room(server, episode, member.access) as room:
        for number in range(5):
            await room.say(type="comment", message=f"số {number}")
            sent.append((await room.hear_type("ack"))["comment_id"])
        seen: list[str] = []
        before: dict[str, str] = {}
        while True:
            await room.say(type="history", limit=2, **before)
            page = await room.hear_type("history")
            seen = [comment["id"] for comment in page["comments"]] + seen
            if page["next"] is None:
                break
            before = {"before": page["next"]}
    assert seen == sent
    rest = await server.api.get(f"/episodes/{episode}/comments?limit=2&before={sent[3]}")
    assert [comment["id"] for comment in rest.json["results"]] == sent[1:3]
    newer = await server.api.get(f"/episodes/{episode}/comments?limit=2&after={sent[1]}")
    assert [comment["id"] for comment in newer.json["results"]] == sent[2:4]


class CommentReads(monitoring.CommandListener):
    """Counts how often MongoDB is asked for comments."""

    count = 0

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        self.count += event.command_name == "find" and event.command["find"] == "comments"

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        pass

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        pass


async def test_a_crowd_that_comes_at_once_asks_mongodb_for_the_page_a_few_times(
    mongod: str, demo_database: str, data_dir_of: FolderOf
) -> None:
    reads = CommentReads()
    settings = test_settings(
        mongo_url=mongod,
        mongo_database=demo_database,
        data_dir=data_dir_of(demo_database),
        limit_connections_per_user=0,
    )
    async with start_server(settings, listeners=[reads]) as server:
        member, episode = await server.a_member(), server.an_episode_apart()
        async with AsyncExitStack() as up:
            rooms = [up.enter_async_context(in_room(server, episode, member.access)) for _ in range(60)]
            for room in await asyncio.gather(*rooms):
                assert room.joined["comments"] == []
        assert 1 <= reads.count <= 10


async def test_nobody_who_joins_in_the_middle_of_talk_misses_or_doubles(server: RunningServer) -> None:
    episode = server.an_episode_apart()
    talkers = [await server.a_member() for _ in range(4)]

    async def talk(member_number: int) -> None:
        async with in_room(server, episode, talkers[member_number].access) as room:
            for number in range(5):
                await room.say(type="comment", message=f"{member_number}.{number}")
                await room.hear_type("ack")

    async def join_and_listen() -> list[str]:
        async with in_room(server, episode, talkers[0].access) as room:
            seen = [comment["message"] for comment in room.joined["comments"]]
            seq = room.joined["seq"]
            while len(set(seen)) < 20:
                event = await room.hear_type("comment")
                assert event["seq"] == seq + 1
                seq = event["seq"]
                seen.append(event["message"])
            return seen

    listeners = [join_and_listen() for _ in range(10)]
    *_, heard = await asyncio.gather(*(talk(number) for number in range(4)), asyncio.gather(*listeners))
    for seen in heard:
        assert set(seen) == {f"{who}.{number}" for who in range(4) for number in range(5)}
