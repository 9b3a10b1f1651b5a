"""All of somebody's own data, as one JSON document made bit by bit (API.md "Accounts").

Nothing is collected: a page of comments is read, handed over and forgotten, and the next one is read when the reader
has taken it. So the longest history costs as little memory as a short one, and never holds the loop.
"""

from collections.abc import AsyncIterator, Awaitable, Sequence
from typing import Protocol

from smovie import accounts, devices
from smovie.accounts import AccountMeans
from smovie.errors import NotFound
from smovie.models.accounts import Identity
from smovie.models.base import now
from smovie.models.comments import OwnComment
from smovie.models.exports import ExportedAddress, ExportedNotification, ExportedSocialAccount, ExportHead
from smovie.models.notifications import Notification
from smovie.models.reactions import GivenReaction
from smovie.models.reviews import OwnReview
from smovie.models.rooms import SentReport
from smovie.models.social import SocialAccount
from smovie.models.views import View
from smovie.models.watching import LastWatched, Progress
from smovie.models.watchlist import Listed
from smovie.store import (
    comments,
    notifications,
    progress,
    reactions,
    reports,
    reviews,
    social_accounts,
    users,
    views,
    watchlist,
)
from smovie.store.mongo import Database
from smovie.throttles import Throttle

ROWS_TOGETHER = 100  # a millisecond or two


class _Read(Protocol):
    """Reads some of what is somebody's, by id, from behind one on."""

    def __call__(
        self, db: Database, user_id: str, *, after: str, limit: int
    ) -> Awaitable[
        Sequence[OwnComment | GivenReaction | SentReport | OwnReview | Progress | LastWatched | View | Listed]
    ]: ...


# What grows without bound, by its name in `Export`. A collection of people's data adds a line.
_GROWING: tuple[tuple[str, _Read], ...] = (
    ("comments", comments.of_user),
    ("reactions", reactions.of_user),
    ("reports", reports.of_reporter),
    ("reviews", reviews.of_user),
    ("progress", progress.of_user),
    ("last_watched", progress.last_of_user),
    ("views", views.of_user),
    ("watchlist", watchlist.of_user),
)


async def export_account(means: AccountMeans, caller: Identity) -> AsyncIterator[bytes]:
    """An `Export` in pieces; what can be refused is before the first. Errors: NotFound, TooMany."""
    await means.throttles.take(Throttle.EXPORTS_PER_USER, caller.user_id)
    user = await users.by_id(means.db, caller.user_id)
    if user is None:
        raise NotFound("not_found")
    head = ExportHead(
        exported_at=now(),
        account=await accounts.describe(means.db, user),
        former_addresses=[ExportedAddress(email=one.email, until=one.until) for one in user.former_addresses],
        sessions=(await devices.list_sessions(means.db, caller)).results,
        social_accounts=[_shown(account) for account in await social_accounts.of_user(means.db, user.id)],
        notifications=[_told(one) for one in await notifications.of_user(means.db, user.id)],
    )
    yield head.model_dump_json().removesuffix("}").encode()
    for name, read in _GROWING:
        yield f',"{name}":['.encode()
        after, separator = "", b""
        while page := await read(means.db, user.id, after=after, limit=ROWS_TOGETHER):
            yield separator + b",".join(row.model_dump_json().encode() for row in page)
            after, separator = page[-1].id, b","
        yield b"]"
    yield b"}"


def _shown(account: SocialAccount) -> ExportedSocialAccount:
    return ExportedSocialAccount(
        provider=account.provider, provider_id=account.provider_id, scopes=account.scopes,
        linked_at=account.created_at, last_used_at=account.last_used_at,
    )  # fmt: skip


def _told(one: Notification) -> ExportedNotification:
    return ExportedNotification(
        id=one.id, kind=one.kind, episode_id=one.episode_id, comment_id=one.comment_id, movie_id=one.movie_id,
        read=one.read,
        created_at=one.created_at,
    )  # fmt: skip
