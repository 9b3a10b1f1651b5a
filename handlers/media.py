"""`/media/{token}/{path}`: the bytes of films, to whom their address was made for.

Not Tornado's StaticFileHandler: it reads and hashes files on the loop, knows no If-Range, and cannot end what it has
begun (docs/decisions/0007).
"""

import asyncio
from contextlib import closing, suppress
from pathlib import PurePosixPath
from typing import Any, cast

import structlog
from tornado.http1connection import HTTP1Connection
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError

from handlers.access import Access, admit
from handlers.base import ApiHandler
from handlers.operation import operation
from handlers.ranges import wanted_span
from smovie.errors import Refusal, Unavailable
from smovie.media.files import CHUNK_BYTES, Content
from smovie.media.playback import identify_viewer
from smovie.media.tokens import MediaClaims

log = structlog.get_logger("media")

RECHECK_S = 0.25  # whether the session still lasts, while something is being sent or waits to be
STALLED_S = 60.0  # for a chunk to leave; who stopped reading asks again when they want more. nginx does the same
_MEDIA_TYPES = {
    ".m3u8": "application/vnd.apple.mpegurl",
    ".m3u": "application/vnd.apple.mpegurl",
    ".ts": "video/mp2t",
    ".m4s": "video/iso.segment",
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".m4a": "audio/mp4",
    ".aac": "audio/aac",
    ".vtt": "text/vtt; charset=utf-8",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
}


class MediaHandler(ApiHandler):
    _claims: MediaClaims
    _recheck_at = 0.0
    _size = 0

    def set_default_headers(self) -> None:
        super().set_default_headers()
        self.set_header("Referrer-Policy", "no-referrer")  # the address holds a token

    async def admit(self, access: Access) -> None:
        """By the token of the address alone: players send no header, and the API's tokens open nothing here."""
        token, path = self.path_kwargs["token"], self.path_kwargs["path"]
        self._claims, self.identity = await identify_viewer(self.runtime.media, token, path)
        admit(access, self.identity)
        self._recheck_at = asyncio.get_running_loop().time() + RECHECK_S

    @operation(access=Access.VERIFIED)
    async def get(self, token: str, path: str) -> None:
        """Send a file, whole or the part asked for, for as long as the session lasts."""
        with closing(await self.runtime.media.shelf.open(path, self._claims.prefix)) as content:
            self._size, self._kept_etag = content.size, content.etag
            self.set_etag_header()
            self.set_header("Accept-Ranges", "bytes")
            # Also what a browser keeps is asked for again, and not shown any more once the session has ended.
            self.set_header("Cache-Control", "private, no-cache")
            if self.check_etag_header():
                self.set_status(304)
                return
            self.set_header("Content-Type", _media_type_of(path))
            span = self._span(content)
            self.set_header("Content-Length", len(span))
            if self.request.method == "GET":
                await self._send(content, span)

    def _span(self, content: Content) -> range:
        """What to send, said in status and headers. Errors: HTTPError 416."""
        whole = range(content.size)
        if_range = self.request.headers.get("If-Range")
        if self.request.method != "GET" or if_range not in (None, content.etag):
            return whole
        span = wanted_span(self.request.headers.get("Range", ""), content.size)
        if span is None:
            return whole
        if not span:
            raise HTTPError(416)
        self.set_status(206)
        self.set_header("Content-Range", f"bytes {span.start}-{span.stop - 1}/{content.size}")
        return span

    async def _send(self, content: Content, span: range) -> None:
        """Chunk by chunk, each when the one before it has left; cut off, it is shorter than announced."""
        try:
            while span:
                chunk = await content.read(span.start, min(CHUNK_BYTES, len(span)))
                if not chunk:
                    raise EOFError("the file became shorter")
                self.write(chunk)
                await self._wait_to_go_on()
                await asyncio.sleep(0)  # a client as quick as the disk does not keep the others waiting
                span = span[len(chunk) :]
        except StreamClosedError:
            pass  # the client has left
        except (Refusal, OSError, EOFError) as exc:
            log.info("a stream was cut off", reason=str(exc), request_id=self.request_id)
            cast(HTTP1Connection, self.request.connection).close()

    async def _wait_to_go_on(self) -> None:
        """Return when what was written has left and the viewer may have more.

        Errors: Refusal, as at the beginning; TimeoutError; StreamClosedError.
        """
        clock = asyncio.get_running_loop().time
        sent, stalled_at = self.flush(), clock() + STALLED_S
        while True:
            if clock() >= self._recheck_at:
                with suppress(Unavailable):  # until it is known nothing more leaves
                    await self.admit(Access.VERIFIED)
            if sent.done() and clock() < self._recheck_at:
                return await sent
            if clock() >= stalled_at:
                raise TimeoutError(f"nothing could be sent for {STALLED_S:g} s")
            if sent.done():
                await asyncio.sleep(RECHECK_S)
            else:
                await asyncio.wait([sent], timeout=RECHECK_S)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        if status_code == 416:
            self.set_header("Content-Range", f"bytes */{self._size}")
        super().write_error(status_code, **kwargs)


def _media_type_of(path: str) -> str:
    """By the name, and only what players open: nothing of an operator's folder becomes a page of our origin."""
    return _MEDIA_TYPES.get(PurePosixPath(path).suffix.lower(), "application/octet-stream")
