"""Media tokens: they open what they were made for, until they expire, and nothing else."""

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smovie.errors import Forbidden, Unauthenticated
from smovie.ids import new_id
from smovie.media.tokens import MediaClaims, MediaSigner
from smovie.tokens import TokenSigner

SIGNER = MediaSigner("a secret")
SESSION, USER = new_id(), new_id()
FOLDER = "phim/phố/hls"
repeatable = settings(derandomize=True, deadline=None, max_examples=200)


def claims(prefix: str = FOLDER, *, left_s: int = 60) -> MediaClaims:
    return MediaClaims(SESSION, USER, prefix, int(time.time()) + left_s)


def code_of(token: str, path: str, signer: MediaSigner = SIGNER) -> str:
    with pytest.raises(Forbidden) as refused:
        signer.read(token, path)
    return refused.value.code


def test_a_token_says_whose_it_is_until_when_and_for_which_place() -> None:
    made = claims()
    assert SIGNER.read(SIGNER.sign(made), f"{FOLDER}/1080/1.ts") == made
    assert MediaSigner("a secret").read(SIGNER.sign(made), f"{FOLDER}/master.m3u8") == made


def test_a_token_is_short_whatever_it_opens() -> None:
    assert {len(SIGNER.sign(claims(prefix))) for prefix in (FOLDER, "a.mp4", "/".join("a" * 250))} == {72}


@pytest.mark.parametrize(
    "path",
    [
        "phim", "phim/phố", "phim/phố/hls-2/1.ts", "phim/phố/hls.key", "phim/pho/hls/1.ts", "phim/phố/HLS/1.ts",
        "phim/phố/1080.mp4", "hls/1.ts", "khác/phim/phố/hls/1.ts", "", "/", "/phim/phố/hls/1.ts",
        "phim/phố/hls/../1080.mp4", "phim/phố/./hls/1.ts", "phim/phố//hls/1.ts", "phim/phố/hls/", "phim/phố/hls/\x00",
        "phim/phố/hls/a\\..\\b", "phim/phố/hls/" + "a" * 500,
    ],
)  # fmt: skip
def test_a_token_opens_no_other_place(path: str) -> None:
    assert code_of(SIGNER.sign(claims()), path) == "media_refused"


def test_a_token_of_a_file_opens_that_file_only() -> None:
    token = SIGNER.sign(claims("phim/1.mp4"))
    assert SIGNER.read(token, "phim/1.mp4").prefix == "phim/1.mp4"
    for path in ("phim/2.mp4", "phim", "phim/1.mp4.key"):
        assert code_of(token, path) == "media_refused"


def test_a_token_ends_and_says_so_only_where_it_was_good() -> None:
    late = SIGNER.sign(claims(left_s=-2))
    assert code_of(late, f"{FOLDER}/1.ts") == "media_expired"
    assert code_of(late, "phim/phố/1080.mp4") == "media_refused"


def test_while_secrets_rotate_tokens_of_both_are_read_and_the_new_one_signs() -> None:
    made = claims()
    rotated = MediaSigner("a new secret", ["a secret"])
    assert rotated.read(SIGNER.sign(made), f"{FOLDER}/1.ts") == made
    assert MediaSigner("a new secret").read(rotated.sign(made), f"{FOLDER}/1.ts") == made
    assert code_of(rotated.sign(made), f"{FOLDER}/1.ts") == "media_refused"


@pytest.mark.parametrize("place", range(72))
def test_a_token_changed_anywhere_is_refused(place: int) -> None:
    token = SIGNER.sign(claims())
    if place == 71:  # its lowest four bits are padding; the highest is not
        changed = token[:-1] + ("A" if token[-1] not in "ABCDEFGHIJKLMNOP" else "g")
    else:
        changed = token[:place] + ("0" if token[place] != "0" else "1") + token[place + 1 :]
    assert code_of(changed, f"{FOLDER}/1.ts") == "media_refused"


@pytest.mark.parametrize(
    "change", [{"session_id": new_id()}, {"user_id": new_id()}, {"expires_at": 4_000_000_000}, {"prefix": "phim"}]
)
def test_no_claim_can_be_exchanged_under_a_proof(change: dict[str, object]) -> None:
    made = claims()
    proof = SIGNER.sign(made)[-22:]
    forged = SIGNER.sign(replace(made, **change))[:-22] + proof  # type: ignore[arg-type]
    assert code_of(forged, f"{FOLDER}/1.ts") == "media_refused"


def test_what_follows_a_token_does_not_matter_to_its_length() -> None:
    token = SIGNER.sign(claims())
    for changed in (token + "A", token[:-1], token + "=", " " + token, token.upper(), token + "\n"):
        assert code_of(changed, f"{FOLDER}/1.ts") == "media_refused"


def test_tokens_of_another_kind_or_secret_open_nothing() -> None:
    api = TokenSigner("a secret")
    for token in (api.issue_access(USER, SESSION), api.refresh_token(SESSION, 0)):
        assert code_of(token, f"{FOLDER}/1.ts") == "media_refused"
    assert code_of(SIGNER.sign(claims()), f"{FOLDER}/1.ts", MediaSigner("another secret")) == "media_refused"


def test_a_media_token_opens_nothing_of_the_api() -> None:
    token = SIGNER.sign(claims())
    for read in (TokenSigner("a secret").read_access, TokenSigner("a secret").read_refresh):
        with pytest.raises(Unauthenticated):
            read(token)


@repeatable
@given(st.text(max_size=100) | st.from_regex(r"\A[0-9a-z]{40}[0-9a-f]{10}[A-Za-z0-9_-]{22}\Z"), st.text(max_size=50))
def test_no_text_is_a_token_by_chance(token: str, path: str) -> None:
    assert code_of(token, path) == "media_refused"
