"""Password hashes: whole passwords of any length and letters, off the loop, and a clear refusal past the queue."""

import asyncio
import os
import sys
import threading
from collections.abc import Iterator

import bcrypt
import pytest

from smovie.errors import Unavailable
from smovie.passwords import MOST_OF_A_KIND, THREADS, PasswordHasher
from tests.support.wait import until


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


class Gate:
    """Holds every check of a password until it is opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.started = 0
        self.nicenesses: set[int] = set()
        self._open = threading.Event()
        check = bcrypt.checkpw

        def wait(password: bytes, stored: bytes) -> bool:
            self.started += 1
            self.nicenesses.add(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
            self._open.wait(10)
            return check(password, stored)

        monkeypatch.setattr(bcrypt, "checkpw", wait)

    def open(self) -> None:
        self._open.set()


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    made = Gate(monkeypatch)
    yield made
    made.open()


async def test_past_the_queue_a_request_is_refused_at_once_and_the_rest_is_done(
    hasher: PasswordHasher, gate: Gate
) -> None:
    crowd = [asyncio.ensure_future(hasher.matches("crowd", None)) for _ in range(MOST_OF_A_KIND + 5)]
    await until(lambda: sum(one.done() for one in crowd) == 5)
    gate.open()
    done = await asyncio.gather(*crowd, return_exceptions=True)
    assert done[:-5] == [False] * MOST_OF_A_KIND
    refused = [answer for answer in done if isinstance(answer, Unavailable)]
    assert [(refusal.code, refusal.retry_after_s) for refusal in refused] == [("busy", 2)] * 5
    assert not await hasher.matches("afterwards there is room again", None)


async def test_a_crowd_of_logins_leaves_new_passwords_their_places(hasher: PasswordHasher, gate: Gate) -> None:
    logins = [asyncio.ensure_future(hasher.matches("x", None)) for _ in range(MOST_OF_A_KIND)]
    await until(lambda: gate.started == THREADS)
    with pytest.raises(Unavailable):
        await hasher.matches("x", None)
    chosen = asyncio.ensure_future(hasher.hash("a new password"))
    gate.open()
    assert await chosen
    assert await asyncio.gather(*logins) == [False] * MOST_OF_A_KIND


async def test_who_went_away_keeps_his_place_while_a_thread_still_works_for_him(
    hasher: PasswordHasher, gate: Gate
) -> None:
    gone = [asyncio.ensure_future(hasher.matches("x", None)) for _ in range(MOST_OF_A_KIND)]
    await until(lambda: gate.started == THREADS)
    for waiter in gone:
        waiter.cancel()
    await asyncio.wait(gone)
    later = [asyncio.ensure_future(hasher.matches("x", None)) for _ in range(MOST_OF_A_KIND - THREADS)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await hasher.matches("x", None)
    gate.open()
    assert await asyncio.gather(*later) == [False] * len(later)
    assert gate.started == MOST_OF_A_KIND, "nothing was checked for those who went while they waited"
    assert not await hasher.matches("afterwards there is room again", None)


@pytest.mark.skipif(sys.platform != "linux", reason="no other system has a niceness per thread")
async def test_the_threads_give_way_to_the_loop(hasher: PasswordHasher, gate: Gate) -> None:
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    gate.open()
    await asyncio.gather(*(hasher.matches("x", None) for _ in range(THREADS)))
    assert min(gate.nicenesses) > own
