"""ROOMS.md 17: limits, and 19 with real sockets: a listener that does not read."""

import asyncio

import pytest
from websockets.exceptions import InvalidStatus

from tests.conftest import StartServer
from tests.support.room import RoomClient, dial, in_room
from tests.support.server import RunningServer
from tests.support.wait import until


def limit(room: RoomClient, name: str) -> int:
    """A limit as the server announces it."""
    announced: int = room.joined["limits"][name]
    return announced or pytest.skip(f"the server's operator has lifted {name}")


async def test_clause_17_the_sixth_comment_in_ten_seconds_is_refused_over_all_tabs(server: RunningServer) -> None:
    member, episode = await server.a_member(), server.an_episode_apart()
    async with in_room(server, episode, member.access) as room, in_room(server, episode, member.access) as tab:
        for number in range(limit(room, "comments_per_10s")):
            client = room if number % 2 else tab
            await client.say(type="comment", message=f"số {number}", id=number)
            await client.hear_type("ack")
        await tab.say(type="comment", message="quá nhanh", id=6, cmid="c6")
        refused = await tab.hear_type("error")
        assert (refused["code"], refused["id"], refused["cmid"]) == ("rate_limited", 6, "c6")
        assert refused["temporary"] is True
        assert 1000 <= refused["retry_after_ms"] <= 10_000
    rest = await server.api.post(f"/episodes/{episode}/comments", {"message": "cũng thế"}, access=member.access)
    assert rest.status == 429
    assert 1 <= int(rest.headers["retry-after"]) <= 10


async def test_clause_17_other_frames_have_a_limit_of_their_own(server: RunningServer) -> None:
    member = await server.a_member()
    async with in_room(server, server.an_episode_apart(), member.access) as room:
        for _ in range(limit(room, "frames_per_10s")):
            await room.say(type="history", limit=1)
        await room.say(type="history", limit=1, id="one too many")
        refused = await room.hear_type("error")
        assert (refused["code"], refused["id"]) == ("rate_limited", "one too many")
        await room.say(type="comment", message="vẫn nói được")
        await room.hear_type("ack")


@pytest.mark.parametrize("frame", [{"type": "comment"}, {"type": "dance"}, {"type": "comment", "message": "x" * 2001}])
async def test_clause_17_what_is_refused_is_counted_too(server: RunningServer, frame: dict[str, str]) -> None:
    member = await server.a_member()
    async with in_room(server, server.an_episode_apart(), member.access) as room:
        allowed = limit(room, "frames_per_10s")
        for _ in range(allowed + 1):
            await room.say(**frame)
        codes = [(await room.hear_type("error"))["code"] for _ in range(allowed + 1)]
    assert "rate_limited" not in codes[:allowed]
    assert codes[allowed] == "rate_limited"


async def test_clause_17_the_third_flood_within_a_minute_closes(server: RunningServer) -> None:
    member = await server.a_member()
    async with in_room(server, server.an_episode_apart(), member.access) as room:
        (session,) = (s for s in server.runtime.live._sessions.values() if s.user_id == member.id)
        floods = session._guard._floods  # type: ignore[attr-defined]
        for flood in range(3):
            for _ in range(21 if flood == 0 else 1):
                await room.say(type="history", limit=1)
            if flood < 2:
                await room.hear_type("error")
                floods[-1] -= 11  # the window has passed
        assert await room.closed() == 4429


async def test_clause_17_a_user_may_have_so_many_sockets(start: StartServer, demo_database: str) -> None:
    server = await start(mongo_database=demo_database, limit_connections_per_user=2)
    member, episode = await server.a_member(), server.an_episode_apart()
    async with (
        in_room(server, episode, member.access),
        in_room(server, episode, member.access),
        dial(server, episode, f"?token={member.access}") as third,
    ):
        assert await third.closed() == 4429
    async with in_room(server, episode, member.access):
        pass  # there is room again


async def test_clause_17_an_address_may_have_so_many_sockets_that_have_not_signed_in(
    start: StartServer, demo_database: str
) -> None:
    server = await start(mongo_database=demo_database, limit_connections_per_address=2)
    member, episode = await server.a_member(), server.an_episode_apart()
    async with dial(server, episode) as first, dial(server, episode):
        with pytest.raises(InvalidStatus, match="429"):
            async with dial(server, episode):
                pass
        await first.say(type="auth", token=member.access)
        await first.hear_type("joined")
        async with dial(server, episode):
            pass


async def test_clause_19_a_reader_that_stops_gets_a_gap_then_everything_and_others_notice_nothing(
    start: StartServer, demo_database: str
) -> None:
    server = await start(
        mongo_database=demo_database, limit_comments_per_10s=0, limit_listener_bytes=64 << 10
    )  # fmt: skip
    talker, reader, episode = await server.a_member(), await server.a_member(), server.an_episode_apart()
    text = "dài " * 450
    async with in_room(server, episode, talker.access) as room, in_room(server, episode, reader.access) as slow:
        slow.socket.transport.pause_reading()  # type: ignore[attr-defined]
        sent = 0
        live = server.runtime.hub._rooms[f"comments:{episode}"].live

        async def talk() -> bool:
            nonlocal sent
            for _ in range(20):
                sent += 1
                await room.say(type="comment", message=f"{sent} {text}")
                assert (await room.hear_type("ack"))["seq"] == sent
            return len(live) == 1

        await until(talk, within_s=60)
        slow.socket.transport.resume_reading()  # type: ignore[attr-defined]
        seqs, gaps = [], 0
        while len(seqs) < sent:
            frame = await slow.hear()
            gaps += frame["type"] == "gap"
            if frame["type"] == "joined":  # what it missed had left the log: a fresh page
                seqs = list(range(1, frame["seq"] + 1))
            if frame["type"] == "comment":
                seqs.append(frame["seq"])
    assert gaps == 1
    assert seqs == list(range(1, sent + 1))


async def test_a_thousand_frames_at_once_are_answered_or_refused_in_order(server: RunningServer) -> None:
    member = await server.a_member()
    async with in_room(server, server.an_episode_apart(), member.access) as room:
        await asyncio.gather(*(room.say(type="history", id=number, limit=1) for number in range(100)))
        answered = []
        while len(answered) < 100:
            frame = await room.hear()
            if "id" in frame:
                answered.append(frame["id"])
    assert answered == list(range(100))
