"""`GET /api/openapi.json`."""

from handlers.access import Access
from handlers.base import ApiHandler
from handlers.operation import operation


class OpenApiHandler(ApiHandler):
    @operation(access=Access.PUBLIC)
    async def get(self) -> None:
        """Describe this API."""
        self.set_header("Cache-Control", "public, max-age=300")
        self.finish(self.application.settings["openapi"])
