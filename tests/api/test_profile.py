"""One's own account: what it shows, and what may be changed of it."""

import asyncio
from typing import Any

import pytest

from tests.api.test_bad_input import assert_problem
from tests.conftest import StartServer
from tests.support.api import Answer
from tests.support.room import in_room
from tests.support.server import Member, RunningServer
from tests.support.wait import until


async def patch(server: RunningServer, member: Member, value: dict[str, Any]) -> Answer:
    return await server.api.patch("/me", value, access=member.access)


async def test_a_name_is_changed_and_shown_everywhere_from_then_on(server: RunningServer) -> None:
    member, episode = await server.a_member(), server.an_episode_apart()
    changed = await patch(server, member, {"username": "Đặng Thị Hậu"})
    assert (changed.status, changed.json["username"]) == (200, "Đặng Thị Hậu")
    assert (await server.api.get("/me", access=member.access)).json == changed.json
    login = {"email": member.email, "password": member.password}
    assert (await server.api.post("/auth/login", login)).json["user"] == changed.json

    async def is_called_so() -> bool:
        async with in_room(server, episode, member.access) as room:
            return bool(room.joined["me"]["username"] == "Đặng Thị Hậu")

    await until(is_called_so, within_s=2)


async def test_a_name_that_is_taken_is_refused_in_whatever_spelling(server: RunningServer) -> None:
    owner, other = await server.a_member(username="Hồng Nhung 7"), await server.a_member()
    for name in ("Hồng Nhung 7", "HỒNG NHUNG 7", "hồng nhung ７"):
        refused = await patch(server, other, {"username": name})
        assert_problem(refused, 422, "invalid", "/username")
    assert (await patch(server, owner, {"username": "HỒNG nhung 7"})).json["username"] == "HỒNG nhung 7"
    assert (await patch(server, owner, {"username": "Hồng Nhung Khác"})).status == 200
    assert (await patch(server, other, {"username": "Hồng Nhung 7"})).status == 200, "a name that is given up is free"


async def test_of_many_who_want_one_name_at_once_one_gets_it(server: RunningServer) -> None:
    members = [await server.a_member() for _ in range(5)]
    answers = await asyncio.gather(*(patch(server, member, {"username": "Duy nhất"}) for member in members))
    assert sorted(answer.status for answer in answers) == [200, 422, 422, 422, 422]


@pytest.mark.parametrize("name", ["", "x", "x" * 41, " Lan", "Lan ", "La\u200bn", "!!", "La\nn", 7, ["Lan"]])
async def test_a_name_keeps_the_rules_of_registration(server: RunningServer, name: Any) -> None:
    member = await server.a_member()
    assert_problem(await patch(server, member, {"username": name}), 422, "invalid", "/username")
    assert (await server.api.get("/me", access=member.access)).json["username"] == member.username


@pytest.mark.parametrize(
    "member_name",
    [
        "role", "email", "email_verified", "verified", "is_active", "id", "_id", "password", "password_hash", "avatar",
        "created_at", "username_key", "$set", "pending_until",
    ],
)  # fmt: skip
async def test_nothing_else_can_be_set(server: RunningServer, member_name: str) -> None:
    member = await server.a_member()
    stored = await server.runtime.db.users.find_one({"_id": member.id})
    for value in ("admin", True):
        refused = await patch(server, member, {"username": "Không đổi", member_name: value})
        assert_problem(refused, 422, "invalid", f"/{member_name}")
    assert await server.runtime.db.users.find_one({"_id": member.id}) == stored


async def test_what_is_left_out_stays(server: RunningServer) -> None:
    member = await server.a_member()
    before = (await server.api.get("/me", access=member.access)).json
    for nothing in ({}, {"username": None}):
        unchanged = await patch(server, member, nothing)
        assert (unchanged.status, unchanged.json) == (200, before)


async def test_a_name_may_be_changed_so_often(start: StartServer) -> None:
    server = await start(limit_name_changes_per_user="2/hour")
    member = await server.a_member()
    assert [(await patch(server, member, {"username": f"Tên {n}"})).status for n in range(3)] == [200, 200, 429]
    assert (await patch(server, member, {})).status == 200


async def test_only_the_verified_change_their_name(server: RunningServer) -> None:
    registered = await server.register()
    refused = await server.api.patch("/me", {"username": "Khác"}, access=registered["access"])
    assert_problem(refused, 403, "unverified")
    assert_problem(await server.api.patch("/me", {"username": "Khác"}), 401, "token-missing")
