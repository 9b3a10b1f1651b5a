"""What every live session shares: signing in, one message after another, refusals, deadlines (ROOMS.md 2 to 5, 16, 20).

A subclass says which room of the hub it is in, who may enter, what is said on joining, and what frames it takes.
"""

import abc
import asyncio
import time
from collections import deque

import structlog
from tornado.locale import Locale

from handlers.live.connection import LiveConnection
from handlers.live.flood import FloodGuard
from handlers.live.frames import Frame, Malformed, decode, encode, error_frame, reply_id
from handlers.live.wire import (
    FLOODING,
    FORBIDDEN,
    INTERNAL_ERROR,
    POLICY,
    TRY_AGAIN_LATER,
    UNAUTHENTICATED,
    UNSUPPORTED,
)
from handlers.runtime import Runtime
from hub.position import Position
from smovie.errors import Invalid, Refusal, TooMany, Unauthenticated, Unavailable
from smovie.models.accounts import AccountState, Identity

log = structlog.get_logger("rooms")

AUTH_WITHIN_S = 5.0
TOKEN_GRACE_S = 25.0
MALFORMED_ALLOWED = 9  # the tenth closes 1008
_REJOIN: Frame = {"type": "rejoin"}  # ours to the inbox; a client's frame is never this very object
_CHANGED: Frame = {"type": "account_changed"}
_INBOX_PAUSE, _INBOX_RESUME = 32, 8  # messages read ahead of what is answered


class SocketSession(abc.ABC):
    """One client in one room. It is the hub's listener; its connection carries the bytes."""

    __slots__ = (
        "_guard", "_identity", "_inbox", "_locale", "_malformed", "_opened_at", "_runtime", "_since", "_token",
        "_working", "address", "connection", "room", "send", "session_id", "user_id", "username",
    )  # fmt: skip

    def __init__(
        self, runtime: Runtime, connection: LiveConnection, room: str, *,
        locale: Locale, address: str, token: str | None, since: Position | None,
    ) -> None:  # fmt: skip
        self.connection = connection
        self.send = connection.send  # the hub's, once per tick and listener: without a call in between
        self.room = room
        self.address = address
        self.user_id: str = ""
        self.username: str = ""
        self.session_id: str = ""
        self._runtime = runtime
        self._locale = locale
        self._identity: Identity | None = None
        self._token = token
        self._since = since
        self._guard = FloodGuard(runtime.live.frames_per_10s)
        self._malformed = 0
        self._opened_at = time.monotonic()
        self._inbox: deque[Frame] = deque()
        self._working: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """The connection is made: sign in with the token that came with the handshake, if one did."""
        if self._token is not None:
            token, self._token = self._token, None
            self._receive({"type": "auth", "token": token})

    # -- what a subclass says --------------------------------------------------------------------------------------

    @abc.abstractmethod
    def _refuse_entry(self, identity: Identity) -> tuple[int, str] | None:
        """The close code and reason for somebody who may not enter; None lets them in."""

    @abc.abstractmethod
    async def _join(self, identity: Identity) -> None:
        """Join the room and say so."""

    @abc.abstractmethod
    async def _take(self, identity: Identity, message: Frame) -> None:
        """Answer a frame of somebody who is in. Errors: Refusal, Invalid `unknown_type` for one that is not known."""

    @abc.abstractmethod
    async def _tell_changed(self, identity: Identity) -> None:
        """Say what somebody who is in may do from now on."""

    # -- from the connection ---------------------------------------------------------------------------------------

    def on_text(self, payload: bytes) -> None:
        try:
            message = decode(payload)
        except Malformed:
            self._malformed += 1
            if self._malformed > MALFORMED_ALLOWED:
                self.connection.close(POLICY, "too many malformed frames")
            else:
                self._refuse(Invalid("malformed"), {})
            return
        self._receive(message)

    def on_binary(self) -> None:
        self.connection.close(UNSUPPORTED, "text frames only")

    def on_drained(self) -> None:
        self._runtime.hub.drained(self.room, self)

    def on_closed(self, code: int) -> None:
        self._runtime.hub.leave(self.room, self)
        self._inbox.clear()
        log.info("left", room=self.room, user=self.user_id or None, code=code)

    # -- from the hub ----------------------------------------------------------------------------------------------

    def unsent(self) -> int:
        return self.connection.unsent()

    def refresh(self) -> None:
        self._since = None
        self._receive(_REJOIN)

    def drop(self, code: int, reason: str) -> None:
        self.connection.close(code, reason)

    # -- from the account feed -----------------------------------------------------------------------------------------

    def account_changed(self, account: AccountState) -> None:
        if self._identity is not None:
            now_is = {"username": account.username, "role": account.role, "verified": account.email_verified}
            self._go_on_as(self._identity.model_copy(update=now_is))

    # -- from the room feed ----------------------------------------------------------------------------------------

    def mute_changed(self) -> None:
        if self._identity is not None:
            self._receive(_CHANGED)

    # -- from the clock --------------------------------------------------------------------------------------------

    def check_deadlines(self) -> None:
        if self._identity is None:
            if time.monotonic() - self._opened_at > AUTH_WITHIN_S:
                self.connection.close(UNAUTHENTICATED, "no token in time")
        elif time.time() > self._identity.expires_at + TOKEN_GRACE_S:
            self.connection.close(UNAUTHENTICATED, "token expired")

    def tell_reconnect(self, after_ms: int) -> None:
        self._say({"type": "reconnect", "after_ms": after_ms})

    # -- one message after another ---------------------------------------------------------------------------------

    def _receive(self, message: Frame) -> None:
        """Queue a message; they are answered in order. A client far ahead of its answers is not read for a while."""
        self._inbox.append(message)
        if len(self._inbox) >= _INBOX_PAUSE:
            self.connection.pause()
        if self._working is None:
            self._working = asyncio.create_task(self._work())

    async def _work(self) -> None:
        try:
            while self._inbox and self.connection.is_open:
                message = self._inbox.popleft()
                try:
                    await self._answer(message)
                except Refusal as refusal:
                    self._refuse(refusal, message)
                if len(self._inbox) == _INBOX_RESUME:
                    self.connection.resume()
        except Exception as exc:
            log.error("a frame failed", exc_info=exc)
            self.connection.close(INTERNAL_ERROR, "internal error")
        finally:
            self._working = None

    async def _answer(self, message: Frame) -> None:
        if message["type"] == "auth":
            await self._sign_in(message)
        elif self._identity is None:
            self.connection.close(UNAUTHENTICATED, "the first frame must be auth")
        elif message is _REJOIN:
            await self._join(self._identity)
        elif message is _CHANGED:
            await self._tell_changed(self._identity)
        else:
            await self._take(self._identity, message)

    def _count_frame(self) -> None:
        """Errors: TooMany past the frames that a connection may send."""
        if (wait_s := self._guard.take(time.monotonic())) > 0:
            raise TooMany("rate_limited", retry_after_s=max(1, round(wait_s)))

    async def _sign_in(self, message: Frame) -> None:
        if self._identity is not None:
            self._count_frame()
        token = message.get("token")
        try:
            identity = await self._runtime.identities.identify(token if isinstance(token, str) else "")
        except Unauthenticated as exc:
            self.connection.close(UNAUTHENTICATED, exc.code)
            return
        except Unavailable as refusal:  # not the token's fault: the client may come again with it
            self._refuse(refusal, message)
            self.connection.close(TRY_AGAIN_LATER, refusal.code)
            return
        if not self.connection.is_open:
            return  # it went while we looked
        if self._identity is not None:
            self._renew(identity, message)
        elif refused := self._refuse_entry(identity):
            self.connection.close(*refused)
        elif not self._runtime.live.signed_in(self, identity.user_id, identity.session_id):
            self.connection.close(FLOODING, "too many connections")
        else:
            self._identity, self.username = identity, identity.username
            self._since = self._since or _position_in(message)
            await self._join(identity)

    def _renew(self, identity: Identity, message: Frame) -> None:
        """A fresh token for a socket that is in: of the same user, else it is somebody else's socket."""
        if identity.user_id != self.user_id:
            self.connection.close(FORBIDDEN, "another user's token")
            return
        self._runtime.live.renewed(self, identity.session_id)
        self._say({"type": "auth_ok", **reply_id(message), "expires_in": seconds_left(identity)})
        self._go_on_as(identity)

    def _go_on_as(self, identity: Identity) -> None:
        """Serve somebody who is in as what they are now: their rights hold at once, they are told in their turn."""
        before, self._identity, self.username = self._identity, identity, identity.username
        if before is None or _standing(before) == _standing(identity):
            return
        if refused := self._refuse_entry(identity):
            self.connection.close(*refused)
        else:
            self._receive(_CHANGED)

    # -- words -----------------------------------------------------------------------------------------------------

    def _say(self, message: Frame) -> None:
        self.connection.send(encode(message))

    def _refuse(self, refusal: Refusal, message: Frame) -> None:
        is_flood = isinstance(refusal, TooMany) and refusal.code != "slow_mode"  # which a moderator, not haste, makes
        if is_flood and self._guard.refused(time.monotonic()):
            self.connection.close(FLOODING, "flooding")
        else:
            self._say(error_frame(refusal, self._locale, message))


def _position_in(message: Frame) -> Position | None:
    """The position to resume from in an `auth` frame."""
    epoch, seq = message.get("epoch"), message.get("seq")
    usable = isinstance(epoch, str) and isinstance(seq, int) and not isinstance(seq, bool)
    return Position(epoch, seq) if usable else None  # type: ignore[arg-type]


def _standing(identity: Identity) -> tuple[object, ...]:
    """What of somebody their client is told."""
    return identity.username, identity.role, identity.verified


def seconds_left(identity: Identity) -> int:
    """How long the bearer's token still lives."""
    return max(0, int(identity.expires_at - time.time()))
