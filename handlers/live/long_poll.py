"""A room's events over plain HTTP, for networks that block WebSocket, and for checkers (ROOMS.md 29)."""

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson

from handlers.access import Access
from handlers.base import ApiHandler
from handlers.live.poll import Poll
from handlers.live.room_page import read_room_page
from handlers.operation import operation
from hub.position import Position
from smovie.comments import check_episode
from smovie.errors import TooMany
from smovie.models.base import iso_z, now
from smovie.models.long_poll import EventsAnswer, EventsQuery
from smovie.talk.rooms import room_of

_TAKEN_WITHIN_S = 10.0  # an answer; past it the line is cut, as a socket that does not read is


class EventsHandler(ApiHandler):
    """Each request joins the room's hub as a socket would, hears once, and answers."""

    _poll: Poll | None = None
    _is_gone = False

    @operation(access=Access.VERIFIED, answer=EventsAnswer)
    async def get(self, episode_id: str, query: EventsQuery) -> None:
        """Wait for a room's events behind a position, at most 25 s; without a position, show its newest page."""
        check_episode(self.runtime.catalog, episode_id)
        live = self.runtime.live
        poll = self._poll = Poll(room_of(episode_id), self.caller, self.request.remote_ip or "")
        if self._is_gone:  # while we looked who calls
            poll.go()
        live.add(poll)
        try:
            if not live.signed_in(poll, self.caller.user_id, self.caller.session_id):
                raise TooMany("too_many_connections", retry_after_s=5)
            answer = await self._hear(poll, episode_id, query)
            if not poll.is_gone:
                await self._answer(poll, answer)
        finally:
            live.remove(poll)

    def on_connection_close(self) -> None:
        self._is_gone = True
        if self._poll:
            self._poll.go()
            self.runtime.hub.leave(self._poll.room, self._poll)
            self.runtime.live.remove(self._poll)
        super().on_connection_close()

    async def _hear(self, poll: Poll, episode_id: str, query: EventsQuery) -> dict[str, Any]:
        """Wait in the room. Errors: Refusal, also when its session or account ended meanwhile."""
        hub = self.runtime.hub
        since = Position(query.epoch, query.seq) if query.epoch is not None and query.seq is not None else None
        try:
            joined = await hub.join(poll.room, poll, since)
            poll.begin(joined.position)
            if joined.recovered:
                hub.start(poll.room, poll)
                await poll.wait(0 if self.runtime.live.is_draining else query.wait_s)
            if poll.is_stale and not poll.is_gone:
                poll.events.clear()
                joined = await hub.join(poll.room, poll)
            if poll.refusal:
                raise poll.refusal
            page = {} if joined.recovered or poll.is_gone else await self._page(poll, episode_id, joined.position)
        except BaseException:
            hub.leave(poll.room, poll)
            raise
        if poll.is_gone:  # perhaps while the room was opened: nobody else would unseat it
            hub.leave(poll.room, poll)
        else:
            poll.finish()
            self.runtime.lingering.keep(poll)
        return {
            "room": episode_id,
            **poll.position._asdict(),
            "recovered": joined.recovered,
            "events": [orjson.Fragment(event) for event in poll.events],
            **page,
            "presence": {"count": hub.present(poll.room)},
            "degraded": hub.is_degraded,
            "server_time": iso_z(now()),
        }

    async def _page(self, poll: Poll, episode_id: str, joined: Position) -> Mapping[str, Any]:
        """The newest page; it stands where it was read, and what followed comes with the next poll."""

        async def read() -> dict[str, Any]:
            return await read_room_page(self.runtime.comments, episode_id)

        seq, page = await self.runtime.first_pages.page(poll.room, joined, read)
        poll.begin(joined._replace(seq=seq))
        return page

    async def _answer(self, poll: Poll, answer: dict[str, Any]) -> None:
        """Send it, and count the client as connected until it has it, or seems not to want it."""
        self.set_header("Cache-Control", "no-store")
        if poll.is_dismissed or self.runtime.live.is_draining:
            self.set_header("Connection", "close")
        taken = self.finish(orjson.dumps(answer))
        await asyncio.wait([taken], timeout=_TAKEN_WITHIN_S)
        if not taken.done():
            connection: Any = self.request.connection
            connection.close()
