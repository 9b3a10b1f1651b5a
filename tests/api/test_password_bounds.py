"""Passwords of every length and letter: taken exactly as typed up to 1,024 characters, refused clearly past it."""

import pytest

from tests.support.api import Answer
from tests.support.server import RunningServer

AS_JSON = {"Content-Type": "application/json"}
OF_72_BYTES = "mật khẩu tiếng Việt dài bảy mươi hai byte, đúng vậy...."
WORDS = {
    "NUL": "a\x00bcdefgh",
    "only NUL": "\x00" * 8,
    "blanks at its ends": "  để nguyên  ",
    "emoji": "🎬" * 40,
    "joined emoji": "👩‍👩‍👧‍👦" * 2,
    "letters of two marks": "mật khẩu rất dài " * 20,
    "72 bytes": OF_72_BYTES,
    "73 bytes": OF_72_BYTES + "x",
    "74 bytes, one letter past 72": OF_72_BYTES + "ư",
    "1,024 characters": "ă" * 1_024,
    "1,024 characters of four bytes": "🎬" * 1_024,
}


def pointers(answer: Answer) -> list[str]:
    assert answer.status == 422, answer.body
    return [item["pointer"] for item in answer.json["errors"]]


def test_the_words_are_as_long_as_they_say() -> None:
    assert len(OF_72_BYTES.encode()) == 72
    assert all(8 <= len(password) <= 1_024 for password in WORDS.values())


@pytest.mark.parametrize("words", WORDS)
async def test_a_password_is_taken_exactly_as_typed(watched: RunningServer, words: str) -> None:
    password = WORDS[words]
    member = await watched.a_member(password=password)

    async def log_in(typed: str) -> int:
        return (await watched.api.post("/auth/login", {"email": member.email, "password": typed})).status

    assert await log_in(password) == 200
    cut = password.encode()[:72].decode(errors="ignore")  # where bcrypt alone would stop reading
    for other in {password[:-1], password[:-1] + "y", cut} - {password}:
        assert await log_in(other) == 401


@pytest.mark.parametrize("length", [1_025, 5_000, 1_000_000])
async def test_a_password_past_1024_characters_is_named_wherever_one_is_sent(
    watched: RunningServer, length: int
) -> None:
    member, long = await watched.a_member(), "x" * length
    login = {"email": member.email, "password": long}
    registration = {"email": "long@example.com", "username": "Người dài", "password": long}
    reset = {"uid": member.id, "token": "x", "password": long}
    for path, body in (("/auth/login", login), ("/auth/register", registration), ("/auth/password/reset", reset)):
        assert pointers(await watched.api.post(path, body)) == ["/password"], path
    for body, pointer in (({"old": long, "new": "a long one"}, "/old"), ({"old": "x", "new": long}, "/new")):
        assert pointers(await watched.api.post("/me/password", body, access=member.access)) == [pointer]


async def test_a_password_past_what_a_body_may_hold_is_too_large(watched: RunningServer) -> None:
    for path in ("/auth/login", "/auth/register", "/auth/password/reset"):
        answer = await watched.api.post(path, {"email": "a@example.com", "password": "x" * (1 << 20)})
        assert (answer.status, answer.json["type"]) == (413, "/problems/too-large")


@pytest.mark.parametrize("password", [b"\\ud800", b"\\udfff\\ud83c", b"\xed\xa0\x80", b"\xff\xfe"])
async def test_half_a_character_is_no_json(watched: RunningServer, password: bytes) -> None:
    for path in ("/auth/login", "/auth/register"):
        body = b'{"email": "a@example.com", "username": "Ai", "password": "long enough %s"}' % password
        answer = await watched.api.call("POST", "/api/v1" + path, body=body, headers=AS_JSON)
        assert (answer.status, answer.json["type"]) == (422, "/problems/malformed-json")
