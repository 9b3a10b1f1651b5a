"""The `users` collection: accounts, and registrations that go after three days."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from smovie.errors import Conflict
from smovie.models.accounts import AccountState, Role, User, address_key
from smovie.store.mongo import Database, Document, DuplicateKeyError, pack, store_call, unpack

_DECOYS = 64  # so that two writes at once seldom wait for each other, as for two accounts
STATE = ("username", "role", "email_verified", "is_active")  # the members of an `AccountState` beside its id
# A link for a forgotten one, and an address that somebody who knew it wanted.
_DEAD_WITH_A_PASSWORD = {"reset_hash": "", "reset_until": "", "address_change": ""}


def _to_user(document: dict[str, Any] | None) -> User | None:
    return User.model_validate(unpack(document)) if document else None


@store_call
async def insert(db: Database, user: User) -> None:
    """Store a new account."""
    try:
        await db.users.insert_one(pack(user.model_dump(mode="python")))
    except DuplicateKeyError as exc:
        raise Conflict("username_taken") from exc


@store_call
async def by_id(db: Database, user_id: str) -> User | None:
    """The account, or None."""
    return _to_user(await db.users.find_one({"_id": user_id}))


@store_call
async def by_ids(db: Database, user_ids: Sequence[str]) -> dict[str, User]:
    """Those of these accounts that are there."""
    cursor = db.users.find({"_id": {"$in": list(user_ids)}})
    return {row["_id"]: User.model_validate(unpack(row)) async for row in cursor}


def to_state(document: Document | None) -> AccountState | None:
    """What sockets feel of a stored account; None when it is gone, or was written by hand and is none."""
    try:
        return AccountState.model_validate(unpack(document)) if document else None
    except ValidationError:
        return None


@store_call
async def read_states(db: Database, user_ids: Sequence[str]) -> dict[str, AccountState]:
    """The states of those of these accounts that are there, by id."""
    cursor = db.users.find({"_id": {"$in": list(user_ids)}}, dict.fromkeys(STATE, 1))
    states = [to_state(row) async for row in cursor]
    return {state.id: state for state in states if state}


@store_call
async def by_address(db: Database, email_key: str) -> User | None:
    """The account that owns the address, else its newest pending registration, else None."""
    newest = [("email_verified", -1), ("_id", -1)]  # index email_key, email_verified, _id
    return _to_user(await db.users.find_one({"email_key": email_key}, sort=newest))


@store_call
async def is_address_taken(db: Database, email_key: str) -> bool:
    """Whether a verified account has the address."""
    query = {"email_key": email_key, "email_verified": True}  # index email_key
    return await db.users.find_one(query, {"_id": 1}) is not None


@store_call
async def is_name_taken(db: Database, username_key: str) -> bool:
    """Whether a verified account has the name."""
    query = {"username_key": username_key, "email_verified": True}  # index username_key
    return await db.users.find_one(query, {"_id": 1}) is not None


@store_call
async def rename(db: Database, user_id: str, username: str, username_key: str) -> User | None:
    """Give a verified account another name; None when it is gone. Errors: Conflict for a name that is taken."""
    change = {"$set": {"username": username, "username_key": username_key}}
    query = {"_id": user_id, "email_verified": True}
    try:
        return _to_user(await db.users.find_one_and_update(query, change, return_document=True))
    except DuplicateKeyError as exc:
        raise Conflict("username_taken") from exc


@store_call
async def confirm(db: Database, user_id: str, verify_hash: str, at: datetime, username: tuple[str, str]) -> User | None:
    """Make a pending account a verified one, once; None when the proof does not fit or is spent or late.

    Errors: Conflict when the address or the name has a verified owner by now.
    """
    query = {"_id": user_id, "verify_hash": verify_hash, "email_verified": False, "verify_until": {"$gt": at}}
    shown, key = username
    change = {
        "$set": {"email_verified": True, "username": shown, "username_key": key},
        "$unset": {"verify_hash": "", "verify_until": "", "pending_until": ""},
    }
    try:
        return _to_user(await db.users.find_one_and_update(query, change, return_document=True))
    except DuplicateKeyError as exc:
        taken = "username_taken" if "username_key" in str(exc) else "address_taken"
        raise Conflict(taken) from exc


@store_call
async def set_proof(db: Database, user_id: str | None, verify_hash: str, until: datetime) -> None:
    """Give an unverified account a new verification proof; the earlier one is dead, and a registration lives as long.
    Nothing happens when there is none; for nobody it takes as long."""
    is_registration = {"$eq": [{"$type": "$pending_until"}, "date"]}
    change = {
        "verify_hash": verify_hash,
        "verify_until": until,
        "pending_until": {"$cond": [is_registration, until, "$$REMOVE"]},
    }
    await _update_or_pretend(db, user_id, {"email_verified": False}, [{"$set": change}])


@store_call
async def delete_pending(db: Database, email_key: str) -> list[str]:
    """Remove what strangers registered with an address whose owner has proved it; returns their ids."""
    query = {"email_key": email_key, "email_verified": False, "pending_until": {"$type": "date"}}
    ids = [row["_id"] async for row in db.users.find(query, {"_id": 1})]
    await db.users.delete_many({"_id": {"$in": ids}, "email_verified": False})
    return ids


@store_call
async def keep(db: Database, user_id: str) -> bool:
    """Let a registration stay though its address is not verified; False when it is gone."""
    return bool((await db.users.update_one({"_id": user_id}, {"$unset": {"pending_until": ""}})).matched_count)


@store_call
async def delete_registration(db: Database, user_id: str) -> None:
    """Remove an account that is to go by itself; one that stays is left alone."""
    await db.users.delete_one({"_id": user_id, "pending_until": {"$type": "date"}})


@store_call
async def staying_unverified(db: Database, email_key: str) -> list[User]:
    """The accounts that stay with this address though they have not verified it."""
    query = {"email_key": email_key, "email_verified": False, "pending_until": None}  # index email_key, email_verified
    return [User.model_validate(unpack(row)) async for row in db.users.find(query)]


@store_call
async def replace_unverified_address(db: Database, user: User, address: str) -> None:
    """Give an account another address, unless it has verified or changed its own meanwhile; a link to verify that is
    dead."""
    query = {"_id": user.id, "email_key": user.email_key, "email_verified": False}
    change = {
        "$set": {"email": address, "email_key": address_key(address)},
        "$unset": {"verify_hash": "", "verify_until": ""},
    }
    await db.users.update_one(query, change)


@store_call
async def replace_password(db: Database, user_id: str, *, from_hash: str | None, to_hash: str) -> bool:
    """Change a password, unless it was changed meanwhile; what was asked for with the old one is dead then."""
    change = {"$set": {"password_hash": to_hash}, "$unset": _DEAD_WITH_A_PASSWORD}
    done = await db.users.update_one({"_id": user_id, "password_hash": from_hash}, change)
    return bool(done.matched_count)


@store_call
async def set_reset(db: Database, user_id: str | None, reset_hash: str, until: datetime) -> None:
    """Let the bearer of a token choose a new password; an earlier token is dead. For nobody it takes as long."""
    await _update_or_pretend(db, user_id, {}, {"$set": {"reset_hash": reset_hash, "reset_until": until}})


async def _update_or_pretend(
    db: Database, user_id: str | None, only: Document, change: Document | list[Document]
) -> None:
    """Update an account, or for nobody one of some documents that mean nothing: an update that finds nothing is faster,
    and would tell so."""
    if user_id is None:
        await db.decoys.update_one({"_id": str(secrets.randbelow(_DECOYS))}, change, upsert=True)
    else:
        await db.users.update_one({"_id": user_id, **only}, change)


@store_call
async def has_reset(db: Database, user_id: str, reset_hash: str, at: datetime) -> bool:
    """Whether the token could be spent now."""
    return await db.users.find_one(_of_reset(user_id, reset_hash, at), {"_id": 1}) is not None


@store_call
async def spend_reset(db: Database, user_id: str, reset_hash: str, at: datetime, password_hash: str) -> bool:
    """Set the password by a token, once; False when that is wrong, spent or late."""
    change = {"$set": {"password_hash": password_hash}, "$unset": _DEAD_WITH_A_PASSWORD}
    done = await db.users.update_one(_of_reset(user_id, reset_hash, at), change)
    return bool(done.matched_count)


def _of_reset(user_id: str, reset_hash: str, at: datetime) -> Document:
    return {"_id": user_id, "reset_hash": reset_hash, "reset_until": {"$gt": at}, "is_active": True}


@store_call
async def delete(db: Database, user_id: str) -> None:
    """Remove an account."""
    await db.users.delete_one({"_id": user_id})


@store_call
async def other_admins(db: Database, user_id: str) -> list[str]:
    """The ids of all admins who can sign in, but one."""
    query = {"role": Role.ADMIN.value, "email_verified": True, "is_active": True, "_id": {"$ne": user_id}}
    return [row["_id"] async for row in db.users.find(query, {"_id": 1})]  # index role


@store_call
async def set_active(db: Database, user_id: str, is_active: bool) -> bool:
    """Close an account to everybody, or open it again; whether there is one."""
    return bool((await db.users.update_one({"_id": user_id}, {"$set": {"is_active": is_active}})).matched_count)


@store_call
async def upsert_staff(db: Database, user: User) -> str:
    """Create a verified account of staff, or give the existing one of that address this password and role; its id.

    Errors: Conflict for a taken name.
    """
    found = await db.users.find_one({"email_key": user.email_key, "email_verified": True}, {"_id": 1})
    if found:
        change = {"password_hash": user.password_hash, "role": user.role.value, "is_active": True}
        unset = {**_DEAD_WITH_A_PASSWORD, "former_addresses": ""}  # nobody takes back what is staff's now
        await db.users.update_one({"_id": found["_id"]}, {"$set": change, "$unset": unset})
        return str(found["_id"])
    try:
        await db.users.insert_one(pack(user.model_dump(mode="python", exclude_none=True)))
    except DuplicateKeyError as exc:
        raise Conflict("username_taken") from exc
    return user.id
