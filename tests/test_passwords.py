"""Password hashes: whole passwords of any length and letters, off the loop, and a clear refusal past the queue."""

import asyncio
from collections.abc import Iterator

import bcrypt
import pytest

from smovie.errors import Unavailable
from smovie.passwords import MOST_WAITING, THREADS, PasswordHasher


@pytest.fixture
def hasher() -> Iterator[PasswordHasher]:
    made = PasswordHasher(4)
    yield made
    made.close()


@pytest.mark.parametrize("password", ["a" * 72, "mật khẩu " * 100, "🎬" * 1_024, "a\x00b", "", " x ", "\ud800"])
async def test_a_password_matches_itself_and_nothing_near_it(hasher: PasswordHasher, password: str) -> None:
    stored = await hasher.hash(password)
    assert await hasher.matches(password, stored)
    for other in (password + "x", password[:-1] if password else "x", password.upper() + " "):
        assert not await hasher.matches(other, stored)


async def test_what_differs_past_72_bytes_differs(hasher: PasswordHasher) -> None:
    stored = await hasher.hash("a" * 100)
    assert not await hasher.matches("a" * 99 + "b", stored)
    assert not await hasher.matches("a" * 72, stored)


async def test_two_hashes_of_one_password_differ_and_tell_their_cost(hasher: PasswordHasher) -> None:
    one, other = [await hasher.hash("the same") for _ in range(2)]
    assert one != other
    assert one.startswith("$2b$04$")
    assert "the same" not in one


async def test_a_hash_of_another_cost_still_matches(hasher: PasswordHasher) -> None:
    older = PasswordHasher(5)
    stored = await older.hash("the same")
    older.close()
    assert await hasher.matches("the same", stored)


async def test_without_an_account_nothing_matches_and_the_work_is_done_all_the_same(
    hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[bytes] = []
    check = bcrypt.checkpw

    def counted(password: bytes, stored: bytes) -> bool:
        checked.append(stored)
        return check(password, stored)

    monkeypatch.setattr(bcrypt, "checkpw", counted)
    assert not await hasher.matches("nobody", None)
    assert not await hasher.matches("anything", None)
    assert [stored[:7] for stored in checked] == [b"$2b$04$"] * 2


async def test_past_the_queue_a_request_is_refused_at_once_and_the_rest_is_done(hasher: PasswordHasher) -> None:
    room = THREADS + MOST_WAITING
    done = await asyncio.gather(*(hasher.hash("crowd") for _ in range(room + 5)), return_exceptions=True)
    refused = [answer for answer in done if isinstance(answer, Unavailable)]
    assert [(refusal.code, refusal.retry_after_s) for refusal in refused] == [("busy", 2)] * 5
    assert len([answer for answer in done if isinstance(answer, str)]) == room
    assert await hasher.hash("afterwards there is room again")
