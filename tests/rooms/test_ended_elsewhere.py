"""ROOMS.md 21: what ends or changes on one instance is felt on another within a second, in REST and on open sockets."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from tornado.ioloop import IOLoop

from smovie import accounts
from smovie.bans import ban_user, lift_ban
from smovie.errors import NotFound
from tests.api.test_password_reset import forget, reset
from tests.api.test_sessions import sessions_of, sign_in
from tests.rooms.test_verify import waiting
from tests.support.room import RoomClient, in_room
from tests.support.server import Member, RunningServer, start_server, test_settings
from tests.support.wait import until

WITHIN_S = 1.0
NEW = "một mật khẩu khác"
Tokens = dict[str, str]
Ending = Callable[[RunningServer, Member, Tokens], Awaitable[object]]


@pytest.fixture(scope="module")
def other(io_loop: IOLoop, mongod: str, server: RunningServer) -> Iterator[RunningServer]:
    """Another instance, which shares with `server` the database, and the outbox: whose mailer sends is chance."""
    stack = AsyncExitStack()
    settings = test_settings(
        mongo_url=mongod, mongo_database=server.settings.mongo_database, data_dir=server.settings.data_dir
    )
    yield io_loop.run_sync(lambda: stack.enter_async_context(start_server(settings)))
    io_loop.run_sync(stack.aclose)


@asynccontextmanager
async def served_by(other: RunningServer, tokens: Tokens) -> AsyncIterator[RoomClient]:
    """Somebody in a room of an instance, whose token that has just looked up."""
    async with in_room(other, other.an_episode_apart(), tokens["access"]) as room:
        assert (await other.api.get("/me/sessions", access=tokens["access"])).status == 200
        yield room


async def log_out(server: RunningServer, _member: Member, phone: Tokens) -> None:
    assert (await server.api.post("/auth/logout", {"refresh": phone["refresh"]})).status == 204


async def log_out_everywhere(server: RunningServer, member: Member, _phone: Tokens) -> None:
    assert (await server.api.post("/auth/logout-all", access=member.access)).status == 204


async def end_the_device(server: RunningServer, member: Member, _phone: Tokens) -> None:
    ended = (await sessions_of(server, member.access))[0]["id"]
    assert (await server.api.call("DELETE", f"/api/v1/me/sessions/{ended}", access=member.access)).status == 204


async def change_the_password(server: RunningServer, member: Member, _phone: Tokens) -> None:
    change = {"old": member.password, "new": NEW}
    assert (await server.api.post("/me/password", change, access=member.access)).status == 204


async def replay_a_grandparent(server: RunningServer, _member: Member, phone: Tokens) -> None:
    child = (await server.api.post("/auth/refresh", {"refresh": phone["refresh"]})).json
    assert (await server.api.post("/auth/refresh", {"refresh": child["refresh"]})).status == 200
    assert (await server.api.post("/auth/refresh", {"refresh": phone["refresh"]})).status == 401


@pytest.mark.parametrize(
    "end", [log_out, log_out_everywhere, end_the_device, change_the_password, replay_a_grandparent]
)
async def test_clause_21_an_end_taken_by_another_instance(
    server: RunningServer, other: RunningServer, end: Ending
) -> None:
    member = await server.a_member()
    phone = await sign_in(server, member)
    async with served_by(other, phone) as room:
        began = time.monotonic()
        await end(server, member, phone)
        assert await room.closed() == 4401
        assert (await other.api.get("/me", access=phone["access"])).status == 401
        assert time.monotonic() - began < WITHIN_S
    assert (await other.api.post("/auth/refresh", {"refresh": phone["refresh"]})).status == 401


async def test_clause_21_a_password_reset_on_another_instance(server: RunningServer, other: RunningServer) -> None:
    member = await server.a_member()
    held = await forget(server, member)
    async with served_by(other, {"access": member.access}) as room:
        began = time.monotonic()
        assert (await reset(server, held)).status == 200
        assert await room.closed() == 4401
        assert (await other.api.get("/me", access=member.access)).status == 401
        assert time.monotonic() - began < WITHIN_S


async def ban(server: RunningServer, member: Member, _phone: Tokens) -> None:
    await ban_user(server.runtime.db, member.id)


async def deactivate(server: RunningServer, member: Member, _phone: Tokens) -> None:
    await server.runtime.db.users.update_one({"_id": member.id}, {"$set": {"is_active": False}})


async def delete(server: RunningServer, member: Member, _phone: Tokens) -> None:
    await server.runtime.db.users.delete_one({"_id": member.id})


@pytest.mark.parametrize("end", [ban, deactivate, delete])
async def test_clause_21_an_account_banned_or_closed_by_hand(
    server: RunningServer, other: RunningServer, end: Ending
) -> None:
    member = await server.a_member()
    async with served_by(other, {"access": member.access}) as room:
        began = time.monotonic()
        await end(server, member, {})
        assert await room.closed() == 4403
        assert (await other.api.get("/me", access=member.access)).status == 401
        assert time.monotonic() - began < WITHIN_S


async def test_who_was_banned_signs_in_no_more_until_the_ban_is_lifted(server: RunningServer) -> None:
    member = await server.a_member()
    login = {"email": member.email, "password": member.password}
    await ban_user(server.runtime.db, member.id)
    assert (await server.api.post("/auth/login", login)).status == 401
    await lift_ban(server.runtime.db, member.id)
    assert (await server.api.post("/auth/login", login)).status == 200
    assert (await server.api.get("/me", access=member.access)).status == 401, "what had ended stays so"
    for change in (ban_user, lift_ban):
        with pytest.raises(NotFound):
            await change(server.runtime.db, "nobody")


async def test_clause_21_a_new_admin_password_from_the_command_line_ends_all_sessions(
    server: RunningServer, other: RunningServer
) -> None:
    member = await server.a_member()
    held = await forget(server, member)
    async with served_by(other, {"access": member.access}) as room:
        began = time.monotonic()
        await accounts.create_admin(server.runtime.db, server.runtime.accounts.hasher, member.email, NEW)
        assert await room.closed() == 4401
        assert (await other.api.get("/me", access=member.access)).status == 401
        assert time.monotonic() - began < WITHIN_S
    assert (await reset(server, held)).status == 404
    signed_in = await server.api.post("/auth/login", {"email": member.email, "password": NEW})
    assert signed_in.json["user"]["role"] == "admin"


async def test_nobody_else_feels_an_end(server: RunningServer, other: RunningServer) -> None:
    member, bystander = await server.a_member(), await server.a_member()
    phone = await sign_in(server, member)
    async with (
        served_by(other, phone) as room,
        served_by(other, {"access": member.access}) as own,
        served_by(other, {"access": bystander.access}) as third,
    ):
        await log_out(server, member, phone)
        assert await room.closed() == 4401
        for left in (own, third):
            await left.say(type="comment", message="vẫn ở đây", cmid="still-here")
            await left.hear_type("ack")


async def test_a_socket_ends_with_the_sign_in_whose_token_it_took_last(
    server: RunningServer, other: RunningServer
) -> None:
    member = await server.a_member()
    before, after = await sign_in(server, member), await sign_in(server, member)
    async with served_by(other, before) as room, served_by(other, after) as also_after:
        await room.say(type="auth", token=after["access"])
        await room.hear_type("auth_ok")
        await log_out(server, member, before)
        await until(lambda: other.runtime.identities._ended.get(sessions_in(before)))
        await room.say(type="comment", message="vẫn ở đây", cmid="still-here")
        await room.hear_type("ack")
        await log_out(server, member, after)
        assert [await room.closed(), await also_after.closed()] == [4401, 4401]


def sessions_in(tokens: Tokens) -> str:
    """The id of the session that a refresh token is of."""
    return tokens["refresh"].partition(".")[0]


async def test_a_new_role_holds_on_open_sockets_and_is_told(server: RunningServer, other: RunningServer) -> None:
    member = await server.a_member()
    users = server.runtime.db.users
    async with served_by(other, {"access": member.access}) as room:
        assert "moderate" not in room.joined["me"]["can"]
        await users.update_one({"_id": member.id}, {"$set": {"role": "moderator"}})
        assert "moderate" in (await room.hear_type("account_changed"))["me"]["can"]
        began = time.monotonic()
        await users.update_one({"_id": member.id}, {"$set": {"role": "user"}})
        demoted = await room.hear_type("account_changed")
        assert time.monotonic() - began < WITHIN_S
    assert (demoted["me"]["id"], demoted["me"]["username"]) == (member.id, member.username)
    assert "moderate" not in demoted["me"]["can"]


async def test_a_new_name_is_on_what_is_said_from_then_on(server: RunningServer, other: RunningServer) -> None:
    member = await server.a_member()
    async with served_by(other, {"access": member.access}) as room:
        renamed = f"{member.username} mới"
        await server.runtime.db.users.update_one({"_id": member.id}, {"$set": {"username": renamed}})
        await room.hear_type("account_changed")
        await room.say(type="comment", message="tên mới", cmid="renamed")
        assert (await room.hear_type("comment"))["username"] == renamed


async def test_who_is_verified_no_more_leaves_the_room_and_its_doors_close(
    server: RunningServer, other: RunningServer
) -> None:
    member = await server.a_member()
    users = server.runtime.db.users
    async with served_by(other, {"access": member.access}) as room:
        await users.update_one({"_id": member.id}, {"$set": {"email_verified": False}})
        assert await room.closed() == 4403
    assert (await other.api.get("/me/sessions", access=member.access)).status == 403


async def test_clause_30_a_link_opened_on_another_instance(server: RunningServer, other: RunningServer) -> None:
    registered = await server.register()
    link = await server.proof_for(registered)
    async with waiting(other, registered["uid"], registered["access"]) as client:
        assert (await client.hear_type("joined"))["email_verified"] is False
        began = time.monotonic()
        assert (await server.api.post_to(link)).status == 200
        event = await client.hear_type("email_verified")
        assert time.monotonic() - began < WITHIN_S
    assert (await other.api.get("/me/sessions", access=event["access"])).status == 200
