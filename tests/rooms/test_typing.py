"""ROOMS.md 15: who is here and who writes, per user and not per tab."""

from tests.support.room import in_room
from tests.support.server import RunningServer


async def test_clause_15_who_writes_is_told_once_whatever_they_do_in_how_many_tabs(server: RunningServer) -> None:
    writer, reader, episode = await server.a_member(), await server.a_member(), server.an_episode_apart()
    async with (
        in_room(server, episode, reader.access) as other,
        in_room(server, episode, writer.access) as room,
        in_room(server, episode, writer.access) as tab,
    ):
        await room.say(type="typing")
        await tab.say(type="typing")
        told = await other.hear_type("typing")
        assert told == {"type": "typing", "usernames": [writer.username], "count": 1}
        await room.comment("xong")
        assert (await other.hear_type("typing"))["count"] == 0


async def test_clause_15_typing_is_counted_as_other_frames_are(server: RunningServer) -> None:
    member = await server.a_member()
    async with in_room(server, server.an_episode_apart(), member.access) as room:
        for _ in range(20):
            await room.say(type="typing")
        assert (await room.ask("typing"))["code"] == "rate_limited"


async def test_clause_15_presence_counts_people_not_tabs(server: RunningServer) -> None:
    member, other, episode = await server.a_member(), await server.a_member(), server.an_episode_apart()
    names = sorted([member.username, other.username])
    async with (
        in_room(server, episode, member.access) as room,
        in_room(server, episode, member.access),
        in_room(server, episode, other.access),
    ):
        both = {"type": "presence", "count": 2, "usernames": names}
        await room.hear_until(lambda frame: frame == both)
