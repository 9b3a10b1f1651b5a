"""The `social_accounts` collection: who somebody is elsewhere, one document each; gone means unlinked."""

from typing import Any

from smovie.errors import Conflict
from smovie.models.accounts import Provider
from smovie.models.social import SocialAccount
from smovie.store.mongo import Database, DuplicateKeyError, pack, store_call, unpack


def _to_social_account(document: dict[str, Any]) -> SocialAccount:
    return SocialAccount.model_validate(unpack(document))


@store_call
async def insert(db: Database, account: SocialAccount) -> None:
    """Link somebody elsewhere to an account here.

    Errors: Conflict `social_account_taken` when they are linked already, `already_linked` when the account is, to
    somebody else of the same provider.
    """
    try:
        await db.social_accounts.insert_one(pack(account.model_dump(mode="python")))
    except DuplicateKeyError as exc:
        taken = "already_linked" if "user_id" in str(exc) else "social_account_taken"
        raise Conflict(taken) from exc


@store_call
async def by_id(db: Database, account_id: str) -> SocialAccount | None:
    """Who that is here, or None."""
    document = await db.social_accounts.find_one({"_id": account_id})
    return _to_social_account(document) if document else None


@store_call
async def of_user(db: Database, user_id: str) -> list[SocialAccount]:
    """Whom an account is linked with."""
    return [_to_social_account(row) async for row in db.social_accounts.find({"user_id": user_id})]  # index user_id


@store_call
async def renew(db: Database, account: SocialAccount) -> bool:
    """Keep a newer token and the time of its use; False when it is not linked to that account any more."""
    query = {"_id": account.id, "user_id": account.user_id}
    newer = account.model_dump(mode="python", include={"sealed_token", "token_expires_at", "scopes", "last_used_at"})
    return bool((await db.social_accounts.update_one(query, {"$set": newer})).matched_count)


@store_call
async def delete(db: Database, user_id: str, provider: Provider) -> bool:
    """Unlink an account from a provider; whether it was linked."""
    query = {"user_id": user_id, "provider": provider.value}  # index user_id, provider
    return bool((await db.social_accounts.delete_one(query)).deleted_count)


@store_call
async def delete_of_user(db: Database, user_id: str) -> None:
    """Unlink an account from everything, tokens and all."""
    await db.social_accounts.delete_many({"user_id": user_id})  # index user_id
