"""All live sockets of this process: how many a user or address may have, what is due by the clock, and draining."""

import asyncio
import random
from collections import Counter
from collections.abc import Collection
from typing import Protocol

from handlers.live.connection import LiveConnection
from handlers.live.wire import RESTART

SWEEP_S = 0.5
_SLICE = 500  # sockets looked at before the loop serves others
_DRAIN_BATCH = 200
_DRAIN_PAUSE_S = 0.02
RECONNECT_WITHIN_MS = 5_000


class LiveSession(Protocol):
    """What the clock and the stopping server want of a session."""

    connection: LiveConnection
    address: str
    user_id: str  # "" until it has signed in
    session_id: str | None

    def check_deadlines(self) -> None:
        """Close what has not signed in, or whose token has run out, in time."""

    def account_changed(self) -> None:
        """Look at the account again."""

    def tell_reconnect(self, after_ms: int) -> None:
        """Say that this server stops."""


class LiveConnections:
    """The registry of live sessions."""

    def __init__(self, *, per_user: int, per_address: int, frames_per_10s: int) -> None:
        self.per_user = per_user  # 0: no bound; so for the others
        self.per_address = per_address
        self.frames_per_10s = frames_per_10s
        self._sessions: dict[LiveConnection, LiveSession] = {}
        self._of_user: Counter[str] = Counter()
        self._unauthenticated: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._sessions)

    def has_room_for(self, address: str) -> bool:
        """Whether one more socket that has not signed in may come from an address."""
        return not self.per_address or self._unauthenticated[address] < self.per_address

    def add(self, session: LiveSession) -> None:
        """A socket has come; nobody knows whose."""
        self._sessions[session.connection] = session
        self._unauthenticated[session.address] += 1

    def signed_in(self, session: LiveSession, user_id: str) -> bool:
        """A socket's user is known; False when they have as many as they may."""
        if self.per_user and self._of_user[user_id] >= self.per_user:
            return False
        _less(self._unauthenticated, session.address)
        self._of_user[user_id] += 1
        return True

    def remove(self, connection: LiveConnection) -> None:
        """A socket has gone."""
        session = self._sessions.pop(connection, None)
        if session is None:
            return
        if not session.user_id:
            _less(self._unauthenticated, session.address)
        else:
            _less(self._of_user, session.user_id)

    def tell_account_changed(self, user_id: str) -> None:
        """Let the sockets of a user look at the account again."""
        for session in list(self._sessions.values()):
            if session.user_id == user_id:
                session.account_changed()

    def end_sessions(self, session_ids: Collection[str], code: int, reason: str) -> None:
        """Close the sockets of all sign-ins that have ended, in one walk."""
        ended = frozenset(session_ids)
        for session in list(self._sessions.values()):
            if session.session_id in ended:
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
