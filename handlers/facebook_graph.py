"""Facebook's Graph API over HTTP: what `smovie.facebook_app` asks it through.

It stands here since smovie/ knows no HTTP, and Tornado's client is on the loop already. Tokens go in a header, but for
the one that is asked about, which Graph takes in the query only; no URL is logged.
"""

import contextlib
from typing import Any

import orjson
from tornado.httpclient import HTTPResponse
from tornado.httputil import url_concat
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from smovie.errors import Unavailable

WITHIN_S = 4.0  # connecting included; a sign-in asks twice
AGAIN_IN_S = 5
MOST_AT_ONCE = 32  # past it a sign-in is refused at once instead of waiting for its turn
MOST_BYTES = 64 << 10  # a profile is a few hundred


class GraphClient:
    """Asks one Graph. A redirect is never followed: it would take the tokens along."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url.rstrip("/")
        self._under_way = 0
        self._client = SimpleAsyncHTTPClient(
            force_instance=True, max_clients=MOST_AT_ONCE, max_body_size=MOST_BYTES, max_buffer_size=2 * MOST_BYTES,
        )  # fmt: skip

    async def get(self, path: str, query: dict[str, str], *, bearer: str) -> dict[str, Any]:
        """The JSON object that is answered, with 2xx or 4xx. Errors: Unavailable."""
        if self._under_way >= MOST_AT_ONCE:
            raise Unavailable("busy")
        self._under_way += 1
        try:
            response = await self._client.fetch(
                url_concat(self._base_url + path, query),
                headers={"Authorization": f"Bearer {bearer}", "Accept": "application/json"},
                connect_timeout=WITHIN_S, request_timeout=WITHIN_S, follow_redirects=False, raise_error=False,
                decompress_response=False,  # what is unpacked is not bounded
            )  # fmt: skip
        except Exception as exc:  # a time-out, a refused or broken line, a certificate, too many bytes
            raise Unavailable("facebook_away", retry_after_s=AGAIN_IN_S) from exc
        finally:
            self._under_way -= 1
        return _object_in(response)

    def close(self) -> None:
        """Ask nothing more."""
        self._client.close()


def _object_in(response: HTTPResponse) -> dict[str, Any]:
    """The JSON object of an answer; not of a redirect, nor of a server that has failed."""
    answer = None
    if response.code // 100 in (2, 4):
        with contextlib.suppress(orjson.JSONDecodeError):
            answer = orjson.loads(response.body)
    if not isinstance(answer, dict):
        cause = ValueError(f"status {response.code}, {len(response.body)} bytes that are no JSON object")
        raise Unavailable("facebook_away", retry_after_s=AGAIN_IN_S) from cause
    return answer
