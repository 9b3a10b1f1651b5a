"""Throttles through the front door: how often one address, account or mailbox may, and that nothing is learnt by it."""

import asyncio
import itertools
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from tornado.ioloop import IOLoop

from smovie.passwords import PasswordHasher
from tests.api.test_password_reset import writes_of
from tests.conftest import StartServer
from tests.support.api import Answer, Api
from tests.support.mailbox import letters_to, link_in
from tests.support.server import Member, RunningServer, start_server, test_settings
from tests.support.wait import until

WRONG = "not the password"
SMALL = {
    "logins_per_address": "6/minute",
    "failed_logins_per_address": "3/minute",
    "failed_logins_per_account": "5/5 minutes",
    "refreshes_per_address": "2/minute",
    "registrations_per_address": "2/minute",
    "registration_mails_per_mailbox": "2/10 minutes",
    "confirmations_per_address": "2/minute",
    "confirmation_mails_per_address": "2/minute",
    "confirmation_mails_per_mailbox": "1/3 minutes",
    "forgotten_passwords_per_address": "2/minute",
    "forgotten_passwords_per_account": "1/minute",
    "password_resets_per_address": "2/minute",
}
_addresses = (f"2001:db8:0:{number:x}::1" for number in itertools.count())


class Anywhere(Api):
    """Each request comes from another address, unless it says from which."""

    async def call(self, method: str, path: str, *, headers: dict[str, str] | None = None, **sent: Any) -> Answer:
        return await super().call(method, path, headers=one_place() | (headers or {}), **sent)


def one_place() -> dict[str, str]:
    """The headers of requests that come from one address, which is nobody else's."""
    return {"X-Forwarded-For": next(_addresses)}


@pytest.fixture(scope="module")
def server(io_loop: IOLoop, mongod: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server with small limits, shared by the tests here: each has accounts and addresses of its own."""
    stack = AsyncExitStack()
    settings = test_settings(
        mongo_url=mongod, mongo_database="throttles", data_dir=tmp_path_factory.mktemp("throttles"),
        trusted_proxies="127.0.0.1", **{f"limit_{throttle}": limit for throttle, limit in SMALL.items()},
    )  # fmt: skip
    server = io_loop.run_sync(lambda: stack.enter_async_context(start_server(settings)))
    server.api = Anywhere(server.port)
    stack.callback(server.api.close)
    yield server
    io_loop.run_sync(stack.aclose)


async def log_in(
    server: RunningServer, email: str, password: str = WRONG, *, place: dict[str, str] | None = None
) -> Answer:
    return await server.api.post("/auth/login", {"email": email, "password": password}, headers=place)


async def statuses(
    server: RunningServer, member: Member, tries: int, password: str = WRONG, *, place: dict[str, str] | None = None
) -> list[int]:
    return [(await log_in(server, member.email, password, place=place)).status for _ in range(tries)]


def assert_refused(answer: Answer, within_s: int) -> None:
    """429 that says when to come back, at most `within_s` from now."""
    assert (answer.status, answer.json["type"]) == (429, "/problems/too-many-attempts")
    wait_s = int(answer.headers["retry-after"])
    assert within_s - 10 <= wait_s <= within_s
    assert f" {wait_s} " in answer.json["detail"]


# -- signing in --------------------------------------------------------------------------------------------------------


async def test_an_address_may_sign_in_so_often(server: RunningServer) -> None:
    member, place = await server.a_member(), one_place()
    assert await statuses(server, member, 6, member.password, place=place) == [200] * 6
    assert_refused(await log_in(server, member.email, member.password, place=place), within_s=60)
    assert_refused(await log_in(server, "somebody-else@example.com", place=place), within_s=60)
    assert (await log_in(server, member.email, member.password)).status == 200, "from elsewhere"


async def test_an_address_may_be_wrong_so_often_whoever_it_claims_to_be(server: RunningServer) -> None:
    member, place = await server.a_member(), one_place()
    assert await statuses(server, member, 2, place=place) == [401, 401]
    assert await statuses(server, member, 2, member.password, place=place) == [200, 200], "right ones do not count"
    assert (await log_in(server, "an-unknown-one@example.com", place=place)).status == 401
    assert_refused(await log_in(server, "another-one@example.com", place=place), within_s=60)
    assert_refused(await log_in(server, member.email, member.password, place=place), within_s=60)


async def test_an_account_is_closed_to_guesses_after_some_wrong_ones_from_anywhere(server: RunningServer) -> None:
    member, other = await server.a_member(), await server.a_member()
    assert await statuses(server, member, 5) == [401] * 5
    assert_refused(await log_in(server, member.email, member.password), within_s=300)
    assert_refused(await log_in(server, member.email.upper(), member.password), within_s=300)
    assert (await log_in(server, other.email, other.password)).status == 200


async def test_a_right_password_after_some_wrong_ones_works_and_clears_the_count(server: RunningServer) -> None:
    member = await server.a_member()
    for _ in range(3):
        assert await statuses(server, member, 4) == [401] * 4
        assert (await log_in(server, member.email, member.password)).status == 200
    assert await statuses(server, member, 6) == [401] * 5 + [429]


async def test_an_unverified_account_is_no_wrong_guess_with_the_right_password(server: RunningServer) -> None:
    registered, place = await server.register(), one_place()
    for _ in range(6):
        tried = await log_in(server, registered["email"], registered["password"], place=place)
        assert tried.status == 403


async def test_of_fifty_guesses_at_once_five_are_tried(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
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


async def test_a_guess_that_could_not_be_tried_is_not_counted(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    member, place = await server.a_member(), one_place()
    with monkeypatch.context() as full:
        full.setattr(server.runtime.accounts.hasher, "_checks", threading.Semaphore(0))
        assert await statuses(server, member, 5) == [503] * 5
        assert await statuses(server, member, 3, place=place) == [503] * 3
    assert (await log_in(server, member.email, member.password, place=place)).status == 200


async def test_a_locked_account_and_a_locked_unknown_address_are_refused_alike(server: RunningServer) -> None:
    member = await server.a_member()

    async def heard(email: str) -> list[Any]:
        answers = [await log_in(server, email) for _ in range(7)]
        for answer in answers[5:]:
            assert_refused(answer, within_s=300)
        return [(answer.status, answer.json["type"], set(answer.json), sorted(answer.headers)) for answer in answers]

    assert await heard(member.email) == await heard("a-locked-one@example.com")


async def test_an_address_may_refresh_so_often_and_a_refused_token_stays_good(server: RunningServer) -> None:
    refresh, place = (await server.a_member()).refresh, one_place()
    for _ in range(2):
        refresh = (await server.api.post("/auth/refresh", {"refresh": refresh}, headers=place)).json["refresh"]
    assert_refused(await server.api.post("/auth/refresh", {"refresh": refresh}, headers=place), within_s=60)
    assert (await server.api.post("/auth/refresh", {"refresh": refresh})).status == 200


# -- registering -------------------------------------------------------------------------------------------------------


async def test_an_address_may_register_so_often_and_a_refused_one_costs_no_hash(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = one_place()

    async def register(name: str) -> Answer:
        body = {"email": f"{name}@example.com", "username": f"Người {name}", "password": "mật khẩu dài"}
        return await server.api.post("/auth/register", body, headers=place)

    assert [(await register(name)).status for name in ("first", "second")] == [201, 201]
    monkeypatch.delattr(PasswordHasher, "hash")
    assert_refused(await register("third"), within_s=60)


async def test_a_mailbox_gets_so_many_mails_of_registrations_and_nobody_learns_of_it(server: RunningServer) -> None:
    one, two, three = [
        await server.register(email=email) for email in ("an@mailbox.example.com", "AN@mailbox.example.com") * 2
    ][:3]
    assert set(one) == set(two) == set(three)
    await mails_are_out(server)
    written = letters_to(server.outbox, one["email"]) + letters_to(server.outbox, two["email"])
    assert len(written) == 2
    assert (await server.api.post_to(await server.proof_for(one))).status == 200


# -- mails that a stranger could ask for -------------------------------------------------------------------------------

RESEND, FORGOT = "/auth/verify/resend", "/auth/password/forgot"


@pytest.mark.parametrize("path", [RESEND, FORGOT])
async def test_an_address_may_ask_for_mails_so_often(server: RunningServer, path: str) -> None:
    place = one_place()
    asked = [await server.api.post(path, {"email": f"{number}@example.com"}, headers=place) for number in range(3)]
    assert [answer.status for answer in asked[:2]] == [202, 202]
    assert_refused(asked[2], within_s=60)


async def test_a_confirmation_is_mailed_again_so_often_and_the_link_in_it_stays_good(server: RunningServer) -> None:
    registered = await server.register()
    await server.proof_for(registered)
    asked = await ask(server, RESEND, registered["email"].upper(), "nobody@example.com")
    await mails_are_out(server)
    assert len(letters_to(server.outbox, registered["email"])) == 2
    assert_all_alike(asked)
    assert (await server.api.post_to(await server.proof_for(registered))).status == 200


async def test_a_link_for_a_password_is_mailed_so_often_and_the_newest_stays_good(server: RunningServer) -> None:
    member = await server.a_member()
    asked = await ask(server, FORGOT, member.email, "nobody@example.com")
    await mails_are_out(server)
    (link,) = [path for letter in letters_to(server.outbox, member.email) if "reset" in (path := link_in(letter))]
    assert_all_alike(asked)
    uid, token = link.split("/")[-2:]
    reset = await server.api.post("/auth/password/reset", {"uid": uid, "token": token, "password": "mật khẩu mới"})
    assert reset.status == 200


async def test_past_the_limit_and_for_nobody_the_same_writes_are_made(server: RunningServer) -> None:
    registered, member = await server.register(), await server.a_member()
    for path, known in ((RESEND, registered["email"]), (FORGOT, member.email)):
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


async def test_an_address_may_try_so_many_links(server: RunningServer) -> None:
    place = one_place()
    for path, value in (
        ("/auth/verify/nobody/nonsense", None),
        ("/auth/password/reset", {"uid": "nobody", "token": "nonsense", "password": "mật khẩu dài"}),
    ):
        tried = [await server.api.post(path, value, headers=place) for _ in range(3)]
        assert [answer.status for answer in tried[:2]] == [404, 404]
        assert_refused(tried[2], within_s=60)
    by_get = await server.api.get("/auth/verify/nobody/nonsense", headers={**place, "Accept": "application/json"})
    assert_refused(by_get, within_s=60)
    page = await server.api.get("/auth/verify/nobody/nonsense", headers=place)
    assert page.status == 200, "to see the page costs nothing"


@pytest.mark.parametrize("throttle", ["password_changes", "reauthentications"])
async def test_a_user_may_try_to_change_the_password_so_often(start: StartServer, throttle: str) -> None:
    server = await start(**{f"limit_{throttle}_per_user": "2/minute"})
    member, other = await server.a_member(), await server.a_member()
    change = {"old": WRONG, "new": "một mật khẩu khác"}
    tried = [await server.api.post("/me/password", change, access=member.access) for _ in range(3)]
    assert [answer.status for answer in tried[:2]] == [422, 422]
    assert_refused(tried[2], within_s=60)
    assert (await server.api.post("/me/password", change, access=other.access)).status == 422
