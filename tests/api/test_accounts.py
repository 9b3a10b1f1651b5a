"""Accounts through the front door: registering, the mail, signing in, signing out."""

from datetime import timedelta

import pytest

from smovie.models.base import now
from tests.support.mailbox import letters_to, link_in, text_of
from tests.support.room import in_room
from tests.support.server import RunningServer
from tests.support.wait import until


async def test_registering_then_opening_the_mail_then_signing_in(server: RunningServer) -> None:
    registered = await server.register()
    pending = await server.api.get("/me", access=registered["access"])
    assert pending.json["email_verified"] is False

    confirmed = await server.api.post_to(await server.proof_for(registered))
    assert confirmed.status == 200

    signed_in = await server.api.post("/auth/login", {"email": registered["email"], "password": registered["password"]})
    assert signed_in.json["user"]["username"] == registered["username"]
    me = await server.api.get("/me", access=signed_in.json["access"])
    assert me.json["email_verified"] is True
    assert "password_hash" not in me.json


async def test_the_link_works_once(server: RunningServer) -> None:
    registered = await server.register()
    link = await server.proof_for(registered)
    assert (await server.api.post_to(link)).status == 200
    assert (await server.api.post_to(link)).status == 404


async def test_the_link_works_for_three_days(server: RunningServer) -> None:
    registered = await server.register()
    link = await server.proof_for(registered)
    stored = await server.runtime.db.users.find_one({"_id": registered["uid"]})
    assert stored["pending_until"] == stored["verify_until"]
    assert timedelta(days=3, minutes=-1) < stored["verify_until"] - now() <= timedelta(days=3)
    await server.runtime.db.users.update_one({"_id": registered["uid"]}, {"$set": {"verify_until": now()}})
    assert (await server.api.post_to(link)).status == 404
    await server.api.post("/auth/verify/resend", {"email": registered["email"]})
    newer = await until(lambda: found if len(found := letters_to(server.outbox, registered["email"])) == 2 else None)
    assert (await server.api.post_to(link_in(newer[-1]))).status == 200


async def test_opening_the_link_in_a_browser_confirms_nothing_by_itself(server: RunningServer) -> None:
    registered = await server.register()
    link = await server.proof_for(registered)
    page = await server.api.call("GET", link, headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert (await server.api.get("/me", access=registered["access"])).json["email_verified"] is False
    head = await server.api.call("HEAD", link, headers={"Accept": "application/json"})
    assert head.status == 200
    as_json = await server.api.call("GET", link, headers={"Accept": "application/json"})
    assert as_json.json["access"]


async def test_an_address_that_mail_programs_would_decode_is_no_address(server: RunningServer) -> None:
    body = {"email": "=?utf-8?q?other?=@example.com", "username": "Mai", "password": "long enough"}
    refused = await server.api.post("/auth/register", body)
    assert refused.json["errors"][0]["pointer"] == "/email"


@pytest.mark.parametrize("address", ["face123@example.com", "Face4@EXAMPLE.com", "face１２３@example.com"])
async def test_an_address_that_stands_in_for_none_cannot_be_registered(server: RunningServer, address: str) -> None:
    body = {"email": address, "username": "Mai", "password": "long enough"}
    refused = await server.api.post("/auth/register", body, headers={"Accept-Language": "en"})
    assert refused.status == 422
    (item,) = refused.json["errors"]
    assert item["pointer"] == "/email"
    assert "reserved" in item["detail"]


async def test_the_mail_is_in_the_language_asked_for_and_names_no_stranger(server: RunningServer) -> None:
    body = {"email": "reader@example.com", "username": "Buy pills", "password": "long enough"}
    await server.api.post("/auth/register", body, headers={"Accept-Language": "en"})
    letter = (await until(lambda: letters_to(server.outbox, "reader@example.com")))[0]
    assert "Confirm" in letter["Subject"]
    assert "Buy pills" not in text_of(letter)
    assert letter.get_body(("html",)) is not None


async def test_a_taken_address_is_answered_alike_and_its_owner_is_told(server: RunningServer) -> None:
    owner = await server.a_member()
    fresh = await server.register()
    again = await server.register(email=owner.email)
    assert set(again) == set(fresh)
    assert again["message"] == fresh["message"]
    assert again["uid"] != owner.id
    letters = await until(lambda: found if len(found := letters_to(server.outbox, owner.email)) == 2 else None)
    assert "/verify/" not in text_of(letters[-1])


async def test_who_proves_the_mailbox_wins_over_earlier_pending_registrations(server: RunningServer) -> None:
    stranger = await server.register()
    owner = await server.register(email=stranger["email"])
    assert (await server.api.post_to(await server.proof_for(owner))).status == 200
    assert (await server.api.get("/me", access=stranger["access"])).status == 401
    wrong = await server.api.post("/auth/login", {"email": stranger["email"], "password": "the stranger's one"})
    assert wrong.status == 401


async def test_a_name_can_be_taken_once(server: RunningServer) -> None:
    owner = await server.a_member()
    body = {"email": "other@example.com", "username": owner.username.upper(), "password": "long enough"}
    refused = await server.api.post("/auth/register", body)
    assert refused.status == 422
    assert refused.json["errors"][0]["pointer"] == "/username"


async def test_two_pending_accounts_of_one_name_both_become_accounts(server: RunningServer) -> None:
    first = await server.register()
    second = await server.register(username=first["username"])
    for registered in (first, second):
        assert (await server.api.post_to(await server.proof_for(registered))).status == 200
    signed_in = await server.api.post("/auth/login", {"email": second["email"], "password": second["password"]})
    shown = signed_in.json["user"]["username"]
    assert shown.startswith(first["username"])
    assert shown != first["username"]


@pytest.mark.parametrize("address", ["known", "nobody@example.com"])
async def test_a_wrong_password_and_an_unknown_address_are_refused_alike(server: RunningServer, address: str) -> None:
    email = (await server.a_member()).email if address == "known" else address
    refused = await server.api.post("/auth/login", {"email": email, "password": "not the password"})
    assert refused.status == 401
    assert refused.json["type"] == "/problems/login-failed"


async def test_an_unverified_account_is_told_so_only_with_the_right_password(server: RunningServer) -> None:
    registered = await server.register()
    right = {"email": registered["email"], "password": registered["password"]}
    assert (await server.api.post("/auth/login", right)).status == 403
    assert (await server.api.post("/auth/login", {**right, "password": "not the password"})).status == 401


async def test_logging_out_ends_the_session_everywhere(server: RunningServer) -> None:
    member = await server.a_member()
    async with in_room(server, server.an_episode_apart(), member.access) as room:
        assert (await server.api.post("/auth/logout", {"refresh": member.refresh})).status == 204
        assert await room.closed() == 4401
    assert (await server.api.get("/me", access=member.access)).status == 401
    assert (await server.api.post("/auth/refresh", {"refresh": member.refresh})).status == 401
    assert (await server.api.post("/auth/logout", {"refresh": member.refresh})).status == 204


async def test_no_token_opens_nothing_that_is_not_public(server: RunningServer) -> None:
    refused = await server.api.get("/me")
    assert refused.status == 401
    assert refused.headers["www-authenticate"].startswith("Bearer")


async def test_asking_for_the_mail_again_tells_a_stranger_nothing(server: RunningServer) -> None:
    registered = await server.register()
    await until(lambda: letters_to(server.outbox, registered["email"]))
    known = await server.api.post("/auth/verify/resend", {"email": registered["email"]})
    unknown = await server.api.post("/auth/verify/resend", {"email": "nobody@example.com"})
    assert (known.status, known.json) == (unknown.status, unknown.json)
    assert known.status == 202
    await until(lambda: len(letters_to(server.outbox, registered["email"])) == 2)
    assert (await server.api.post_to(await server.proof_for(registered))).status == 200
