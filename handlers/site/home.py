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
        shown = home.show_home(self.runtime.catalog.snapshot, (), self.language, self.say, now())
        body = queries.kept(self.runtime.catalog.snapshot, ("home page", *shown[1:]), lambda: self._render(shown[0]))
        self.send_kept(body, media_type="text/html; charset=utf-8")

    def _render(self, shown: bytes) -> bytes:
        titles = len(self.runtime.catalog.snapshot.entries)
        return self.render_page("home.html", titles=titles, **orjson.loads(shown)).encode()
