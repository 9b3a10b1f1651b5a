"""Sign-ins: a session opened, refreshed, taken over where its holder waited for a confirmation, ended by its token.

A session is a family of refresh tokens, each good once. One that comes again has been copied: the family ends, whoever
of the two it was that came second (API.md "Accounts"; OWASP ASVS 5, 10.4.5 and 10.4.8).
"""

from datetime import datetime, timedelta

import structlog

from smovie import tokens
from smovie.errors import Unauthenticated
from smovie.ids import new_id
from smovie.models.accounts import Device, Identity, Session, TokenPair, User
from smovie.models.base import now
from smovie.store import sessions, users
from smovie.store.mongo import Database
from smovie.throttles import Throttle, Throttles
from smovie.tokens import TokenSigner

log = structlog.get_logger("accounts")

SESSION_LIFE = timedelta(days=30)  # since it was refreshed last
SESSION_LIFE_AT_MOST = timedelta(days=180)  # since it was opened, however often it is refreshed
REUSE_GRACE = timedelta(seconds=10)
HANDED_OVER_WITHIN = timedelta(days=30)  # since it was opened; the mail may be asked for again and again


async def open_session(db: Database, signer: TokenSigner, user: User, device: Device) -> TokenPair:
    """Sign somebody in on a device."""
    session_id, at = new_id(), now()
    refresh_token = signer.refresh_token(session_id, 0)
    session = Session(
        id=session_id, user_id=user.id, generation=0, refresh_hash=tokens.hash_token(refresh_token),
        rotated_at=at, created_at=at, last_used_at=at, expires_at=at + SESSION_LIFE,
        user_agent=device.user_agent, address=device.address, was_unverified=not user.email_verified,
    )  # fmt: skip
    await sessions.insert(db, session)
    return _pair(signer, session, refresh_token)


async def refresh(db: Database, signer: TokenSigner, throttles: Throttles, token: str, device: Device) -> TokenPair:
    """Change a refresh token for its successor. Used once already, it ends its family; but the client that used it
    gets the same successor again within 10 s (a double click, an answer lost on the way).

    Errors: Unauthenticated; TooMany, which leaves the token as it is.
    """
    await throttles.take(Throttle.REFRESHES_PER_ADDRESS, device.address)
    session_id, generation = signer.read_refresh(token)
    at, successor = now(), signer.refresh_token(session_id, generation + 1)
    session = await sessions.rotate(
        db, session_id, from_hash=tokens.hash_token(token), to_hash=tokens.hash_token(successor), device=device, at=at,
        life=SESSION_LIFE, life_at_most=SESSION_LIFE_AT_MOST,
    )  # fmt: skip
    if session is None:
        session, successor = await _used_again(db, signer, session_id, generation, device, at)
    user = await users.by_id(db, session.user_id)
    if user is None or not user.is_active:
        await sessions.delete(db, session_id)
        raise Unauthenticated("session_ended")
    return _pair(signer, session, successor)


async def _used_again(
    db: Database, signer: TokenSigner, session_id: str, generation: int, device: Device, at: datetime
) -> tuple[Session, str]:
    """The session and successor of a token that is not the good one, for the client that used it a moment ago.

    Errors: Unauthenticated for everybody else; their family ends, since one of its holders has a copy.
    """
    session = await sessions.by_id(db, session_id)
    if session is None or session.expires_at <= at:
        raise Unauthenticated("session_ended")
    successor = signer.refresh_token_of(session_id, generation + 1, session.refresh_hash)
    if successor and at - session.rotated_at <= REUSE_GRACE and _is_same_client(session, device):
        return session, successor
    await sessions.delete(db, session_id)
    log.warning("a used refresh token came again, its session was ended", session=session_id)
    raise Unauthenticated("session_ended")


def _is_same_client(session: Session, device: Device) -> bool:
    """Whether a token comes again from the client that refreshed last: by its user agent, on purpose not its address.

    The grace is there for answers that were lost, and they are lost when a phone leaves the Wi-Fi: it asks again from
    the mobile network. The two requests of a double click may also leave by IPv4 and IPv6, or by two exits of a
    carrier. Somebody else with a copy and the same browser gains little: they share the chain, so at the next refresh,
    in a quarter of an hour, one of the two comes with a used token and the family ends.
    """
    return session.user_agent == device.user_agent


async def hand_over(db: Database, signer: TokenSigner, holder: Identity) -> TokenPair | None:
    """Tokens with which somebody who waited for their address to be confirmed goes on in the same session.

    The refresh token is the one that is good at present, not a new one: asked for again after the answer was lost, or
    beside a client that has refreshed by itself, it is right and splits nothing. None for a session that was opened
    otherwise, or long ago: an access token alone does not give a refresh token. Errors: Unauthenticated.
    """
    session = await sessions.by_id(db, holder.session_id)
    if session is None:
        raise Unauthenticated("session_ended")
    good = signer.refresh_token_of(session.id, session.generation, session.refresh_hash)
    if good is None or not session.was_unverified or now() - session.created_at > HANDED_OVER_WITHIN:
        return None
    return _pair(signer, session, good)


async def log_out(db: Database, signer: TokenSigner, token: str) -> str | None:
    """End the session of a refresh token; one that is not good any more is no error. Returns the session's id."""
    try:
        session_id, _ = signer.read_refresh(token)
    except Unauthenticated:
        return None
    await sessions.delete(db, session_id)
    return session_id


def _pair(signer: TokenSigner, session: Session, refresh_token: str) -> TokenPair:
    access = signer.issue_access(session.user_id, session.id)
    return TokenPair(access=access, refresh=refresh_token, expires_in=tokens.ACCESS_LIFE_S)
