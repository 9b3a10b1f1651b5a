"""Changing one's password: only with the old one, and every other device is out at once."""

import asyncio
from typing import Any

import pytest

from smovie.passwords import PasswordHasher
from tests.api.test_sessions import assert_is_out, sign_in
from tests.support.room import in_room
from tests.support.server import RunningServer

NEW = "một mật khẩu khác"


def pointers(problem: dict[str, Any]) -> list[str]:
    return [item["pointer"] for item in problem["errors"]]


async def test_changing_it_ends_all_other_sessions_and_keeps_ones_own(server: RunningServer) -> None:
    member = await server.a_member()
    phone = await sign_in(server, member)
    episode = server.an_episode_apart()
    async with in_room(server, episode, phone["access"]) as room, in_room(server, episode, member.access) as own:
        changed = await server.api.post("/me/password", {"old": member.password, "new": NEW}, access=member.access)
        assert (changed.status, changed.body) == (204, b"")
        assert await room.closed() == 4401
        await own.say(type="comment", message="tôi ở lại", cmid="i-stay")
        await own.hear_type("ack")
    await assert_is_out(server, phone)
    assert (await server.api.get("/me", access=member.access)).status == 200
    assert (await server.api.post("/auth/refresh", {"refresh": member.refresh})).status == 200
    login = {"email": member.email, "password": member.password}
    assert (await server.api.post("/auth/login", login)).status == 401
    assert (await server.api.post("/auth/login", {**login, "password": NEW})).status == 200


async def test_a_wrong_old_password_changes_nothing(server: RunningServer) -> None:
    member = await server.a_member()
    phone = await sign_in(server, member)
    refused = await server.api.post("/me/password", {"old": "not the password", "new": NEW}, access=member.access)
    assert refused.status == 422
    assert pointers(refused.json) == ["/old"]
    assert (await server.api.get("/me", access=phone["access"])).status == 200
    await sign_in(server, member)


async def test_of_two_changes_at_once_one_holds(server: RunningServer) -> None:
    member = await server.a_member()
    wishes = [f"{NEW} {number}" for number in range(4)]
    answers = await asyncio.gather(
        *(server.api.post("/me/password", {"old": member.password, "new": new}, access=member.access) for new in wishes)
    )
    assert sorted(answer.status for answer in answers) == [204, 422, 422, 422]
    (new,) = [new for new, answer in zip(wishes, answers, strict=True) if answer.status == 204]
    assert (await server.api.post("/auth/login", {"email": member.email, "password": new})).status == 200


async def test_a_sign_in_that_was_under_way_does_not_outlive_the_change(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = await server.a_member()
    checked, changed = asyncio.Event(), asyncio.Event()
    matches = PasswordHasher.matches

    async def wait(self: PasswordHasher, password: str, stored: str | None) -> bool:
        right = await matches(self, password, stored)
        if not checked.is_set():
            checked.set()
            await changed.wait()
        return right

    monkeypatch.setattr(PasswordHasher, "matches", wait)
    login = {"email": member.email, "password": member.password}
    signing_in = asyncio.ensure_future(server.api.post("/auth/login", login))
    await checked.wait()
    done = await server.api.post("/me/password", {"old": member.password, "new": NEW}, access=member.access)
    changed.set()
    assert done.status == 204
    assert (await signing_in).status == 401
    assert len((await server.api.get("/me/sessions", access=member.access)).json["results"]) == 1


@pytest.mark.parametrize("new", ["short", "x" * 1_025, "matkhau123", "ILoveYou", "AnhYeuEm", "12345678"])
async def test_a_new_password_that_everybody_tries_first_is_refused(server: RunningServer, new: str) -> None:
    member = await server.a_member()
    refused = await server.api.post("/me/password", {"old": member.password, "new": new}, access=member.access)
    assert refused.status == 422
    assert pointers(refused.json) == ["/new"]
    assert new not in refused.body.decode()


@pytest.mark.parametrize("password", ["Password1", "khongbiet", "123456789", "QWERTY123"])
async def test_a_common_password_registers_nobody(server: RunningServer, password: str) -> None:
    body = {"email": "common@example.com", "username": "Người thường", "password": password}
    refused = await server.api.post("/auth/register", body, headers={"Accept-Language": "en"})
    assert refused.status == 422
    assert pointers(refused.json) == ["/password"]
    assert "commonest" in refused.json["errors"][0]["detail"]


async def test_only_the_verified_change_a_password(server: RunningServer) -> None:
    registered = await server.register()
    body = {"old": registered["password"], "new": NEW}
    assert (await server.api.post("/me/password", body, access=registered["access"])).status == 403
    assert (await server.api.post("/me/password", body)).status == 401
