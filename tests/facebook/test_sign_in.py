"""Signing in with Facebook: who somebody is, is their id there; all else is as unproven as if it had been typed."""

import asyncio
from datetime import timedelta
from typing import Any

import bcrypt
import pytest

from smovie import facebook as verbs
from smovie.models.base import now
from tests.api.test_openapi import DESCRIBED, validator_of
from tests.conftest import StartServer
from tests.facebook.conftest import Facebook, facebook_settings
from tests.rooms.test_verify import waiting
from tests.support.graph import FakeGraph
from tests.support.mailbox import letters_to, link_in
from tests.support.server import RunningServer
from tests.support.wait import until

PASSWORD = "một mật khẩu dài"


async def link_to(facebook: Facebook, address: str, number: int = 1) -> str:
    """The path of the link in the newest of so many mails to an address."""
    outbox = facebook.server.outbox
    letters = await until(lambda: found if len(found := letters_to(outbox, address)) == number else None)
    return link_in(letters[-1])


async def test_the_first_sign_in_makes_an_account_and_later_ones_find_it(facebook: Facebook) -> None:
    token = facebook.graph.token(name="Nguyễn Văn An", email="an@example.com")
    first = await facebook.signed_in(token)
    assert (first["created"], first["needs_email"]) == (True, False)
    wanted = {
        "email": "an@example.com", "username": "Nguyễn Văn An", "role": "user", "email_verified": False,
        "needs_email": False, "has_password": False, "social": ["facebook"],
    }  # fmt: skip
    assert wanted.items() <= first["user"].items()
    assert await facebook.me(first["access"]) == first["user"]
    again = await facebook.signed_in(facebook.graph.another(token))
    assert (again["created"], again["user"]) == (False, first["user"])


async def test_the_answer_is_as_declared(facebook: Facebook) -> None:
    operation = DESCRIBED["paths"]["/api/v1/auth/facebook"]["post"]
    declared = operation["responses"]["200"]["content"]["application/json"]["schema"]
    validator_of(declared).validate(await facebook.signed_in(facebook.graph.token()))


async def test_a_session_by_facebook_is_one_like_any_other(facebook: Facebook) -> None:
    tokens = await facebook.signed_in(facebook.graph.token())
    refreshed = await facebook.server.api.post("/auth/refresh", {"refresh": tokens["refresh"]})
    assert refreshed.status == 200
    assert (await facebook.server.api.post("/auth/logout", {"refresh": refreshed.json["refresh"]})).status == 204
    assert (await facebook.server.api.get("/me", access=tokens["access"])).status == 401


async def test_a_granted_address_is_proved_by_its_own_mail_and_the_waiting_client_is_told(facebook: Facebook) -> None:
    entered = await facebook.signed_in(facebook.graph.token(email="binh@example.com"))
    async with waiting(facebook.server, entered["user"]["id"], entered["access"]) as client:
        assert (await client.hear_type("joined"))["email_verified"] is False
        confirmed = await facebook.server.api.post_to(await link_to(facebook, "binh@example.com"))
        assert confirmed.status == 200
        event = await client.hear_type("email_verified")
    me = await facebook.me(event["access"])
    assert me == {**entered["user"], "email_verified": True}


async def test_an_address_that_changed_at_facebook_stays_as_it_is_here(facebook: Facebook) -> None:
    token = facebook.graph.token(email="before@example.com")
    entered = await facebook.signed_in(token)
    again = await facebook.signed_in(facebook.graph.another(token, email="after@example.com", name="Tên mới"))
    assert again["user"] == entered["user"]
    assert await facebook.accounts_of("after@example.com") == []


@pytest.mark.parametrize(
    "about",
    [
        {"email": None},
        {"email": "chi@example.com", "scopes": ("public_profile",)},
        {"email": "not an address"},
        {"email": "face123456@example.com"},
        {"email": "x" * 250 + "@example.com"},
    ],
    ids=["none there", "not granted", "none to us", "one that stands in", "too long"],
)
async def test_without_an_address_another_stands_in_and_nothing_is_ever_mailed_to_it(
    facebook: Facebook, about: dict[str, Any]
) -> None:
    token = facebook.graph.token(**about)
    entered = await facebook.signed_in(token)
    stand_in = f"face{token.user_id}@example.com"
    assert (entered["created"], entered["needs_email"]) == (True, True)
    assert (entered["user"]["email"], entered["user"]["needs_email"]) == (stand_in, True)
    for path in ("/auth/verify/resend", "/auth/password/forgot"):
        assert (await facebook.server.api.post(path, {"email": stand_in})).status == 202
    await facebook.signed_in(facebook.graph.token(email=f"after-{token.user_id}@example.com"))
    await link_to(facebook, f"after-{token.user_id}@example.com")  # mails are sent in order
    assert letters_to(facebook.server.outbox, stand_in) == []


async def test_an_account_stays_though_its_address_is_not_proved_in_time(facebook: Facebook) -> None:
    token = facebook.graph.token(email="dung@example.com")
    entered = await facebook.signed_in(token)
    (stored,) = await facebook.accounts_of("dung@example.com")
    assert "pending_until" not in stored
    assert timedelta(days=3, minutes=-1) < stored["verify_until"] - now() <= timedelta(days=3)
    late = await link_to(facebook, "dung@example.com")
    await facebook.server.runtime.db.users.update_one({"_id": stored["_id"]}, {"$set": {"verify_until": now()}})
    assert (await facebook.server.api.post_to(late)).status == 404
    await facebook.server.api.post("/auth/verify/resend", {"email": "dung@example.com"})
    newer = await link_to(facebook, "dung@example.com", 2)
    assert "pending_until" not in (await facebook.accounts_of("dung@example.com"))[0]
    assert (await facebook.server.api.post_to(newer)).status == 200
    assert (await facebook.me(entered["access"]))["email_verified"] is True


async def test_who_comes_many_times_at_once_gets_one_account(facebook: Facebook) -> None:
    token = facebook.graph.token(email="em@example.com")
    answers = await asyncio.gather(*(facebook.sign_in(token) for _ in range(8)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.json["user"]["id"] for answer in answers}) == 1
    assert [answer.json["created"] for answer in answers].count(True) == 1
    assert len(await facebook.accounts_of("em@example.com")) == 1
    assert all([(await facebook.me(answer.json["access"]))["social"] == ["facebook"] for answer in answers])


async def test_an_account_that_was_being_made_when_we_died_is_made_anew(facebook: Facebook) -> None:
    token = facebook.graph.token(email="giang@example.com")
    first = await facebook.signed_in(token)
    db = facebook.server.runtime.db
    # Dead after the link to it was stored: the account goes by itself, unless its owner comes first.
    await db.users.update_one({"_id": first["user"]["id"]}, {"$set": {"pending_until": now() + verbs.JOIN_WITHIN}})
    again = await facebook.signed_in(token)
    assert again["user"]["id"] == first["user"]["id"]
    assert "pending_until" not in (await facebook.accounts_of("giang@example.com"))[0]
    await db.users.delete_one({"_id": first["user"]["id"]})
    anew = await facebook.signed_in(token)
    assert anew["created"] is True
    link = await facebook.stored_link(token)
    assert link and link["user_id"] == anew["user"]["id"] != first["user"]["id"]


async def test_a_banned_account_is_refused_as_a_bad_token_is(facebook: Facebook) -> None:
    token = facebook.graph.token()
    entered = await facebook.signed_in(token)
    db = facebook.server.runtime.db
    await db.users.update_one({"_id": entered["user"]["id"]}, {"$set": {"is_active": False}})
    link = await facebook.stored_link(token)
    refused = await facebook.sign_in(facebook.graph.another(token))
    assert (refused.status, refused.json["type"]) == (401, "/problems/facebook-token-invalid")
    assert await facebook.stored_link(token) == link
    assert await db.sessions.count_documents({"user_id": entered["user"]["id"]}) == 1


@pytest.mark.parametrize("what", ["banned", "unlinked", "deleted"])
async def test_a_sign_in_that_was_under_way_does_not_outlive_its_account(
    facebook: Facebook, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    token = facebook.graph.token()
    user_id = (await facebook.signed_in(token))["user"]["id"]
    db, open_session = facebook.server.runtime.db, verbs.sign_ins.open_session

    async def meanwhile(*given: Any) -> Any:
        if what == "banned":
            await db.users.update_one({"_id": user_id}, {"$set": {"is_active": False}})
        elif what == "deleted":
            await db.users.delete_one({"_id": user_id})
        else:
            await db.social_accounts.delete_one({"user_id": user_id})
        await db.sessions.delete_many({"user_id": user_id})
        return await open_session(*given)

    monkeypatch.setattr(verbs.sign_ins, "open_session", meanwhile)
    assert (await facebook.sign_in(token)).status == 401
    assert await db.sessions.count_documents({"user_id": user_id}) == 0


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Lê  Thị\u200b Mai ", "Lê Thị Mai"),
        ("Pha\u0323m Ho\u0300a", "Phạm Hòa"),
        ("\u202eAdmin\x00\n2", "Admin 2"),
        ("Nguyễn " * 10, ("Nguyễn " * 6)[:40].strip()),
        ("Ý", "Người xem"),
        ("…!", "Người xem"),
        ("", "Người xem"),
    ],
)
def test_a_name_from_facebook_is_made_to_fit(name: str, shown: str) -> None:
    assert verbs.fit_name(name) == shown


async def test_a_name_that_somebody_has_gets_a_number(facebook: Facebook) -> None:
    member = await facebook.server.a_member()
    entered = await facebook.signed_in(facebook.graph.token(name=member.username.upper()))
    taken, _, number = entered["user"]["username"].rpartition(" ")
    assert taken == member.username.upper()
    assert number.isdigit()


async def test_nothing_that_the_client_says_of_itself_is_taken(facebook: Facebook) -> None:
    token = facebook.graph.token()
    for more in ({"email": "victim@example.com"}, {"user_id": "1"}, {"name": "Lan"}):
        body = {"access_token": token.text, **more}
        assert (await facebook.server.api.post("/auth/facebook", body)).status == 422


@pytest.mark.parametrize("text", ["", "x" * 2_001, "a\r\nHost: elsewhere", "mã truy cập", "a b", None, 7])
async def test_what_cannot_be_a_token_does_not_reach_facebook(facebook: Facebook, text: object) -> None:
    asked = len(facebook.graph.asked)
    assert (await facebook.server.api.post("/auth/facebook", {"access_token": text})).status == 422
    assert len(facebook.graph.asked) == asked


async def test_without_a_password_signing_in_by_one_is_as_with_an_unknown_address(
    facebook: Facebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "hoa@example.com"
    await facebook.signed_in(facebook.graph.token(email=address))
    assert (await facebook.server.api.post_to(await link_to(facebook, address))).status == 200
    checked: list[int] = []
    check = bcrypt.checkpw
    monkeypatch.setattr(bcrypt, "checkpw", lambda *given: checked.append(1) or check(*given))
    refused = []
    for email in (address, "nobody@example.com"):
        for password in ("", PASSWORD):
            refused.append(await facebook.server.api.post("/auth/login", {"email": email, "password": password}))
    assert {(answer.status, answer.json["type"]) for answer in refused} == {(401, "/problems/login-failed")}
    assert len(checked) == 4, "a password is hashed each time"


async def test_who_holds_the_mailbox_can_set_a_password_and_still_sign_in_with_facebook(facebook: Facebook) -> None:
    token = facebook.graph.token(email="khanh@example.com")
    entered = await facebook.signed_in(token)
    await facebook.server.api.post("/auth/password/forgot", {"email": "khanh@example.com"})
    await facebook.server.api.post_to(await link_to(facebook, "khanh@example.com"))
    await facebook.server.api.post("/auth/password/forgot", {"email": "khanh@example.com"})
    uid, proof = (await link_to(facebook, "khanh@example.com", 2)).split("/")[-2:]
    body = {"uid": uid, "token": proof, "password": PASSWORD}
    assert (await facebook.server.api.post("/auth/password/reset", body)).status == 200
    assert (await facebook.server.api.get("/me", access=entered["access"])).status == 401
    login = await facebook.server.api.post("/auth/login", {"email": "khanh@example.com", "password": PASSWORD})
    assert login.json["user"] == {**entered["user"], "email_verified": True, "has_password": True}
    assert (await facebook.signed_in(token))["user"] == login.json["user"]


async def test_where_no_app_is_set_there_is_no_sign_in_with_facebook(server: RunningServer) -> None:
    member = await server.a_member()
    signing_in = await server.api.post("/auth/facebook", {"access_token": "EAA"})
    body = {"access_token": "EAA", "password": member.password}
    linking = await server.api.post("/me/social/facebook", body, access=member.access)
    for refused in (signing_in, linking):
        assert (refused.status, refused.json["type"]) == (404, "/problems/facebook-not-configured")


async def test_signing_in_by_others_is_counted_with_signing_in_by_password(
    start: StartServer, graph: FakeGraph
) -> None:
    server = await start(**facebook_settings(graph, limit_logins_per_address="2/minute"))
    facebook, token = Facebook(server, graph), graph.token()
    await facebook.signed_in(token)
    await server.api.post("/auth/login", {"email": "nobody@example.com", "password": PASSWORD})
    asked = len(graph.asked)
    refused = await facebook.sign_in(token)
    assert refused.status == 429
    assert int(refused.headers["retry-after"]) > 0
    assert len(graph.asked) == asked
