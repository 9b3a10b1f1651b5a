"""Who a request or socket belongs to: the token read, and its session and account looked up at most once a second.

An access token alone lives 15 minutes; a session that was ended must not. So the database is asked, and the answer
kept for a second: that is how fast logout, a ban or deletion takes hold everywhere.
"""

import time

from smovie.bounded_cache import BoundedCache
from smovie.errors import Unauthenticated
from smovie.models.accounts import Identity, User
from smovie.store import sessions, users
from smovie.store.mongo import Database
from smovie.tokens import TokenSigner

TRUSTED_S = 1.0
_SESSIONS_KEPT = 50_000


class IdentityCheck:
    """Turns access tokens into identities."""

    def __init__(self, db: Database, signer: TokenSigner) -> None:
        self._db = db
        self._signer = signer
        self._known: BoundedCache[tuple[float, User]] = BoundedCache(_SESSIONS_KEPT)
        self._ended: BoundedCache[bool] = BoundedCache(_SESSIONS_KEPT)

    async def identify(self, token: str) -> Identity:
        """Who bears the token. Errors: Unauthenticated; Unavailable when the database is away."""
        claims = self._signer.read_access(token)
        known = self._known.get(claims.session_id)
        if known is None or known[0] < time.monotonic():
            known = (time.monotonic() + TRUSTED_S, await self._look_up(claims.session_id, claims.user_id))
            if self._ended.get(claims.session_id):  # while we looked it up
                raise Unauthenticated("session_ended")
            self._known.put(claims.session_id, known, 1)
        user = known[1]
        return Identity(
            user_id=user.id, username=user.username, role=user.role, verified=user.email_verified,
            session_id=claims.session_id, expires_at=claims.expires_at,
        )  # fmt: skip

    def forget(self, session_id: str) -> None:
        """Let a session in no more, also where it is being looked up at this moment: it was ended here."""
        self._ended.put(session_id, True, 1)
        self._known.drop(session_id)

    async def _look_up(self, session_id: str, user_id: str) -> User:
        session = await sessions.by_id(self._db, session_id)
        if session is None or session.user_id != user_id:
            raise Unauthenticated("session_ended")
        user = await users.by_id(self._db, user_id)
        if user is None or not user.is_active:
            raise Unauthenticated("session_ended")
        return user
