"""What people change of their own accounts (API.md "Accounts")."""

from smovie import accounts
from smovie.accounts import AccountMeans
from smovie.errors import Conflict, Invalid, NotFound
from smovie.models.accounts import Identity, Me, ProfileChange, username_key
from smovie.store import users
from smovie.throttles import Throttle


async def change_profile(means: AccountMeans, caller: Identity, change: ProfileChange) -> Me:
    """Change what is given, and show the account. Errors: Invalid for a name that is taken; TooMany."""
    if change.username is None:
        return await accounts.show_me(means.db, caller.user_id)
    await means.throttles.take(Throttle.NAME_CHANGES_PER_USER, caller.user_id)
    try:
        user = await users.rename(means.db, caller.user_id, change.username, username_key(change.username))
    except Conflict as exc:
        raise Invalid(errors=[("/username", "username_taken", {})]) from exc
    if user is None:
        raise NotFound("not_found")
    return await accounts.describe(means.db, user)
