"""Bans: an account closed to everybody until that is lifted. The admin's pages call these, and decide who may.

Everything its holder has open ends on every instance within a second: the account feed sees to that.
"""

from smovie.errors import NotFound
from smovie.store import sessions, users
from smovie.store.mongo import Database


async def ban_user(db: Database, user_id: str) -> None:
    """Let nobody in as this user, and end all their sessions. Errors: NotFound."""
    if not await users.set_active(db, user_id, False):
        raise NotFound("not_found")
    await sessions.delete_all_of_user(db, user_id)  # after the account: so nobody signs in between the two


async def lift_ban(db: Database, user_id: str) -> None:
    """Let a user in again; they sign in anew. Errors: NotFound."""
    if not await users.set_active(db, user_id, True):
        raise NotFound("not_found")
