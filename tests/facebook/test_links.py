"""Linking Facebook to an account that is there, by who has proved once more that it is theirs; and unlinking."""

from datetime import timedelta
from typing import Any

import pytest

from smovie.store import social_accounts
from tests.api.test_reauthentication import signed_in_ago
from tests.api.test_sessions import sign_in
from tests.facebook.conftest import Facebook
from tests.support.api import Answer
from tests.support.graph import Token
from tests.support.mailbox import letters_to, text_of
from tests.support.server import Member
from tests.support.wait import until

PATH = "/me/social/facebook"


async def link(facebook: Facebook, member: Member, token: Token, **given: str) -> Answer:
    body = {"access_token": token.text, "password": member.password, **given}
    return await facebook.server.api.post(PATH, body, access=member.access)


async def unlink(facebook: Facebook, access: str, **headers: str) -> Answer:
    return await facebook.server.api.call("DELETE", f"/api/v1{PATH}", access=access, headers=headers)


async def a_member_by_facebook(facebook: Facebook) -> tuple[Member, Token]:
    """Somebody who came by Facebook, has proved their address, and has no password."""
    member = await facebook.server.a_member()
    token = facebook.graph.token(email="elsewhere@example.com")
    assert (await link(facebook, member, token)).status == 200
    db = facebook.server.runtime.db
    await db.users.update_one({"_id": member.id}, {"$unset": {"password_hash": ""}})
    return member, token


async def test_who_has_linked_facebook_signs_in_with_it_to_the_same_account(facebook: Facebook) -> None:
    member, token = await facebook.server.a_member(), facebook.graph.token(email="another@example.com")
    linked = await link(facebook, member, token)
    assert linked.status == 200
    assert (linked.json["social"], linked.json["has_password"]) == (["facebook"], True)
    entered = await facebook.signed_in(token)
    assert (entered["created"], entered["needs_email"]) == (False, False)
    assert entered["user"] == linked.json == await facebook.me(member.access)
    assert (linked.json["id"], linked.json["email"]) == (member.id, member.email)
    await sign_in(facebook.server, member)


async def test_an_address_that_had_an_account_can_be_signed_in_with_once_it_is_linked(facebook: Facebook) -> None:
    member = await facebook.server.a_member()
    token = facebook.graph.token(email=member.email)
    assert (await facebook.sign_in(token)).status == 409
    assert (await link(facebook, member, token)).status == 200
    assert (await facebook.signed_in(token))["user"]["id"] == member.id


@pytest.mark.parametrize(
    ("language", "subjects"),
    [
        ("vi", ["Đã liên kết Facebook – SMovie", "Đã bỏ liên kết Facebook – SMovie"]),
        ("en", ["Facebook is now linked – SMovie", "Facebook is no longer linked – SMovie"]),
    ],
)
async def test_the_owner_is_told_of_both_by_mail(facebook: Facebook, language: str, subjects: list[str]) -> None:
    member, token = await facebook.server.a_member(), facebook.graph.token(name="Buy pills")
    body = {"access_token": token.text, "password": member.password}
    asked = {"Accept-Language": language}
    for _ in range(2):  # the second time it is linked already
        assert (await facebook.server.api.post(PATH, body, access=member.access, headers=asked)).status == 200
    assert (await unlink(facebook, member.access, **asked)).status == 204
    outbox = facebook.server.outbox
    letters = await until(lambda: found if len(found := letters_to(outbox, member.email)) == 3 else None)
    for letter, subject in zip(letters[1:], subjects, strict=True):
        assert letter["Subject"] == subject
        assert "Buy pills" not in text_of(letter)


@pytest.mark.parametrize(("given", "detail"), [({"password": "wrong"}, "not your password"), ({}, "missing")])
async def test_without_the_password_nothing_is_linked_and_facebook_is_not_asked(
    facebook: Facebook, given: dict[str, str], detail: str
) -> None:
    member, token = await facebook.server.a_member(), facebook.graph.token()
    asked = len(facebook.graph.asked)
    body = {"access_token": token.text, **given}
    refused = await facebook.server.api.post(PATH, body, access=member.access, headers={"Accept-Language": "en"})
    assert refused.status == 422
    (item,) = refused.json["errors"]
    assert item["pointer"] == "/password" and detail in item["detail"]
    assert await facebook.stored_link(token) is None
    assert len(facebook.graph.asked) == asked


async def test_without_a_password_a_fresh_sign_in_is_needed(facebook: Facebook) -> None:
    member, token = await a_member_by_facebook(facebook)
    newer = facebook.graph.another(token)
    body = {"access_token": newer.text}
    await signed_in_ago(facebook.server, member, timedelta(minutes=10, seconds=1))
    refused = await facebook.server.api.post(PATH, body, access=member.access)
    assert (refused.status, refused.json["type"]) == (403, "/problems/reauthentication-required")
    fresh = await facebook.signed_in(token)
    assert (await facebook.server.api.post(PATH, body, access=fresh["access"])).status == 200


async def test_somebody_at_facebook_is_linked_to_one_account(facebook: Facebook) -> None:
    first, second = await facebook.server.a_member(), await facebook.server.a_member()
    token = facebook.graph.token()
    assert (await link(facebook, first, token)).status == 200
    refused = await link(facebook, second, token)
    assert (refused.status, refused.json["type"]) == (409, "/problems/social-account-taken")
    assert (await facebook.signed_in(token))["user"]["id"] == first.id
    assert (await facebook.me(second.access))["social"] == []


async def test_an_account_is_linked_to_one_at_facebook(facebook: Facebook) -> None:
    member, token, other = await facebook.server.a_member(), facebook.graph.token(), facebook.graph.token()
    assert (await link(facebook, member, token)).status == 200
    refused = await link(facebook, member, other)
    assert (refused.status, refused.json["type"]) == (409, "/problems/already-linked")
    assert await facebook.stored_link(other) is None


@pytest.mark.parametrize("change", [None, {"is_active": False}], ids=["deleted", "banned"])
async def test_an_account_that_ends_while_it_is_linked_leaves_no_link(
    facebook: Facebook, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any] | None
) -> None:
    member, token = await facebook.server.a_member(), facebook.graph.token()
    db, insert = facebook.server.runtime.db, social_accounts.insert

    async def meanwhile(*given: Any) -> None:
        if change:
            await db.users.update_one({"_id": member.id}, {"$set": change})
        else:
            await db.users.delete_one({"_id": member.id})
        await insert(*given)

    monkeypatch.setattr(social_accounts, "insert", meanwhile)
    assert (await link(facebook, member, token)).status == 401
    assert await facebook.stored_link(token) is None


async def test_a_token_that_is_not_good_links_nothing(facebook: Facebook) -> None:
    member, token = await facebook.server.a_member(), facebook.graph.token(expires_at=1)
    assert (await link(facebook, member, token)).status == 401
    assert (await facebook.me(member.access))["social"] == []


async def test_once_it_is_unlinked_facebook_opens_the_account_no_more(facebook: Facebook) -> None:
    member, token = await facebook.server.a_member(), facebook.graph.token(email=None)
    await link(facebook, member, token)
    done = await unlink(facebook, member.access)
    assert (done.status, done.body) == (204, b"")
    assert (await facebook.me(member.access))["social"] == []
    assert await facebook.stored_link(token) is None
    entered = await facebook.signed_in(token)
    assert entered["created"] is True
    assert entered["user"]["id"] != member.id
    again = await unlink(facebook, member.access)
    assert (again.status, again.json["type"]) == (404, "/problems/facebook-not-linked")


async def test_the_only_way_in_is_not_unlinked(facebook: Facebook) -> None:
    member, _ = await a_member_by_facebook(facebook)
    refused = await unlink(facebook, member.access)
    assert (refused.status, refused.json["type"]) == (409, "/problems/last-way-in")
    assert (await facebook.me(member.access))["social"] == ["facebook"]
    body = {"new": "một mật khẩu khác"}
    assert (await facebook.server.api.post("/me/password", body, access=member.access)).status == 204
    assert (await unlink(facebook, member.access)).status == 204


async def test_who_has_not_proved_an_address_links_and_unlinks_nothing(facebook: Facebook) -> None:
    registered = await facebook.server.register()
    body = {"access_token": facebook.graph.token().text, "password": registered["password"]}
    assert (await facebook.server.api.post(PATH, body, access=registered["access"])).status == 403
    entered = await facebook.signed_in(facebook.graph.token(email="unproved@example.com"))
    assert (await unlink(facebook, entered["access"])).status == 403
    assert (await facebook.server.api.post(PATH, body)).status == 401
    assert (await facebook.server.api.call("DELETE", f"/api/v1{PATH}")).status == 401
