"""Devices: where somebody is signed in, and ending that from afar (API.md "Accounts")."""

from smovie.errors import NotFound
from smovie.models.accounts import Identity
from smovie.models.base import now
from smovie.models.devices import OpenSessions, to_open_session
from smovie.store import sessions
from smovie.store.mongo import Database

_MOST_SHOWN = 200  # nobody has as many; a program that signs in again and again may


async def list_sessions(db: Database, caller: Identity) -> OpenSessions:
    """Where the caller is signed in, newest first, at most 200."""
    found = await sessions.newest_of_user(db, caller.user_id, now(), limit=_MOST_SHOWN)
    return OpenSessions(results=[to_open_session(session, caller.session_id) for session in found])


async def end_session(db: Database, caller: Identity, session_id: str) -> None:
    """Sign one of the caller's devices out. Errors: NotFound, also for somebody else's."""
    if not await sessions.delete_of_user(db, caller.user_id, session_id):
        raise NotFound("session_not_found")


async def end_all_sessions(db: Database, caller: Identity) -> list[str]:
    """Sign the caller out everywhere, here too. Returns the ids of the sessions."""
    return await sessions.delete_all_of_user(db, caller.user_id)
