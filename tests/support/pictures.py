"""Pictures as people send them, and as they had better not."""

import io
import struct
import zlib
from typing import Any

from PIL import Image, ImageCms

from smovie.models.avatars import Pictures
from smovie.pictures import make_pictures

RED, GREEN, BLUE, WHITE = (200, 30, 40), (30, 160, 60), (40, 60, 200), (255, 255, 255)


def encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def plain(
    kind: str = "PNG", colour: tuple[int, ...] = RED, size: tuple[int, int] = (600, 400), **options: Any
) -> bytes:
    """A picture of one colour."""
    return encoded(Image.new("RGBA" if len(colour) == 4 else "RGB", size, colour), kind, **options)


def made() -> Pictures:
    """An avatar as it is stored."""
    return make_pictures(plain())


def halves(size: tuple[int, int] = (400, 300)) -> Image.Image:
    """The left half red, the right half blue."""
    picture = Image.new("RGB", size, RED)
    picture.paste(BLUE, (size[0] // 2, 0, *size))
    return picture


def exif(orientation: int) -> Image.Exif:
    """What a phone writes beside a picture: how it was held, by what, and where."""
    written = Image.Exif()
    written[0x0112] = orientation
    written[0x010F] = "Máy ảnh"
    written.get_ifd(0x8825).update({1: "N", 2: (10.0, 46.0, 36.0), 3: "E", 4: (106.0, 42.0, 2.0)})
    return written


def exchanged_profile() -> bytes:
    """A profile that is not sRGB: its red and green are exchanged, so that nobody overlooks whether it was used."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = profile[green : green + 4], profile[red : red + 4]
    return bytes(profile)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    width: int, height: int, pixels: bytes = b"", *, colour_type: int = 2, depth: int = 8, before: bytes = b""
) -> bytes:
    """A PNG by hand: it says what it likes of its size. `pixels` are compressed, `before` stands before them."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + before + chunk(b"IDAT", pixels or zlib.compress(b""))
        + chunk(b"IEND", b"")
    )  # fmt: skip


def zeros(length: int) -> bytes:
    """So many bytes 0, compressed, without ever holding them."""
    packer = zlib.compressobj(9)
    block = bytes(1 << 20)
    packed = [packer.compress(block) for _ in range(length >> 20)]
    return b"".join([*packed, packer.compress(bytes(length & ((1 << 20) - 1))), packer.flush()])


def webp_saying(width: int, height: int) -> bytes:
    """A WebP that is said to be this large."""
    sent = bytearray(plain("WEBP", size=(16, 16), lossless=True))
    bits = int.from_bytes(sent[21:25], "little") >> 28 << 28 | (height - 1) << 14 | (width - 1)
    sent[21:25] = bits.to_bytes(4, "little")
    return bytes(sent)


def jpeg_of_many_scans(scans: int) -> bytes:
    """A progressive JPEG that asks for one more walk over its pixels, again and again."""
    sent = plain("JPEG", size=(64, 64), progressive=True)
    last = sent.rindex(b"\xff\xda")
    return sent[:last] + sent[last:-2] * scans + sent[-2:]


def multipart(
    file: bytes, *, part: str = "image", name: str | None = "me.jpg", kind: str = "image/jpeg"
) -> tuple[bytes, str]:
    """A form with one file. Shape: (body, its Content-Type)."""
    boundary = "----smovie7d1c"
    file_name = f'; filename="{name}"' if name is not None else ""
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{part}"{file_name}\r\nContent-Type: {kind}\r\n\r\n'
    return head.encode() + file + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def noise(size: tuple[int, int]) -> Image.Image:
    """A picture that no encoder makes small."""
    return Image.effect_noise(size, 80).convert("RGB")


def jpeg_saying(width: int, height: int) -> bytes:
    """A JPEG that is said to be this large."""
    sent = bytearray(plain("JPEG", size=(16, 16)))
    frame = sent.index(b"\xff\xc0")
    sent[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(sent)
