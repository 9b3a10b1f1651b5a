"""The upgrade to a live room: Tornado does the HTTP, then the socket is taken over (docs/decisions/0005).

A refused token does not refuse the upgrade: a browser can read a close code, but not the answer to a failed handshake.
"""

import asyncio
import base64
import binascii
import contextlib
import os
import re
import socket
from urllib.parse import urlsplit

import structlog
from tornado.iostream import IOStream, StreamClosedError
from tornado.web import HTTPError
from tornado.websocket import WebSocketProtocol13

from handlers.access import Access
from handlers.base import ApiHandler
from handlers.live.connection import LiveConnection
from handlers.live.notification_session import NotificationSession
from handlers.live.room_session import RoomSession
from handlers.live.session import SocketSession
from handlers.live.verify_session import VerifySession
from hub.position import Position
from smovie.errors import Forbidden, TooMany, Unavailable

log = structlog.get_logger("rooms")

SUBPROTOCOL = "smovie.v1"
_BEARER = "bearer."
_EARLY_BYTES = 1 << 20  # of an eager client, that came with its handshake; Tornado reads some 128 KiB ahead
_SEQ = re.compile(r"\d{1,15}")


class SocketHandler(ApiHandler):
    """The upgrade of a room; a subclass names the session that talks there."""

    access: Access  # judged by the session, after the upgrade
    session: type[SocketSession]
    connection = LiveConnection

    async def get(self, place: str = "") -> None:
        self._check_origin()
        accept = self._check_handshake()
        live = self.runtime.live
        await live.coming.turn()
        address = self.request.remote_ip or ""
        if live.is_draining:  # nobody would tell a socket that comes now
            raise Unavailable
        if not live.has_room_for(address):
            raise TooMany("too_many_connections", retry_after_s=5)
        await self._take_over(place, accept, address)

    def _check_origin(self) -> None:
        """A page of another site may not use its visitor's sockets. Errors: Forbidden."""
        origin = self.request.headers.get("Origin")
        if origin is None or origin in self.runtime.allowed_origins:
            return
        with contextlib.suppress(ValueError):  # of what is no address
            if urlsplit(origin).netloc.lower() == self.request.headers.get("Host", "").lower():
                return
        raise Forbidden("origin_forbidden")

    def _check_handshake(self) -> str:
        """What RFC 6455 4.2.1 demands; returns the Sec-WebSocket-Accept. Errors: HTTPError 400 and 426."""
        request = self.request
        may_ask = request.method == "GET" and request.version != "HTTP/1.0"
        asks = "websocket" in self._listed("Upgrade") and "upgrade" in self._listed("Connection")
        if not (may_ask and asks) or request.headers.get("Sec-WebSocket-Version") != "13":
            raise HTTPError(426)
        key = request.headers.get("Sec-WebSocket-Key", "")
        with contextlib.suppress(binascii.Error, ValueError):
            if len(base64.b64decode(key, validate=True)) == 16:
                return WebSocketProtocol13.compute_accept_value(key)
        raise HTTPError(400)

    def _listed(self, header: str) -> set[str]:
        """The words of a header that holds a list, in small letters."""
        return {word.strip().lower() for word in self.request.headers.get(header, "").split(",")}

    def _offered(self) -> tuple[str | None, bool]:
        """(token, whether our subprotocol was offered): the token of the query, else of a bearer subprotocol."""
        offered = [word.strip() for word in self.request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
        bearer = next((word.removeprefix(_BEARER) for word in offered if word.startswith(_BEARER)), None)
        return self.get_query_argument("token", None) or bearer, SUBPROTOCOL in offered

    def _since(self) -> Position | None:
        epoch, seq = self.get_query_argument("epoch", ""), self.get_query_argument("seq", "")
        return Position(epoch, int(seq)) if epoch and _SEQ.fullmatch(seq) else None

    async def _take_over(self, place: str, accept: str, address: str) -> None:
        (token, speaks_ours), since, locale = self._offered(), self._since(), self.locale
        answer = [
            "HTTP/1.1 101 Switching Protocols",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Accept: {accept}",
            f"X-Request-Id: {self.request_id}",
            *([f"Sec-WebSocket-Protocol: {SUBPROTOCOL}"] if speaks_ours else []),
        ]
        runtime, request_id = self.runtime, self.request_id
        stream = self.detach()
        self.on_finish()  # the request is over; Tornado does not say so of a detached one
        try:
            sock, early = _leave_stream(stream)
        except StreamClosedError:
            return
        finally:
            stream.close()  # the socket lives on under the descriptor that was taken
        accepted = ("\r\n".join(answer) + "\r\n\r\n").encode()
        connection = self.connection(runtime.hub.limits.soft_bytes, runtime.live.lost, accepted, early)
        session = self.session(runtime, connection, place, locale=locale, address=address, token=token, since=since)
        connection.session = session
        runtime.live.add(session)
        try:
            await asyncio.get_running_loop().connect_accepted_socket(lambda: connection, sock)
        except OSError as exc:
            runtime.live.remove(connection)
            sock.close()
            log.warning("a socket could not be taken over", problem=str(exc), request_id=request_id)
            return
        log.info("upgraded", room=session.room, request_id=request_id)

    def write_error(self, status_code: int, **kwargs: object) -> None:
        if status_code == 426:
            self.set_header("Upgrade", "websocket")
            self.set_header("Sec-WebSocket-Version", "13")
        super().write_error(status_code, **kwargs)


class CommentsSocketHandler(SocketHandler):
    """`GET /ws/comments/{place}`: the room of an episode."""

    access = Access.VERIFIED
    session = RoomSession


class NotificationsSocketHandler(SocketHandler):
    """`GET /ws/notifications`: the room of whoever signs in."""

    access = Access.VERIFIED
    session = NotificationSession


class VerifySocketHandler(SocketHandler):
    """`GET /ws/verify/{place}`: where a registration waits for its address to be confirmed."""

    access = Access.USER
    session = VerifySession


def _leave_stream(stream: IOStream) -> tuple[socket.socket, bytes]:
    """The stream's socket, on a descriptor of its own, and what was already read from it.

    Only public ways: a partial read gives what Tornado has buffered, and a duplicate descriptor outlives the stream.
    """
    reading = asyncio.ensure_future(stream.read_bytes(_EARLY_BYTES, partial=True))
    early = reading.result() if reading.done() else b""
    sock = socket.socket(fileno=os.dup(stream.socket.fileno()))
    sock.setblocking(False)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # a comment does not wait for company
    if not early:
        reading.add_done_callback(lambda future: future.exception())  # it ends with the stream; nobody minds
    return sock, early
