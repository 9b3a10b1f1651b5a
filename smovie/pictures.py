"""Pictures people upload, made into ours: square WebP in two sizes, with nothing left of the file they sent.

Decoding is where files bite. So a picture is judged by its content, its declared size is checked before a pixel is
decoded, and it is decoded in one thread with a bounded queue. What is kept is encoded anew from pixels: no metadata, no
second file hidden behind the first.
"""

import asyncio
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog
from PIL import ExifTags, Image, ImageCms
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from smovie.errors import Invalid, TooLarge, Unavailable, Unsupported
from smovie.models.avatars import LARGE, MAX_PICTURE_BYTES, SMALL, Pictures

log = structlog.get_logger("pictures")

MAX_MEGAPIXELS = 25
MOST_WAITING = 8
_MOST_SCANS = 100  # of a progressive JPEG: each is a walk over all its pixels, and a few bytes ask for one
_QUALITY = 84
_WHITE = (255, 255, 255)
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # by EXIF orientation


class PictureMaker:
    """Makes pictures off the loop, one after another. Errors: Unavailable when the queue is full."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="pictures")
        self._under_way = 0

    async def make(self, sent: bytes) -> Pictures:
        """The pictures to store. Errors: those of `make_pictures`; Unavailable."""
        if self._under_way > MOST_WAITING:
            raise Unavailable("busy", retry_after_s=5)
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, make_pictures, sent)
        finally:
            self._under_way -= 1

    def close(self) -> None:
        """Let the thread go."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def make_pictures(sent: bytes) -> Pictures:
    """The middle square of a picture, upright, in sRGB, on white; of an animated one its first frame.

    Errors: TooLarge past 5 MiB; Unsupported for what is no JPEG, PNG or WebP by its content; Invalid for one of more
    than 25 megapixels or one that cannot be decoded whole.
    """
    if len(sent) > MAX_PICTURE_BYTES:
        raise TooLarge("picture_too_large")
    read = _reader_of(sent)
    try:
        picture = read(io.BytesIO(sent))
        if picture.width * picture.height > MAX_MEGAPIXELS * 1_000_000:
            raise Invalid(errors=[("/image", "invalid_megapixels", {"most": MAX_MEGAPIXELS})])
        large = _square(picture)
    except Invalid:
        raise
    except Image.DecompressionBombError:
        raise Invalid(errors=[("/image", "invalid_megapixels", {"most": MAX_MEGAPIXELS})]) from None
    except Exception as exc:  # a decoder fails on a broken file in whatever way it likes
        log.info("a picture could not be decoded", problem=type(exc).__name__)
        raise Invalid(errors=[("/image", "invalid_picture", {})]) from None
    small = large.resize((SMALL, SMALL), Image.Resampling.LANCZOS)
    return Pictures(large=_encode(large), small=_encode(small))


def _reader_of(sent: bytes) -> Callable[[io.BytesIO], Image.Image]:
    if sent.startswith(b"\xff\xd8\xff"):
        if sent.count(b"\xff\xda") > _MOST_SCANS:
            raise Invalid(errors=[("/image", "invalid_picture", {})])
        return JpegImageFile
    if sent.startswith(b"\x89PNG\r\n\x1a\n"):
        return PngImageFile
    if sent.startswith(b"RIFF") and sent[8:12] == b"WEBP":
        return WebPImageFile
    raise Unsupported("picture_unsupported")


def _square(picture: Image.Image) -> Image.Image:
    """512 × 512 RGB pixels and no more than these; everything dear is done after shrinking."""
    picture.draft(picture.mode, (LARGE, LARGE))  # a JPEG is decoded no larger than needed
    picture.load()
    turn = _turn_of(picture)  # not before: a PNG may say it behind its pixels
    profile = picture.info.get("icc_profile")
    picture = _in_smooth_mode(picture)
    side = min(picture.size)
    left, top = (picture.width - side) / 2, (picture.height - side) / 2
    box = (left, top, left + side, top + side)
    shrunk = picture.resize((LARGE, LARGE), Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)
    alpha = shrunk.getchannel("A") if "A" in shrunk.getbands() else None
    colours = _in_srgb(shrunk.convert(shrunk.mode.removesuffix("A")), profile)
    upright = Image.new("RGB", (LARGE, LARGE), _WHITE)
    upright.paste(colours, mask=alpha)
    return upright if turn is None else upright.transpose(turn)


def _in_smooth_mode(picture: Image.Image) -> Image.Image:
    """In a mode that can be resized: a palette's numbers and single bits cannot, nor can 16 bits of grey be shown."""
    if picture.mode == "P":
        return picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    if picture.mode == "1":
        return picture.convert("L")
    if picture.mode.startswith("I"):
        return picture.convert("I").point(lambda grey: grey / 256).convert("L")
    if "transparency" in picture.info:  # one colour of a PNG without an alpha channel
        return picture.convert("RGBA")
    return picture


def _turn_of(picture: Image.Image) -> Image.Transpose | None:
    """How to turn a picture upright. EXIF is often written badly, which is no reason to refuse the picture."""
    try:
        return _TURNS.get(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:
        return None


def _in_srgb(colours: Image.Image, profile: bytes | None) -> Image.Image:
    """The colours as sRGB; a profile that cannot be used is dropped."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(colours, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
            converted = None
        if converted:
            return converted
    return colours.convert("RGB")


def _encode(picture: Image.Image) -> bytes:
    encoded = io.BytesIO()
    picture.save(encoded, "WEBP", quality=_QUALITY, method=4)
    return encoded.getvalue()
