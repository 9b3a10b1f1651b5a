"""Uploads that are refused: too large, too many pixels, no picture, not whole; and what they may cost the server."""

import asyncio
import threading
import zlib
from contextlib import AsyncExitStack

import pytest

from handlers.operation import MULTIPART_BYTES
from smovie.models.avatars import MAX_PICTURE_BYTES
from smovie.pictures import MOST_WAITING, PictureMaker, make_pictures
from tests.api.test_avatars import ME, put
from tests.api.test_bad_input import assert_problem
from tests.conftest import StartServer
from tests.support import pictures
from tests.support.raw import raw, request_of
from tests.support.server import RunningServer
from tests.support.wait import until

MB = 1 << 20
BODY_BYTES = MAX_PICTURE_BYTES + MULTIPART_BYTES


async def assert_has_none(server: RunningServer, access: str) -> None:
    assert (await server.api.get("/me", access=access)).json["avatar"].endswith(".svg")


@pytest.mark.parametrize(
    "file",
    [
        b"", b"GIF89a" + bytes(100), b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"BM" + bytes(100), b"%PDF-1.7",
        b"\x00\x00\x00\x20ftypavif" + bytes(50), b"RIFF\x10\x00\x00\x00WAVEfmt ", b"II*\x00" + bytes(50),
        b"8BPS" + bytes(50),
        pictures.plain("GIF"), pictures.plain("BMP"), pictures.plain("TIFF"), pictures.plain("ICO"),
    ],
    ids=["nothing", "gif", "svg", "bmp", "pdf", "avif", "wave", "tiff", "psd", "a gif", "a bmp", "a tiff", "an ico"],
)  # fmt: skip
async def test_what_is_no_jpeg_png_or_webp_is_refused_whatever_it_is_called(
    watched: RunningServer, file: bytes
) -> None:
    member = await watched.a_member()
    assert_problem(await put(watched, member, file, name="me.png", kind="image/png"), 415, "picture-unsupported")
    await assert_has_none(watched, member.access)


@pytest.mark.parametrize(
    "file",
    [
        pictures.png(50_000, 50_000), pictures.png(2**31 - 1, 2**31 - 1), pictures.png(5_001, 5_000),
        pictures.png(11_000, 11_000), pictures.png(50_000, 50_000, pictures.zeros(64 * MB), colour_type=0),
        pictures.webp_saying(16_000, 16_000), pictures.webp_saying(6_000, 5_000),
        pictures.jpeg_saying(60_000, 60_000), pictures.jpeg_saying(6_000, 5_000),
    ],
    ids=["50k x 50k", "2^31", "a row more", "121 MP", "64 MB of zeros", "webp", "webp 30 MP", "jpeg", "jpeg 30 MP"],
)  # fmt: skip
async def test_a_pixel_bomb_is_refused_by_the_size_it_declares(
    watched: RunningServer, file: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = await watched.a_member()
    monkeypatch.setattr("smovie.pictures._square", lambda _: pytest.fail("it was decoded"))
    refused = await put(watched, member, file)
    assert_problem(refused, 422, "invalid", "/image")
    assert "25 megapixel" in refused.json["errors"][0]["detail"]


async def test_a_picture_of_just_25_megapixels_is_taken(server: RunningServer) -> None:
    member = await server.a_member()
    row = b"\0" + bytes(625)  # 5,000 black or white pixels
    sent = pictures.png(5_000, 5_000, zlib.compress(row * 5_000), colour_type=0, depth=1)
    assert (await put(server, member, sent)).status == 200


NOISE = pictures.encoded(pictures.noise((300, 300)), "JPEG")


@pytest.mark.parametrize(
    "file",
    [
        NOISE[: len(NOISE) // 2], NOISE[:200], NOISE[:3], pictures.plain("PNG")[:-40], pictures.plain("PNG")[:40],
        pictures.plain("WEBP")[:60], b"\xff\xd8\xff" + b"x" * 1_000, b"\x89PNG\r\n\x1a\n" + b"x" * 1_000,
        b"RIFF\xff\xff\xff\xffWEBPVP8 " + b"x" * 1_000, pictures.png(0, 0), pictures.png(10, 10, b"not deflated"),
        pictures.png(10, 10, before=pictures.chunk(b"iCCP", b"x\0\0" + pictures.zeros(200 * MB))),
        pictures.png(10, 10, before=pictures.chunk(b"zTXt", b"x\0\0" + pictures.zeros(3 * MB)) * 50),
        pictures.jpeg_of_many_scans(5_000),
    ],
    ids=range(14),
)  # fmt: skip
async def test_a_picture_that_is_broken_or_not_whole_is_refused(watched: RunningServer, file: bytes) -> None:
    member = await watched.a_member()
    assert_problem(await put(watched, member, file), 422, "invalid", "/image")
    await assert_has_none(watched, member.access)


async def test_5_mib_are_taken_and_a_byte_more_is_not(server: RunningServer) -> None:
    member = await server.a_member()
    filled = pictures.plain("PNG")
    filled += bytes(MAX_PICTURE_BYTES - len(filled))
    assert (await put(server, member, filled)).status == 200
    assert_problem(await put(server, member, filled + b"\0"), 413, "picture-too-large")
    assert_problem(await put(server, member, filled + bytes(MB)), 413, "too-large")


async def test_no_other_request_may_carry_as_much(server: RunningServer) -> None:
    member = await server.a_member()
    body, kind = pictures.multipart(bytes(2 * MB))
    for method, path in (
        ("POST", ME), ("DELETE", ME), ("PUT", "/api/v1/me"), ("PUT", ME + "/"), ("PUT", "/api/v1/me/avatarx"),
        ("POST", "/api/v1/auth/login"),
    ):  # fmt: skip
        refused = await server.api.call(method, path, body=body, access=member.access, headers={"Content-Type": kind})
        assert_problem(refused, 413, "too-large")
    assert_problem(
        await server.api.call("PUT", ME + "?a=b", body=body, access=member.access, headers={"Content-Type": kind}),
        415,
        "picture-unsupported",
    )


@pytest.mark.parametrize(
    ("body", "kind", "status", "problem"),
    [
        (b"{}", "application/json", 415, "multipart-expected"),
        (pictures.plain(), "image/png", 415, "multipart-expected"),
        (b"x", "", 415, "multipart-expected"),
        (b"x", "multipart/form-data", 415, "multipart-expected"),
        (b"x", "multipart/form-data; boundary=", 415, "multipart-expected"),
        (b"x", "multipart/mixed; boundary=x", 415, "multipart-expected"),
        (b"", "multipart/form-data; boundary=x", 422, "malformed-multipart"),
        (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x", 422, "malformed-multipart"),
        (b"--x\r\nX: \xff\r\n\r\n\r\n--x--\r\n", "multipart/form-data; boundary=x", 422, "malformed-multipart"),
        (b"--x\r\n" * 500 + b"--x--\r\n", "multipart/form-data; boundary=x", 422, "malformed-multipart"),
        (b"--x\r\nContent-Disposition: form-data; name*=a'b'%ff\r\n\r\n\r\n--x--\r\n",
         "multipart/form-data; boundary=x", 422, "invalid"),
        (*pictures.multipart(pictures.plain(), part="picture"), 422, "invalid"),
        (*pictures.multipart(pictures.plain(), part="a/~b"), 422, "invalid"),
    ],
    ids=range(13),
)  # fmt: skip
async def test_a_body_that_is_no_form_with_the_picture_is_refused(
    watched: RunningServer, body: bytes, kind: str, status: int, problem: str
) -> None:
    member = await watched.a_member()
    refused = await watched.api.call("PUT", ME, body=body, access=member.access, headers={"Content-Type": kind})
    assert (refused.status, refused.json["type"]) == (status, f"/problems/{problem}")


async def test_a_form_may_leave_the_files_name_out_but_holds_one_picture_and_nothing_else(
    server: RunningServer,
) -> None:
    member = await server.a_member()
    assert (await put(server, member, pictures.plain(), name=None)).status == 200
    one, kind = pictures.multipart(pictures.plain())
    two = one.replace(b"----smovie7d1c--", b"----smovie7d1c") + one.partition(b"\r\n")[2]
    sent = {"Content-Type": kind}
    assert_problem(
        await server.api.call("PUT", ME, body=two, access=member.access, headers=sent), 422, "invalid", "/image"
    )
    role = two.replace(b'name="image"', b'name="role"', 1)
    assert_problem(
        await server.api.call("PUT", ME, body=role, access=member.access, headers=sent), 422, "invalid", "/role"
    )


async def test_a_stranger_is_refused_before_the_body_is_read(server: RunningServer) -> None:
    registered = await server.register()
    head = [f"Content-Length: {BODY_BYTES}", "Content-Type: multipart/form-data; boundary=x"]
    for token, status in ((None, 401), ("rubbish", 401), (registered["access"], 403)):
        async with raw(server.port) as client:
            await client.send(request_of("PUT", ME, *head, *([f"Authorization: Bearer {token}"] if token else [])))
            assert (await client.answer()).status == status
            await client.send(bytes(100_000))  # is thrown away
            assert not server.runtime.traffic.uploading


async def test_who_asks_first_is_told_to_go_on_only_when_they_may(server: RunningServer) -> None:
    member = await server.a_member()
    body, kind = pictures.multipart(pictures.plain())
    head = [f"Content-Length: {len(body)}", f"Content-Type: {kind}", "Expect: 100-continue"]
    async with raw(server.port) as client:
        await client.send(request_of("PUT", ME, *head, f"Authorization: Bearer {member.access}"))
        assert (await client.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")
        await client.send(body)
        assert (await client.answer()).status == 200
    async with raw(server.port) as client:
        await client.send(request_of("PUT", ME, *head))
        assert (await client.answer()).status == 401


async def test_a_body_in_chunks_is_bounded_alike_and_the_client_hears_it(watched: RunningServer) -> None:
    member = await watched.a_member()
    body, kind = pictures.multipart(pictures.plain() + bytes(3 * MB))
    head = ["Transfer-Encoding: chunked", f"Content-Type: {kind}", f"Authorization: Bearer {member.access}"]
    async with raw(watched.port) as client:
        await client.send(request_of("PUT", ME, *head))
        await client.send(f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n")
        assert (await client.answer()).status == 200
    async with raw(watched.port) as client:
        await client.send(request_of("PUT", ME, *head))
        for _ in range(7):
            await client.send(b"100000\r\n" + bytes(MB) + b"\r\n")
        await client.send(b"0\r\n\r\n")
        assert_problem(await client.answer(), 413, "too-large")
        await client.rest()
    await until(lambda: not watched.runtime.traffic.uploading)


async def test_somebody_uploads_one_picture_at_a_time_and_a_cut_line_frees_their_place(watched: RunningServer) -> None:
    member = await watched.a_member()
    body, kind = pictures.multipart(pictures.plain())
    head = [f"Content-Length: {len(body)}", f"Content-Type: {kind}", f"Authorization: Bearer {member.access}"]
    async with raw(watched.port) as client:
        await client.send(request_of("PUT", ME, *head, body=body[:100]))
        await until(lambda: member.id in watched.runtime.traffic.uploading)
        refused = await put(watched, member, pictures.plain())
        assert_problem(refused, 429, "rate-limited")
        assert int(refused.headers["retry-after"]) > 0
        other = await watched.a_member()
        assert (await put(watched, other, pictures.plain())).status == 200
    await until(lambda: not watched.runtime.traffic.uploading)
    assert (await put(watched, member, pictures.plain())).status == 200


async def test_no_more_bodies_are_held_than_there_is_room_for(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.uploads.MOST_AT_ONCE", 3)
    members = [await server.a_member() for _ in range(4)]
    async with AsyncExitStack() as slow:
        for member in members[:3]:
            client = await slow.enter_async_context(raw(server.port))
            head = ["Content-Length: 1000", "Content-Type: multipart/form-data; boundary=x"]
            await client.send(request_of("PUT", ME, *head, f"Authorization: Bearer {member.access}"))
        await until(lambda: len(server.runtime.traffic.uploading) == 3)
        assert_problem(await put(server, members[3], pictures.plain()), 503, "busy")
    await until(lambda: not server.runtime.traffic.uploading)
    assert (await put(server, members[3], pictures.plain())).status == 200


async def test_somebody_may_upload_so_many(start: StartServer) -> None:
    server = await start(limit_avatars_per_user="2/hour")
    member = await server.a_member()
    assert [(await put(server, member, pictures.plain())).status for _ in range(3)] == [200, 200, 429]


async def test_past_the_queue_of_pictures_one_is_told_to_come_again(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = [await server.a_member() for _ in range(MOST_WAITING + 2)]
    may_begin = threading.Event()
    monkeypatch.setattr("smovie.pictures.make_pictures", lambda sent: may_begin.wait(10) and make_pictures(sent))
    uploads = [asyncio.ensure_future(put(server, member, pictures.plain())) for member in members[1:]]
    await until(lambda: server.runtime.avatars.maker._under_way == len(uploads))
    refused = await put(server, members[0], pictures.plain())
    assert_problem(refused, 503, "busy")
    assert int(refused.headers["retry-after"]) > 0
    may_begin.set()
    assert {(await upload).status for upload in uploads} == {200}
    assert (await put(server, members[0], pictures.plain())).status == 200


async def test_the_loop_serves_others_while_a_large_picture_is_decoded(server: RunningServer) -> None:
    member = await server.a_member()
    large = pictures.png(5_000, 5_000, zlib.compress((b"\0" + bytes(15_000)) * 5_000))
    served = 0
    uploading = asyncio.ensure_future(put(server, member, large))
    while not uploading.done():
        assert (await server.api.call("GET", "/healthz")).status == 200
        served += 1
    assert uploading.result().status == 200
    assert served >= 10


async def test_a_picture_of_who_left_meanwhile_does_not_stay_behind(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = await server.a_member()
    make = PictureMaker.make

    async def leave(self: PictureMaker, sent: bytes) -> object:
        await server.runtime.db.users.delete_one({"_id": member.id})
        return await make(self, sent)

    monkeypatch.setattr(PictureMaker, "make", leave)
    assert (await put(server, member, pictures.plain())).status == 401
    assert await server.runtime.db.avatars.find_one({"_id": member.id}) is None
