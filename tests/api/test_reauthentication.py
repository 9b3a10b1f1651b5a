"""Proving once more who one is: by the password, or, where there is none, by a fresh sign-in."""

from datetime import timedelta

from smovie.models.base import now
from tests.api.test_sessions import sign_in
from tests.support.server import Member, RunningServer

NEW = "một mật khẩu khác"


async def a_member_without_a_password(server: RunningServer) -> Member:
    """Somebody as they are who have only ever signed in by Facebook."""
    member = await server.a_member()
    await server.runtime.db.users.update_one({"_id": member.id}, {"$unset": {"password_hash": ""}})
    return member


async def signed_in_ago(server: RunningServer, member: Member, ago: timedelta) -> None:
    change = {"$set": {"created_at": now() - ago}}
    await server.runtime.db.sessions.update_many({"user_id": member.id}, change)


async def test_a_password_that_is_there_must_be_given(server: RunningServer) -> None:
    member = await server.a_member()
    for body, detail in (({}, "missing"), ({"old": None}, "missing"), ({"old": "wrong"}, "not your password")):
        refused = await server.api.post(
            "/me/password", {**body, "new": NEW}, access=member.access, headers={"Accept-Language": "en"}
        )
        assert refused.status == 422
        (item,) = refused.json["errors"]
        assert item["pointer"] == "/old"
        assert detail in item["detail"]
    assert (
        await server.api.post("/me/password", {"old": member.password, "new": NEW}, access=member.access)
    ).status == 204


async def test_without_a_password_a_fresh_sign_in_is_enough(server: RunningServer) -> None:
    member = await a_member_without_a_password(server)
    await signed_in_ago(server, member, timedelta(minutes=9, seconds=30))
    assert (await server.api.post("/me/password", {"new": NEW}, access=member.access)).status == 204
    member.password = NEW
    await sign_in(server, member)


async def test_without_a_password_an_old_sign_in_is_not_enough_whatever_is_given(server: RunningServer) -> None:
    member = await a_member_without_a_password(server)
    await signed_in_ago(server, member, timedelta(minutes=10, seconds=1))
    refreshed = (await server.api.post("/auth/refresh", {"refresh": member.refresh})).json
    for body in ({}, {"old": ""}, {"old": member.password}):
        refused = await server.api.post("/me/password", {**body, "new": NEW}, access=refreshed["access"])
        assert (refused.status, refused.json["type"]) == (403, "/problems/reauthentication-required")
    login = {"email": member.email, "password": NEW}
    assert (await server.api.post("/auth/login", login)).status == 401
