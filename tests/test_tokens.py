"""Tokens: ours are read back, each change to one is refused, and a session's refresh tokens are always the same."""

import base64
import time

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smovie.errors import Unauthenticated
from smovie.tokens import ACCESS_LIFE_S, TokenSigner, hash_token

SIGNER = TokenSigner("a secret")
OTHER = TokenSigner("another secret")
repeatable = settings(derandomize=True, deadline=None, max_examples=150)


def code_of(read: object, token: str) -> str:
    with pytest.raises(Unauthenticated) as refused:
        read(token)  # type: ignore[operator]
    return refused.value.code


def test_an_access_token_says_whose_it_is_and_until_when() -> None:
    before = time.time()
    claims = SIGNER.read_access(SIGNER.issue_access("user", "session"))
    assert (claims.user_id, claims.session_id) == ("user", "session")
    assert before - 1 <= claims.expires_at - ACCESS_LIFE_S <= time.time()


def test_instances_that_share_the_secret_share_tokens() -> None:
    twin = TokenSigner("a secret")
    assert twin.read_access(SIGNER.issue_access("user", "session")).user_id == "user"
    assert twin.read_refresh(SIGNER.refresh_token("session", 3)) == ("session", 3)


def test_an_access_token_ends() -> None:
    claims = jwt.decode(SIGNER.issue_access("user", "session"), options={"verify_signature": False})
    late = {**claims, "iat": claims["iat"] - 2_000, "exp": claims["exp"] - 2_000}
    token = jwt.encode(late, SIGNER._access_key, algorithm="HS256", headers={"kid": SIGNER._key_id})
    assert code_of(SIGNER.read_access, token) == "token_expired"


def test_an_access_token_that_was_read_before_ends_like_any_other() -> None:
    at = [time.time()]
    signer = TokenSigner("a secret", clock=lambda: at[0])
    token = signer.issue_access("user", "session")
    assert signer.read_access(token) == signer.read_access(token)
    at[0] += ACCESS_LIFE_S + 4  # within what clocks may differ by
    assert signer.read_access(token).user_id == "user"
    at[0] += 2
    assert [code_of(signer.read_access, token) for _ in range(2)] == ["token_expired"] * 2


def test_a_token_of_another_secret_is_refused() -> None:
    assert code_of(OTHER.read_access, SIGNER.issue_access("user", "session")) == "token_invalid"
    assert code_of(OTHER.read_refresh, SIGNER.refresh_token("session", 0)) == "token_invalid"


def test_one_kind_of_token_does_not_pass_for_the_other() -> None:
    assert code_of(SIGNER.read_access, SIGNER.refresh_token("session", 0)) == "token_invalid"
    assert code_of(SIGNER.read_refresh, SIGNER.issue_access("user", "session")) == "token_invalid"


@pytest.mark.parametrize("letter", range(0, 260, 7))
def test_an_access_token_changed_anywhere_is_refused(letter: int) -> None:
    token = SIGNER.issue_access("user", "session")
    place = letter % (len(token) - 1)  # the last letter's lowest bits are padding
    changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
    assert code_of(SIGNER.read_access, changed) == "token_invalid"


def nested(depth: int) -> str:
    return base64.urlsafe_b64encode(b'{"kid":' * depth).decode().rstrip("=")


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "a.b.c", "\x00", "\ud800.0.x", "é.0.x", "W10.W10.W10", "e30.e30.", f"{nested(5_000)}.e30.x"],
)
def test_rubbish_is_refused(token: str) -> None:
    assert code_of(SIGNER.read_access, token) == "token_invalid"
    assert code_of(SIGNER.read_refresh, token) == "token_invalid"


@repeatable
@given(st.text(max_size=50) | st.lists(st.text(max_size=10), max_size=4).map(".".join))
def test_no_text_is_a_token_by_chance(text: str) -> None:
    assert code_of(SIGNER.read_access, text) == "token_invalid"
    assert code_of(SIGNER.read_refresh, text) == "token_invalid"


def test_a_refresh_token_is_derived_and_so_the_same_each_time() -> None:
    assert SIGNER.refresh_token("session", 1) == SIGNER.refresh_token("session", 1)
    family = [SIGNER.refresh_token(session, number) for session in ("one", "two") for number in range(20)]
    assert len(set(family)) == 40
    assert [SIGNER.read_refresh(token) for token in family[:20]] == [("one", number) for number in range(20)]


def test_a_refresh_token_does_not_change_between_releases() -> None:
    """Else everybody would be signed out by an update."""
    assert SIGNER.refresh_token("session", 0) == "session.0.H0axlMeP-agQRxuWJNKAXKJmwzW6objX2pvZfx-x8TY"


def test_tokens_of_previous_secrets_are_read_and_none_is_made_of_them() -> None:
    signer = TokenSigner("a new secret", ["another secret", "a secret"])
    assert signer.read_access(SIGNER.issue_access("user", "session")).user_id == "user"
    assert signer.read_access(OTHER.issue_access("user", "session")).user_id == "user"
    assert signer.read_refresh(SIGNER.refresh_token("session", 3)) == ("session", 3)
    assert signer.refresh_token("session", 3) == TokenSigner("a new secret").refresh_token("session", 3)
    for older in (SIGNER, OTHER):
        assert code_of(older.read_access, signer.issue_access("user", "session")) == "token_invalid"
        assert code_of(older.read_refresh, signer.refresh_token("session", 3)) == "token_invalid"


def test_a_key_id_of_ours_on_a_token_of_another_secret_opens_nothing() -> None:
    signer = TokenSigner("a new secret", ["a secret"])
    claims = jwt.decode(SIGNER.issue_access("user", "session"), options={"verify_signature": False})
    for key_id in signer._access_keys:
        forged = jwt.encode(claims, OTHER._access_key, algorithm="HS256", headers={"kid": key_id})
        assert code_of(signer.read_access, forged) == "token_invalid"


def test_a_stored_hash_tells_which_secret_made_its_token() -> None:
    signer = TokenSigner("a new secret", ["a secret"])
    for maker in (SIGNER, signer):
        token = maker.refresh_token("session", 3)
        assert signer.refresh_token_of("session", 3, hash_token(token)) == token
        assert signer.refresh_token_of("session", 4, hash_token(token)) is None
    assert signer.refresh_token_of("session", 3, hash_token(OTHER.refresh_token("session", 3))) is None


@pytest.mark.parametrize("change", ["generation", "session", "proof", "number", "more", "less", "case", "blank"])
def test_a_tampered_refresh_token_is_refused(change: str) -> None:
    session, number, proof = SIGNER.refresh_token("session", 1).split(".")
    changed = {
        "generation": f"{session}.2.{proof}",
        "session": f"session2.{number}.{proof}",
        "number": f"{session}.01.{proof}",
        "proof": f"{session}.{number}.{'A' if proof[0] != 'A' else 'B'}{proof[1:]}",
        "more": f"{session}.{number}.{proof}=",
        "less": f"{session}.{number}.{proof[:-1]}",
        "case": f"{session}.{number}.{proof.swapcase()}",
        "blank": f"{session}.{number}. {proof}",
    }
    assert code_of(SIGNER.read_refresh, changed[change]) == "token_invalid"


def test_what_is_stored_of_a_token_does_not_give_it_away() -> None:
    token = SIGNER.refresh_token("session", 0)
    assert hash_token(token) == hash_token(token) != hash_token(token + "x")
    assert token not in hash_token(token)
    assert len(hash_token(token)) == 64
