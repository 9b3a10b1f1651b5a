"""ROOMS.md 1 to 5: connecting, who may, and what a frame is."""

import os

import orjson
import pytest
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from tests.support.room import dial, in_room
from tests.support.server import RunningServer


async def test_clause_2_the_token_may_come_in_the_query(server: RunningServer) -> None:
    member = await server.a_member()
    async with in_room(server, server.an_episode_apart(), member.access) as room:
        assert room.joined["me"]["username"] == member.username


async def test_clause_2_the_token_may_come_as_a_subprotocol(server: RunningServer) -> None:
    member = await server.a_member()
    offered = [Subprotocol("smovie.v1"), Subprotocol(f"bearer.{member.access}")]
    async with dial(server, server.an_episode_apart(), subprotocols=offered) as room:
        assert room.socket.subprotocol == "smovie.v1"
        assert (await room.hear())["type"] == "joined"


async def test_clause_2_the_token_may_come_in_the_first_frame(server: RunningServer) -> None:
    member = await server.a_member()
    async with dial(server, server.an_episode_apart()) as room:
        await room.say(type="auth", token=member.access)
        assert (await room.hear())["type"] == "joined"


async def test_clause_2_anything_else_first_is_not_heard(server: RunningServer) -> None:
    async with dial(server, server.an_episode_apart()) as room:
        await room.say(type="comment", message="xin chào")
        assert await room.closed() == 4401


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", ""])
async def test_clause_3_a_bad_token_is_accepted_and_closed_at_once(server: RunningServer, token: str) -> None:
    async with dial(server, server.an_episode_apart(), f"?token={token}") as room:
        if not token:
            await room.say(type="auth", token=17)
        assert await room.closed() == 4401


async def test_clause_3_an_unverified_account_may_not_listen(server: RunningServer) -> None:
    registered = await server.register()
    async with dial(server, server.an_episode_apart(), f"?token={registered['access']}") as room:
        assert await room.closed() == 4403


async def test_clause_3_no_such_episode(server: RunningServer) -> None:
    member = await server.a_member()
    async with dial(server, "no-such-episode", f"?token={member.access}") as room:
        assert await room.closed() == 4404


@pytest.mark.parametrize(
    ("origin", "status"),
    [("https://evil.example", 403), ("null", 403), ("allowed", 101), ("own", 101), (None, 101)],
)
async def test_clause_3_a_foreign_page_is_refused_before_the_upgrade(
    server: RunningServer, origin: str | None, status: int
) -> None:
    member = await server.a_member()
    given = server.url if origin == "own" else server.allowed_origin if origin == "allowed" else origin
    try:
        async with dial(server, server.an_episode_apart(), f"?token={member.access}", origin=given) as room:
            assert (await room.hear())["type"] == "joined"
            got = 101
    except InvalidStatus as refused:
        got = refused.response.status_code
    assert got == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 426),
        ({"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "8"}, 426),
        ({"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}, 400),
        (
            {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "x"},
            400,
        ),
    ],
)
async def test_clause_1_what_is_no_websocket_handshake_is_a_problem(
    server: RunningServer, headers: dict[str, str], status: int
) -> None:
    answer = await server.api.call("GET", f"/ws/comments/{server.an_episode_apart()}", headers=headers)
    assert answer.status == status
    assert answer.json["status"] == status


async def test_clause_4_the_direct_answer_repeats_the_id(server: RunningServer) -> None:
    member = await server.a_member()
    async with in_room(server, server.an_episode_apart(), member.access) as room:
        for given in ("abc", 17):
            await room.say(type="history", id=given)
            assert (await room.hear_type("history"))["id"] == given


async def test_clause_4_unknown_members_are_ignored_and_an_unknown_type_is_an_error(server: RunningServer) -> None:
    member = await server.a_member()
    async with in_room(server, server.an_episode_apart(), member.access) as room:
        await room.say(type="comment", message="một", colour="red")
        assert (await room.hear_type("ack"))["comment_id"]
        await room.say(type="dance", id=1)
        refused = await room.hear_type("error")
        assert (refused["code"], refused["id"], refused["temporary"]) == ("unknown_type", 1, False)


@pytest.mark.parametrize(
    "text", ["not json", "[]", '"text"', "17", "null", "{", '{"type":17}', "{}", '{"a":' * 8 + "1" + "}" * 8]
)
async def test_clause_4_a_malformed_frame_is_an_error_and_the_socket_stays(server: RunningServer, text: str) -> None:
    member = await server.a_member()
    async with in_room(server, server.an_episode_apart(), member.access) as room:
        await room.socket.send(text)
        assert (await room.hear_type("error"))["code"] == "malformed"
        await room.say(type="comment", message="vẫn đây")
        assert (await room.hear_type("ack"))["seq"] == 1


async def test_clause_4_eight_levels_are_not_too_deep(server: RunningServer) -> None:
    member = await server.a_member()
    async with in_room(server, server.an_episode_apart(), member.access) as room:
        deep = orjson.loads('{"a":' * 7 + "1" + "}" * 7)
        await room.say(type="history", extra=deep)
        await room.hear_type("history")


async def test_clause_4_the_tenth_malformed_frame_closes(server: RunningServer) -> None:
    member = await server.a_member()
    async with in_room(server, server.an_episode_apart(), member.access) as room:
        for _ in range(10):
            await room.socket.send("not json")
        assert await room.closed() == 1008


async def test_clause_4_binary_closes(server: RunningServer) -> None:
    member = await server.a_member()
    async with in_room(server, server.an_episode_apart(), member.access) as room:
        await room.socket.send(b"\x00\x01")
        assert await room.closed() == 1003


@pytest.mark.parametrize("size", [8 * 1024 + 1, 70_000, 5_000_000])
async def test_clause_4_an_oversize_frame_closes_and_its_sender_hears_why(server: RunningServer, size: int) -> None:
    member = await server.a_member()
    async with in_room(server, server.an_episode_apart(), member.access) as room:
        await room.socket.send("x" * size)
        assert await room.closed() == 1009


async def test_clause_4_exactly_eight_kibibytes_pass(server: RunningServer) -> None:
    member = await server.a_member()
    async with in_room(server, server.an_episode_apart(), member.access) as room:
        frame = orjson.dumps({"type": "history", "pad": ""})
        await room.socket.send(frame[:-2].decode() + "x" * (8 * 1024 - len(frame)) + '"}')
        await room.hear_type("history")


async def test_clause_4_text_that_is_not_utf_8_closes(server: RunningServer) -> None:
    member = await server.a_member()
    async with in_room(server, server.an_episode_apart(), member.access) as room:
        await room.socket.send(b"\xff\xfe", text=True)
        assert await room.closed() == 1007


async def test_clause_4_a_fragmented_frame_is_one_frame(server: RunningServer) -> None:
    member = await server.a_member()
    async with in_room(server, server.an_episode_apart(), member.access) as room:
        await room.socket.send(['{"type":"comment",', '"message":', '"từng mảnh"}'])
        assert (await room.hear_type("comment"))["message"] == "từng mảnh"


async def test_clause_5_a_message_without_a_type_is_a_comment(server: RunningServer) -> None:
    member = await server.a_member()
    async with in_room(server, server.an_episode_apart(), member.access) as room:
        await room.say(message="Xin chào")
        assert (await room.hear_type("comment"))["message"] == "Xin chào"


async def test_bytes_that_are_no_websocket_end_the_connection_and_nobody_else_notices(server: RunningServer) -> None:
    member = await server.a_member()
    episode = server.an_episode_apart()
    async with in_room(server, episode, member.access) as other:
        for _ in range(20):
            async with in_room(server, episode, member.access) as room:
                transport = room.socket.transport
                transport.write(os.urandom(200))
                assert await room.closed() in (1002, 1006, 1007, 1009, 1003, 1000, 1008)
        await other.say(type="comment", message="bình yên")
        assert (await other.hear_type("ack"))["seq"] == 1
