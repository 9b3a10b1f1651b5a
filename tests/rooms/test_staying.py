"""ROOMS.md 20 and 22, and what a room survives: renewed tokens, a stopping server, MongoDB away."""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from pymongo import AsyncMongoClient

from smovie.tokens import ACCESS_LIFE_S
from tests.conftest import FolderOf, StartServer
from tests.support.room import dial, in_room
from tests.support.server import RunningServer, start_server, test_settings
from tests.support.wait import until


@asynccontextmanager
async def failing(server: RunningServer, mode: Any, **how: Any) -> AsyncIterator[None]:
    """MongoDB fails commands in this way (its `failCommand`) while the context lasts."""
    assert server.settings.mongo_url  # by a connection of its own: the server's may be the ones that fail
    async with AsyncMongoClient[dict[str, Any]](server.settings.mongo_url.get_secret_value()) as client:
        await client.admin.command("configureFailPoint", "failCommand", mode=mode, data=how)
        try:
            yield
        finally:
            await client.admin.command("configureFailPoint", "failCommand", mode="off")


async def test_clause_20_a_token_is_renewed_in_place(server: RunningServer) -> None:
    member = await server.a_member()
    async with in_room(server, server.an_episode_apart(), member.access) as room:
        fresh = (await server.api.post("/auth/refresh", {"refresh": member.refresh})).json["access"]
        await room.say(type="auth", token=fresh, id="renew")
        answer = await room.hear_type("auth_ok")
        assert answer["id"] == "renew"
        assert ACCESS_LIFE_S - 10 < answer["expires_in"] <= ACCESS_LIFE_S


async def test_clause_20_a_bad_renewal_closes(server: RunningServer) -> None:
    member = await server.a_member()
    async with in_room(server, server.an_episode_apart(), member.access) as room:
        await room.say(type="auth", token="nonsense")
        assert await room.closed() == 4401


async def test_clause_20_another_users_token_does_not_take_a_socket_over(server: RunningServer) -> None:
    member, other = await server.a_member(), await server.a_member()
    async with in_room(server, server.an_episode_apart(), member.access) as room:
        await room.say(type="auth", token=other.access)
        assert await room.closed() == 4403


async def test_clause_20_a_socket_closes_25_s_after_its_token(server: RunningServer) -> None:
    member, episode = await server.a_member(), server.an_episode_apart()
    async with in_room(server, episode, member.access) as room:
        (session,) = (s for s in server.runtime.live._sessions.values() if s.user_id == member.id)
        expired = {"expires_at": time.time() - 24}
        session._identity = session._identity.model_copy(update=expired)  # type: ignore[attr-defined]
        session.check_deadlines()
        assert session.connection.is_open
        expired = {"expires_at": time.time() - 26}
        session._identity = session._identity.model_copy(update=expired)  # type: ignore[attr-defined]
        assert await room.closed() == 4401


async def test_clause_22_a_stopping_server_says_when_to_come_back(
    mongod: str, demo_database: str, data_dir_of: FolderOf
) -> None:
    settings = test_settings(mongo_url=mongod, mongo_database=demo_database, data_dir=data_dir_of(demo_database))
    async with AsyncExitStack() as up:
        stopping = AsyncExitStack()
        server = await stopping.enter_async_context(start_server(settings))
        member, episode = await server.a_member(), server.an_episode_apart()
        rooms = [await up.enter_async_context(in_room(server, episode, member.access)) for _ in range(5)]
        began = time.monotonic()
        await stopping.aclose()
        assert time.monotonic() - began < 10
        for room in rooms:
            assert 0 <= (await room.hear_type("reconnect"))["after_ms"] <= 5_000
            assert await room.closed() == 1012


async def test_comments_are_refused_while_mongodb_does_not_answer_and_taken_again_when_it_does(
    start: StartServer, demo_database: str
) -> None:
    server = await start(mongo_database=demo_database)
    member, episode = await server.a_member(), server.an_episode_apart()
    async with in_room(server, episode, member.access) as room:
        async with failing(server, "alwaysOn", failCommands=["insert"], closeConnection=True):
            await room.say(type="comment", message="giữ lấy", cmid="kept", id=1)
            refused = await room.hear_type("error")
            assert (refused["code"], refused["temporary"]) == ("unavailable", True)
            assert refused["retry_after_ms"] > 0
        await room.say(type="comment", message="giữ lấy", cmid="kept", id=2)
        assert (await room.hear_type("ack"))["id"] == 2
    page = (await server.api.get(f"/episodes/{episode}/comments")).json["results"]
    assert [comment["message"] for comment in page] == ["giữ lấy"]


async def test_a_socket_that_cannot_be_looked_up_is_asked_to_come_again_with_its_token(
    start: StartServer, demo_database: str
) -> None:
    server = await start(mongo_database=demo_database)
    member, episode = await server.a_member(), server.an_episode_apart()
    async with (
        failing(server, "alwaysOn", failCommands=["find"], closeConnection=True),
        dial(server, episode, f"?token={member.access}") as room,
    ):
        assert (await room.hear_type("error"))["code"] == "unavailable"
        assert await room.closed() == 1013
    async with in_room(server, episode, member.access):
        pass


async def test_sockets_that_go_while_they_sign_in_are_not_counted(server: RunningServer) -> None:
    member, episode = await server.a_member(), server.an_episode_apart()
    live = server.runtime.live
    for _ in range(20):
        async with dial(server, episode, f"?token={member.access}") as room:
            room.socket.transport.abort()
    await until(lambda: member.id not in live._of_user)
    await until(lambda: not live._unauthenticated)


async def test_an_answer_lost_after_the_commit_still_gives_one_comment(start: StartServer, demo_database: str) -> None:
    server = await start(mongo_database=demo_database)
    member, episode = await server.a_member(), server.an_episode_apart()
    lost = {"code": 91, "errmsg": "lost", "errorLabels": []}
    async with in_room(server, episode, member.access) as room:
        async with failing(server, {"times": 2}, failCommands=["insert"], writeConcernError=lost):
            await room.say(type="comment", message="một thôi", cmid="lost")
            first = await room.hear_until(lambda frame: frame["type"] in ("ack", "error"))
        if first["type"] == "error":
            assert first["temporary"] is True
            await room.say(type="comment", message="một thôi", cmid="lost")
            await room.hear_type("ack")
    page = (await server.api.get(f"/episodes/{episode}/comments")).json["results"]
    assert [comment["message"] for comment in page] == ["một thôi"]


async def test_a_comment_whose_write_lost_its_answer_still_reaches_the_room(
    start: StartServer, demo_database: str
) -> None:
    server = await start(mongo_database=demo_database)
    author, reader, episode = await server.a_member(), await server.a_member(), server.an_episode_apart()
    async with (
        in_room(server, episode, author.access) as room,
        in_room(server, episode, reader.access) as other,
        # The insert happens, its answer comes after the time in which one must be given.
        failing(server, {"times": 1}, failCommands=["insert"], blockConnection=True, blockTimeMS=2_500),
    ):
        await room.say(type="comment", message="đến muộn")
        refused = await room.hear_type("error")
        assert (refused["code"], refused["temporary"]) == ("unavailable", True)
        heard = await other.hear_type("comment")
        assert heard["message"] == "đến muộn"
    page = (await server.api.get(f"/episodes/{episode}/comments")).json["results"]
    assert [comment["id"] for comment in page] == [heard["id"]]


async def test_a_socket_that_never_signs_in_is_closed(server: RunningServer) -> None:
    async with dial(server, server.an_episode_apart()) as room:
        (session,) = await until(
            lambda: [s for s in server.runtime.live._sessions.values() if not s.user_id and s.connection.is_open]
        )
        session._opened_at -= 5  # type: ignore[attr-defined]
        assert await room.closed() == 4401


async def test_clause_10_a_silent_peer_is_pinged_and_one_that_does_not_answer_is_given_up(
    server: RunningServer,
) -> None:
    member = await server.a_member()
    async with in_room(server, server.an_episode_apart(), member.access) as room:
        (session,) = (s for s in server.runtime.live._sessions.values() if s.user_id == member.id)
        session.connection.check_heartbeat(26)  # the client's library answers the ping by itself
        await until(lambda: session.connection._silent_s < 25)
        session.connection.check_heartbeat(61)
        assert await room.closed() == 1006


async def test_clause_10_a_quiet_room_says_where_it_stands(server: RunningServer) -> None:
    member, episode = await server.a_member(), server.an_episode_apart()
    async with in_room(server, episode, member.access) as room:
        await room.say(type="comment", message="rồi im lặng")
        await room.hear_type("ack")
        server.runtime.hub._rooms[f"comments:{episode}"].sent_at -= 25
        assert (await room.hear_type("sync"))["seq"] == 1
