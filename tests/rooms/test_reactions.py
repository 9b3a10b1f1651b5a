"""ROOMS.md 14: six emoji, one of each from everybody, and counts that are exact."""

import asyncio

import pytest

from tests.support.room import in_room
from tests.support.server import RunningServer
from tests.support.wait import until

SIX = ["👍", "❤️", "😂", "😮", "😢", "😡"]
NONE = dict.fromkeys(SIX, 0)


async def test_clause_14_a_reaction_brings_everybody_the_new_counts(server: RunningServer) -> None:
    author, reader, episode = await server.a_member(), await server.a_member(), server.an_episode_apart()
    async with in_room(server, episode, author.access) as room, in_room(server, episode, reader.access) as other:
        assert room.joined["limits"]["reactions"] == SIX
        comment = await room.comment("hay quá")
        ack = await other.ask("react", comment_id=comment, emoji="👍")
        assert (ack["type"], ack["comment_id"], ack["reactions"]) == ("ack", comment, {**NONE, "👍": 1})
        told = await room.hear_type("reaction")
        assert told == {"type": "reaction", "seq": told["seq"], "id": comment, "reactions": {**NONE, "👍": 1}}
        await room.ask("react", comment_id=comment, emoji="👍")
        await other.ask("react", comment_id=comment, emoji="😢")
        last = await room.hear_until(lambda frame: frame["type"] == "reaction" and frame["reactions"]["😢"] == 1)
        assert last["reactions"] == {**NONE, "👍": 2, "😢": 1}
        await other.ask("unreact", comment_id=comment, emoji="👍")
        last = await room.hear_until(lambda frame: frame["type"] == "reaction" and frame["reactions"]["👍"] == 1)
        assert last["reactions"] == {**NONE, "👍": 1, "😢": 1}
    (shown,) = (await server.api.get(f"/episodes/{episode}/comments")).json["results"]
    assert shown["reactions"] == {"👍": 1, "😢": 1}


async def test_clause_14_twice_is_the_same_as_once(server: RunningServer) -> None:
    member, episode = await server.a_member(), server.an_episode_apart()
    async with in_room(server, episode, member.access) as room:
        comment = await room.comment("một lần thôi")
        for _ in range(2):
            assert (await room.ask("react", comment_id=comment, emoji="😮"))["reactions"]["😮"] == 1
        for _ in range(2):
            assert (await room.ask("unreact", comment_id=comment, emoji="😮"))["reactions"]["😮"] == 0


async def test_clause_14_a_heart_is_a_heart_however_a_keyboard_writes_it(server: RunningServer) -> None:
    member, episode = await server.a_member(), server.an_episode_apart()
    async with in_room(server, episode, member.access) as room:
        comment = await room.comment("tim")
        await room.ask("react", comment_id=comment, emoji="\N{HEAVY BLACK HEART}")
        answer = await room.ask("react", comment_id=comment, emoji="❤️")
    assert answer["reactions"] == {**NONE, "❤️": 1}


@pytest.mark.parametrize("emoji", ["🍜", "", "like", 1, None, "👍👍", "\N{VARIATION SELECTOR-16}"])
async def test_clause_14_there_are_six_emoji_and_no_others(server: RunningServer, emoji: object) -> None:
    member, episode = await server.a_member(), server.an_episode_apart()
    async with in_room(server, episode, member.access) as room:
        comment = await room.comment("không phải")
        assert (await room.ask("react", comment_id=comment, emoji=emoji))["code"] == "invalid"


async def test_clause_14_counts_are_exact_when_many_react_at_once(server: RunningServer) -> None:
    episode, members = server.an_episode_apart(), [await server.a_member() for _ in range(8)]
    async with in_room(server, episode, members[0].access) as room:
        comment = await room.comment("ai cũng thích")
        path = f"/api/v1/comments/{comment}/reactions/%F0%9F%91%8D"
        ways = [(method, member) for member in members for method in ("PUT", "PUT")]
        ways += [("DELETE", member) for member in members[:3]]
        answers = await asyncio.gather(
            *(server.api.call(method, path, access=member.access) for method, member in ways)
        )
        assert {answer.status for answer in answers} == {200}
        for member in members[:3]:
            await server.api.call("DELETE", path, access=member.access)
        for member in members[3:]:
            await server.api.call("PUT", path, access=member.access)
        counts = {**NONE, "👍": 5}
        await room.hear_until(lambda frame: frame["type"] == "reaction" and frame["reactions"] == counts)

        async def page_shows() -> bool:
            (shown,) = (await server.api.get(f"/episodes/{episode}/comments")).json["results"]
            return bool(shown["reactions"] == {"👍": 5})

        await until(page_shows)
        answer = await room.ask("react", comment_id=comment, emoji="👍")  # its author's, who took it back
    assert answer["reactions"]["👍"] == 6
