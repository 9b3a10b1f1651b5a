"""All of somebody's own data, as one JSON document made bit by bit (API.md "Accounts").

Nothing is collected: a page of comments is read, handed over and forgotten, and the next one is read when the reader
has taken it. So the longest history costs as little memory as a short one, and never holds the loop.
"""

from collections.abc import AsyncIterator
from typing import Any

import orjson

from smovie import accounts, devices
from smovie.accounts import AccountMeans
from smovie.models.accounts import Identity
from smovie.models.base import iso_z, now
from smovie.models.comments import Comment
from smovie.models.social import SocialAccount
from smovie.store import comments, social_accounts
from smovie.throttles import Throttle

COMMENTS_TOGETHER = 100  # about a millisecond


async def export_account(means: AccountMeans, caller: Identity) -> AsyncIterator[bytes]:
    """The document in pieces; what can be refused is before the first. Errors: NotFound, TooMany."""
    await means.throttles.take(Throttle.EXPORTS_PER_USER, caller.user_id)
    me = await accounts.show_me(means.db, caller.user_id)
    signed_in = await devices.list_sessions(means.db, caller)
    social = await social_accounts.of_user(means.db, caller.user_id)
    head = {
        "exported_at": iso_z(now()),
        "account": me.model_dump(mode="json"),
        "sessions": signed_in.model_dump(mode="json")["results"],
        "social_accounts": [_social(account) for account in social],
    }
    yield orjson.dumps(head)[:-1] + b',"comments":['
    after, separator = "", b""
    while page := await comments.of_user(means.db, caller.user_id, after=after, limit=COMMENTS_TOGETHER):
        yield separator + orjson.dumps([_comment(comment) for comment in page])[1:-1]
        after, separator = page[-1].id, b","
    yield b"]}"


def _social(account: SocialAccount) -> dict[str, Any]:
    return {
        "provider": account.provider, "provider_id": account.provider_id, "scopes": account.scopes,
        "linked_at": iso_z(account.created_at), "last_used_at": iso_z(account.last_used_at),
    }  # fmt: skip


def _comment(comment: Comment) -> dict[str, Any]:
    return {
        "id": comment.id, "episode_id": comment.episode_id, "username": comment.username, "message": comment.message,
        "parent_id": comment.parent_id, "at_s": comment.at_s, "spoiler": comment.spoiler,
        "created_at": iso_z(comment.created_at),
    }  # fmt: skip
