"""A forgotten password: nothing is told to strangers, the link works once and for an hour, and all devices are out."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from smovie.models.base import now
from tests.api.test_sessions import assert_is_out
from tests.support.api import Answer
from tests.support.mailbox import letters_to, link_in, text_of
from tests.support.room import in_room
from tests.support.server import Member, RunningServer
from tests.support.wait import until

NEW = "một mật khẩu khác"
FORGOT = "/auth/password/forgot"
_PATH = "/api/v1/auth/password/reset/"


def links_to(server: RunningServer, address: str) -> list[str]:
    """The paths of the reset links that were mailed, oldest first."""
    return [path for letter in letters_to(server.outbox, address) if (path := link_in(letter)).startswith(_PATH)]


async def forget(server: RunningServer, member: Member) -> dict[str, Any]:
    """Forget a password; shape: what the newest link holds, as the API takes it."""
    sent = len(links_to(server, member.email))
    assert (await server.api.post("/auth/password/forgot", {"email": member.email})).status == 202
    links = await until(lambda: found if len(found := links_to(server, member.email)) > sent else None)
    uid, token = links[-1].removeprefix(_PATH).split("/")
    return {"uid": uid, "token": token}


async def reset(server: RunningServer, held: dict[str, Any], password: str = NEW) -> Answer:
    return await server.api.post("/auth/password/reset", {**held, "password": password})


async def test_the_link_from_the_mail_sets_the_password_and_ends_all_sessions(server: RunningServer) -> None:
    member = await server.a_member()
    held = await forget(server, member)
    assert held["uid"] == member.id
    async with in_room(server, server.an_episode_apart(), member.access) as room:
        done = await reset(server, held)
        assert done.status == 200
        assert set(done.json) == {"message"}
        assert await room.closed() == 4401
    await assert_is_out(server, {"access": member.access, "refresh": member.refresh})
    login = {"email": member.email, "password": member.password}
    assert (await server.api.post("/auth/login", login)).status == 401
    assert (await server.api.post("/auth/login", {**login, "password": NEW})).status == 200


async def test_the_link_works_once_also_when_it_is_used_many_times_at_once(server: RunningServer) -> None:
    held = await forget(server, await server.a_member())
    answers = await asyncio.gather(*(reset(server, held) for _ in range(5)))
    assert sorted(answer.status for answer in answers) == [200, 404, 404, 404, 404]
    spent = await reset(server, held)
    assert (spent.status, spent.json["type"]) == (404, "/problems/reset-not-found")


async def test_a_later_link_replaces_the_earlier_one(server: RunningServer) -> None:
    member = await server.a_member()
    first, second = await forget(server, member), await forget(server, member)
    assert (await reset(server, first)).status == 404
    assert (await reset(server, second)).status == 200


async def test_a_link_is_dead_after_an_hour_and_after_the_password_was_changed(server: RunningServer) -> None:
    member = await server.a_member()
    held = await forget(server, member)
    stored = await server.runtime.db.users.find_one({"_id": member.id})
    assert timedelta(minutes=59) < stored["reset_until"] - now() <= timedelta(hours=1)
    await server.runtime.db.users.update_one({"_id": member.id}, {"$set": {"reset_until": now()}})
    assert (await reset(server, held)).status == 404
    held = await forget(server, member)
    change = {"old": member.password, "new": "lại một mật khẩu nữa"}
    assert (await server.api.post("/me/password", change, access=member.access)).status == 204
    assert (await reset(server, held)).status == 404


async def test_a_token_is_good_for_its_own_account_only_and_is_not_stored(server: RunningServer) -> None:
    member, other = await server.a_member(), await server.a_member()
    held = await forget(server, member)
    assert held["token"] not in str(await server.runtime.db.users.find_one({"_id": member.id}))
    for wrong in ({"uid": other.id}, {"uid": "no-such"}, {"token": held["token"] + "x"}, {"token": "\x00"}):
        assert (await reset(server, {**held, **wrong})).status == 404
    assert (await reset(server, held)).status == 200


@pytest.mark.parametrize("password", ["short", "x" * 1_025, "matkhau123", "Password123"])
async def test_a_password_that_is_refused_does_not_spend_the_link(server: RunningServer, password: str) -> None:
    held = await forget(server, await server.a_member())
    refused = await reset(server, held, password)
    assert refused.status == 422
    assert [item["pointer"] for item in refused.json["errors"]] == ["/password"]
    assert (await reset(server, held)).status == 200


async def test_a_stranger_does_not_learn_who_has_an_account(server: RunningServer) -> None:
    member, pending = await server.a_member(), await server.register()
    answers = [
        await server.api.post("/auth/password/forgot", {"email": email})
        for email in (member.email, member.email.upper(), pending["email"], "nobody@example.com")
    ]
    assert {answer.status for answer in answers} == {202}
    assert len({answer.body for answer in answers}) == 1
    assert len({tuple({**answer.headers, "date": "", "x-request-id": ""}.items()) for answer in answers}) == 1
    await until(lambda: len(links_to(server, member.email)) == 2)
    assert links_to(server, pending["email"]) == links_to(server, "nobody@example.com") == []


async def writes_of(
    server: RunningServer, path: str, email: str, *, access: str | None = None, **members: str
) -> dict[str, int]:
    """How many commands of each kind a request about an address writes with; what reads goes on beside it."""

    def of(status: dict[str, Any]) -> dict[str, int]:
        commands = status["metrics"]["commands"]
        return {name: commands[name]["total"] for name in ("update", "insert")}

    admin = server.runtime.db._client.admin
    before = of(await admin.command("serverStatus"))
    assert (await server.api.post(path, {"email": email, **members}, access=access)).status == 202
    after = of(await admin.command("serverStatus"))
    return {name: after[name] - before[name] for name in after}


async def test_for_an_unknown_address_the_same_writes_are_made_and_no_mail_goes_out(server: RunningServer) -> None:
    member = await server.a_member()
    wanted = {"update": 1, "insert": 1}
    known, unknown = [await writes_of(server, FORGOT, email) for email in (member.email, "nobody@example.com")]
    assert known == unknown == wanted
    await until(lambda: links_to(server, member.email))

    async def none_waits() -> bool:
        return bool(await server.runtime.db.mails.count_documents({}) == 0)

    await until(none_waits)


@pytest.mark.parametrize(("language", "subject"), [("vi", "Đặt mật khẩu mới"), ("en", "Choose a new password")])
async def test_the_mail_and_the_page_are_in_the_language_asked_for(
    server: RunningServer, language: str, subject: str
) -> None:
    member = await server.a_member()
    asked = {"Accept-Language": language}
    await server.api.post("/auth/password/forgot", {"email": member.email}, headers=asked)
    (link,) = await until(lambda: links_to(server, member.email))
    letter = letters_to(server.outbox, member.email)[-1]
    assert subject in letter["Subject"]
    assert member.username not in text_of(letter)
    page = await server.api.call("GET", link, headers=asked)
    assert page.status == 200
    assert subject in page.body.decode()
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    script = await server.api.call("GET", "/static/site/reset.js")
    assert script.status == 200
    uid, token = link.removeprefix(_PATH).split("/")
    assert (await reset(server, {"uid": uid, "token": token})).status == 200, "opening the page spends nothing"
