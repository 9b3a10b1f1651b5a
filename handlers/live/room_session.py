"""A socket's talk with an episode's room: joining, then one verb for each frame (ROOMS.md 6 to 19)."""

from typing import Any

from tornado.locale import Locale

from handlers.live.connection import LiveConnection
from handlers.live.first_pages import encoded
from handlers.live.frames import Frame, encode, reply_id
from handlers.live.room_frames import VERBS, Place
from handlers.live.room_page import read_room_page
from handlers.live.session import SocketSession, seconds_left
from handlers.live.wire import FORBIDDEN, NOT_FOUND, TRY_AGAIN_LATER
from handlers.runtime import Runtime
from hub.position import Position
from smovie.errors import Invalid, NotFound, Refusal
from smovie.models.accounts import Identity
from smovie.models.base import iso_z, now
from smovie.models.comments import MESSAGE_MAX
from smovie.models.reactions import EMOJI
from smovie.models.rooms import PINS_MAX, Mute
from smovie.talk.editing import EDIT_WITHIN
from smovie.talk.rooms import room_of
from smovie.talk.rules import is_staff


class RoomSession(SocketSession):
    """One client in an episode's room."""

    __slots__ = ("_episode_id", "_mute")

    def __init__(
        self, runtime: Runtime, connection: LiveConnection, episode_id: str, *,
        locale: Locale, address: str, token: str | None, since: Position | None,
    ) -> None:  # fmt: skip
        room = room_of(episode_id)
        super().__init__(runtime, connection, room, locale=locale, address=address, token=token, since=since)
        self._episode_id = episode_id
        self._mute: Mute | None = None  # as its user was told

    def _refuse_entry(self, identity: Identity) -> tuple[int, str] | None:
        if not identity.verified:
            return FORBIDDEN, "unverified"
        if self._episode_id not in self._runtime.catalog.snapshot.by_episode:
            return NOT_FOUND, "no such episode"
        return None

    async def _join(self, identity: Identity) -> None:
        """Take the position, then read the page: an event may come twice that way, but none is missing."""
        hub = self._runtime.hub
        joined = await hub.join(self.room, self, self._since)
        if not self.connection.is_open:  # it went while the room was opened, and nobody will unseat it
            hub.leave(self.room, self)
            return
        answer: dict[str, Any] = {
            "type": "joined",
            "room": self._episode_id,
            "epoch": joined.position.epoch,
            "seq": joined.position.seq,
            "recovered": joined.recovered,
        }
        try:
            answer["me"] = await self._me(identity)
            if not joined.recovered:
                answer |= await self._first_page(joined.position)
        except NotFound:
            self.connection.close(NOT_FOUND, "no such episode")
            return
        except Refusal as refusal:
            # Without the page it would be a part; the client is told, and comes again.
            self._refuse(refusal, {})
            self.connection.close(TRY_AGAIN_LATER, refusal.code)
            return
        self._say(
            {
                **answer,
                "presence": {"count": joined.present},
                "limits": self._announced_limits(),
                "server_time": iso_z(now()),
                "degraded": hub.is_degraded,
                "expires_in": seconds_left(identity),
            }
        )
        if self.connection.is_open:
            hub.start(self.room, self)

    async def _first_page(self, joined: Position) -> Frame:
        """The newest page, shared with others who join now, and the seq from which on its events follow."""
        pages, hub = self._runtime.first_pages, self._runtime.hub
        seq, page = await pages.page(self.room, joined, self._read_page)
        if seq != joined.seq and not hub.stand_at(self.room, self, seq):
            seq, page = joined.seq, await encoded(self._read_page)
        return {"seq": seq, **page}

    async def _read_page(self) -> Frame:
        return await read_room_page(self._runtime.comments, self._episode_id)

    async def _tell_changed(self, identity: Identity) -> None:
        before, me = self._mute, await self._me(identity)
        if self._mute == before:
            self._say({"type": "account_changed", "me": me})
        elif self._mute:
            self._say({"type": "muted", "until": iso_z(self._mute.until), "reason": self._mute.reason, "me": me})
        else:
            self._say({"type": "unmuted", "me": me})

    async def _take(self, identity: Identity, message: Frame) -> None:
        kind = message["type"]
        if kind != "comment":
            self._count_frame()
        verb = VERBS.get(kind)
        if verb is None:
            raise Invalid("unknown_type")
        place = Place(self._runtime.comments, self._runtime.hub, self, self._episode_id)
        try:
            answer = await verb(place, identity, message)
        except Invalid:
            if kind == "comment":
                self._count_frame()  # what is no comment is not free: nobody may send it without end
            raise
        if answer:  # along with the event, which is on its way to this client too
            self.connection.send_along(encode({**answer, **reply_id(message)}))

    async def _me(self, identity: Identity) -> Frame:
        """What somebody is told of themselves: who they are, and what they may do while the room is open."""
        self._mute = (await self._runtime.comments.rules.of(self._episode_id)).mute_of(identity.user_id)
        abilities = [
            *(["comment", "react", "typing"] if self._mute is None else []),
            "history",
            *(["moderate"] if is_staff(identity) else []),
        ]
        return {"id": identity.user_id, "username": identity.username, "can": abilities}

    def _announced_limits(self) -> Frame:
        return {
            "comments_per_10s": self._runtime.comments.limit.per_10s,
            "frames_per_10s": self._runtime.live.frames_per_10s,
            "message_length": MESSAGE_MAX,
            "connections_per_user": self._runtime.live.per_user,
            "edit_within_s": EDIT_WITHIN.seconds,
            "reactions": EMOJI,
            "pins": PINS_MAX,
        }
