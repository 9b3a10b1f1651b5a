"""The address of an account in `users`, as it changes."""

from collections.abc import Sequence
from datetime import datetime

from smovie.errors import Conflict
from smovie.models.accounts import User
from smovie.models.addresses import AddressChange, FormerAddress
from smovie.store.mongo import Database, Document, DuplicateKeyError, store_call

# Links that were sent to an address, and what proved it: dead when the account has another.
_OF_THE_ADDRESS = {
    "reset_hash": "", "reset_until": "", "verify_hash": "", "verify_until": "", "address_change": "",
}  # fmt: skip


@store_call
async def set_change(db: Database, user_id: str, change: AddressChange) -> None:
    """Let an address wait for its confirmation; one that waited before does so no more. Nothing happens without an
    account."""
    await db.users.update_one({"_id": user_id}, {"$set": {"address_change": change.model_dump(mode="python")}})


@store_call
async def confirm_change(
    db: Database, user: User, change: AddressChange, *, username: tuple[str, str], former: Sequence[FormerAddress]
) -> bool:
    """Give an account the address that waited; False when that, or the account's own, is not what it was.

    Errors: Conflict when the address or the name has another verified owner.
    """
    query = {"_id": user.id, "email_key": user.email_key, "address_change.proof_hash": change.proof_hash}
    shown, key = username
    values = {
        "email": change.email, "email_key": change.email_key, "email_verified": True,
        "username": shown, "username_key": key, "former_addresses": [one.model_dump(mode="python") for one in former],
    }  # fmt: skip
    try:
        done = await db.users.update_one({**query, "is_active": True}, {"$set": values, "$unset": _OF_THE_ADDRESS})
    except DuplicateKeyError as exc:
        raise Conflict("username_taken" if "username_key" in str(exc) else "address_taken") from exc
    return bool(done.matched_count)


@store_call
async def take_back(
    db: Database, user_id: str, undo_hash: str, *, to: tuple[str, str], reset_hash: str, until: datetime
) -> bool:
    """Give an account an address (as shown, as compared) that it had, and no password until one is chosen by a link;
    False when the undoing link is not good any more.

    Errors: Conflict when the address has another verified owner.
    """
    holds_link = [{"address_change.undo_hash": undo_hash}, {"former_addresses.undo_hashes": undo_hash}]
    query = {"_id": user_id, "is_active": True, "$or": holds_link}
    email, email_key = to
    values: Document = {
        "email": email, "email_key": email_key, "password_hash": None, "former_addresses": [],
        "reset_hash": reset_hash, "reset_until": until,
    }  # fmt: skip
    try:
        done = await db.users.update_one(query, {"$set": values, "$unset": {"address_change": ""}})
    except DuplicateKeyError as exc:
        raise Conflict("address_taken") from exc
    return bool(done.matched_count)
