"""`/ws/verify/{uid}`: a socket that waits for its account's address to be confirmed (ROOMS.md 30).

Wherever and whenever the link is opened, the socket gets the tokens with which its session goes on: when the account
feed brings the news, and on connecting when it happened while the socket was down.
"""

from tornado.locale import Locale

from handlers.live.connection import LiveConnection
from handlers.live.frames import Frame
from handlers.live.session import SocketSession, seconds_left
from handlers.live.wire import FORBIDDEN, TRY_AGAIN_LATER
from handlers.problems import say
from handlers.runtime import Runtime
from hub.position import Position
from smovie import sign_ins
from smovie.errors import Invalid, Unavailable
from smovie.models.accounts import Identity
from smovie.models.base import iso_z, now


class VerifySession(SocketSession):
    """One waiting client."""

    __slots__ = ("_is_told", "_uid")

    def __init__(
        self, runtime: Runtime, connection: LiveConnection, uid: str, *,
        locale: Locale, address: str, token: str | None, since: Position | None,
    ) -> None:  # fmt: skip
        room = f"verify:{uid}"
        super().__init__(runtime, connection, room, locale=locale, address=address, token=token, since=since)
        self._uid = uid
        self._is_told = False

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
        await self._tell_changed(identity)

    async def _tell_changed(self, identity: Identity) -> None:
        """Once the address is confirmed, hand over tokens; this once, and again to who connects again."""
        if not identity.verified or self._is_told:
            return
        means = self._runtime.accounts
        try:
            pair = await sign_ins.hand_over(means.db, means.signer, identity)
        except Unavailable as refusal:  # nothing would remind us of it: the client comes again, and gets them then
            self._refuse(refusal, {})
            self.connection.close(TRY_AGAIN_LATER, refusal.code)
            return
        self._is_told = True
        given = pair.model_dump() if pair else {}
        self._say({"type": "email_verified", "message": say(self._locale, "verified"), **given})

    async def _take(self, identity: Identity, message: Frame) -> None:
        self._count_frame()
        raise Invalid("unknown_type")
