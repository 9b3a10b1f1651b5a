"""Another address: nothing changes until its mailbox says so, and the old one hears of it and can undo it."""

import asyncio
import secrets
from datetime import timedelta
from typing import Any

import pytest

from smovie import accounts
from smovie.models.base import now
from tests.api.test_bad_input import assert_problem
from tests.api.test_password_reset import forget, reset, writes_of
from tests.api.test_reauthentication import a_member_without_a_password, signed_in_ago
from tests.api.test_sessions import assert_is_out, sign_in
from tests.conftest import StartServer
from tests.support.api import Answer
from tests.support.mailbox import letters_to, link_in, text_of
from tests.support.room import in_room
from tests.support.server import Member, RunningServer
from tests.support.wait import until

CONFIRM, UNDO = "/api/v1/auth/email/confirm/", "/api/v1/auth/email/undo/"


def an_address() -> str:
    return f"{secrets.token_hex(6)}@example.com"


def links_to(server: RunningServer, address: str, kind: str) -> list[str]:
    """The paths of the links of a kind that were mailed to an address, oldest first."""
    return [path for letter in letters_to(server.outbox, address) if (path := link_in(letter)).startswith(kind)]


async def ask(server: RunningServer, member: Member, email: str, **given: Any) -> Answer:
    body = {"email": email, "password": member.password, **given}
    return await server.api.post("/me/email", body, access=member.access)


async def link_for(server: RunningServer, member: Member, email: str) -> str:
    """The confirming link of a change that is asked for now."""
    sent = len(links_to(server, email, CONFIRM))
    asked = await ask(server, member, email)
    assert asked.status == 202, asked.json
    return (await until(lambda: found if len(found := links_to(server, email, CONFIRM)) > sent else None))[-1]


async def undo_link_to(server: RunningServer, address: str, which: int) -> str:
    """The `which`-th undoing link that an address got, once it is there."""
    return (await until(lambda: found if len(found := links_to(server, address, UNDO)) >= which else None))[which - 1]


async def me(server: RunningServer, member: Member) -> Any:
    return (await server.api.get("/me", access=member.access)).json


async def can_sign_in(server: RunningServer, email: str, password: str) -> bool:
    return (await server.api.post("/auth/login", {"email": email, "password": password})).status == 200


async def test_the_address_changes_when_the_link_to_it_is_opened_and_not_before(server: RunningServer) -> None:
    member, email = await server.a_member(), an_address()
    link = await link_for(server, member, email)
    waiting = await me(server, member)
    assert (waiting["email"], waiting["new_email"]) == (member.email, email)
    assert not await can_sign_in(server, email, member.password)
    done = await server.api.post_to(link)
    assert done.status == 200
    assert set(done.json) == {"message"}, "the link signs nobody in"
    changed = await me(server, member)
    assert (changed["email"], changed["new_email"], changed["email_verified"]) == (email, None, True)
    assert await can_sign_in(server, email, member.password)
    assert not await can_sign_in(server, member.email, member.password)
    assert_problem(await server.api.post_to(link), 404, "address-change-not-found")
    assert (await server.register(email=member.email))["uid"], "the old address is free again"


async def test_the_old_address_is_told_at_once_and_when_it_has_happened(server: RunningServer) -> None:
    member, email = await server.a_member(), an_address()
    link = await link_for(server, member, email)
    await undo_link_to(server, member.email, 1)
    await server.api.post_to(link)
    await undo_link_to(server, member.email, 2)
    asked, changed = letters_to(server.outbox, member.email)[-2:]
    for letter, word in ((asked, "yêu cầu"), (changed, "đã được chuyển")):
        assert word in text_of(letter)
        assert email not in text_of(letter), "what somebody typed is not sent on"
        assert letter.get_body(("html",)) is not None
    assert len(letters_to(server.outbox, email)) == 1


async def test_a_browser_that_opens_the_link_confirms_only_by_its_script(server: RunningServer) -> None:
    member, email = await server.a_member(), an_address()
    link = await link_for(server, member, email)
    page = await server.api.call("GET", link, headers={"Accept": "text/html", "Accept-Language": "en"})
    assert (page.status, page.headers["cache-control"]) == (200, "no-store")
    assert "data-by-itself" in page.body.decode() and "/static/site/confirm.js" in page.body.decode()
    assert (await server.api.call("GET", "/static/site/confirm.js")).status == 200
    assert (await server.api.call("HEAD", link, headers={"Accept": "application/json"})).status == 200
    assert (await me(server, member))["email"] == member.email
    as_json = await server.api.call("GET", link, headers={"Accept": "application/json"})
    assert as_json.status == 200
    assert (await me(server, member))["email"] == email


async def test_of_several_changes_the_newest_counts(server: RunningServer) -> None:
    member, first, second = await server.a_member(), an_address(), an_address()
    old, new = await link_for(server, member, first), await link_for(server, member, second)
    again = await link_for(server, member, second)
    for dead in (old, new):
        assert_problem(await server.api.post_to(dead), 404, "address-change-not-found")
    assert (await server.api.post_to(again)).status == 200
    assert (await me(server, member))["email"] == second


async def test_a_link_works_once_also_when_it_is_used_many_times_at_once(server: RunningServer) -> None:
    member, email = await server.a_member(), an_address()
    link = await link_for(server, member, email)
    answers = await asyncio.gather(*(server.api.post_to(link) for _ in range(5)))
    assert sorted(answer.status for answer in answers) == [200, 404, 404, 404, 404]


async def test_a_link_is_dead_after_three_days_with_another_token_or_account_and_is_not_stored(
    server: RunningServer,
) -> None:
    member, other, email = await server.a_member(), await server.a_member(), an_address()
    link = await link_for(server, member, email)
    token = link.rpartition("/")[2]
    stored = await server.runtime.db.users.find_one({"_id": member.id})
    assert token not in str(stored)
    assert timedelta(days=2, hours=23) < stored["address_change"]["until"] - now() <= timedelta(days=3)
    for wrong in (link + "x", f"{CONFIRM}{other.id}/{token}", f"{CONFIRM}no-such/{token}", f"{CONFIRM}{member.id}/%00"):
        assert_problem(await server.api.post_to(wrong), 404, "address-change-not-found")
    await server.runtime.db.users.update_one({"_id": member.id}, {"$set": {"address_change.until": now()}})
    assert_problem(await server.api.post_to(link), 404, "address-change-not-found")
    assert (await me(server, member))["new_email"] is None


async def test_the_password_is_asked_for(server: RunningServer) -> None:
    member = await server.a_member()
    for given in ({"password": "not the password"}, {"password": None}):
        assert_problem(await ask(server, member, an_address(), **given), 422, "invalid", "/password")
    without, email = await a_member_without_a_password(server), an_address()
    assert (await server.api.post("/me/email", {"email": email}, access=without.access)).status == 202
    await signed_in_ago(server, without, timedelta(minutes=11))
    refused = await server.api.post("/me/email", {"email": email}, access=without.access)
    assert_problem(refused, 403, "reauthentication-required")


@pytest.mark.parametrize(
    "email", ["", "x", "a@b", "x" * 250 + "@example.com", "face123@example.com", 7, "=?q?@example.com"]
)
async def test_only_an_address_can_be_one(server: RunningServer, email: Any) -> None:
    member = await server.a_member()
    assert_problem(await ask(server, member, email), 422, "invalid", "/email")


async def test_ones_own_address_is_no_change(server: RunningServer) -> None:
    member = await server.a_member()
    assert_problem(await ask(server, member, member.email.upper()), 422, "invalid", "/email")


async def test_a_registration_has_no_address_to_change(server: RunningServer) -> None:
    registered = await server.register()
    body = {"email": an_address(), "password": registered["password"]}
    assert_problem(await server.api.post("/me/email", body, access=registered["access"]), 403, "unverified")


async def test_a_taken_address_is_answered_alike_and_only_its_owner_is_told(server: RunningServer) -> None:
    member, other, owner = await server.a_member(), await server.a_member(), await server.a_member()
    free, taken = await ask(server, member, an_address()), await ask(server, other, owner.email)
    assert (free.status, free.body) == (taken.status, taken.body)
    told = await until(lambda: found if len(found := letters_to(server.outbox, owner.email)) == 2 else None)
    assert CONFIRM not in text_of(told[-1])
    await undo_link_to(server, other.email, 1)
    assert set(await me(server, member)) == set(await me(server, other))
    assert (await me(server, other))["new_email"] == owner.email


async def test_for_a_taken_address_the_same_writes_are_made(server: RunningServer) -> None:
    owner = await server.a_member()

    async def writes(email: str) -> dict[str, int]:
        member = await server.a_member()
        return await writes_of(server, "/me/email", email, access=member.access, password=member.password)

    assert await writes(an_address()) == await writes(owner.email) == {"update": 1, "insert": 2}


async def test_past_the_limit_of_a_mailbox_no_mail_goes_out_and_the_earlier_link_stays_good(start: StartServer) -> None:
    server = await start(limit_registration_mails_per_mailbox="1/hour")
    member, other, email = await server.a_member(), await server.a_member(), an_address()
    link = await link_for(server, member, email)
    first = await ask(server, member, email)
    assert first.status == 202
    assert await writes_of(server, "/me/email", email, access=other.access, password=other.password) == {
        "update": 1, "insert": 2
    }  # fmt: skip
    assert (await me(server, other))["new_email"] is None
    await link_for(server, member, an_address())
    assert len(links_to(server, email, CONFIRM)) == 1
    await undo_link_to(server, member.email, 2)
    assert len(links_to(server, member.email, UNDO)) == 2
    assert_problem(await server.api.post_to(link), 404, "address-change-not-found")


async def test_somebody_may_ask_so_often(start: StartServer) -> None:
    server = await start(limit_email_changes_per_user="2/hour")
    member = await server.a_member()
    answers = [await ask(server, member, an_address()) for _ in range(3)]
    assert [answer.status for answer in answers] == [202, 202, 429]


async def test_of_two_accounts_that_want_one_address_the_first_to_confirm_gets_it(server: RunningServer) -> None:
    members, email = [await server.a_member() for _ in range(2)], an_address()
    links = [await link_for(server, member, email) for member in members]
    answers = await asyncio.gather(*(server.api.post_to(link) for link in links))
    assert sorted(answer.status for answer in answers) == [200, 409]
    refused = next(answer for answer in answers if answer.status == 409)
    assert_problem(refused, 409, "address-taken")
    shown = [(await me(server, member))["email"] for member in members]
    assert shown.count(email) == 1


async def test_what_strangers_registered_with_the_address_dies_with_the_confirmation(server: RunningServer) -> None:
    member, email = await server.a_member(), an_address()
    stranger = await server.register(email=email)
    assert (await server.api.post_to(await link_for(server, member, email))).status == 200
    assert (await server.api.get("/me", access=stranger["access"])).status == 401
    assert await server.runtime.db.users.find_one({"_id": stranger["uid"]}) is None


async def test_an_address_that_was_registered_and_confirmed_meanwhile_is_refused(server: RunningServer) -> None:
    member, email = await server.a_member(), an_address()
    link = await link_for(server, member, email)
    await server.a_member(email=email)
    assert_problem(await server.api.post_to(link), 409, "address-taken")
    assert (await me(server, member))["email"] == member.email


async def test_a_link_for_a_forgotten_password_dies_with_the_old_address(server: RunningServer) -> None:
    member = await server.a_member()
    link = await link_for(server, member, an_address())
    held = await forget(server, member)
    assert (await server.api.post_to(link)).status == 200
    assert (await reset(server, held)).status == 404


async def test_a_new_password_ends_a_change_that_waits(server: RunningServer) -> None:
    for choose in (change_password, reset_password):
        member = await server.a_member()
        link = await link_for(server, member, an_address())
        await choose(server, member)
        assert_problem(await server.api.post_to(link), 404, "address-change-not-found")


async def change_password(server: RunningServer, member: Member) -> None:
    body = {"old": member.password, "new": "một mật khẩu khác"}
    assert (await server.api.post("/me/password", body, access=member.access)).status == 204


async def reset_password(server: RunningServer, member: Member) -> None:
    assert (await reset(server, await forget(server, member))).status == 200


async def test_sessions_go_on_when_the_address_changes(server: RunningServer) -> None:
    member = await server.a_member()
    phone = await sign_in(server, member)
    async with in_room(server, server.an_episode_apart(), phone["access"]) as room:
        assert (await server.api.post_to(await link_for(server, member, an_address()))).status == 200
        await room.say(type="comment", message="vẫn ở đây", cmid="still")
        await room.hear_type("ack")
    assert (await server.api.post("/auth/refresh", {"refresh": phone["refresh"]})).status == 200


async def test_an_account_without_a_proved_address_gets_one_and_with_it_its_name(server: RunningServer) -> None:
    """As somebody is who came by Facebook and granted no address."""
    namesake, member, email = await server.a_member(), await server.a_member(), an_address()
    stand_in = f"face{secrets.randbelow(10**9)}@example.com"
    as_from_elsewhere = {
        "email": stand_in, "email_key": stand_in, "email_verified": False,
        "username": namesake.username, "username_key": namesake.username.casefold(),
    }  # fmt: skip
    await server.runtime.db.users.update_one({"_id": member.id}, {"$set": as_from_elsewhere})
    link = await link_for(server, member, email)
    assert (await server.api.post_to(link)).status == 200
    shown = await me(server, member)
    assert (shown["email"], shown["email_verified"]) == (email, True)
    assert shown["username"].startswith(namesake.username) and shown["username"] != namesake.username
    assert letters_to(server.outbox, stand_in) == []
    assert "former_addresses" not in shown
    stored = await server.runtime.db.users.find_one({"_id": member.id})
    assert stored["former_addresses"] == []


async def test_an_address_that_nobody_has_proved_is_told_nothing(server: RunningServer) -> None:
    """As Facebook passes one on: it may be a stranger's."""
    member, unproved, email = await server.a_member(), an_address(), an_address()
    as_from_elsewhere = {"email": unproved, "email_key": unproved, "email_verified": False}
    await server.runtime.db.users.update_one({"_id": member.id}, {"$set": as_from_elsewhere})
    assert (await server.api.post_to(await link_for(server, member, email))).status == 200
    await link_for(server, member, an_address())
    await undo_link_to(server, email, 1)
    assert letters_to(server.outbox, unproved) == []


# -- undoing -----------------------------------------------------------------------------------------------------------


async def take_back(server: RunningServer, link: str) -> Answer:
    return await server.api.post_to(link)


@pytest.mark.parametrize("which", [1, 2], ids=["the first notice", "the last notice"])
async def test_the_old_address_takes_the_account_back_from_a_thief(server: RunningServer, which: int) -> None:
    member, thief = await server.a_member(), an_address()
    link = await link_for(server, member, thief)
    assert (await server.api.post_to(link)).status == 200
    undo = await undo_link_to(server, member.email, which)
    async with in_room(server, server.an_episode_apart(), member.access) as room:
        done = await take_back(server, undo)
        assert done.status == 200, done.json
        assert await room.closed() == 4401
    await assert_is_out(server, {"access": member.access, "refresh": member.refresh})
    assert not await can_sign_in(server, member.email, member.password), "the thief knows that password"
    uid, token = done.json["reset"].removeprefix("/api/v1/auth/password/reset/").split("/")
    assert (await server.api.call("GET", done.json["reset"])).status == 200
    assert (await reset(server, {"uid": uid, "token": token}, "mật khẩu của riêng tôi")).status == 200
    assert await can_sign_in(server, member.email, "mật khẩu của riêng tôi")
    assert not await can_sign_in(server, thief, "mật khẩu của riêng tôi")
    for link in (undo, await undo_link_to(server, member.email, 2)):
        assert_problem(await take_back(server, link), 404, "undo-not-found")


async def test_a_change_that_only_waits_is_undone_as_well(server: RunningServer) -> None:
    member = await server.a_member()
    link = await link_for(server, member, an_address())
    done = await take_back(server, await undo_link_to(server, member.email, 1))
    assert done.status == 200
    assert_problem(await server.api.post_to(link), 404, "address-change-not-found")
    await assert_is_out(server, {"access": member.access, "refresh": member.refresh})


async def test_a_thief_who_moves_on_does_not_shake_the_owner_off(server: RunningServer) -> None:
    member = await server.a_member()
    thefts = [an_address() for _ in range(5)]
    for email in thefts:
        assert (await server.api.post_to(await link_for(server, member, email))).status == 200
    refused = await ask(server, member, an_address())
    assert_problem(refused, 429, "too-many-address-changes")
    assert 6 * 86_400 < int(refused.headers["retry-after"]) <= 7 * 86_400
    undo = await undo_link_to(server, member.email, 2)
    thiefs_own = await undo_link_to(server, thefts[0], 2)
    assert (await take_back(server, undo)).status == 200
    assert_problem(await take_back(server, thiefs_own), 404, "undo-not-found")
    stored = await server.runtime.db.users.find_one({"_id": member.id})
    assert (stored["email"], stored["former_addresses"]) == (member.email, [])


async def test_the_undoing_link_is_good_for_a_week_and_opening_it_does_nothing(server: RunningServer) -> None:
    member = await server.a_member()
    assert (await server.api.post_to(await link_for(server, member, an_address()))).status == 200
    undo = await undo_link_to(server, member.email, 2)
    page = await server.api.call("GET", undo, headers={"Accept": "application/json", "Accept-Language": "en"})
    assert (page.status, page.headers["cache-control"]) == (200, "no-store")
    assert "It was not me" in page.body.decode() and "data-by-itself" not in page.body.decode()
    stored = await server.runtime.db.users.find_one({"_id": member.id})
    assert undo.rpartition("/")[2] not in str(stored)
    (former,) = stored["former_addresses"]
    assert timedelta(days=6, hours=23) < former["until"] - now() <= timedelta(days=7)
    change = {"$set": {"former_addresses.0.until": now()}}
    await server.runtime.db.users.update_one({"_id": member.id}, change)
    for late in (undo, undo + "x", UNDO + "no-such/x"):
        assert_problem(await take_back(server, late), 404, "undo-not-found")
    assert (await me(server, member))["email"] != member.email


async def test_an_address_that_found_another_account_is_not_taken_back(server: RunningServer) -> None:
    member = await server.a_member()
    assert (await server.api.post_to(await link_for(server, member, an_address()))).status == 200
    await server.a_member(email=member.email)
    assert_problem(await take_back(server, await undo_link_to(server, member.email, 2)), 409, "address-taken")


async def test_taking_an_account_back_unlinks_what_a_thief_may_have_linked(server: RunningServer) -> None:
    member = await server.a_member()
    link = {"_id": f"facebook:{member.id}", "user_id": member.id, "provider": "facebook"}
    await server.runtime.db.social_accounts.insert_one(link)
    await link_for(server, member, an_address())
    assert (await take_back(server, await undo_link_to(server, member.email, 1))).status == 200
    assert await server.runtime.db.social_accounts.find_one({"user_id": member.id}) is None


async def test_an_account_that_became_staff_is_not_taken_back(server: RunningServer) -> None:
    member, email = await server.a_member(), an_address()
    assert (await server.api.post_to(await link_for(server, member, email))).status == 200
    await accounts.create_admin(server.runtime.db, server.runtime.accounts.hasher, email, "mật khẩu của quản trị")
    assert_problem(await take_back(server, await undo_link_to(server, member.email, 2)), 404, "undo-not-found")


@pytest.mark.parametrize(("language", "subject"), [("vi", "Xác nhận địa chỉ e-mail mới"), ("en", "Confirm your new")])
async def test_the_mail_is_in_the_language_asked_for(server: RunningServer, language: str, subject: str) -> None:
    member, email = await server.a_member(), an_address()
    body = {"email": email, "password": member.password}
    await server.api.post("/me/email", body, access=member.access, headers={"Accept-Language": language})
    (letter,) = await until(lambda: letters_to(server.outbox, email))
    assert subject in letter["Subject"]
    assert member.username not in text_of(letter)
