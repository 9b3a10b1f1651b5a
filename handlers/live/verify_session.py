"""`/ws/verify/{uid}`: a socket that waits for its account's address to be confirmed (ROOMS.md 30).

Wherever and whenever the link is opened, the socket gets fresh tokens: at once when it is opened on this instance,
within a second when on another, and on connecting when it happened while the socket was down.
"""

import asyncio
import contextlib

from tornado.locale import Locale

from handlers.live.connection import LiveConnection
from handlers.live.frames import Frame
from handlers.live.session import FORBIDDEN, SocketSession, seconds_left
from handlers.problems import say
from handlers.runtime import Runtime
from hub.position import Position
from smovie import accounts
from smovie.errors import Invalid, Unavailable
from smovie.models.accounts import Device, Identity
from smovie.models.base import iso_z, now

LOOK_EVERY_S = 0.5  # for a confirmation that another instance took


class VerifySession(SocketSession):
    """One waiting client."""

    __slots__ = ("_changed", "_uid", "_waiting")

    def __init__(
        self, runtime: Runtime, connection: LiveConnection, uid: str, *,
        locale: Locale, address: str, token: str | None, since: Position | None,
    ) -> None:  # fmt: skip
        room = f"verify:{uid}"
        super().__init__(runtime, connection, room, locale=locale, address=address, token=token, since=since)
        self._uid = uid
        self._changed = asyncio.Event()
        self._waiting: asyncio.Task[None] | None = None

    def account_changed(self) -> None:
        self._changed.set()

    def on_closed(self, code: int) -> None:
        super().on_closed(code)
        if self._waiting:
            self._waiting.cancel()

    def _refuse_entry(self, identity: Identity) -> tuple[int, str] | None:
        return None if identity.user_id == self._uid else (FORBIDDEN, "another account")

    async def _join(self, identity: Identity) -> None:
        self._say(
            {
                "type": "joined",
                "room": self._uid,
                "me": {"id": identity.user_id, "username": identity.username, "can": []},
                "email_verified": identity.verified,
                "server_time": iso_z(now()),
                "degraded": False,
                "expires_in": seconds_left(identity),
            }
        )
        self._waiting = asyncio.create_task(self._wait_confirmed())

    async def _take(self, identity: Identity, message: Frame) -> None:
        self._count_frame()
        raise Invalid("unknown_type")

    async def _wait_confirmed(self) -> None:
        """Look until the address is confirmed, then hand over tokens."""
        device = Device(address=self.address)
        while self.connection.is_open:
            self._changed.clear()
            with contextlib.suppress(Unavailable):
                pair = await accounts.sign_in_confirmed(self._runtime.accounts, self._uid, device)
                if pair:
                    self._say({"type": "email_verified", "message": say(self._locale, "verified"), **pair.model_dump()})
                    return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._changed.wait()
