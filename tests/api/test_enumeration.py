"""Whether an address has an account is told to nobody: not by an answer, not by its headers, not by its time.

Times are compared by rank: `P(known takes longer)` is 0.5 where nothing can be told, whatever else the machine does
meanwhile, since known and unknown addresses are tried in turn. Its standard deviation over 200 tries each is 0.029.
"""

import random
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from smovie.mail.letters import NOBODY, LetterWriter
from smovie.passwords import PasswordHasher
from smovie.store import users
from smovie.store.mongo import Database
from tests.conftest import StartServer
from tests.support.api import Answer
from tests.support.server import RunningServer

TRIES = 200
FOUR_SIGMA = 0.12
ROUNDS = 3  # a chance in thousands does not come three times; a leak does

Verb = Callable[[RunningServer, str], Awaitable[Answer]]


async def log_in(server: RunningServer, email: str) -> Answer:
    return await server.api.post("/auth/login", {"email": email, "password": "not the password"})


async def register(server: RunningServer, email: str) -> Answer:
    body = {"email": email, "password": "mật khẩu dài", "username": f"Người {secrets.token_hex(4)}"}
    return await server.api.post("/auth/register", body)


async def forget(server: RunningServer, email: str) -> Answer:
    return await server.api.post("/auth/password/forgot", {"email": email})


async def resend(server: RunningServer, email: str) -> Answer:
    return await server.api.post("/auth/verify/resend", {"email": email})


VERBS: dict[str, tuple[Verb, int]] = {
    "login": (log_in, 401), "register": (register, 201), "forgot": (forget, 202), "resend": (resend, 202),
}  # fmt: skip


def unknown() -> str:
    return f"{secrets.token_hex(6)}@example.com"


async def a_banned_member(server: RunningServer) -> str:
    member = await server.a_member()
    await server.runtime.db.users.update_one({"_id": member.id}, {"$set": {"is_active": False}})
    return member.email


async def a_member_without_password(server: RunningServer) -> str:
    """As Facebook lets somebody in."""
    member = await server.a_member()
    await server.runtime.db.users.update_one({"_id": member.id}, {"$set": {"password_hash": None}})
    return member.email


async def known_addresses(server: RunningServer) -> list[str]:
    """One of each kind of account, and one in another spelling."""
    member, registered = await server.a_member(), await server.register()
    others = [await a_banned_member(server), await a_member_without_password(server)]
    return [member.email, member.email.upper(), registered["email"], *others]


def what_is_seen(answer: Answer) -> tuple[object, ...]:
    """All that a stranger can compare: what is new each time is only as long as it is."""
    headers = {name: value for name, value in answer.headers.items() if name not in ("date", "x-request-id")}
    fresh = ("uid", "access", "refresh", "request_id")
    body = {name: len(value) if name in fresh else value for name, value in answer.json.items()}
    return answer.status, headers, body


@pytest.mark.parametrize("verb", VERBS)
async def test_known_and_unknown_addresses_are_answered_alike(server: RunningServer, verb: str) -> None:
    ask, status = VERBS[verb]
    expected = what_is_seen(await ask(server, unknown()))
    assert expected[0] == status
    for email in await known_addresses(server):
        assert what_is_seen(await ask(server, email)) == expected, email


async def test_a_banned_account_is_no_account_also_with_the_right_password(server: RunningServer) -> None:
    email = await a_banned_member(server)
    right = await server.api.post("/auth/login", {"email": email, "password": "mật khẩu dài"})
    assert what_is_seen(right) == what_is_seen(await log_in(server, unknown()))


async def chance_that_known_takes_longer(server: RunningServer, ask: Verb, known: str, tries: int = TRIES) -> float:
    """Mann and Whitney's U of the times of so many tries each, over its maximum."""
    took_s: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(tries):
        for is_known in random.Random(turn).sample([True, False], 2):
            email = known if is_known else unknown()
            begun = time.perf_counter()
            await ask(server, email)
            took_s[is_known].append(time.perf_counter() - begun)
    return sum(mine > other for mine in took_s[True] for other in took_s[False]) / tries**2


@pytest.mark.parametrize(
    ("verb", "kind"), [*((verb, "verified") for verb in VERBS), ("resend", "waits"), ("login", "without password")]
)
async def test_a_known_address_takes_as_long_as_an_unknown_one(start: StartServer, verb: str, kind: str) -> None:
    server = await start()
    if kind == "verified":
        known = (await server.a_member()).email
    else:
        known = await a_member_without_password(server) if verb == "login" else (await server.register())["email"]
    chances = []
    while not chances or abs(chances[-1] - 0.5) > FOUR_SIGMA:
        assert len(chances) < ROUNDS, f"a known address takes longer with a chance of {chances}"
        chances.append(await chance_that_known_takes_longer(server, VERBS[verb][0], known))
    print(f"{verb}, {kind}: a known address takes longer with a chance of {chances[-1]:.3f}")


async def test_the_same_trial_tells_when_an_unknown_address_costs_no_hash(
    start: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    matches = PasswordHasher.matches

    async def hasty(self: PasswordHasher, password: str, stored: str | None) -> bool:
        return stored is not None and await matches(self, password, stored)

    server = await start()
    known = (await server.a_member()).email
    monkeypatch.setattr(PasswordHasher, "matches", hasty)
    assert await chance_that_known_takes_longer(server, log_in, known, TRIES // 2) > 0.5 + FOUR_SIGMA


async def test_the_same_trial_tells_when_nothing_is_written_for_nobody(
    start: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, set_reset = LetterWriter._write, users.set_reset

    async def hasty_letter(self: LetterWriter, name: str, to: str, *rest: Any) -> None:
        if to != NOBODY:
            await write(self, name, to, *rest)

    async def hasty_reset(db: Database, user_id: str | None, *rest: Any) -> None:
        if user_id is not None:
            await set_reset(db, user_id, *rest)

    server = await start()
    known = (await server.a_member()).email
    monkeypatch.setattr(LetterWriter, "_write", hasty_letter)
    monkeypatch.setattr(users, "set_reset", hasty_reset)
    assert await chance_that_known_takes_longer(server, forget, known, TRIES // 2) > 0.5 + FOUR_SIGMA
