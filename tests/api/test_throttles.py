"""Throttles through the front door: how often one address, account or mailbox may, and that nothing is learnt by it."""

import asyncio
from typing import Any

import pytest

from smovie.passwords import PasswordHasher
from tests.api.test_password_reset import writes_of
from tests.conftest import StartServer
from tests.support.api import Answer
from tests.support.mailbox import letters_to, link_in
from tests.support.server import Member, RunningServer
from tests.support.wait import until

WRONG = "not the password"


async def log_in(server: RunningServer, email: str, password: str = WRONG) -> Answer:
    return await server.api.post("/auth/login", {"email": email, "password": password})


async def statuses(server: RunningServer, member: Member, tries: int, password: str = WRONG) -> list[int]:
    return [(await log_in(server, member.email, password)).status for _ in range(tries)]


def assert_refused(answer: Answer, within_s: int) -> None:
    """429 that says when to come back, at most `within_s` from now."""
    assert (answer.status, answer.json["type"]) == (429, "/problems/too-many-attempts")
    wait_s = int(answer.headers["retry-after"])
    assert within_s - 10 <= wait_s <= within_s
    assert f" {wait_s} " in answer.json["detail"]


# -- signing in --------------------------------------------------------------------------------------------------------


async def test_an_address_may_sign_in_so_often(start: StartServer) -> None:
    server = await start(limit_logins_per_address="3/minute")
    member = await server.a_member()
    assert await statuses(server, member, 3, member.password) == [200, 200, 200]
    assert_refused(await log_in(server, member.email, member.password), within_s=60)
    assert_refused(await log_in(server, "somebody-else@example.com"), within_s=60)


async def test_an_address_may_be_wrong_so_often_whoever_it_claims_to_be(start: StartServer) -> None:
    server = await start(limit_failed_logins_per_address="3/minute")
    member = await server.a_member()
    assert await statuses(server, member, 2) == [401, 401]
    assert await statuses(server, member, 5, member.password) == [200] * 5, "right ones do not count"
    assert (await log_in(server, "nobody@example.com")).status == 401
    assert_refused(await log_in(server, "somebody-else@example.com"), within_s=60)
    assert_refused(await log_in(server, member.email, member.password), within_s=60)


async def test_an_account_is_closed_to_guesses_after_some_wrong_ones(start: StartServer) -> None:
    server = await start(limit_failed_logins_per_account="5/5 minutes")
    member, other = await server.a_member(), await server.a_member()
    assert await statuses(server, member, 5) == [401] * 5
    assert_refused(await log_in(server, member.email, member.password), within_s=300)
    assert_refused(await log_in(server, member.email.upper(), member.password), within_s=300)
    assert (await log_in(server, other.email, other.password)).status == 200


async def test_a_right_password_after_some_wrong_ones_works_and_clears_the_count(start: StartServer) -> None:
    server = await start(limit_failed_logins_per_account="5/5 minutes")
    member = await server.a_member()
    for _ in range(3):
        assert await statuses(server, member, 4) == [401] * 4
        assert (await log_in(server, member.email, member.password)).status == 200
    assert await statuses(server, member, 6) == [401] * 5 + [429]


async def test_an_unverified_account_is_no_wrong_guess_with_the_right_password(start: StartServer) -> None:
    server = await start(limit_failed_logins_per_account="2/minute", limit_failed_logins_per_address="2/minute")
    registered = await server.register()
    for _ in range(4):
        assert (await log_in(server, registered["email"], registered["password"])).status == 403


async def test_of_fifty_guesses_at_once_five_are_tried(start: StartServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server = await start(limit_failed_logins_per_account="5/5 minutes")
    member = await server.a_member()
    tried = []
    matches = PasswordHasher.matches

    async def counted(hasher: PasswordHasher, password: str, stored: str | None) -> bool:
        tried.append(password)
        return await matches(hasher, password, stored)

    monkeypatch.setattr(PasswordHasher, "matches", counted)
    answers = await asyncio.gather(*(log_in(server, member.email) for _ in range(50)))
    assert sorted(answer.status for answer in answers) == [401] * 5 + [429] * 45
    assert len(tried) == 5


@pytest.mark.parametrize("limit", ["limit_failed_logins_per_account", "limit_failed_logins_per_address"])
async def test_a_guess_that_could_not_be_tried_is_not_counted(
    start: StartServer, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    server = await start(**{limit: "2/minute"})
    member = await server.a_member()
    with monkeypatch.context() as full:
        full.setattr("smovie.passwords.MOST_WAITING", -2)  # the queue of the hasher
        assert await statuses(server, member, 3) == [503] * 3
    assert (await log_in(server, member.email, member.password)).status == 200


async def test_a_locked_account_and_a_locked_unknown_address_are_refused_alike(start: StartServer) -> None:
    server = await start(limit_failed_logins_per_account="2/minute")
    member = await server.a_member()

    async def heard(email: str) -> list[Any]:
        answers = [await log_in(server, email) for _ in range(4)]
        for answer in answers[2:]:
            assert_refused(answer, within_s=60)
        return [(answer.status, answer.json["type"], set(answer.json), sorted(answer.headers)) for answer in answers]

    assert await heard(member.email) == await heard("nobody@example.com")


async def test_an_address_may_refresh_so_often_and_a_refused_token_stays_good(start: StartServer) -> None:
    server = await start(trusted_proxies="127.0.0.1", limit_refreshes_per_address="2/minute")
    refresh = (await server.a_member()).refresh
    for _ in range(2):
        refresh = (await server.api.post("/auth/refresh", {"refresh": refresh})).json["refresh"]
    assert_refused(await server.api.post("/auth/refresh", {"refresh": refresh}), within_s=60)
    elsewhere = {"X-Forwarded-For": "203.0.113.5"}
    assert (await server.api.post("/auth/refresh", {"refresh": refresh}, headers=elsewhere)).status == 200


# -- registering -------------------------------------------------------------------------------------------------------


async def test_an_address_may_register_so_often_and_a_refused_one_costs_no_hash(
    start: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await start(limit_registrations_per_address="2/minute")
    first = await server.register()
    await server.register()
    monkeypatch.delattr(PasswordHasher, "hash")
    body = {"email": "third@example.com", "username": "Người thứ ba", "password": "mật khẩu dài"}
    assert_refused(await server.api.post("/auth/register", body), within_s=60)
    assert (await server.api.post_to(await server.proof_for(first))).status == 200


async def test_a_mailbox_gets_so_many_mails_of_registrations_and_nobody_learns_of_it(start: StartServer) -> None:
    server = await start(limit_registration_mails_per_mailbox="2/10 minutes")
    one, two, three = [await server.register(email=email) for email in ("an@example.com", "AN@example.com") * 2][:3]
    assert set(one) == set(two) == set(three)
    await mails_are_out(server)
    written = letters_to(server.outbox, "an@example.com") + letters_to(server.outbox, "AN@example.com")
    assert len(written) == 2
    assert (await server.api.post_to(await server.proof_for(one))).status == 200


# -- mails that a stranger could ask for -------------------------------------------------------------------------------

ASKED = {"/auth/verify/resend": "confirmation_mails", "/auth/password/forgot": "forgotten_passwords"}


@pytest.mark.parametrize(("path", "throttle"), ASKED.items())
async def test_an_address_may_ask_for_mails_so_often(start: StartServer, path: str, throttle: str) -> None:
    server = await start(**{f"limit_{throttle}_per_address": "2/minute"})
    asked = [await server.api.post(path, {"email": f"{number}@example.com"}) for number in range(3)]
    assert [answer.status for answer in asked[:2]] == [202, 202]
    assert_refused(asked[2], within_s=60)


async def test_a_confirmation_is_mailed_again_so_often_and_the_link_in_it_stays_good(start: StartServer) -> None:
    server = await start(limit_confirmation_mails_per_mailbox="1/3 minutes")
    registered = await server.register()
    await server.proof_for(registered)
    asked = await ask(server, "/auth/verify/resend", registered["email"].upper(), "nobody@example.com")
    await mails_are_out(server)
    assert len(letters_to(server.outbox, registered["email"])) == 2
    assert_all_alike(asked)
    assert (await server.api.post_to(await server.proof_for(registered))).status == 200


async def test_a_link_for_a_password_is_mailed_so_often_and_the_newest_stays_good(start: StartServer) -> None:
    server = await start(limit_forgotten_passwords_per_account="1/minute")
    member = await server.a_member()
    asked = await ask(server, "/auth/password/forgot", member.email, "nobody@example.com")
    await mails_are_out(server)
    (link,) = [path for letter in letters_to(server.outbox, member.email) if "reset" in (path := link_in(letter))]
    assert_all_alike(asked)
    uid, token = link.split("/")[-2:]
    reset = await server.api.post("/auth/password/reset", {"uid": uid, "token": token, "password": "mật khẩu mới"})
    assert reset.status == 200


async def test_past_the_limit_and_for_nobody_the_same_writes_are_made(start: StartServer) -> None:
    server = await start(
        limit_confirmation_mails_per_mailbox="1/minute", limit_forgotten_passwords_per_account="1/minute"
    )
    registered, member = await server.register(), await server.a_member()
    for path, known in (("/auth/verify/resend", registered["email"]), ("/auth/password/forgot", member.email)):
        written = [await writes_of(server, path, email) for email in (known, known, "nobody@example.com")]
        assert written == [{"update": 1, "insert": 1}] * 3


async def ask(server: RunningServer, path: str, *addresses: str) -> list[Answer]:
    """What three requests for each address are answered."""
    return [await server.api.post(path, {"email": address}) for address in addresses for _ in range(3)]


def assert_all_alike(answers: list[Answer]) -> None:
    heard = {(answer.status, answer.body, tuple(sorted(answer.headers))) for answer in answers}
    assert len(heard) == 1


async def mails_are_out(server: RunningServer) -> None:
    async def none_waits() -> bool:
        return bool(await server.runtime.db.mails.count_documents({}) == 0)

    await until(none_waits)


# -- links from mails, and what one does when signed in ----------------------------------------------------------------


async def test_an_address_may_try_so_many_links(start: StartServer) -> None:
    server = await start(limit_confirmations_per_address="2/minute", limit_password_resets_per_address="2/minute")
    for path, value in (
        ("/auth/verify/nobody/nonsense", None),
        ("/auth/password/reset", {"uid": "nobody", "token": "nonsense", "password": "mật khẩu dài"}),
    ):
        tried = [await server.api.post(path, value) for _ in range(3)]
        assert [answer.status for answer in tried[:2]] == [404, 404]
        assert_refused(tried[2], within_s=60)
    by_get = await server.api.get("/auth/verify/nobody/nonsense", headers={"Accept": "application/json"})
    assert_refused(by_get, within_s=60)
    assert (await server.api.get("/auth/verify/nobody/nonsense")).status == 200, "to see the page costs nothing"


@pytest.mark.parametrize("throttle", ["password_changes", "reauthentications"])
async def test_a_user_may_try_to_change_the_password_so_often(start: StartServer, throttle: str) -> None:
    server = await start(**{f"limit_{throttle}_per_user": "2/minute"})
    member, other = await server.a_member(), await server.a_member()
    change = {"old": WRONG, "new": "một mật khẩu khác"}
    tried = [await server.api.post("/me/password", change, access=member.access) for _ in range(3)]
    assert [answer.status for answer in tried[:2]] == [422, 422]
    assert_refused(tried[2], within_s=60)
    assert (await server.api.post("/me/password", change, access=other.access)).status == 422
