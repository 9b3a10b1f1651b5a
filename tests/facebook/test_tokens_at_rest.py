"""Tokens of Facebook as they are kept: nobody reads them from the database, and our key can be replaced."""

from datetime import UTC, datetime, timedelta

import bson

from smovie.models.base import now
from smovie.sealing import TokenCipher
from tests.conftest import StartServer
from tests.facebook.conftest import Facebook, facebook_settings
from tests.support.graph import FakeGraph, Token
from tests.support.server import RunningServer

OURS = "a key for tests"


async def sealed_in(server: RunningServer, token: Token) -> str:
    """The token as it lies in the database."""
    found = await server.runtime.db.social_accounts.find_one({"provider_id": token.user_id})
    return str(found["sealed_token"])


async def test_the_database_holds_a_token_that_only_our_secret_opens(facebook: Facebook) -> None:
    token = facebook.graph.token(scopes=("email", "public_profile", "user_likes"))
    entered = await facebook.signed_in(token)
    link = await facebook.stored_link(token)
    assert link
    assert token.text.encode() not in bson.encode(link)
    assert TokenCipher(OURS).unseal(link["sealed_token"]) == token.text
    assert TokenCipher("another secret").unseal(link["sealed_token"]) is None
    assert link["_id"] == f"facebook:{token.user_id}"
    assert link["user_id"] == entered["user"]["id"]
    assert link["scopes"] == ["email", "public_profile", "user_likes"]
    assert link["token_expires_at"] == datetime.fromtimestamp(token.expires_at, UTC)
    assert timedelta() <= now() - link["created_at"] < timedelta(minutes=1)


async def test_each_sign_in_keeps_the_newer_token(facebook: Facebook) -> None:
    token = facebook.graph.token()
    await facebook.signed_in(token)
    before = await facebook.stored_link(token)
    newer = facebook.graph.another(token, scopes=("public_profile",), expires_at=0)
    await facebook.signed_in(newer)
    after = await facebook.stored_link(token)
    assert before and after
    assert TokenCipher(OURS).unseal(after["sealed_token"]) == newer.text
    assert (after["scopes"], after["token_expires_at"]) == (["public_profile"], None)
    assert after["created_at"] == before["created_at"]
    assert after["last_used_at"] >= before["last_used_at"]


async def test_when_our_secret_is_replaced_tokens_stay_readable_and_move_under_the_new_one(
    start: StartServer, graph: FakeGraph
) -> None:
    token = graph.token()
    before, after = "a secret that was ours", "the secret that replaced it"
    old = await start(**facebook_settings(graph, secret_key=before))
    first = await Facebook(old, graph).signed_in(token)
    kept = await sealed_in(old, token)
    keys = {"secret_key": after, "previous_secret_keys": [before], "mongo_database": old.runtime.db.name}
    new = await start(**facebook_settings(graph, **keys))
    assert new.runtime.facebook.cipher.unseal(kept) == token.text
    assert TokenCipher(after).unseal(kept) is None
    again = await Facebook(new, graph).signed_in(token)
    assert (again["created"], again["user"]) == (False, first["user"])
    assert TokenCipher(after).unseal(await sealed_in(new, token)) == token.text


async def test_a_token_under_a_secret_that_nobody_may_use_any_more_is_lost_and_nothing_else(
    start: StartServer, graph: FakeGraph
) -> None:
    token = graph.token()
    old = await start(**facebook_settings(graph, secret_key="a secret that somebody has seen"))
    first = await Facebook(old, graph).signed_in(token)
    new = await start(**facebook_settings(graph, mongo_database=old.runtime.db.name))
    assert new.runtime.facebook.cipher.unseal(await sealed_in(new, token)) is None
    again = await Facebook(new, graph).signed_in(token)
    assert (again["created"], again["user"]) == (False, first["user"])
    assert new.runtime.facebook.cipher.unseal(await sealed_in(new, token)) == token.text


def test_the_same_token_is_sealed_anew_each_time_and_what_was_changed_is_not_opened() -> None:
    cipher = TokenCipher(OURS)
    first, second = cipher.seal("EAAtoken"), cipher.seal("EAAtoken")
    assert first != second
    assert cipher.unseal(first) == cipher.unseal(second) == "EAAtoken"
    assert cipher.unseal(first[:-4] + "AAA=") is None
    assert cipher.unseal("") is None
