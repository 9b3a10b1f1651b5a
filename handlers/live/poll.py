"""A long poll as the hub and the registry of live sessions see it: a listener that hears once (ROOMS.md 29)."""

import asyncio
from collections.abc import Callable
from typing import Any

import orjson

from handlers.live.wire import FORBIDDEN, RESTART, text_payloads
from hub.hub import Hub
from hub.position import Position
from smovie.errors import Forbidden, Refusal, Unauthenticated
from smovie.models.accounts import AccountState, Identity

LINGER_S = 2.0
_DURABLE = b'{"seq":'  # as RoomCodec begins what has a number
_DEGRADED = b'{"type":"degraded"'


class Poll:
    """One request that waits in a room. It is a session and its own connection: what closes it, wakes it."""

    def __init__(self, room: str, identity: Identity, address: str) -> None:
        self.room = room
        self.address = address
        self.user_id = ""  # until the registry has it, as with sockets
        self.session_id = ""
        self.username = identity.username
        self.events: list[bytes] = []  # durable ones as JSON, in order
        self.is_stale = False  # what it would hear stands under another epoch: it needs a fresh page
        self.is_gone = False
        self.is_dismissed = False  # the server stops
        self.refusal: Refusal | None = None
        self._epoch = ""
        self._seq = 0
        self._is_done = False
        self._woken = asyncio.Event()

    @property
    def connection(self) -> "Poll":
        return self

    @property
    def position(self) -> Position:
        """Where it stands after its events."""
        return Position(self._epoch, self._seq + len(self.events))

    def begin(self, position: Position) -> None:
        """It has joined there."""
        self._epoch, self._seq, self.is_stale = position.epoch, position.seq, False

    async def wait(self, within_s: float) -> None:
        """Return when there is something to say, or no more time."""
        if within_s <= 0:
            return
        try:
            async with asyncio.timeout(within_s):
                await self._woken.wait()
        except TimeoutError:
            pass

    def finish(self) -> None:
        """It is being answered: nothing more is heard."""
        self._is_done = True

    def go(self) -> None:
        """Its client went away."""
        self.is_gone = True
        self._woken.set()

    # -- from the hub ----------------------------------------------------------------------------------------------

    def send(self, frames: bytes) -> int:
        if not self._is_done:
            for payload in text_payloads(frames):
                self._hear(payload)
        return 0

    def unsent(self) -> int:
        return 0

    def refresh(self) -> None:
        self.is_stale = True
        self._woken.set()

    def drop(self, code: int, reason: str) -> None:
        self.close(code, reason)

    def _hear(self, payload: bytes) -> None:
        if payload.startswith(_DURABLE):
            self.events.append(payload)
            self._woken.set()
        elif payload.startswith(_DEGRADED):  # which may name the epoch under which the room goes on
            self._epoch = orjson.loads(payload).get("epoch", self._epoch)

    # -- from the registry -----------------------------------------------------------------------------------------

    def close(self, code: int, _reason: str) -> None:
        if code == RESTART:
            self.is_dismissed = True
        else:
            self.refusal = Forbidden("forbidden") if code == FORBIDDEN else Unauthenticated("session_ended")
        self._woken.set()

    def check_heartbeat(self, passed_s: float) -> None:
        """It waits shorter than a heartbeat takes."""

    def check_deadlines(self) -> None:
        """It waits no longer than a token's grace."""

    def account_changed(self, account: AccountState) -> None:
        if not account.email_verified:
            self.close(FORBIDDEN, "unverified")

    def mute_changed(self) -> None:
        """Who is muted still listens."""

    def tell_reconnect(self, after_ms: int) -> None:
        """Its answer says enough: it comes at once."""


class LingeringPolls:
    """Keeps who was answered in the room for a moment: until their next poll is there, they have not left."""

    def __init__(self, hub: Hub, call_later: Callable[..., Any]) -> None:
        self._hub = hub
        self._call_later = call_later
        self._kept: dict[tuple[str, str], Poll] = {}

    def keep(self, poll: Poll) -> None:
        """A poll has been answered."""
        key = poll.room, poll.user_id
        if before := self._kept.pop(key, None):
            self._hub.leave(before.room, before)
        self._kept[key] = poll
        self._call_later(LINGER_S, self._end, key, poll)

    def _end(self, key: tuple[str, str], poll: Poll) -> None:
        if self._kept.get(key) is poll:
            del self._kept[key]
            self._hub.leave(poll.room, poll)
