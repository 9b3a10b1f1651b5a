"""All of somebody's own data, as one JSON document made bit by bit (API.md "Accounts").

Nothing is collected: a page of comments is read, handed over and forgotten, and the next one is read when the reader
has taken it. So the longest history costs as little memory as a short one, and never holds the loop.
"""

from collections.abc import AsyncIterator

from pydantic import TypeAdapter

from smovie import accounts, devices
from smovie.accounts import AccountMeans
from smovie.errors import NotFound
from smovie.models.accounts import Identity
from smovie.models.base import now
from smovie.models.comments import Comment
from smovie.models.exports import Export, ExportedAddress, ExportedComment, ExportedSocialAccount
from smovie.models.social import SocialAccount
from smovie.store import comments, social_accounts, users
from smovie.throttles import Throttle

COMMENTS_TOGETHER = 100  # a millisecond or two
_COMMENTS = TypeAdapter(list[ExportedComment])


async def export_account(means: AccountMeans, caller: Identity) -> AsyncIterator[bytes]:
    """An `Export` in pieces; what can be refused is before the first. Errors: NotFound, TooMany."""
    await means.throttles.take(Throttle.EXPORTS_PER_USER, caller.user_id)
    user = await users.by_id(means.db, caller.user_id)
    if user is None:
        raise NotFound("not_found")
    head = Export(
        exported_at=now(),
        account=await accounts.describe(means.db, user),
        former_addresses=[ExportedAddress(email=one.email, until=one.until) for one in user.former_addresses],
        sessions=(await devices.list_sessions(means.db, caller)).results,
        social_accounts=[_shown(account) for account in await social_accounts.of_user(means.db, user.id)],
        comments=[],
    )
    yield head.model_dump_json().removesuffix("]}").encode()
    after, separator = "", b""
    while page := await comments.of_user(means.db, user.id, after=after, limit=COMMENTS_TOGETHER):
        yield separator + _COMMENTS.dump_json([_exported(comment) for comment in page])[1:-1]
        after, separator = page[-1].id, b","
    yield b"]}"


def _shown(account: SocialAccount) -> ExportedSocialAccount:
    return ExportedSocialAccount(
        provider=account.provider, provider_id=account.provider_id, scopes=account.scopes,
        linked_at=account.created_at, last_used_at=account.last_used_at,
    )  # fmt: skip


def _exported(comment: Comment) -> ExportedComment:
    return ExportedComment(
        id=comment.id, episode_id=comment.episode_id, username=comment.username, message=comment.message,
        parent_id=comment.parent_id, at_s=comment.at_s, spoiler=comment.spoiler, created_at=comment.created_at,
    )  # fmt: skip
