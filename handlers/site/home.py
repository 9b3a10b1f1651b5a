"""`/`: what somebody sees who opens a SMovie in a browser."""

import orjson

from handlers.access import Access
from handlers.base import ApiHandler
from handlers.operation import operation
from smovie.catalog import queries
from smovie.discovery import home
from smovie.models.base import now


class HomePageHandler(ApiHandler):
    @operation(access=Access.PUBLIC, cacheable=True)
    async def get(self) -> None:
        """Show banners and rails of titles, and where the API is."""
        self.set_page_headers()
        shown, etag = home.show_public_home(self.runtime.home, self.language, self.say, now())
        body = queries.kept(self.runtime.catalog.snapshot, ("home page", etag), lambda: self._render(shown))
        self.send_kept(body, media_type="text/html; charset=utf-8")

    def _render(self, shown: bytes) -> bytes:
        titles, page = len(self.runtime.catalog.snapshot.entries), orjson.loads(shown)
        return self.render_page("home.html", titles=titles, banners=page["banners"], rails=page["rails"]).encode()
