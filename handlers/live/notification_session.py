"""`/ws/notifications`: a user's own room, in which they are told about their own things (ROOMS.md 28).

| type | members | answered by |
|---|---|---|
| `history` | `before`?, `limit`? | `history` {notifications, next, unread} |
| `read` | `ids` or `upto` | `ack` {unread}; where it was news, all of their sockets get `read` too |

Events: `notification` and `read` {unread, ids or upto}, both durable, under one sequence as in every room.
"""

from typing import Any

from tornado.locale import Locale

from handlers.headers import language_of
from handlers.live.connection import LiveConnection
from handlers.live.frames import Frame, parse, reply_id
from handlers.live.session import SocketSession, seconds_left
from handlers.live.wire import FORBIDDEN, TRY_AGAIN_LATER
from handlers.runtime import Runtime
from hub.position import Position
from smovie import notifications
from smovie.errors import Invalid, Refusal
from smovie.models.accounts import Identity
from smovie.models.base import iso_z, now
from smovie.models.notifications import NotificationPage, NotificationQuery, ReadDraft
from smovie.notifications import room_of_user

_ROOM = "notifications"


class NotificationSession(SocketSession):
    """One client that listens for its user. The room has a name of the hub's when it is known whose it is."""

    def __init__(
        self, runtime: Runtime, connection: LiveConnection, _place: str, *,
        locale: Locale, address: str, token: str | None, since: Position | None,
    ) -> None:  # fmt: skip
        super().__init__(runtime, connection, _ROOM, locale=locale, address=address, token=token, since=since)

    def _refuse_entry(self, identity: Identity) -> tuple[int, str] | None:
        return None if identity.verified else (FORBIDDEN, "unverified")

    async def _join(self, identity: Identity) -> None:
        """Take the position, then read the page: an event may come twice that way, but none is missing."""
        hub, desk = self._runtime.hub, self._runtime.notifications
        self.room = room_of_user(identity.user_id)
        joined = await hub.join(self.room, self, self._since)
        if not self.connection.is_open:  # it went while the room was opened, and nobody will unseat it
            hub.leave(self.room, self)
            return
        try:
            if joined.recovered:
                page: dict[str, Any] = {"unread": await notifications.count_unread(desk, identity.user_id)}
            else:
                page = _shown(
                    await notifications.read_page(desk, identity, NotificationQuery(), language_of(self._locale))
                )
        except Refusal as refusal:
            self._refuse(refusal, {})
            self.connection.close(TRY_AGAIN_LATER, refusal.code)
            return
        self._say(
            {
                "type": "joined",
                "room": _ROOM,
                "epoch": joined.position.epoch,
                "seq": joined.position.seq,
                "recovered": joined.recovered,
                **page,
                "me": _me(identity),
                "limits": {
                    "frames_per_10s": self._runtime.live.frames_per_10s,
                    "connections_per_user": self._runtime.live.per_user,
                },
                "server_time": iso_z(now()),
                "degraded": hub.is_degraded,
                "expires_in": seconds_left(identity),
            }
        )
        if self.connection.is_open:
            hub.start(self.room, self)

    async def _tell_changed(self, identity: Identity) -> None:
        self._say({"type": "account_changed", "me": _me(identity)})

    async def _take(self, identity: Identity, message: Frame) -> None:
        self._count_frame()
        desk = self._runtime.notifications
        if message["type"] == "history":
            page = await notifications.read_page(
                desk, identity, parse(NotificationQuery, message), language_of(self._locale)
            )
            self._say({"type": "history", **reply_id(message), **_shown(page)})
        elif message["type"] == "read":
            unread = await notifications.mark_read(desk, identity, parse(ReadDraft, message))
            self._say({"type": "ack", **reply_id(message), "unread": unread})
        else:
            raise Invalid("unknown_type")


def _shown(page: NotificationPage) -> Frame:
    """A page as frames carry it."""
    shown = page.model_dump(mode="json")
    return {"notifications": shown.pop("results"), **shown}


def _me(identity: Identity) -> Frame:
    return {"id": identity.user_id, "username": identity.username, "can": ["history", "read"]}
