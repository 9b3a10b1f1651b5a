"""Files of `static/`: styles and scripts of our own pages."""

from typing import Any

from tornado.web import StaticFileHandler

from handlers.access import Access


class StaticHandler(StaticFileHandler):
    """Tornado's, on our folder; directories are not listed."""

    access = Access.PUBLIC

    def initialize(self, **_kwargs: Any) -> None:  # type: ignore[override]  # the folder is the runtime's
        super().initialize(path=str(self.application.settings["runtime"].static_folder))

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        self.set_header("X-Content-Type-Options", "nosniff")
