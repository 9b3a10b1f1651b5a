"""Leaving: an account is deleted with everything personal; what it said stays, as nobody's (API.md "Accounts").

All of it does not fit into a transaction: somebody may have written a hundred thousand comments. So it is an order, and
one that may be carried out twice: first the wish is stored, then the account goes, so that nobody can sign in or write
in its name, then what it left, then the wish. Whoever finds a wish that lies about finishes it. Two minutes later all
is done once more, for what was under way when the account went: a comment in a write, a picture being made.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from smovie.accounts import AccountMeans
from smovie.errors import Conflict, Unavailable
from smovie.models.accounts import Identity, Role
from smovie.models.base import now
from smovie.models.catalog import Language
from smovie.models.departures import Departure
from smovie.reauthentication import confirm_caller
from smovie.reviews import count_anew
from smovie.store import (
    avatars,
    comment_changes,
    comments,
    departures,
    mails,
    mutes,
    notifications,
    progress,
    reactions,
    reports,
    reviews,
    sessions,
    social_accounts,
    users,
    views,
    watchlist,
)
from smovie.store.mongo import Database

log = structlog.get_logger("accounts")

FINISHED_WITHIN = timedelta(minutes=5)  # by who began; then somebody else takes it up
ONCE_MORE_AFTER = timedelta(minutes=2)  # longer than anything of a request is under way
LOOK_EVERY_S = 10.0
_COMMENTS_TOGETHER = 500
_REACTIONS_TOGETHER = 100


async def leave(means: AccountMeans, caller: Identity, password: str | None, language: Language) -> None:
    """Delete the caller's account. Errors: those of `confirm_caller`; Conflict for the last admin.

    Unavailable after the account is gone means that the rest will be erased without the caller.
    """
    user = await confirm_caller(means, caller, password)
    departure = Departure(
        id=user.id, email=user.email if user.email_verified else None, language=language,
        is_decided=user.role is not Role.ADMIN, due_at=now() + FINISHED_WITHIN,
    )  # fmt: skip
    await departures.put(means.db, departure)
    if not departure.is_decided:
        # Who looks has said before that they leave: of two last admins who leave at once, at least one sees the other.
        others = await users.other_admins(means.db, user.id)
        if not set(others) - await departures.among(means.db, others):
            await departures.delete(means.db, user.id)
            raise Conflict("last_admin")
        departure = departure.model_copy(update={"is_decided": True})
        await departures.put(means.db, departure)
    await _erase(means, departure)


async def finish_departures(means: AccountMeans) -> None:
    """Finish what others began, until cancelled."""
    while True:
        try:
            while await finish_next(means):
                pass
        except Unavailable:
            log.warning("departures wait for the database")
        await asyncio.sleep(LOOK_EVERY_S)


async def finish_next(means: AccountMeans) -> bool:
    """Finish a departure that is due; False when none is."""
    departure = await departures.take_due(means.db, now(), until=now() + FINISHED_WITHIN)
    if departure is None:
        return False
    if departure.is_decided:
        if not departure.is_erased:
            log.warning("finishing the deletion of an account that was left in the middle", user=departure.id)
        await _erase(means, departure)
    if departure.is_erased or not departure.is_decided:
        await departures.delete(means.db, departure.id)
    return True


async def _erase(means: AccountMeans, departure: Departure) -> None:
    """Erase everything of an account, and say goodbye. May be done again, after a crash at any point."""
    await users.delete(means.db, departure.id)
    for erase in _LEFT_BEHIND:
        await erase(means.db, departure.id)
    if departure.email:
        await mails.delete_to(means.db, departure.email)
        await means.letters.write_goodbye(departure.email, departure.language)
    erased = {"email": None, "is_erased": True, "due_at": now() + ONCE_MORE_AFTER}
    await departures.put(means.db, departure.model_copy(update=erased))


async def _make_comments_nobodys(db: Database, user_id: str) -> None:
    while await comments.make_nobodys(db, user_id, limit=_COMMENTS_TOGETHER):
        pass


async def _take_reactions_back(db: Database, user_id: str) -> None:
    while comment_ids := await reactions.delete_some_of_user(db, user_id, limit=_REACTIONS_TOGETHER):
        for comment_id in comment_ids:
            await comment_changes.set_reactions(db, comment_id, await reactions.count(db, comment_id))


async def _take_reviews_back(db: Database, user_id: str) -> None:
    for movie_id in await reviews.take_back_all(db, user_id):
        await count_anew(db, movie_id)


# What accounts leave in other collections, and how it goes. A collection of people's data adds a line.
_LEFT_BEHIND: tuple[Callable[[Database, str], Awaitable[object]], ...] = (
    sessions.delete_all_of_user,
    social_accounts.delete_of_user,
    avatars.delete_of_user,
    _make_comments_nobodys,
    _take_reactions_back,
    _take_reviews_back,
    watchlist.delete_of_user,
    reports.delete_of_user,
    mutes.delete_of_user,
    notifications.delete_of_user,
    progress.delete_of_user,
    views.make_nobodys,
)
