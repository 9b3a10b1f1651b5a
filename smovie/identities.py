"""Who a request or socket belongs to: the token read, and its session and account looked up at most once a second.

An access token alone lives 15 minutes; a session that was ended must not. So the database is asked. The account feed
says when an answer is good no longer; a second is the most that one is kept, also where the feed is interrupted.
"""

import functools
import time

from smovie.bounded_cache import BoundedCache
from smovie.errors import Unauthenticated
from smovie.models.accounts import Identity, User
from smovie.models.base import now
from smovie.store import sessions, users
from smovie.store.gathered import GatheredReads
from smovie.store.mongo import Database
from smovie.tokens import TokenSigner

TRUSTED_S = 1.0
_SESSIONS_KEPT = 50_000


class IdentityCheck:
    """Turns access tokens into identities."""

    def __init__(self, db: Database, signer: TokenSigner) -> None:
        self._sessions = GatheredReads(functools.partial(sessions.by_ids, db))
        self._users = GatheredReads(functools.partial(users.by_ids, db))
        self._signer = signer
        self._known: BoundedCache[tuple[float, User]] = BoundedCache(_SESSIONS_KEPT)
        self._ended: BoundedCache[bool] = BoundedCache(_SESSIONS_KEPT)
        self._changed_at: BoundedCache[float] = BoundedCache(_SESSIONS_KEPT)  # by account
        self._all_changed_at = 0.0

    async def identify(self, token: str) -> Identity:
        """Who bears the token. Errors: Unauthenticated; Unavailable when the database is away."""
        claims = self._signer.read_access(token)
        return await self.identify_session(claims.session_id, claims.user_id, claims.expires_at)

    async def identify_session(self, session_id: str, user_id: str, expires_at: float) -> Identity:
        """Who a session belongs to, for a token that was read elsewhere. Errors: as of `identify`."""
        user = await self._owner_of(session_id, user_id)
        return Identity(
            user_id=user.id, username=user.username, role=user.role, verified=user.email_verified,
            session_id=session_id, expires_at=expires_at,
        )  # fmt: skip

    def forget(self, session_id: str) -> None:
        """Let a session in no more, also where it is being looked up at this moment: it has ended."""
        self._ended.put(session_id, True, 1)
        self._known.drop(session_id)

    def forget_account(self, user_id: str) -> None:
        """Trust nothing of an account that was looked up before now: it has changed."""
        self._changed_at.put(user_id, time.monotonic(), 1)

    def forget_everybody(self) -> None:
        """Trust nothing that was looked up before now."""
        self._all_changed_at = time.monotonic()

    async def _owner_of(self, session_id: str, user_id: str) -> User:
        known = self._known.get(session_id)
        if known and known[0] + TRUSTED_S > time.monotonic() and self._is_unchanged(user_id, since=known[0]):
            return known[1]
        while True:
            began_at = time.monotonic()
            user = await self._look_up(session_id, user_id)
            if self._ended.get(session_id):  # while we looked it up
                raise Unauthenticated("session_ended")
            if self._is_unchanged(user_id, since=began_at):
                self._known.put(session_id, (began_at, user), 1)
                return user

    def _is_unchanged(self, user_id: str, *, since: float) -> bool:
        return since > max(self._all_changed_at, self._changed_at.get(user_id) or 0.0)

    async def _look_up(self, session_id: str, user_id: str) -> User:
        session = await self._sessions.by_id(session_id)
        if session is None or session.user_id != user_id or session.expires_at <= now():
            raise Unauthenticated("session_ended")
        user = await self._users.by_id(user_id)
        if user is None or not user.is_active:
            raise Unauthenticated("session_ended")
        return user
