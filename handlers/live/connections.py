"""All live sockets of this process: how many a user or address may have, what is due by the clock, and draining."""

import asyncio
import random
from collections import Counter
from typing import Protocol

from handlers.live.rounds import Rounds, Turns
from handlers.live.wire import RESTART
from smovie.models.accounts import AccountState
from smovie.throttles.clients import counted_as

SWEEP_S = 0.5
_COMING_A_ROUND = 8  # sockets; some 3 ms of the loop until they have joined
_LEAVING_A_ROUND = 32  # sockets; some 3 ms
_SLICE = 500  # sockets looked at before the loop serves others
_DRAIN_BATCH = 200
_DRAIN_PAUSE_S = 0.02
RECONNECT_WITHIN_MS = 5_000


class Line(Protocol):
    """What a session is connected by."""

    def close(self, code: int, reason: str) -> None:
        """End it, with one of the close codes of a socket."""

    def check_heartbeat(self, passed_s: float) -> None:
        """Ping a silent peer, give up one that is gone."""


class LostLine(Line, Protocol):
    """One that is no more."""

    def end_session(self) -> None:
        """Let its session go."""


class LiveSession(Protocol):
    """What the clock and the stopping server want of a session."""

    @property
    def connection(self) -> Line:
        """What it is connected by."""

    room: str
    address: str
    user_id: str  # "" until it has signed in; so for its sign-in
    session_id: str

    def check_deadlines(self) -> None:
        """Close what has not signed in, or whose token has run out, in time."""

    def account_changed(self, account: AccountState) -> None:
        """Go on as what the account is now."""

    def mute_changed(self) -> None:
        """Say whether they may talk in the room."""

    def tell_reconnect(self, after_ms: int) -> None:
        """Say that this server stops."""


class LiveConnections:
    """The registry of live sessions."""

    def __init__(self, *, per_user: int, per_address: int, frames_per_10s: int) -> None:
        self.per_user = per_user  # 0: no bound; so for the others
        self.per_address = per_address
        self.frames_per_10s = frames_per_10s
        self.is_draining = False
        self.coming = Turns(_COMING_A_ROUND)
        self._leaving = Rounds(_LEAVING_A_ROUND, self._leave)
        self._sessions: dict[Line, LiveSession] = {}
        self._of_user: dict[str, set[LiveSession]] = {}
        self._of_sign_in: dict[str, set[LiveSession]] = {}
        self._unauthenticated: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._sessions)

    def has_room_for(self, address: str) -> bool:
        """Whether one more socket that has not signed in may come from an address."""
        return not self.per_address or self._unauthenticated[counted_as(address)] < self.per_address

    def add(self, session: LiveSession) -> None:
        """A socket has come; nobody knows whose."""
        self._sessions[session.connection] = session
        self._unauthenticated[counted_as(session.address)] += 1

    def signed_in(self, session: LiveSession, user_id: str, session_id: str) -> bool:
        """A socket's user and sign-in are known; False when they have as many sockets as they may."""
        if self.per_user and len(self._of_user.get(user_id, ())) >= self.per_user:
            return False
        _less(self._unauthenticated, counted_as(session.address))
        session.user_id, session.session_id = user_id, session_id
        self._of_user.setdefault(user_id, set()).add(session)
        self._of_sign_in.setdefault(session_id, set()).add(session)
        return True

    def renewed(self, session: LiveSession, session_id: str) -> None:
        """A socket goes on under another sign-in of its user, perhaps."""
        _without(self._of_sign_in, session.session_id, session)
        session.session_id = session_id
        self._of_sign_in.setdefault(session_id, set()).add(session)

    def lost(self, connection: LostLine) -> None:
        """A socket has gone; its session ends when it is its turn."""
        self._leaving.add(connection)

    def _leave(self, connection: LostLine) -> None:
        self.remove(connection)
        connection.end_session()

    def remove(self, connection: Line) -> None:
        """A socket is no more."""
        session = self._sessions.pop(connection, None)
        if session is None:
            return
        if not session.user_id:
            _less(self._unauthenticated, counted_as(session.address))
        else:
            _without(self._of_user, session.user_id, session)
            _without(self._of_sign_in, session.session_id, session)

    def sign_ins(self) -> list[tuple[str, str]]:
        """(session id, user id) of every sign-in that has a socket."""
        return [(session_id, next(iter(of)).user_id) for session_id, of in self._of_sign_in.items()]

    def change_account(self, account: AccountState) -> None:
        """Let the sockets of a user know what their account is now."""
        for session in list(self._of_user.get(account.id, ())):
            session.account_changed(account)

    def tell_mute(self, user_id: str, room: str) -> None:
        """Let the sockets that a user has in a room know that they were muted there, or are so no more."""
        for session in list(self._of_user.get(user_id, ())):
            if session.room == room:
                session.mute_changed()

    def end_account(self, user_id: str, code: int, reason: str) -> None:
        """Close the sockets of a user."""
        for session in list(self._of_user.get(user_id, ())):
            session.connection.close(code, reason)

    def end_session(self, session_id: str, code: int, reason: str) -> None:
        """Close the sockets of a sign-in."""
        for session in list(self._of_sign_in.get(session_id, ())):
            session.connection.close(code, reason)

    async def watch(self) -> None:
        """Look after every socket's deadlines and heartbeat until cancelled."""
        loop = asyncio.get_running_loop()
        swept_at = loop.time()
        while True:
            await asyncio.sleep(SWEEP_S)
            # A process that was stopped for a minute did not hear its peers be silent for a minute.
            passed_s, swept_at = min(loop.time() - swept_at, 2 * SWEEP_S), loop.time()
            for number, session in enumerate(list(self._sessions.values())):
                session.check_deadlines()
                session.connection.check_heartbeat(passed_s)
                if number % _SLICE == _SLICE - 1:
                    await asyncio.sleep(0)

    async def drain(self) -> None:
        """Tell every socket to come back elsewhere or later, in batches, and close it (ROOMS.md 22)."""
        self.is_draining = True
        sessions = list(self._sessions.values())
        for start in range(0, len(sessions), _DRAIN_BATCH):
            for session in sessions[start : start + _DRAIN_BATCH]:
                session.tell_reconnect(random.randrange(RECONNECT_WITHIN_MS + 1))  # noqa: S311 - jitter, not a secret
                session.connection.close(RESTART, "server restarts")
            await asyncio.sleep(_DRAIN_PAUSE_S)


def _less(counter: Counter[str], key: str) -> None:
    counter[key] -= 1
    if counter[key] <= 0:
        del counter[key]


def _without(index: dict[str, set[LiveSession]], key: str, session: LiveSession) -> None:
    index[key].discard(session)
    if not index[key]:
        del index[key]
