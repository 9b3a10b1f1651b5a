"""What search engines ask for first: `/robots.txt`, and the sitemaps that it names."""

import re
from collections.abc import AsyncIterator

from handlers.access import Access
from handlers.base import ApiHandler
from handlers.headers import takes_gzip
from handlers.operation import operation
from smovie.errors import NotFound
from smovie.seo.robots import robots_txt
from smovie.seo.sitemaps import SitemapFile

_NUMBER = re.compile(r"[1-9][0-9]{0,5}")


class RobotsHandler(ApiHandler):
    @operation(access=Access.PUBLIC)
    async def get(self) -> None:
        """Say what crawlers may read."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.set_header("Cache-Control", "public, max-age=3600")
        self.finish(robots_txt(self.runtime.site))


class _SitemapFileHandler(ApiHandler):
    async def send_file(self, file: SitemapFile) -> None:
        """Answer with a sitemap, compressed where the client takes that, or 304."""
        self.set_header("Content-Type", "application/xml; charset=utf-8")
        self.set_header("Cache-Control", "public, max-age=0, must-revalidate")
        self.vary_by("Accept-Encoding")
        if takes_gzip(self.request.headers.get("Accept-Encoding", "")):
            self._kept_etag = f'"{file.digest}-gzip"'
            self.set_header("Content-Encoding", "gzip")
            self.finish(file.gzipped)
            return
        self._kept_etag = f'"{file.digest}"'
        self.set_etag_header()
        if self.check_etag_header():
            self.set_status(304)
            self.finish()
            return
        self.set_header("Content-Length", str(file.size_bytes))
        if self.request.method == "HEAD":
            self.finish()
        else:
            await self.send_pieces(_unpacked(file))


class SitemapIndexHandler(_SitemapFileHandler):
    @operation(access=Access.PUBLIC, cacheable=True)
    async def get(self) -> None:
        """Name all sitemaps."""
        await self.send_file(await self.runtime.sitemaps.index())


class SitemapHandler(_SitemapFileHandler):
    @operation(access=Access.PUBLIC, cacheable=True)
    async def get(self, number: str) -> None:
        """List the addresses of titles, with their trailers."""
        if not _NUMBER.fullmatch(number):
            raise NotFound("not_found")
        await self.send_file(await self.runtime.sitemaps.part(int(number)))


async def _unpacked(file: SitemapFile) -> AsyncIterator[bytes]:
    for piece in file.pieces():
        yield piece
