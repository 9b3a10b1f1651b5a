"""The address of an account changes when the new mailbox has confirmed it, and the old one can undo it (API.md
"Accounts").

Whoever can ask for that has the password, or a fresh session: so may a thief. The old address is told at once and once
more when it has happened; each time with a link that takes the account back, for a week. Other sessions go on: their
owner has just proved who they are, and may end them one by one or by choosing a new password (ASVS 5, 7.4.3).
"""

import asyncio
import secrets
from datetime import timedelta

from smovie import tokens
from smovie.accounts import VERIFY_WITHIN, AccountMeans, is_registered, release_address, under_a_free_name
from smovie.credentials import RESET_WITHIN
from smovie.errors import Forbidden, Invalid, NotFound, TooMany
from smovie.ids import new_id
from smovie.mail.letters import NOBODY
from smovie.models.accounts import Device, Identity, address_key
from smovie.models.addresses import AddressChange, FormerAddress
from smovie.models.base import now
from smovie.models.catalog import Language
from smovie.models.credentials import EmailChange
from smovie.reauthentication import confirm_caller
from smovie.store import addresses, sessions, social_accounts, users
from smovie.throttles import Throttle

UNDO_WITHIN = timedelta(days=7)
MOST_FORMER = 5  # addresses that can still take an account back; so nobody pushes the first of them out by more changes


async def change_address(means: AccountMeans, caller: Identity, wish: EmailChange, language: Language) -> None:
    """Write a link to the address that the caller wants, good for 3 days and as long as no other is asked for.

    An address that is taken gets the same answer after the same work: its owner is told, and the link that would
    confirm is nobody's. Past the limit of a mailbox all is nobody's, so that an earlier link stays good.
    Errors: those of `confirm_caller`; Forbidden for a registration; Invalid for the address that the caller has.
    """
    await means.throttles.take(Throttle.EMAIL_CHANGES_PER_USER, caller.user_id)
    user = await confirm_caller(means, caller, wish.password)
    key, at = address_key(wish.email), now()
    if user.pending_until:
        raise Forbidden("unverified")
    if user.email_verified and key == user.email_key:
        raise Invalid(errors=[("/email", "invalid_same_address", {})])
    live = [one for one in user.former_addresses if one.until > at]
    if len(live) >= MOST_FORMER:
        wait_s = int((live[0].until - at).total_seconds()) + 1
        raise TooMany("too_many_address_changes", retry_after_s=wait_s)
    taken = await is_registered(means.db, wish.email)
    may_write = await means.throttles.allows(Throttle.REGISTRATION_MAILS_PER_MAILBOX, key)
    proof, undo = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    change = AddressChange(
        email=wish.email, email_key=key, undo_hash=tokens.hash_token(undo), until=at + VERIFY_WITHIN,
        proof_hash=tokens.hash_token(proof if not taken else secrets.token_urlsafe(32)),
    )  # fmt: skip
    to = wish.email if may_write else NOBODY
    present = user.email if may_write and user.email_verified else NOBODY
    await asyncio.gather(
        addresses.set_change(means.db, user.id if may_write else new_id(), change),
        means.letters.write_address_wanted(to, language)
        if taken
        else means.letters.write_address_change(to, user.id, proof, language),
        means.letters.write_address_change_asked(present, user.id, undo, language),
    )


async def confirm_address(
    means: AccountMeans, user_id: str, proof: str, device: Device, language: Language
) -> list[str]:
    """Take the proof from the new mailbox: the account has that address now. Single use.

    What others hold of it ends here, and so do links for a new password that the old address got. Returns the ids of
    the sessions of those others.
    Errors: NotFound for a proof that is wrong, spent or late; Conflict when the address has an owner by now; TooMany.
    """
    await means.throttles.take(Throttle.CONFIRMATIONS_PER_ADDRESS, device.address)
    user, at = await users.by_id(means.db, user_id), now()
    change = user.address_change if user else None
    if user is None or change is None or change.until <= at or change.proof_hash != tokens.hash_token(proof):
        raise NotFound("address_change_not_found")
    undo = secrets.token_urlsafe(32)
    former = [one for one in user.former_addresses if one.until > at]
    if user.email_verified:
        hashes = (change.undo_hash, tokens.hash_token(undo))
        former += [
            FormerAddress(email=user.email, email_key=user.email_key, undo_hashes=hashes, until=at + UNDO_WITHIN)
        ]
    if not await under_a_free_name(
        user.username, lambda name: addresses.confirm_change(means.db, user, change, username=name, former=former)
    ):
        raise NotFound("address_change_not_found")
    ended = await release_address(means.db, change.email_key)
    await means.letters.write_address_changed(user.email if user.email_verified else NOBODY, user.id, undo, language)
    return ended


async def take_back(means: AccountMeans, user_id: str, undo: str, device: Device) -> tuple[str, list[str]]:
    """Give the account back to the mailbox that holds an undoing link: the address is what it was, all sessions end,
    sign-ins by others' tokens are unlinked, and the password is dead.

    Shape: (token for choosing a new password, ids of the sessions). Errors: NotFound for a link that is wrong, spent or
    late; Conflict when the address has another owner by now; TooMany.
    """
    await means.throttles.take(Throttle.CONFIRMATIONS_PER_ADDRESS, device.address)
    user, at, undo_hash = await users.by_id(means.db, user_id), now(), tokens.hash_token(undo)
    if user is None:
        raise NotFound("undo_not_found")
    to = next(
        (
            (one.email, one.email_key)
            for one in user.former_addresses
            if undo_hash in one.undo_hashes and one.until > at
        ),
        None,
    )
    change = user.address_change
    if to is None and change and change.undo_hash == undo_hash and change.until > at and user.email_verified:
        to = (user.email, user.email_key)
    reset = secrets.token_urlsafe(32)
    if to is None or not await addresses.take_back(
        means.db, user.id, undo_hash, to=to, reset_hash=tokens.hash_token(reset), until=at + RESET_WITHIN
    ):
        raise NotFound("undo_not_found")
    await social_accounts.delete_of_user(means.db, user.id)
    return reset, await sessions.delete_all_of_user(means.db, user.id)
