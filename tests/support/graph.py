"""A Graph API of our own over real HTTP: its documented answers and errors, and what else a server may do instead."""

import asyncio
import hashlib
import hmac
import itertools
import json
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

VERSION = "/v25.0"
APP_ID = "170000000000001"
APP_SECRET = "the secret of our app"
OTHER_APP_ID = "170000000000002"

Reply = Callable[[RequestHandler], Awaitable[None] | None]
_numbers = itertools.count(10_000_000_000_001)


@dataclass
class Token:
    """What Graph knows of a token, and whose it is. `email` is what the user has there, granted or not."""

    text: str
    name: str = "Trần Thị Lan"
    email: str | None = None
    user_id: str = field(default_factory=lambda: str(next(_numbers)))
    scopes: tuple[str, ...] = ("email", "public_profile")
    app_id: str = APP_ID
    type: str = "USER"
    expires_at: int = field(default_factory=lambda: int(time.time()) + 5_000_000)
    profile_id: str | None = None  # of what `/me` tells, where that is somebody else


class FakeGraph:
    """Answers `/debug_token` and `/me`; `asked` is what it was asked: (path, query, bearer)."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], str]] = []
        self.tokens: dict[str, Token] = {}
        self._instead: dict[str, Reply] = {}
        sockets = bind_sockets(0, "127.0.0.1")
        self.port: int = sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}{VERSION}"
        handlers = [(f"{VERSION}(/.*)", _GraphHandler, {"graph": self})]
        self._server = HTTPServer(Application(handlers, log_function=lambda _handler: None))  # type: ignore[arg-type]
        self._server.add_sockets(sockets)

    async def close(self) -> None:
        self._server.stop()
        await self._server.close_all_connections()

    def token(self, **about: Any) -> Token:
        """A new token of our app for somebody new, unless `about` says otherwise."""
        token = Token(text=f"EAA{secrets.token_urlsafe(40)}", **about)
        self.tokens[token.text] = token
        return token

    def another(self, token: Token, **about: Any) -> Token:
        """A later token of the same person."""
        return self.token(**{"user_id": token.user_id, "name": token.name, "email": token.email, **about})

    @contextmanager
    def instead(self, path: str, reply: Reply) -> Iterator[None]:
        """What this path answers for a while."""
        self._instead[path] = reply
        try:
            yield
        finally:
            del self._instead[path]

    async def reply(self, handler: "_GraphHandler", path: str) -> None:
        query = {name: handler.get_query_argument(name) for name in handler.request.query_arguments}
        bearer = handler.request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.asked.append((path, query, bearer))
        if reply := self._instead.get(path):
            done = reply(handler)
            if done is not None:
                await done
        elif path == "/debug_token":
            self._debug_token(handler, query.get("input_token", ""), bearer)
        elif path == "/me":
            self._me(handler, query, bearer)
        else:
            error(2500, message="Unknown path components: " + path)(handler)

    def _debug_token(self, handler: RequestHandler, text: str, bearer: str) -> None:
        token = self.tokens.get(text)
        if bearer != f"{APP_ID}|{APP_SECRET}":
            error(190, message="Invalid OAuth access token signature.")(handler)
        elif token is None:
            self._not_valid(handler, {"code": 190, "message": f"Malformed access token {text}"})
        elif token.app_id != APP_ID:
            message = "(#100) The App_id in the input_token did not match the Viewing App"
            self._not_valid(handler, {"code": 100, "message": message})
        else:
            about = {
                "app_id": token.app_id, "type": token.type, "application": "SMovie", "data_access_expires_at": 0,
                "expires_at": token.expires_at, "is_valid": True, "scopes": list(token.scopes),
                "user_id": token.user_id,
            }  # fmt: skip
            if 0 < token.expires_at <= time.time():
                message = "Error validating access token: Session has expired on Wednesday, 14-Feb-18 18:00:00 PST."
                about |= {"is_valid": False, "error": {"code": 190, "message": message, "subcode": 463}}
            handler.write({"data": about})

    def _not_valid(self, handler: RequestHandler, problem: dict[str, Any]) -> None:
        handler.write({"data": {"error": problem, "is_valid": False, "scopes": []}})

    def _me(self, handler: RequestHandler, query: dict[str, str], bearer: str) -> None:
        token = self.tokens[bearer]
        proof = hmac.new(APP_SECRET.encode(), bearer.encode(), hashlib.sha256).hexdigest()
        if query.get("appsecret_proof") != proof:
            error(100, message="Invalid appsecret_proof provided in the API argument")(handler)
            return
        profile = {"id": token.profile_id or token.user_id, "name": token.name}
        if token.email and "email" in token.scopes:
            profile["email"] = token.email
        handler.write({name: profile[name] for name in query["fields"].split(",") if name in profile})


def facebook_settings(graph: FakeGraph, **given: Any) -> dict[str, Any]:
    """Settings of a server that has our app and asks this Graph."""
    return {
        "facebook_app_id": APP_ID, "facebook_app_secret": APP_SECRET, "facebook_graph_url": graph.url, **given,
    }  # fmt: skip


class _GraphHandler(RequestHandler):
    def initialize(self, graph: FakeGraph) -> None:
        self._graph = graph

    async def get(self, path: str) -> None:
        await self._graph.reply(self, path)

    def compute_etag(self) -> None:
        return None


# -- what it may do instead --------------------------------------------------------------------------------------------


def error(code: int, subcode: int | None = None, *, status: int = 400, message: str = "") -> Reply:
    """An error as "Handling Errors" describes it."""
    about = {"message": message or f"(#{code}) An error", "type": "OAuthException", "code": code, "fbtrace_id": "H2il"}
    if subcode:
        about["error_subcode"] = subcode
    return as_json({"error": about}, status=status)


def as_json(body: Any, *, status: int = 200) -> Reply:
    """Any answer that is JSON."""
    return text(json.dumps(body), status=status)


def as_json_in_pieces(body: Any) -> Reply:
    """The same without saying how long it is."""

    async def reply(handler: RequestHandler) -> None:
        said = json.dumps(body)
        for start in range(0, len(said), 10_000):
            handler.write(said[start : start + 10_000])
            await handler.flush()

    return reply


def text(body: str, *, status: int = 200, media_type: str = "application/json", **headers: str) -> Reply:
    """Any answer."""

    def reply(handler: RequestHandler) -> None:
        handler.set_status(status)
        for name, value in {"Content-Type": media_type, **headers}.items():
            handler.set_header(name, value)
        handler.write(body)

    return reply


def wait_for(event: asyncio.Event) -> Reply:
    """No answer before the event."""

    async def reply(handler: RequestHandler) -> None:
        await event.wait()

    return reply


async def endless(handler: RequestHandler) -> None:
    """A body without an end, and without a length."""
    with_blanks = " " * (16 << 10)
    while not handler.request.connection.stream.closed():  # type: ignore[union-attr]
        handler.write(with_blanks)
        await handler.flush()


def hang_up(handler: RequestHandler) -> None:
    """The line goes in the middle of an answer."""
    handler.request.connection.stream.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")  # type: ignore[union-attr]
    handler.detach().close()
