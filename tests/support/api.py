"""A client of the REST API, as a front end would be."""

from dataclasses import dataclass
from typing import Any

import orjson
from tornado.httpclient import HTTPResponse
from tornado.simple_httpclient import SimpleAsyncHTTPClient


@dataclass
class Answer:
    """What the server said."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


class Api:
    """Calls `/api/v1` of a server: at a URL, or at a port of this machine."""

    def __init__(self, at: int | str) -> None:
        self._base = at if isinstance(at, str) else f"http://127.0.0.1:{at}"
        self._client = SimpleAsyncHTTPClient(force_instance=True, max_clients=100)

    def close(self) -> None:
        self._client.close()

    async def call(
        self, method: str, path: str, *, body: bytes | None = None, headers: dict[str, str] | None = None,
        access: str | None = None,
    ) -> Answer:  # fmt: skip
        """Any request to any path of the server."""
        sent = dict(headers or {})
        if access:
            sent["Authorization"] = f"Bearer {access}"
        response: HTTPResponse = await self._client.fetch(
            self._base + path, raise_error=False, method=method, body=body, headers=sent, follow_redirects=False,
            allow_nonstandard_methods=True, decompress_response=False, request_timeout=30,
        )  # fmt: skip
        if response.code == 599:
            raise AssertionError(f"no answer: {response.error}")
        found = {name.lower(): value for name, value in response.headers.get_all()}
        return Answer(response.code, found, response.body)

    async def get(self, path: str, *, access: str | None = None, headers: dict[str, str] | None = None) -> Answer:
        """GET below /api/v1."""
        return await self.call("GET", "/api/v1" + path, access=access, headers=headers)

    async def post(
        self, path: str, value: Any = None, *, access: str | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """POST JSON below /api/v1."""
        return await self.post_to("/api/v1" + path, value, access=access, headers=headers)

    async def patch(self, path: str, value: Any, *, access: str | None = None) -> Answer:
        """PATCH with JSON below /api/v1."""
        return await self.send("PATCH", path, value, access=access)

    async def send(self, method: str, path: str, value: Any = None, *, access: str | None = None) -> Answer:
        """Any method below /api/v1, with JSON where a value is given."""
        body, sent = (None, {}) if value is None else (orjson.dumps(value), {"Content-Type": "application/json"})
        return await self.call(method, "/api/v1" + path, body=body, access=access, headers=sent)

    async def delete(
        self, path: str, value: Any, *, access: str | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """DELETE with JSON below /api/v1."""
        sent = {"Content-Type": "application/json", **(headers or {})}
        return await self.call("DELETE", "/api/v1" + path, body=orjson.dumps(value), access=access, headers=sent)

    async def post_to(
        self, path: str, value: Any = None, *, access: str | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """POST JSON to any path."""
        sent = {"Content-Type": "application/json", **(headers or {})}
        return await self.call("POST", path, body=orjson.dumps(value), access=access, headers=sent)
