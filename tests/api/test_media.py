"""/media: the bytes, whole and in parts, for whom an address was made and nobody else."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from structlog.testing import capture_logs

from smovie.media.tokens import MediaClaims
from tests.api.test_bad_input import assert_problem
from tests.api.test_playback import playback_of
from tests.support.films import FILES, HLS, MP4, MP4_BYTES, VTT, walk
from tests.support.server import Member, RunningServer

SIZE = len(MP4_BYTES)
OURS = "https://app.smovie.example"
LAST = f"{HLS}/480/1.ts"


async def urls_of(server: RunningServer, member: Member) -> tuple[str, str, str]:
    """Addresses of the film's master playlist, MP4 file and subtitles."""
    told = await playback_of(server, member.access)
    hls, mp4 = (source["url"] for source in told["sources"])
    return hls, mp4, told["subtitles"][0]["url"]


def beside(url: str, path: str) -> str:
    """Another path under the token of an address."""
    return "/".join([*url.split("/")[:3], quote(path)])


def token_of(url: str) -> str:
    return url.split("/")[2]


def signed(server: RunningServer, member: Member, path: str, *, left_s: int = 60, prefix: str = "") -> str:
    """An address for a member, as only the server can make it."""
    session = member.refresh.partition(".")[0]
    claims = MediaClaims(session, member.id, prefix or path, int(time.time()) + left_s)
    return f"/media/{server.runtime.media.signer.sign(claims)}/{quote(path)}"


# -- HLS ---------------------------------------------------------------------------------------------------------------


async def test_every_child_of_a_playlist_opens_by_its_address_alone(cinema: RunningServer) -> None:
    """PeerTube#5617: the token stood in the master playlist and was missing below it."""
    hls, _, _ = await urls_of(cinema, await cinema.a_member())
    found = await walk(cinema.api, hls)
    in_folder = {path for path in FILES if path.startswith(f"{HLS}/")}
    assert {urlsplit(address).path for address in found} == {beside(hls, path) for path in in_folder}
    for address, answer in found.items():
        assert answer.status == 200, address
        assert token_of(hls) not in answer.body.decode("latin1"), "a playlist that was saved would open the film"
        if not address.endswith(".m3u8"):
            path = next(path for path in in_folder if beside(hls, path) == urlsplit(address).path)
            assert answer.body == FILES[path]


async def test_without_its_token_no_child_opens(cinema: RunningServer) -> None:
    """jellyfin#13777, #5415: streams went on being served under a wrong key, or none."""
    member = await cinema.a_member()
    hls, mp4, vtt = await urls_of(cinema, member)
    found = [*await walk(cinema.api, hls), mp4, vtt]
    forged = ["x", "0" * 72, token_of(hls)[:-1], token_of(hls) + "0", token_of(hls).swapcase(), member.access]
    for address in found:
        path = address.split("/", 3)[3]
        for token in forged:
            assert_problem(await cinema.api.call("GET", f"/media/{token}/{path}"), 403, "media-refused")
        for bare in (f"/media/{path}", f"/{path}", f"/static/{path}", f"/media//{path}"):
            assert (await cinema.api.call("GET", bare)).status in (403, 404)


async def test_a_playlist_is_the_same_for_everybody_and_honours_its_etag(cinema: RunningServer) -> None:
    answers = []
    for _ in range(2):
        hls, _, _ = await urls_of(cinema, await cinema.a_member())
        answers.append(await cinema.api.call("GET", hls))
    assert answers[0].body == answers[1].body
    etag = answers[0].headers["etag"]
    assert etag == answers[1].headers["etag"] and not etag.startswith("W/")
    again = await cinema.api.call("GET", hls, headers={"If-None-Match": etag})
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    "line",
    [
        "https://evil.example/1.ts",
        "../1080.mp4",
        "/media/khác/1.mp4",
        '#EXT-X-KEY:METHOD=AES-128,URI="//evil.example/"',
    ],
)
async def test_a_playlist_that_leads_out_is_not_served_and_the_operator_is_told(
    cinema: RunningServer, media_folder: Path, line: str
) -> None:
    bad = media_folder / HLS / "bad.m3u8"
    bad.write_text(f"#EXTM3U\n#EXTINF:4,\n{line}\n")
    hls, _, _ = await urls_of(cinema, await cinema.a_member())
    with capture_logs() as lines:
        assert_problem(await cinema.api.call("GET", beside(hls, f"{HLS}/bad.m3u8")), 404, "media-not-found")
    bad.unlink()
    told = next(one for one in lines if "leads out" in one["event"])
    assert (told["path"], told["line"]) == (f"{HLS}/bad.m3u8", 3)


async def test_a_playlist_that_changes_is_sent_as_it_is_now(cinema: RunningServer, media_folder: Path) -> None:
    growing = media_folder / HLS / "growing.m3u8"
    url = beside((await urls_of(cinema, await cinema.a_member()))[0], f"{HLS}/growing.m3u8")
    for segments in (1, 2, 3):
        growing.write_text("#EXTM3U\n" + "#EXTINF:4,\n1.ts\n" * segments)
        assert (await cinema.api.call("GET", url)).body.count(b"1.ts") == segments
    growing.unlink()


@pytest.mark.parametrize("content", [b"\xff\xfe", b"#EXTM3U\n" * 600_000], ids=["not UTF-8", "too large"])
async def test_what_is_no_playlist_is_not_served_as_one(
    cinema: RunningServer, media_folder: Path, content: bytes
) -> None:
    bad = media_folder / HLS / "bad.m3u8"
    bad.write_bytes(content)
    hls, _, _ = await urls_of(cinema, await cinema.a_member())
    assert_problem(await cinema.api.call("GET", beside(hls, f"{HLS}/bad.m3u8")), 404, "media-not-found")
    bad.unlink()


# -- who may -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["phố/hls-2/1.ts", "phố/hls.key", MP4, VTT, "khác/1.mp4", "phố", "phố/hls/../1080.mp4", "phố//hls/480/1.ts"]
)
async def test_an_address_opens_only_what_lies_in_its_folder(cinema: RunningServer, path: str) -> None:
    hls, _, _ = await urls_of(cinema, await cinema.a_member())
    for spelt in (quote(path), quote(path, safe="")):
        assert_problem(await cinema.api.call("GET", f"/media/{token_of(hls)}/{spelt}"), 403, "media-refused")


@pytest.mark.parametrize("place", [0, 19, 20, 39, 41, 45, 50, 60])
async def test_a_changed_token_opens_nothing(cinema: RunningServer, place: int) -> None:
    _, mp4, _ = await urls_of(cinema, await cinema.a_member())
    token = token_of(mp4)
    changed = token[:place] + ("1" if token[place] != "1" else "2") + token[place + 1 :]
    answer = await cinema.api.call("GET", mp4.replace(token, changed), headers={"Range": "bytes=0-9"})
    assert_problem(answer, 403, "media-refused")


async def test_an_expired_address_says_so(cinema: RunningServer) -> None:
    member = await cinema.a_member()
    answer = await cinema.api.call("GET", signed(cinema, member, MP4, left_s=-2))
    assert_problem(answer, 403, "media-expired")
    assert answer.headers["cache-control"] == "no-store"


async def test_a_session_of_somebody_else_opens_nothing(cinema: RunningServer) -> None:
    """Even signed by us: session and account must belong together."""
    member, other = await cinema.a_member(), await cinema.a_member()
    member.id = other.id
    assert_problem(await cinema.api.call("GET", signed(cinema, member, MP4)), 403, "media-refused")


async def test_who_is_not_verified_opens_nothing(cinema: RunningServer) -> None:
    pending = await cinema.register()
    member = Member(pending["uid"], "", "", "", pending["access"], pending["refresh"])
    assert_problem(await cinema.api.call("GET", signed(cinema, member, MP4)), 403, "unverified")


async def test_tokens_of_the_api_open_no_media_and_those_of_media_no_api(cinema: RunningServer) -> None:
    member = await cinema.a_member()
    _, mp4, _ = await urls_of(cinema, member)
    for token in (member.access, member.refresh):
        assert (await cinema.api.call("GET", mp4.replace(token_of(mp4), token))).status == 403
    bare = await cinema.api.call("GET", mp4.replace(token_of(mp4), "x"), access=member.access)
    assert_problem(bare, 403, "media-refused")
    assert (await cinema.api.get("/me", access=token_of(mp4))).status == 401
    assert (await cinema.api.post("/auth/refresh", {"refresh": token_of(mp4)})).status == 401


async def test_a_header_that_a_player_sends_along_does_not_matter(cinema: RunningServer) -> None:
    _, mp4, _ = await urls_of(cinema, await cinema.a_member())
    assert (await cinema.api.call("GET", mp4, access="long expired")).status == 200
    assert (await cinema.api.call("GET", f"{mp4}?v=1&token=x")).status == 200


# -- parts -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "status", "sent", "content_range"),
    [
        (None, 200, MP4_BYTES, None),
        ("bytes=0-0", 206, MP4_BYTES[:1], f"bytes 0-0/{SIZE}"),
        ("bytes=0-", 206, MP4_BYTES, f"bytes 0-{SIZE - 1}/{SIZE}"),
        ("bytes=1000-270000", 206, MP4_BYTES[1_000:270_001], f"bytes 1000-270000/{SIZE}"),
        ("bytes=300000-", 206, MP4_BYTES[300_000:], f"bytes 300000-300000/{SIZE}"),
        ("bytes=290000-999999999", 206, MP4_BYTES[290_000:], f"bytes 290000-{SIZE - 1}/{SIZE}"),
        ("bytes=-5", 206, MP4_BYTES[-5:], f"bytes {SIZE - 5}-{SIZE - 1}/{SIZE}"),
        ("bytes=-999999999", 206, MP4_BYTES, f"bytes 0-{SIZE - 1}/{SIZE}"),
        ("bytes=0-1,5-6", 200, MP4_BYTES, None),
        ("bytes=9-1", 200, MP4_BYTES, None),
        ("bytes=x", 200, MP4_BYTES, None),
        ("pages=1-2", 200, MP4_BYTES, None),
    ],
)
async def test_a_part_is_sent_as_it_was_asked_for(
    cinema: RunningServer, asked: str | None, status: int, sent: bytes, content_range: str | None
) -> None:
    _, mp4, _ = await urls_of(cinema, await cinema.a_member())
    answer = await cinema.api.call("GET", mp4, headers={"Range": asked} if asked else {})
    assert (answer.status, answer.headers.get("content-range")) == (status, content_range)
    assert answer.body == sent
    assert answer.headers["content-length"] == str(len(sent))
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-type"] == "video/mp4"


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", f"bytes={SIZE}-{SIZE + 9}", "bytes=999999999-", "bytes=-0"])
async def test_a_part_that_is_not_there_is_refused_with_the_size(cinema: RunningServer, asked: str) -> None:
    _, mp4, _ = await urls_of(cinema, await cinema.a_member())
    answer = await cinema.api.call("GET", mp4, headers={"Range": asked})
    assert_problem(answer, 416, "range-not-satisfiable")
    assert answer.headers["content-range"] == f"bytes */{SIZE}"


async def test_head_is_get_without_a_body_and_knows_no_parts(cinema: RunningServer) -> None:
    for url in await urls_of(cinema, await cinema.a_member()):
        got, head = [await cinema.api.call(method, url) for method in ("GET", "HEAD")]
        part = await cinema.api.call("HEAD", url, headers={"Range": "bytes=0-0"})
        passing = ("date", "x-request-id")
        for answer in (head, part):
            assert (answer.status, answer.body) == (200, b"")
            assert {k: v for k, v in answer.headers.items() if k not in passing} == {
                k: v for k, v in got.headers.items() if k not in passing
            }


async def test_if_range_gives_the_part_only_of_the_same_file(cinema: RunningServer, media_folder: Path) -> None:
    member, part = await cinema.a_member(), {"Range": "bytes=0-9"}
    _, mp4, _ = await urls_of(cinema, member)
    etag = (await cinema.api.call("HEAD", mp4)).headers["etag"]
    assert not etag.startswith("W/")
    for given, status in [(etag, 206), (f"W/{etag}", 200), ('"other"', 200), ("Wed, 25 Nov 2026 00:00:00 GMT", 200)]:
        answer = await cinema.api.call("GET", mp4, headers={**part, "If-Range": given})
        assert (answer.status, len(answer.body)) == (status, 10 if status == 206 else SIZE), given
    changed = media_folder / "phố" / "changed.mp4"
    changed.write_bytes(b"0123456789")
    url = signed(cinema, member, "phố/changed.mp4")
    before = (await cinema.api.call("GET", url)).headers["etag"]
    changed.write_bytes(b"9876543210")
    os.utime(changed, ns=(1, 1))
    answer = await cinema.api.call("GET", url, headers={"Range": "bytes=0-1", "If-Range": before})
    changed.unlink()
    assert (answer.status, answer.body) == (200, b"9876543210")


async def test_what_a_client_has_is_not_sent_again(cinema: RunningServer) -> None:
    for url in await urls_of(cinema, await cinema.a_member()):
        etag = (await cinema.api.call("GET", url)).headers["etag"]
        for given in (etag, f"W/{etag}", f'"a", {etag}', "*"):
            answer = await cinema.api.call("GET", url, headers={"If-None-Match": given, "Range": "bytes=0-0"})
            assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", etag)
        assert (await cinema.api.call("GET", url, headers={"If-None-Match": '"other"'})).status == 200


# -- files -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.m3u8", "application/vnd.apple.mpegurl"), ("a.ts", "video/mp2t"), ("a.m4s", "video/iso.segment"),
        ("a.mp4", "video/mp4"), ("a.MP4", "video/mp4"), ("a.m4a", "audio/mp4"), ("a.vtt", "text/vtt; charset=utf-8"),
        ("a.key", "application/octet-stream"), ("a.html", "application/octet-stream"),
        ("a.svg", "application/octet-stream"), ("a", "application/octet-stream"),
    ],
)  # fmt: skip
async def test_a_file_is_of_the_type_its_name_says_and_never_a_page(
    cinema: RunningServer, media_folder: Path, name: str, media_type: str
) -> None:
    (media_folder / name).write_bytes(b"")
    answer = await cinema.api.call("GET", signed(cinema, await cinema.a_member(), name))
    (media_folder / name).unlink()
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["content-type"] == media_type
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.fixture
def odd_files(media_folder: Path, tmp_path: Path) -> Iterator[Path]:
    """A folder `odd` of things that are no plain files of the media folder, though they look it."""
    (tmp_path / "secret").write_text("a secret")
    next_door = media_folder.with_name(media_folder.name + "-2")
    next_door.write_text("another secret")
    odd = media_folder / "odd"
    odd.mkdir()
    (odd / "out.mp4").symlink_to(tmp_path / "secret")
    (odd / "relative.mp4").symlink_to(os.path.relpath(tmp_path / "secret", odd))
    (odd / "folder").symlink_to(tmp_path)
    (odd / "loop.mp4").symlink_to(odd / "loop.mp4")
    (odd / "next-door.mp4").symlink_to(next_door)
    (odd / "inside.mp4").symlink_to(media_folder / MP4)
    (odd / "directory.mp4").mkdir()
    os.mkfifo(odd / "pipe.mp4")
    yield odd
    for path in odd.iterdir():
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    odd.rmdir()
    next_door.unlink()


@pytest.mark.parametrize(
    "name",
    [
        "out.mp4", "relative.mp4", "folder/secret", "loop.mp4", "next-door.mp4", "directory.mp4", "pipe.mp4",
        "none.mp4", "inside.mp4/more", "x" * 300,
    ],
)  # fmt: skip
async def test_only_plain_files_of_the_media_folder_are_there(
    cinema: RunningServer, odd_files: Path, name: str
) -> None:
    url = signed(cinema, await cinema.a_member(), f"odd/{name}", prefix="odd")
    assert_problem(await cinema.api.call("GET", url), 404, "media-not-found")


def push_out_of_memory(path: Path, _monkeypatch: pytest.MonkeyPatch) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def be_a_system_that_cannot_say(_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "RWF_NOWAIT")


@pytest.mark.parametrize("make_so", [push_out_of_memory, be_a_system_that_cannot_say])
async def test_a_file_that_is_not_in_memory_is_sent_too(
    cinema: RunningServer,
    media_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    make_so: Callable[[Path, pytest.MonkeyPatch], None],
) -> None:
    url = signed(cinema, await cinema.a_member(), MP4)
    make_so(media_folder / MP4, monkeypatch)
    assert (await cinema.api.call("GET", url)).body == MP4_BYTES


async def test_a_link_within_the_media_folder_is_followed(cinema: RunningServer, odd_files: Path) -> None:
    answer = await cinema.api.call("GET", signed(cinema, await cinema.a_member(), "odd/inside.mp4"))
    assert answer.body == MP4_BYTES


@pytest.mark.parametrize(
    "path", ["%2e%2e/settings.py", "..%2f..%2fetc/passwd", "%2fetc/passwd", "%00", "a%00.mp4", "%ff"]
)
async def test_no_spelling_leads_out_of_the_folder(cinema: RunningServer, path: str) -> None:
    hls, _, _ = await urls_of(cinema, await cinema.a_member())
    for start in (f"/media/{token_of(hls)}/", hls.rpartition("/")[0] + "/"):
        answer = await cinema.api.call("GET", start + path)
        assert answer.status in (400, 403)
        assert answer.headers["content-type"].startswith("application/problem+json")


# -- around it ---------------------------------------------------------------------------------------------------------


async def test_what_protects_an_address_is_on_every_answer(cinema: RunningServer) -> None:
    urls = await urls_of(cinema, await cinema.a_member())
    for url in (*urls, urls[0].replace(token_of(urls[0]), "x")):
        answer = await cinema.api.call("GET", url)
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == ("private, no-cache" if answer.status == 200 else "no-store")
        assert "set-cookie" not in answer.headers and "server" not in answer.headers


async def test_a_player_of_an_allowed_origin_may_read_parts_and_a_foreign_one_nothing(cinema: RunningServer) -> None:
    _, mp4, _ = await urls_of(cinema, await cinema.a_member())
    own = await cinema.api.call("GET", mp4, headers={"Origin": OURS, "Range": "bytes=0-0"})
    assert own.headers["access-control-allow-origin"] == OURS
    exposed = set(own.headers["access-control-expose-headers"].split(", "))
    assert {"Content-Range", "Accept-Ranges", "ETag"} <= exposed
    asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "range"}
    preflight = await cinema.api.call("OPTIONS", mp4, headers={"Origin": OURS, **asked})
    assert preflight.status == 204
    assert {"Range", "If-Range"} <= set(preflight.headers["access-control-allow-headers"].split(", "))
    for method in ("GET", "OPTIONS"):
        foreign = await cinema.api.call(method, mp4, headers={"Origin": "https://evil.example", **asked})
        assert not [name for name in foreign.headers if name.startswith("access-control-")]


async def test_a_token_never_reaches_a_log(cinema: RunningServer) -> None:
    hls, mp4, _ = await urls_of(cinema, await cinema.a_member())
    token = token_of(hls)
    with capture_logs() as lines:
        for path in (
            hls, f"{hls}?{token}", f"/media/{token}", f"/media/{token}/%ff", f"/media/{token}/..%2f",
            f"/media/{token}x/y", f"/media//{token}/x", f"/api/v1/media/{token}/x", f"/Media/{token}/x",
            f"/media/{token}/{MP4}".encode().decode("latin1"),
        ):  # fmt: skip
            await cinema.api.call("GET", path)
        await cinema.api.call("GET", mp4, headers={"Range": "bytes=999999999-"})
        await cinema.api.call("BREW", hls)
    served = [line for line in lines if line["event"] == "served"]
    assert len(served) == 12
    assert "/media/***/ph%E1%BB%91/hls/master.m3u8" in [line["path"] for line in served]
    assert not [line for line in lines if token in repr(line) or token_of(mp4) in repr(line)]
