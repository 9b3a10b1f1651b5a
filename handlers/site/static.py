"""Files of `static/`: styles and scripts of our own pages."""

from typing import Any

import structlog
from tornado.web import HTTPError, StaticFileHandler

from handlers.access import Access

log = structlog.get_logger("request")


class StaticHandler(StaticFileHandler):
    """Tornado's, on our folder; directories are not listed."""

    access = Access.PUBLIC

    def initialize(self, **_kwargs: Any) -> None:  # type: ignore[override]  # the folder is the runtime's
        super().initialize(path=str(self.application.settings["runtime"].static_folder))

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        self.set_header("X-Content-Type-Options", "nosniff")

    def parse_url_path(self, url_path: str) -> str:
        if "\0" in url_path:
            raise HTTPError(404)  # no file has such a name, and the system refuses to look
        return super().parse_url_path(url_path)

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """As for the API; Tornado's own line would repeat the query string."""
        if not isinstance(value, HTTPError):
            log.error("failed", exc_info=(typ, value, tb))
