"""Passwords that change: by their owner, or forgotten and chosen anew by who holds the mailbox (API.md "Accounts").

A new password is stored before sessions are ended, and a sign-in looks at the password once more when its session is
stored: so nobody who came in by the old one stays.
"""

import asyncio
import secrets
from datetime import timedelta

from smovie import tokens
from smovie.accounts import AccountMeans
from smovie.errors import Invalid, NotFound
from smovie.ids import new_id
from smovie.mail.letters import NOBODY
from smovie.models.accounts import Device, Identity, address_key
from smovie.models.base import now
from smovie.models.catalog import Language
from smovie.models.credentials import PasswordChange, PasswordReset
from smovie.reauthentication import confirm_caller
from smovie.store import sessions, users
from smovie.throttles import Throttle

RESET_WITHIN = timedelta(hours=1)


async def change_password(means: AccountMeans, caller: Identity, change: PasswordChange) -> list[str]:
    """Change the caller's password; all their other sessions end. Returns the ids of these.

    Errors: those of `confirm_caller`; Invalid when `old` was changed meanwhile; TooMany.
    """
    await means.throttles.take(Throttle.PASSWORD_CHANGES_PER_USER, caller.user_id)
    user = await confirm_caller(means, caller, change.old, pointer="/old")
    to_hash = await means.hasher.hash(change.new)
    if not await users.replace_password(means.db, user.id, from_hash=user.password_hash, to_hash=to_hash):
        raise Invalid(errors=[("/old", "invalid_wrong_password", {})])
    return await sessions.delete_all_of_user(means.db, caller.user_id, but=caller.session_id)


async def forget_password(means: AccountMeans, address: str, device: Device, language: Language) -> None:
    """Write a link for a new password to the owner of an address; it works once, within an hour, and the newest only.

    Without an owner the same is done for nobody: the same look-up and writes, and a letter that is not sent. Past the
    limit of an account it is nobody's too, so that an earlier link stays good. Errors: TooMany for the caller's own
    limit.
    """
    await means.throttles.take(Throttle.FORGOTTEN_PASSWORDS_PER_ADDRESS, device.address)
    key = address_key(address)
    may_write = await means.throttles.allows(Throttle.FORGOTTEN_PASSWORDS_PER_ACCOUNT, key)
    user = await users.by_address(means.db, key)
    if may_write and user and user.email_verified and user.is_active:
        user_id, to = user.id, user.email
    else:
        user_id, to = None, NOBODY
    proof = secrets.token_urlsafe(32)
    await asyncio.gather(
        users.set_reset(means.db, user_id, tokens.hash_token(proof), now() + RESET_WITHIN),
        means.letters.write_password_reset(to, user_id or new_id(), proof, language),
    )


async def reset_password(means: AccountMeans, reset: PasswordReset, device: Device) -> list[str]:
    """Set the password by the link from the mail; all sessions end. Returns the ids of these.

    Errors: NotFound for a token that is wrong, spent or late; that costs no hashing. TooMany.
    """
    await means.throttles.take(Throttle.PASSWORD_RESETS_PER_ADDRESS, device.address)
    reset_hash = tokens.hash_token(reset.token)
    if not await users.has_reset(means.db, reset.uid, reset_hash, now()):
        raise NotFound("reset_not_found")
    password_hash = await means.hasher.hash(reset.password)
    if not await users.spend_reset(means.db, reset.uid, reset_hash, now(), password_hash):
        raise NotFound("reset_not_found")
    return await sessions.delete_all_of_user(means.db, reset.uid)
