"""What an address of media opens: a file, or a playlist as it is sent, made once and kept until its file changes."""

import asyncio
from contextlib import closing

import structlog

from smovie.bounded_cache import BoundedCache
from smovie.errors import NotFound
from smovie.media.files import Content, KeptContent, MediaFile, MediaFolder
from smovie.media.playlists import LeadsOutside, PlaylistPlace

log = structlog.get_logger("media")

MEDIA_PATH = "/media"
_PLAYLISTS = (".m3u8", ".m3u")
_MOST_PLAYLIST_BYTES = 4 << 20  # a day of segments of 4 s is a quarter of it
_KEPT_BYTES = 16 << 20


class MediaShelf:
    """Opens media. `public_url` is where users reach this server: playlists may name media by it."""

    def __init__(self, folder: MediaFolder, public_url: str) -> None:
        self._folder = folder
        self._media_url = public_url.rstrip("/") + MEDIA_PATH
        self._playlists: BoundedCache[KeptContent] = BoundedCache(_KEPT_BYTES)
        self._one_at_a_time = asyncio.Lock()  # a long playlist takes some ms of Python, which threads share

    async def open(self, path: str, prefix: str) -> Content:
        """What lies at a path, for who may read below the prefix; the caller closes it.

        Errors: NotFound; Unavailable when the disk refuses.
        """
        file = await self._folder.open(path)
        if not path.lower().endswith(_PLAYLISTS):
            return file
        with closing(file):
            key = (path, prefix, file.etag)
            async with self._one_at_a_time:
                if (playlist := self._playlists.get(key)) is None:
                    playlist = await self._make(file, path, prefix)
                    self._playlists.put(key, playlist, playlist.size + 500)
        return playlist

    async def _make(self, file: MediaFile, path: str, prefix: str) -> KeptContent:
        if file.size > _MOST_PLAYLIST_BYTES:
            log.warning("a playlist is too large and is not served", path=path, size_bytes=file.size)
            raise NotFound("media_not_found")
        body = await file.read_all()
        place = PlaylistPlace(path, prefix=prefix, media_url=self._media_url)
        try:
            return KeptContent(await self._folder.run(lambda: place.rewrite(body.decode()).encode()))
        except LeadsOutside as exc:
            log.warning("a playlist leads out of its folder and is not served", path=path, line=exc.line)
        except UnicodeDecodeError:
            log.warning("a playlist is not UTF-8 and is not served", path=path)
        raise NotFound("media_not_found")
