"""A socket's talk with an episode's room: joining, comments, history (ROOMS.md 6 to 19)."""

from typing import Any

from tornado.locale import Locale

from handlers.live.connection import LiveConnection
from handlers.live.first_pages import encoded
from handlers.live.frames import Frame, encode, parse, reply_id
from handlers.live.session import SocketSession, seconds_left
from handlers.live.wire import FORBIDDEN, NOT_FOUND, TRY_AGAIN_LATER
from handlers.runtime import Runtime
from hub.position import Position
from smovie import comments
from smovie.errors import Invalid, NotFound, Refusal
from smovie.models.accounts import Identity, Role
from smovie.models.base import iso_z, now
from smovie.models.comments import MESSAGE_MAX, CommentDraft, CommentQuery

PAGE = 50


class RoomSession(SocketSession):
    """One client in an episode's room."""

    __slots__ = ("_episode_id",)

    def __init__(
        self, runtime: Runtime, connection: LiveConnection, episode_id: str, *,
        locale: Locale, address: str, token: str | None, since: Position | None,
    ) -> None:  # fmt: skip
        room = comments.room_of(episode_id)
        super().__init__(runtime, connection, room, locale=locale, address=address, token=token, since=since)
        self._episode_id = episode_id

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
        if not joined.recovered:
            try:
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
                "me": _me(identity),
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
        page = await comments.read_page(self._runtime.comments, self._episode_id, CommentQuery(limit=PAGE))
        return {"comments": [comment.model_dump(mode="json") for comment in page.results]}

    async def _tell_changed(self, identity: Identity) -> None:
        self._say({"type": "account_changed", "me": _me(identity)})

    async def _take(self, identity: Identity, message: Frame) -> None:
        if message["type"] == "comment":
            await self._comment(identity, message)
            return
        self._count_frame()
        if message["type"] != "history":
            raise Invalid("unknown_type")
        await self._history(message)

    async def _comment(self, author: Identity, message: Frame) -> None:
        try:
            draft = parse(CommentDraft, _checked_length(message))
        except Invalid:
            self._count_frame()  # what is no comment is not free: nobody may send it without end
            raise
        stored, seq = await comments.post(self._runtime.comments, author, self._episode_id, draft)
        ack = {"type": "ack", **reply_id(message), "cmid": stored.cmid, "comment_id": stored.id, "seq": seq}
        self.connection.send_along(encode(ack))  # the comment itself is on its way to this client too

    async def _history(self, message: Frame) -> None:
        query = parse(CommentQuery, message)
        page = await comments.read_page(self._runtime.comments, self._episode_id, query)
        results = [comment.model_dump(mode="json") for comment in page.results]
        self._say({"type": "history", **reply_id(message), "comments": results, "next": page.next})

    def _announced_limits(self) -> Frame:
        return {
            "comments_per_10s": self._runtime.comments.limit.per_10s,
            "frames_per_10s": self._runtime.live.frames_per_10s,
            "message_length": MESSAGE_MAX,
            "connections_per_user": self._runtime.live.per_user,
        }


def _checked_length(message: Frame) -> Frame:
    """The frame, unless its text is longer than a comment may be: that refusal has a code of its own."""
    text = message.get("message")
    if isinstance(text, str) and len(text.strip()) > MESSAGE_MAX:
        raise Invalid("too_long", max_length=MESSAGE_MAX)
    return message


def _me(identity: Identity) -> Frame:
    """What `joined` tells somebody of themselves."""
    abilities = ["comment", "history", *(["moderate"] if identity.role.includes(Role.MODERATOR) else [])]
    return {"id": identity.user_id, "username": identity.username, "can": abilities}
