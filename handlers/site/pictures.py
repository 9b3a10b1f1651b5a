"""Posters and backdrops drawn for titles that have none of their own."""

from handlers.access import Access
from handlers.base import ApiHandler
from handlers.operation import operation
from smovie.catalog import pictures


class PosterHandler(ApiHandler):
    @operation(access=Access.PUBLIC, cacheable=True)
    async def get(self, slug: str) -> None:
        """Draw a title's poster, 600 × 900, as SVG."""
        self.send_kept(pictures.poster(self.runtime.catalog.snapshot, slug, self.language), media_type="image/svg+xml")


class BackdropHandler(ApiHandler):
    @operation(access=Access.PUBLIC, cacheable=True)
    async def get(self, slug: str) -> None:
        """Draw a title's backdrop, 1280 × 720, as SVG."""
        body = pictures.backdrop(self.runtime.catalog.snapshot, slug, self.language)
        self.send_kept(body, media_type="image/svg+xml")
