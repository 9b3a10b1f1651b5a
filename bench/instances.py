"""Where a running SMovie is, and what is asked of it over REST."""

import ssl
from dataclasses import dataclass
from functools import cache
from urllib.parse import SplitResult, urlsplit

from tests.support.api import Answer, Api


class NoAnswer(Exception):
    """An instance cannot be used; the text says why."""


@dataclass(frozen=True)
class Instance:
    """One of a deployment's, by its URL."""

    url: str

    @property
    def _parts(self) -> SplitResult:
        return urlsplit(self.url)

    @property
    def host(self) -> str:
        return self._parts.hostname or ""

    @property
    def port(self) -> int:
        return self._parts.port or (443 if self._parts.scheme == "https" else 80)

    @property
    def tls(self) -> ssl.SSLContext | None:
        return _trusted() if self._parts.scheme == "https" else None

    def path(self, path: str) -> str:
        """A path of its API below the URL's own."""
        return self._parts.path.rstrip("/") + path

    @classmethod
    def at(cls, url: str) -> "Instance":
        """Errors: ValueError for what is no http:// or https:// URL."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("not like http://host:port")
        _ = parts.port  # read: one that is no number is told here
        return cls(url.rstrip("/"))


@cache
def _trusted() -> ssl.SSLContext:
    return ssl.create_default_context()


async def ask(api: Api, url: str, path: str, value: object = None) -> Answer:
    """GET, or POST a value. Errors: NoAnswer when nobody answers there."""
    try:
        return await (api.get(path) if value is None else api.post(path, value))
    except (AssertionError, OSError) as exc:
        raise NoAnswer(f"{url} does not answer: {exc}") from None


async def read_room(api: Api, episode_id: str, *, newer_than: str = "") -> dict[str, str]:
    """Every comment of a room by REST, texts by id, page after page to its beginning or to a comment."""
    found: dict[str, str] = {}
    before = ""
    while True:
        answer = await api.get(f"/episodes/{episode_id}/comments?limit=100{before}")
        assert answer.status == 200, answer.body
        page = answer.json
        for comment in page["results"]:
            assert comment["id"] not in found, f"{comment['id']} is on two pages"
            if comment["id"] > newer_than:
                found[comment["id"]] = comment["message"]
        if page["next"] is None or page["next"] <= newer_than:
            return found
        before = f"&before={page['next']}"
