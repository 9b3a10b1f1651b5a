"""That it really is the caller: proved once more before what a borrowed device must not do (ASVS 5, 7.5)."""

from datetime import timedelta

from smovie.accounts import AccountMeans
from smovie.errors import Forbidden, Invalid, Unauthenticated
from smovie.models.accounts import Identity, User
from smovie.models.base import now
from smovie.store import sessions, users
from smovie.throttles import Throttle

FRESH_FOR = timedelta(minutes=10)


async def confirm_caller(
    means: AccountMeans, caller: Identity, password: str | None, *, pointer: str = "/password"
) -> User:
    """The caller's account, once they have proved again that it is theirs: by its password, or, where it has none, by
    having signed in within the last 10 minutes.

    Errors: Invalid at `pointer` for a wrong or missing password; Forbidden `reauthentication_required` for who has none
    and signed in earlier; Unauthenticated when the account is gone; TooMany.
    """
    await means.throttles.take(Throttle.REAUTHENTICATIONS_PER_USER, caller.user_id)
    user = await users.by_id(means.db, caller.user_id)
    if user is None:
        raise Unauthenticated("session_ended")
    if user.password_hash is None:
        session = await sessions.by_id(means.db, caller.session_id)
        if session is None or now() - session.created_at > FRESH_FOR:
            raise Forbidden("reauthentication_required")
    elif password is None:
        raise Invalid(errors=[(pointer, "invalid_missing", {})])
    elif not await means.hasher.matches(password, user.password_hash):
        raise Invalid(errors=[(pointer, "invalid_wrong_password", {})])
    return user
