"""ROOMS.md 11 to 13 and 16: comments, acknowledgements, refusals."""

import asyncio
import unicodedata
from contextlib import AsyncExitStack

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tornado.ioloop import IOLoop

from tests.conftest import StartServer
from tests.support.room import RoomClient, dial, in_room
from tests.support.server import RunningServer

PLAIN = [
    "Phim hay quá! 🎬🇻🇳",
    "hai\ndòng",
    "ẻ̃ẹ̀ tổ hợp e\u0301",
    "مرحبا \u200f RTL",
    "x" * 2000,
    "<script>alert(1)</script>",
]


@pytest.mark.parametrize("text", PLAIN)
async def test_clause_12_what_was_written_is_what_everybody_gets(server: RunningServer, text: str) -> None:
    author, reader, episode = await server.a_member(), await server.a_member(), server.an_episode_apart()
    async with in_room(server, episode, author.access) as room, in_room(server, episode, reader.access) as other:
        await room.say(type="comment", message=text, at_s=12.5, spoiler=True)
        own, theirs = await room.hear_type("comment"), await other.hear_type("comment")
    assert own == theirs
    assert own["message"] == text
    assert own["episode_id"] == episode
    assert own["user"] == {"id": author.id, "username": author.username, "avatar": f"/avatars/{author.id}"}
    assert (own["username"], own["at_s"], own["spoiler"], own["parent_id"]) == (author.username, 12.5, True, None)
    page = await server.api.get(f"/episodes/{episode}/comments?at_from=12&at_to=13")
    (shown,) = page.json["results"]
    assert shown == {**{name: own[name] for name in own.keys() - {"type", "seq"}}, "edited_at": None, "reactions": {}}


WORDS = st.sampled_from(
    ["ệ", "Nguyễn", "e\u0302\u0323", "👩\u200d👩\u200d👧", "🇻🇳", "👍🏽", "\u202eשלום\u202c", "\u200f", "\u2066ا\u2069"]
)
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=80), st.lists(WORDS, max_size=40).map("".join)
)


def test_clause_11_what_is_sent_is_what_is_received(io_loop: IOLoop, start: StartServer, demo_database: str) -> None:
    stack = AsyncExitStack()

    async def enter() -> tuple[RoomClient, RoomClient]:
        server = await start(mongo_database=demo_database, limit_comments_per_10s=0, limit_frames_per_10s=0)
        member, episode = await server.a_member(), server.an_episode_apart()
        rooms = [await stack.enter_async_context(in_room(server, episode, member.access)) for _ in range(2)]
        return rooms[0], rooms[1]

    async def check(text: str) -> None:
        answer = await room.ask("comment", message=text)
        trimmed = text.strip()
        if trimmed and not any(unicodedata.category(c) == "Cc" and c != "\n" for c in trimmed):
            received = await other.hear_until(lambda frame: frame.get("id") == answer["comment_id"])
            page = await other.ask("history", limit=1)
            assert received["message"].encode() == page["comments"][0]["message"].encode() == trimmed.encode()
        else:
            assert answer["code"] == "invalid"

    room, other = io_loop.run_sync(enter)

    @settings(max_examples=60, deadline=None)
    @given(TEXTS)
    @example("ễ" * 2_000)
    @example("🎬" * 2_000)
    @example("e\u0302\u0323" * 600)
    @example("\ufeffBOM\u200b")
    def passes_untouched(text: str) -> None:
        io_loop.run_sync(lambda: check(text))

    passes_untouched()
    io_loop.run_sync(stack.aclose)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"message": ""}, "invalid"),
        ({"message": "   \n "}, "invalid"),
        ({"message": "x" * 2001}, "too_long"),
        ({"message": "a\x00b"}, "invalid"),
        ({"message": "a\tb"}, "invalid"),
        ({"message": "a\x1b[31mb"}, "invalid"),
        ({"message": 17}, "invalid"),
        ({"message": None}, "invalid"),
        ({}, "invalid"),
        ({"message": "x", "at_s": -1}, "invalid"),
        ({"message": "x", "at_s": "12"}, "invalid"),
        ({"message": "x", "cmid": ""}, "invalid"),
        ({"message": "x", "cmid": "y" * 65}, "invalid"),
        ({"message": "x", "parent_id": "nobody"}, "invalid"),
        ({"message": "x", "parent_id": "0" * 20}, "not_found"),
        ({"message": "x", "spoiler": "yes"}, "invalid"),
    ],
)
async def test_clause_11_what_is_no_comment_is_refused_and_leaves_nothing(
    server: RunningServer, frame: dict[str, object], code: str
) -> None:
    member, episode = await server.a_member(), server.an_episode_apart()
    before = (await server.api.get(f"/episodes/{episode}/comments")).json["results"]
    async with in_room(server, episode, member.access) as room:
        await room.say(type="comment", id=7, **frame)
        refused = await room.hear_type("error")
    assert (refused["code"], refused["id"], refused["temporary"]) == (code, 7, False)
    assert (await server.api.get(f"/episodes/{episode}/comments")).json["results"] == before


async def test_clause_11_surrounding_blanks_are_trimmed(server: RunningServer) -> None:
    member = await server.a_member()
    async with in_room(server, server.an_episode_apart(), member.access) as room:
        await room.say(type="comment", message="  \n giữa \n ")
        assert (await room.hear_type("comment"))["message"] == "giữa"


async def test_clause_11_a_reply_to_a_reply_hangs_under_the_same_comment(server: RunningServer) -> None:
    member, episode = await server.a_member(), server.an_episode_apart()
    async with in_room(server, episode, member.access) as room:
        await room.say(type="comment", message="gốc")
        root = (await room.hear_type("ack"))["comment_id"]
        await room.say(type="comment", message="trả lời", parent_id=root)
        reply = (await room.hear_type("ack"))["comment_id"]
        await room.say(type="comment", message="trả lời nữa", parent_id=reply)
        last = await room.hear_until(lambda frame: frame.get("message") == "trả lời nữa")
    assert last["parent_id"] == root


async def test_clause_11_a_reply_stays_in_its_room(server: RunningServer) -> None:
    member = await server.a_member()
    async with in_room(server, server.an_episode_apart(), member.access) as room:
        await room.say(type="comment", message="ở đây")
        elsewhere = (await room.hear_type("ack"))["comment_id"]
    async with in_room(server, server.an_episode_apart(), member.access) as room:
        await room.say(type="comment", message="ở kia", parent_id=elsewhere)
        assert (await room.hear_type("error"))["code"] == "not_found"


async def test_clause_12_a_comment_is_stored_before_it_is_seen(server: RunningServer) -> None:
    member, episode = await server.a_member(), server.an_episode_apart()
    async with in_room(server, episode, member.access) as room:
        await room.say(type="comment", message="đã lưu")
        event = await room.hear_type("comment")
        stored = await server.runtime.db.comments.find_one({"_id": event["id"]})
    assert stored["message"] == "đã lưu"


async def test_clause_13_the_sender_is_told_where_the_comment_stands(server: RunningServer) -> None:
    member = await server.a_member()
    async with in_room(server, server.an_episode_apart(), member.access) as room:
        await room.say(type="comment", message="này", id="q1", cmid="c1")
        frames = [await room.hear_until(lambda frame: frame["type"] in ("comment", "ack")) for _ in range(2)]
    event, ack = sorted(frames, key=lambda frame: frame["type"] == "ack")
    assert ack == {
        "type": "ack", "id": "q1", "cmid": "c1", "comment_id": event["id"], "seq": event["seq"],
    }  # fmt: skip


async def test_clause_13_a_retry_over_any_door_is_the_same_comment(server: RunningServer) -> None:
    member, episode = await server.a_member(), server.an_episode_apart()
    async with in_room(server, episode, member.access) as room:
        await room.say(type="comment", message="một lần", cmid="once")
        first = await room.hear_type("ack")
        await room.say(type="comment", message="một lần", cmid="once")
        assert await room.hear_type("ack") == first
    async with in_room(server, episode, member.access) as other:
        await other.say(type="comment", message="một lần", cmid="once")
        assert (await other.hear_type("ack"))["comment_id"] == first["comment_id"]
    body = {"message": "một lần", "cmid": "once"}
    posted = await server.api.post(f"/episodes/{episode}/comments", body, access=member.access)
    assert (posted.json["comment"]["id"], posted.json["seq"]) == (first["comment_id"], first["seq"])
    assert len((await server.api.get(f"/episodes/{episode}/comments")).json["results"]) == 1


async def test_clause_13_parallel_retries_are_one_comment(server: RunningServer) -> None:
    member, episode = await server.a_member(), server.an_episode_apart()
    body = {"message": "cùng lúc", "cmid": "parallel"}
    answers = await asyncio.gather(
        *(server.api.post(f"/episodes/{episode}/comments", body, access=member.access) for _ in range(5))
    )
    assert {answer.status for answer in answers} == {201}
    assert len({answer.json["comment"]["id"] for answer in answers}) == 1


async def test_clause_13_two_users_may_use_one_cmid(server: RunningServer) -> None:
    episode, ids = server.an_episode_apart(), set()
    for _ in range(2):
        member = await server.a_member()
        body = {"message": "tôi", "cmid": "same"}
        ids.add(
            (await server.api.post(f"/episodes/{episode}/comments", body, access=member.access)).json["comment"]["id"]
        )
    assert len(ids) == 2


async def test_clause_16_a_refusal_speaks_the_users_language(server: RunningServer) -> None:
    member = await server.a_member()
    texts = set()
    for language in ("vi", "en"):
        headers = {"Accept-Language": language}
        query = f"?token={member.access}"
        async with dial(server, server.an_episode_apart(), query, additional_headers=headers) as room:
            await room.say(type="dance")
            texts.add((await room.hear_type("error"))["message"])
    assert len(texts) == 2


async def test_rest_and_socket_talk_in_one_room(server: RunningServer) -> None:
    member, episode = await server.a_member(), server.an_episode_apart()
    async with in_room(server, episode, member.access) as room:
        posted = await server.api.post(f"/episodes/{episode}/comments", {"message": "từ REST"}, access=member.access)
        event = await room.hear_type("comment")
    assert (event["id"], event["seq"]) == (posted.json["comment"]["id"], posted.json["seq"])


async def test_only_verified_people_comment_over_rest(server: RunningServer) -> None:
    episode = server.an_episode_apart()
    registered = await server.register()
    path = f"/episodes/{episode}/comments"
    assert (await server.api.post(path, {"message": "x"})).status == 401
    assert (await server.api.post(path, {"message": "x"}, access=registered["access"])).status == 403
    assert (await server.api.get("/episodes/nowhere/comments")).status == 404
