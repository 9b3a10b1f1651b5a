"""Avatars through the front door: what is taken, what is made of it, where it is, and how it goes."""

import io
import re
import zlib
from typing import Any

import pytest
from PIL import Image
from PIL.Image import Transpose

from tests.support import pictures
from tests.support.api import Answer
from tests.support.room import in_room
from tests.support.server import Member, RunningServer

ME = "/api/v1/me/avatar"
HELD = {
    1: None, 2: Transpose.FLIP_LEFT_RIGHT, 3: Transpose.ROTATE_180, 4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE, 6: Transpose.ROTATE_90, 7: Transpose.TRANSVERSE, 8: Transpose.ROTATE_270,
}  # how a camera was held, by the EXIF orientation it then writes  # fmt: skip


async def put(server: RunningServer, member: Member, file: bytes, **form: Any) -> Answer:
    body, kind = pictures.multipart(file, **form)
    return await server.api.call("PUT", ME, body=body, access=member.access, headers={"Content-Type": kind})


async def picture_of(server: RunningServer, answer: Answer) -> Image.Image:
    """What was made of an upload."""
    assert answer.status == 200, answer.json
    shown = await server.api.call("GET", answer.json["avatar"])
    assert (shown.status, shown.headers["content-type"]) == (200, "image/webp")
    return Image.open(io.BytesIO(shown.body))


def is_like(pixel: Any, colour: tuple[int, ...], off: int = 12) -> bool:
    return all(abs(a - b) <= off for a, b in zip(pixel, colour, strict=True))


async def test_without_a_picture_the_initial_of_the_name_stands_for_somebody(server: RunningServer) -> None:
    member = await server.a_member(username="Trần Thị <Ánh>")
    me = (await server.api.get("/me", access=member.access)).json
    assert me["avatar"] == f"/avatars/{member.id}.svg"
    drawn = await server.api.call("GET", me["avatar"])
    assert drawn.headers["content-type"] == "image/svg+xml"
    assert re.search(r">(.)</text>", drawn.body.decode()).group(1) == "A"  # type: ignore[union-attr]
    assert "<script" not in drawn.body.decode() and "Ánh" not in drawn.body.decode()
    stable = await server.api.call("GET", f"/avatars/{member.id}")
    assert stable.body == drawn.body


async def test_a_picture_is_cut_square_and_served_in_two_sizes_for_good(server: RunningServer) -> None:
    member = await server.a_member()
    wide = pictures.halves((800, 300))
    wide.paste(pictures.GREEN, (0, 0, 250, 300))
    answer = await put(server, member, pictures.encoded(wide, "PNG"))
    large = await picture_of(server, answer)
    assert (large.format, large.mode, large.size) == ("WEBP", "RGB", (512, 512))
    assert is_like(large.getpixel((5, 256)), pictures.RED), "what is cut off on both sides is not seen"
    assert is_like(large.getpixel((506, 256)), pictures.BLUE)
    address = re.fullmatch(r"/avatars/([0-9a-f]{32})-512\.webp", answer.json["avatar"])
    assert address
    small = await server.api.call("GET", f"/avatars/{address.group(1)}-128.webp")
    assert Image.open(io.BytesIO(small.body)).size == (128, 128)
    assert small.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert small.headers["x-content-type-options"] == "nosniff"
    assert small.headers["content-security-policy"] == "default-src 'none'; sandbox"
    again = await server.api.call(
        "GET", f"/avatars/{address.group(1)}-128.webp", headers={"If-None-Match": small.headers["etag"]}
    )
    assert (again.status, again.body) == (304, b"")
    assert not small.headers["etag"].startswith("W/")
    assert (await server.api.call("HEAD", answer.json["avatar"])).body == b""
    for wrong in (f"{address.group(1)}-256.webp", f"{'0' * 32}-128.webp", f"{address.group(1)}-128.png", "x-y-z.webp"):
        assert (await server.api.call("GET", f"/avatars/{wrong}")).status == 404


async def test_the_address_in_comments_stays_right_when_the_picture_changes(server: RunningServer) -> None:
    member, episode = await server.a_member(), server.an_episode_apart()
    async with in_room(server, episode, member.access) as room:
        await room.say(type="comment", message="ảnh tôi đây")
        said = await room.hear_type("comment")
    stable = said["user"]["avatar"]
    assert stable == f"/avatars/{member.id}"
    page = (await server.api.get(f"/episodes/{episode}/comments")).json["results"]
    assert page[-1]["user"] == said["user"]
    seen = [await server.api.call("GET", stable)]
    for colour in (pictures.RED, pictures.BLUE):
        assert (await put(server, member, pictures.plain(colour=colour))).status == 200
        seen.append(await server.api.call("GET", stable))
    assert (await server.api.call("DELETE", ME, access=member.access)).status == 204
    seen.append(await server.api.call("GET", stable))
    assert [answer.headers["content-type"] for answer in seen] == [
        "image/svg+xml", "image/webp", "image/webp", "image/svg+xml"
    ]  # fmt: skip
    shown = [Image.open(io.BytesIO(answer.body)) for answer in seen[1:3]]
    assert [picture.size for picture in shown] == [(128, 128)] * 2
    assert is_like(shown[0].getpixel((64, 64)), pictures.RED)
    assert is_like(shown[1].getpixel((64, 64)), pictures.BLUE)
    assert {answer.headers["cache-control"] for answer in seen} == {"public, max-age=60"}
    assert seen[0].body == seen[3].body


async def test_a_new_picture_takes_the_place_of_the_old_one_and_leaves_others_theirs(server: RunningServer) -> None:
    member, other = await server.a_member(), await server.a_member()
    both = pictures.plain(colour=(1, 99, 180))
    first = (await put(server, member, both)).json["avatar"]
    assert (await put(server, other, both)).json["avatar"] == first, "the address is that of the content"
    second = (await put(server, member, pictures.plain(colour=(180, 99, 1)))).json["avatar"]
    assert second != first
    assert (await server.api.get("/me", access=other.access)).json["avatar"] == first
    assert (await server.api.call("GET", first)).status == 200
    assert (await server.api.call("DELETE", ME, access=other.access)).status == 204
    assert await server.runtime.db.avatars.count_documents({"_id": {"$in": [member.id, other.id]}}) == 1
    assert (await server.api.get("/me", access=other.access)).json["avatar"] == f"/avatars/{other.id}.svg"
    assert (await server.api.call("DELETE", ME, access=other.access)).status == 204


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_a_picture_is_judged_by_its_content_not_by_its_name(server: RunningServer, kind: str) -> None:
    member = await server.a_member()
    answer = await put(server, member, pictures.plain(kind), name="x.exe", kind="text/html")
    assert is_like((await picture_of(server, answer)).getpixel((256, 256)), pictures.RED)


@pytest.mark.parametrize("orientation", range(1, 9))
async def test_a_picture_is_turned_upright_and_says_no_more_than_its_pixels(
    server: RunningServer, orientation: int
) -> None:
    member = await server.a_member()
    upright = pictures.halves((300, 300))
    upright.paste(pictures.GREEN, (0, 200, 300, 300))
    held = HELD[orientation]
    taken = upright.transpose(held) if held is not None else upright
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>secret</x:xmpmeta>"
    for kind in ("JPEG", "PNG", "WEBP"):
        sent = pictures.encoded(taken, kind, exif=pictures.exif(orientation), comment="secret", xmp=xmp, quality=95)
        made = await picture_of(server, await put(server, member, sent))
        assert is_like(made.getpixel((100, 100)), pictures.RED)
        assert is_like(made.getpixel((400, 100)), pictures.BLUE)
        assert is_like(made.getpixel((256, 450)), pictures.GREEN)
        assert not made.getexif() and set(made.info) <= {"loop", "background", "timestamp", "duration"}
        stored = await server.runtime.db.avatars.find_one({"_id": member.id})
        for size in ("large", "small"):
            assert not re.search(rb"EXIF|XMP |ICCP|secret|GPS", bytes(stored[size]))


async def test_colours_of_another_profile_are_brought_into_srgb(server: RunningServer) -> None:
    member = await server.a_member()
    sent = pictures.plain("PNG", pictures.RED, icc_profile=pictures.exchanged_profile())
    middle = (await picture_of(server, await put(server, member, sent))).getpixel((256, 256))
    assert isinstance(middle, tuple) and middle[1] > middle[0], "red is said in this profile's green"
    broken = pictures.plain("PNG", pictures.RED, icc_profile=b"no profile at all")
    assert is_like((await picture_of(server, await put(server, member, broken))).getpixel((256, 256)), pictures.RED)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
async def test_every_kind_of_pixel_is_understood(server: RunningServer, mode: str) -> None:
    member = await server.a_member()
    if mode == "I;16":
        sent = pictures.encoded(Image.new("I;16", (50, 50), 0x8000), "PNG")
    else:
        sent = pictures.encoded(pictures.halves().convert(mode), "JPEG" if mode == "CMYK" else "PNG")
    made = await picture_of(server, await put(server, member, sent))
    left, right = made.getpixel((50, 256)), made.getpixel((460, 256))
    if mode in ("RGBA", "P", "CMYK"):
        assert is_like(left, pictures.RED, 25) and is_like(right, pictures.BLUE, 25)
    elif mode == "I;16":
        assert is_like(left, (128, 128, 128))
    elif mode in ("L", "LA"):
        assert is_like(left, (81, 81, 81)) and is_like(right, (70, 70, 70))


async def test_what_is_transparent_becomes_white(server: RunningServer) -> None:
    member = await server.a_member()
    clear = await picture_of(server, await put(server, member, pictures.plain("PNG", (*pictures.RED, 0))))
    assert is_like(clear.getpixel((256, 256)), pictures.WHITE)
    half = await picture_of(server, await put(server, member, pictures.plain("WEBP", (200, 30, 40, 128), quality=100)))
    assert is_like(half.getpixel((256, 256)), (227, 142, 147))


async def test_of_an_animated_picture_the_first_frame_is_taken(server: RunningServer) -> None:
    member = await server.a_member()
    frames = [Image.new("RGB", (200, 200), colour) for colour in (pictures.GREEN, pictures.RED, pictures.BLUE)]
    for kind in ("WEBP", "PNG"):
        sent = pictures.encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
        made = await picture_of(server, await put(server, member, sent))
        assert getattr(made, "n_frames", 1) == 1
        assert is_like(made.getpixel((256, 256)), pictures.GREEN)


async def test_a_second_file_behind_or_inside_the_picture_is_gone(server: RunningServer) -> None:
    member = await server.a_member()
    archive = b"PK\x03\x04" + b"<script>alert(1)</script>" * 100 + b"PK\x05\x06" + bytes(18)
    page = b"<html><script>alert(1)</script>"
    for sent in (
        pictures.plain("JPEG") + archive, pictures.plain("PNG") + archive, pictures.plain("WEBP") + archive,
        pictures.plain("JPEG", comment=page), pictures.png(1, 1, before=pictures.chunk(b"tEXt", b"Comment\0" + page),
                                                           pixels=zlib.compress(b"\0\1\2\3")),
    ):  # fmt: skip
        answer = await put(server, member, sent)
        await picture_of(server, answer)
        stored = await server.runtime.db.avatars.find_one({"_id": member.id})
        for size in ("large", "small"):
            assert b"script" not in bytes(stored[size]) and b"PK\x03" not in bytes(stored[size])
