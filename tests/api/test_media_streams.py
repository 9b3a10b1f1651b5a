"""Media while it is being sent: an ended session ends it everywhere, and who reads slowly costs others nothing."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from handlers import media
from tests.api.test_media import signed, urls_of
from tests.rooms.test_ended_elsewhere import (
    Ending,
    change_the_password,
    deactivate,
    delete,
    end_the_device,
    log_out,
    log_out_everywhere,
    replay_a_grandparent,
)
from tests.rooms.test_staying import failing
from tests.support.films import MP4, MP4_BYTES
from tests.support.raw import RawClient, raw, request_of
from tests.support.room import in_room
from tests.support.server import Member, RunningServer
from tests.support.wait import until

WITHIN_S = 1.0
QUIET_S = 0.5
BIG = "phố/big.mp4"
BIG_BYTES = 96 << 20
Pair = tuple[RunningServer, RunningServer]


@pytest.fixture(scope="module", autouse=True)
def big_file(media_folder: Path) -> Iterator[Path]:
    """More than sockets take unread; it has a size and no content on the disk."""
    with (media_folder / BIG).open("wb") as file:
        file.truncate(BIG_BYTES)
    yield media_folder / BIG
    (media_folder / BIG).unlink()


@asynccontextmanager
async def streaming(server: RunningServer, url: str) -> AsyncIterator[RawClient]:
    """A client that has begun to read a large file and reads no further by itself."""
    async with raw(server.port) as client:
        await client.send(request_of("GET", url))
        head = await client.reader.readuntil(b"\r\n\r\n")
        assert b" 200 OK\r\n" in head and f"Content-Length: {BIG_BYTES}\r\n".encode() in head
        yield client


async def read_rest(client: RawClient) -> int:
    """Read until the server hangs up; how many bytes came. Shorter than announced: it was cut off."""
    return len(await client.rest())


# -- the end of a session ----------------------------------------------------------------------------------------------


async def test_a_replayed_grandparent_ends_everything_on_both_instances_within_a_second(cinemas: Pair) -> None:
    here, there = cinemas
    member = await here.a_member()
    episode = here.an_episode_apart()
    url = (await urls_of(here, member))[0]
    for server in cinemas:
        assert (await server.api.call("GET", url)).status == 200
    async with (
        in_room(here, episode, member.access) as room,
        in_room(there, episode, member.access) as other_room,
        streaming(here, signed(here, member, BIG)) as stream,
        streaming(there, signed(there, member, BIG)) as other_stream,
    ):
        child = (await here.api.post("/auth/refresh", {"refresh": member.refresh})).json
        assert (await here.api.post("/auth/refresh", {"refresh": child["refresh"]})).status == 200
        began = time.monotonic()
        assert (await here.api.post("/auth/refresh", {"refresh": member.refresh})).status == 401
        assert [await room.closed(), await other_room.closed()] == [4401, 4401]
        for server in cinemas:
            assert (await server.api.get("/me", access=member.access)).status == 401
            assert (await server.api.call("GET", url)).status == 403
        await until(lambda: not any(server.runtime.traffic.under_way for server in cinemas))
        assert time.monotonic() - began < WITHIN_S
        assert max(await read_rest(stream), await read_rest(other_stream)) < BIG_BYTES


@pytest.mark.parametrize(
    "end",
    [log_out, log_out_everywhere, end_the_device, change_the_password, replay_a_grandparent, deactivate, delete],
)
async def test_whatever_ends_a_session_ends_its_media_on_the_other_instance(cinemas: Pair, end: Ending) -> None:
    here, there = cinemas
    member = await here.a_member()
    login = (await here.api.post("/auth/login", {"email": member.email, "password": member.password})).json
    phone = Member(member.id, member.email, member.username, member.password, login["access"], login["refresh"])
    urls = await urls_of(there, phone)
    for url in urls:
        assert (await there.api.call("GET", url)).status == 200
    began = time.monotonic()
    await end(here, member, {"access": phone.access, "refresh": phone.refresh})
    for url in urls:
        await until(lambda url=url: is_refused(there, url), WITHIN_S)
    assert time.monotonic() - began < WITHIN_S


async def is_refused(server: RunningServer, url: str) -> bool:
    return (await server.api.call("GET", url)).status == 403


async def test_the_end_of_one_session_leaves_the_others_media(cinemas: Pair) -> None:
    here, there = cinemas
    member = await here.a_member()
    login = (await here.api.post("/auth/login", {"email": member.email, "password": member.password})).json
    url = (await urls_of(there, member))[0]
    async with streaming(there, signed(there, member, BIG)) as stream:
        await log_out(here, member, login)
        await until(lambda: there.runtime.identities._ended.get(login["refresh"].partition(".")[0]))
        assert (await there.api.call("GET", url)).status == 200
        await stream.reader.readexactly(BIG_BYTES)


async def test_an_address_that_expires_ends_what_it_began(cinema: RunningServer) -> None:
    url = signed(cinema, await cinema.a_member(), BIG, left_s=2)
    async with streaming(cinema, url) as stream:
        await until(lambda: not cinema.runtime.traffic.under_way)
        assert await read_rest(stream) < BIG_BYTES
    answer = await cinema.api.call("GET", url)
    assert (answer.status, answer.json["type"]) == (403, "/problems/media-expired")


async def test_while_nobody_knows_whether_a_session_lasts_nothing_is_sent(
    cinema: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "RECHECK_S", 0.01)
    member = await cinema.a_member()
    url, other = signed(cinema, member, BIG), (await urls_of(cinema, member))[1]
    async with streaming(cinema, url) as stream:
        async with failing(cinema, "alwaysOn", failCommands=["find"], errorCode=50):  # MaxTimeMSExpired
            cinema.runtime.identities.forget_everybody()
            answer = await cinema.api.call("GET", other)
            assert (answer.status, answer.headers["retry-after"]) == (503, "2")
            sent = await read_until_quiet(stream)
        assert sent < BIG_BYTES
        await stream.reader.readexactly(BIG_BYTES - sent)


async def read_until_quiet(client: RawClient) -> int:
    """Read until nothing comes for a while; how many bytes came."""
    sent = 0
    while True:
        try:
            async with asyncio.timeout(QUIET_S):
                sent += len(await client.reader.read(1 << 20))
        except TimeoutError:
            return sent


# -- readers -----------------------------------------------------------------------------------------------------------


def held_bytes() -> int:
    """Memory of this process, in which the servers run."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def open_files() -> list[str]:
    """What files this process has open of the media folder."""
    return [name for name in map(_target, Path("/proc/self/fd").iterdir()) if name.endswith(BIG)]


def _target(descriptor: Path) -> str:
    try:
        return os.readlink(descriptor)
    except OSError:
        return ""


async def test_readers_who_do_not_read_hold_a_chunk_each(cinema: RunningServer) -> None:
    url = signed(cinema, await cinema.a_member(), BIG)
    async with AsyncExitStack() as stack:
        before = held_bytes()
        clients = [await stack.enter_async_context(streaming(cinema, url)) for _ in range(12)]
        # One that reads gets everything meanwhile; so the others had time to be sent all of it.
        async with streaming(cinema, url) as quick:
            most = 0
            for _ in range(BIG_BYTES >> 20):
                await quick.reader.readexactly(1 << 20)
                most = max(most, held_bytes())
        assert most - before < 64 << 20, "of more than a gigabyte that was asked for"
        await until(lambda: len(open_files()) == len(clients))


async def test_a_slow_reader_gets_it_all(cinema: RunningServer) -> None:
    url = signed(cinema, await cinema.a_member(), MP4)
    async with raw(cinema.port) as client:
        await client.send(request_of("GET", url))
        await client.reader.readuntil(b"\r\n\r\n")
        got = b""
        while len(got) < len(MP4_BYTES):
            got += await client.reader.read(10_000)
            await asyncio.sleep(0)
    assert got == MP4_BYTES


async def test_a_reader_who_stopped_is_let_go(cinema: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "STALLED_S", 0.1)
    url = signed(cinema, await cinema.a_member(), BIG)
    async with streaming(cinema, url) as stream:
        await until(lambda: not cinema.runtime.traffic.under_way)
        assert await read_rest(stream) < BIG_BYTES
    assert not open_files()


async def test_a_reader_who_leaves_leaves_nothing_open(cinema: RunningServer) -> None:
    url = signed(cinema, await cinema.a_member(), BIG)
    for _ in range(5):
        async with streaming(cinema, url):
            assert open_files()
    await until(lambda: not open_files() and not cinema.runtime.traffic.under_way)


async def test_a_file_that_shrinks_is_not_passed_off_as_whole(cinema: RunningServer, big_file: Path) -> None:
    shrinking = big_file.with_name("shrinking.mp4")
    with shrinking.open("wb") as file:
        file.truncate(BIG_BYTES)
    url = signed(cinema, await cinema.a_member(), "phố/shrinking.mp4")
    async with streaming(cinema, url) as stream:
        os.truncate(shrinking, 10)
        assert await read_rest(stream) < BIG_BYTES
    shrinking.unlink()


async def test_one_connection_serves_one_request_after_another(cinema: RunningServer) -> None:
    hls, mp4, _ = await urls_of(cinema, await cinema.a_member())
    async with raw(cinema.port) as client:
        for _ in range(3):
            for url, status in [(hls, 206), (mp4, 206), ("/media/x/y", 403)]:
                await client.send(request_of("GET", url, "Range: bytes=0-9"))
                assert (await client.answer()).status == status
