"""Whose an address is: never whoever names it first, by registering or by Facebook, but who proves the mailbox."""

from typing import Any

import pytest

from smovie import facebook as verbs
from smovie.account_feed import AccountFeed
from tests.api.test_sessions import assert_is_out
from tests.facebook.conftest import Facebook
from tests.facebook.test_sign_in import link_to
from tests.rooms.test_verify import waiting
from tests.support.graph import Token
from tests.support.mailbox import letters_to
from tests.support.server import RunningServer
from tests.support.wait import until


async def all_mails_are_written(facebook: Facebook) -> None:
    async def none_waits() -> bool:
        return bool(await facebook.server.runtime.db.mails.count_documents({}) == 0)

    await until(none_waits)


async def is_linked(facebook: Facebook, token: Token) -> bool:
    return await facebook.stored_link(token) is not None


# -- a stranger registered the address first ---------------------------------------------------------------------------


async def test_who_comes_by_facebook_leaves_a_stranger_who_registered_their_address_with_nothing(
    facebook: Facebook,
) -> None:
    server = facebook.server
    strangers = [await server.register(email="victim-1@example.com") for _ in range(2)]
    proofs = [await server.proof_for(stranger) for stranger in strangers]
    for stranger in strangers:
        assert (await server.api.get("/me", access=stranger["access"])).status == 200
    async with waiting(server, strangers[0]["uid"], strangers[0]["access"]) as socket:
        await socket.hear_type("joined")
        victim = await facebook.signed_in(facebook.graph.token(email="victim-1@example.com"))
        for stranger, proof in zip(strangers, proofs, strict=True):
            await assert_is_out(server, stranger)
            login = {"email": stranger["email"], "password": stranger["password"]}
            assert (await server.api.post("/auth/login", login)).status == 401
            assert (await server.api.post_to(proof)).status == 404
        assert await socket.closed() in (4401, 4403)
    assert [account["_id"] for account in await facebook.accounts_of("victim-1@example.com")] == [victim["user"]["id"]]
    confirmed = await server.api.post_to(await link_to(facebook, "victim-1@example.com", 3))
    assert (await facebook.me(confirmed.json["access"]))["id"] == victim["user"]["id"]


async def test_the_stranger_is_out_here_before_the_news_has_been_round_the_database(
    facebook: Facebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def deaf(_feed: AccountFeed, _changes: object) -> None:
        pass

    monkeypatch.setattr(AccountFeed, "_apply", deaf)
    stranger = await facebook.server.register(email="victim-3@example.com")
    assert (await facebook.server.api.get("/me", access=stranger["access"])).status == 200
    await facebook.signed_in(facebook.graph.token(email="victim-3@example.com"))
    await assert_is_out(facebook.server, stranger)


async def test_asking_for_the_mail_again_writes_of_ones_own_account_though_a_stranger_registered_after(
    facebook: Facebook,
) -> None:
    victim = await facebook.signed_in(facebook.graph.token(email="victim-2@example.com"))
    stranger = await facebook.server.register(email="victim-2@example.com")
    body = {"email": "victim-2@example.com"}
    again = await facebook.server.api.post("/auth/verify/resend", body, access=victim["access"])
    assert again.status == 202
    link = await link_to(facebook, "victim-2@example.com", 3)
    assert f"/{victim['user']['id']}/" in link
    assert (await facebook.server.api.post_to(link)).status == 200
    await assert_is_out(facebook.server, stranger)


async def test_nobody_asks_for_a_mail_to_an_address_that_is_not_theirs_in_their_own_name(facebook: Facebook) -> None:
    someone = await facebook.signed_in(facebook.graph.token(email="someone@example.com"))
    other = await facebook.server.register(email="other-one@example.com")
    body = {"email": "other-one@example.com"}
    await facebook.server.api.post("/auth/verify/resend", body, access=someone["access"])
    assert f"/{other['uid']}/" in await link_to(facebook, "other-one@example.com", 2)


# -- the address has an account ----------------------------------------------------------------------------------------


async def test_an_address_that_has_an_account_is_never_linked_silently(facebook: Facebook) -> None:
    owner = await facebook.server.a_member()
    token = facebook.graph.token(email=owner.email.upper())
    refused = await facebook.sign_in(token)
    assert (refused.status, refused.json["type"]) == (409, "/problems/link-required")
    assert not await is_linked(facebook, token)
    (stored,) = await facebook.accounts_of(owner.email)
    assert stored["_id"] == owner.id
    assert (await facebook.me(owner.access))["social"] == []


@pytest.mark.parametrize("before", ["users.insert", "social_accounts.insert", "users.keep"])
async def test_an_address_that_is_proved_while_somebody_comes_by_facebook_is_not_taken(
    facebook: Facebook, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    owner = await facebook.server.register()
    proof = await facebook.server.proof_for(owner)
    place, _, step = before.partition(".")
    act = getattr(getattr(verbs, place), step)

    async def meanwhile(*given: Any) -> Any:
        await facebook.server.api.post_to(proof)
        return await act(*given)

    monkeypatch.setattr(getattr(verbs, place), step, meanwhile)
    token = facebook.graph.token(email=owner["email"])
    refused = await facebook.sign_in(token)
    assert (refused.status, refused.json["type"]) == (409, "/problems/link-required")
    assert not await is_linked(facebook, token)
    assert [account["_id"] for account in await facebook.accounts_of(owner["email"])] == [owner["uid"]]
    await all_mails_are_written(facebook)
    assert len(letters_to(facebook.server.outbox, owner["email"])) == 1, (
        "nobody is asked to prove what they have proved"
    )


# -- several say that it is theirs -------------------------------------------------------------------------------------


async def test_who_came_by_facebook_goes_on_without_the_address_when_somebody_else_proves_it(
    facebook: Facebook,
) -> None:
    token = facebook.graph.token(email="rival-1@example.com")
    entered = await facebook.signed_in(token)
    late = await link_to(facebook, "rival-1@example.com")
    owner = await facebook.server.register(email="rival-1@example.com")
    assert (await facebook.server.api.post_to(await facebook.server.proof_for(owner))).status == 200
    me = await facebook.me(entered["access"])
    stand_in = {"email": f"face{token.user_id}@example.com", "needs_email": True}
    assert me == {**entered["user"], **stand_in}
    assert (await facebook.server.api.post_to(late)).status == 404
    again = await facebook.signed_in(token)
    assert (again["needs_email"], again["user"]) == (True, me)
    assert [account["_id"] for account in await facebook.accounts_of("rival-1@example.com")] == [owner["uid"]]


async def test_of_two_who_come_by_facebook_with_one_address_it_is_whose_mail_is_opened(facebook: Facebook) -> None:
    tokens = [facebook.graph.token(email="rival-2@example.com") for _ in range(2)]
    first, second = [await facebook.signed_in(token) for token in tokens]
    assert (await facebook.server.api.post_to(await link_to(facebook, "rival-2@example.com", 2))).status == 200
    assert await facebook.me(second["access"]) == {**second["user"], "email_verified": True}
    assert (await facebook.me(first["access"]))["email"] == f"face{tokens[0].user_id}@example.com"


async def test_registering_an_address_that_somebody_only_granted_is_as_registering_a_free_one(
    facebook: Facebook, server: RunningServer
) -> None:
    await facebook.signed_in(facebook.graph.token(email="rival-3@example.com"))
    here, elsewhere = [await one.register(email="rival-3@example.com") for one in (facebook.server, server)]
    assert {*here} == {*elsewhere}
    assert "/verify/" in await facebook.server.proof_for(here)
