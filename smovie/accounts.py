"""Accounts: registering, proving the address, signing in (API.md "Accounts")."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import structlog

from smovie import passwords, sign_ins, tokens
from smovie.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated, Unavailable
from smovie.ids import new_id
from smovie.mail.letters import NOBODY, LetterWriter
from smovie.models.accounts import (
    Credentials,
    Device,
    Identity,
    Me,
    Registration,
    Role,
    SignedIn,
    TokenPair,
    User,
    address_key,
    stand_in_address,
    to_me,
    username_key,
)
from smovie.models.base import now
from smovie.models.catalog import Language
from smovie.store import avatars, sessions, social_accounts, users
from smovie.store.mongo import Database
from smovie.throttles import Throttle, Throttles

log = structlog.get_logger("accounts")

T = TypeVar("T")

VERIFY_WITHIN = timedelta(days=3)


@dataclass(frozen=True)
class AccountMeans:
    """What the verbs of accounts work with."""

    db: Database
    hasher: passwords.PasswordHasher
    signer: tokens.TokenSigner
    letters: LetterWriter
    throttles: Throttles


async def register(
    means: AccountMeans, registration: Registration, device: Device, language: Language
) -> tuple[str, TokenPair]:
    """Store a pending account and write to its address. Shape: (id of the account, its tokens).

    A taken address gets the same answer after the same work; only its owner learns of it, by mail. Such a pending
    account has no proof and can never become a verified one. Past the limit of a mailbox no mail goes out, else all is
    the same. Errors: Invalid for a taken name, which is public; TooMany.
    """
    await means.throttles.take(Throttle.REGISTRATIONS_PER_ADDRESS, device.address)
    name_key = username_key(registration.username)
    if await users.is_name_taken(means.db, name_key):
        raise Invalid(errors=[("/username", "username_taken", {})])
    proof, at = secrets.token_urlsafe(32), now()
    taken = await is_registered(means.db, registration.email)
    user = User(
        id=new_id(),
        email=registration.email,
        email_key=address_key(registration.email),
        username=registration.username,
        username_key=name_key,
        password_hash=await means.hasher.hash(registration.password),
        verify_hash=tokens.hash_token(proof if not taken else secrets.token_urlsafe(32)),
        verify_until=at + VERIFY_WITHIN,
        pending_until=at + VERIFY_WITHIN,
        created_at=at,
    )
    await users.insert(means.db, user)
    pair = await sign_ins.open_session(means.db, means.signer, user, device)
    may_write = await means.throttles.allows(Throttle.REGISTRATION_MAILS_PER_MAILBOX, user.email_key)
    to = registration.email if may_write else NOBODY
    if taken:
        await means.letters.write_address_taken(to, language)
    else:
        await means.letters.write_verification(to, user.id, proof, language)
    return user.id, pair


async def verify(means: AccountMeans, user_id: str, proof: str, device: Device) -> TokenPair:
    """Take the proof from the mail: the account is its owner's now, signed in where the link was opened. Single use.

    Who registered it goes on in their own session (`sign_ins.hand_over`). What others hold of the same address ends
    here. Errors: NotFound for a proof that is wrong, spent or late; TooMany.
    """
    await means.throttles.take(Throttle.CONFIRMATIONS_PER_ADDRESS, device.address)
    pending = await users.by_id(means.db, user_id)
    if pending is None or pending.email_verified:
        raise NotFound("verification_not_found")
    user = await _confirm(means, pending, tokens.hash_token(proof))
    await release_address(means.db, user.email_key)
    return await sign_ins.open_session(means.db, means.signer, user, device)


async def release_address(db: Database, email_key: str) -> list[str]:
    """Take an address that its owner has proved from all who only said that it is theirs: registrations die, and who
    came by Facebook goes on without an address. Returns the ids of the sessions that ended."""
    rivals = await users.delete_pending(db, email_key)
    for user in await users.staying_unverified(db, email_key):
        for social in await social_accounts.of_user(db, user.id):
            await users.replace_unverified_address(db, user, stand_in_address(social.provider_id))
    return await sessions.delete_of_users(db, rivals)


async def _confirm(means: AccountMeans, pending: User, verify_hash: str) -> User:
    try:
        user = await under_a_free_name(
            pending.username, lambda name: users.confirm(means.db, pending.id, verify_hash, now(), name)
        )
    except Conflict as exc:
        if exc.code == "username_taken":
            raise
        raise NotFound("verification_not_found") from exc  # the address has an owner by now
    if user is None:
        raise NotFound("verification_not_found")
    return user


async def under_a_free_name(wished: str, attempt: Callable[[tuple[str, str]], Awaitable[T]]) -> T:
    """Do what makes an account verified under its name (as shown, as compared), or with a number behind it when
    somebody verified took it meanwhile. Errors: those of `attempt`."""
    for shown in names_like(wished):
        try:
            return await attempt((shown, username_key(shown)))
        except Conflict as exc:
            if exc.code != "username_taken":
                raise
    raise Conflict("username_taken")


def names_like(wished: str) -> Iterator[str]:
    """The name, then some with a number behind it."""
    yield wished
    for _ in range(5):
        yield f"{wished[:34]} {secrets.randbelow(90_000) + 10_000}"


async def resend_verification(
    means: AccountMeans, address: str, device: Device, language: Language, *, caller: Identity | None
) -> None:
    """Write again to an address that is not verified; nothing tells the caller whether there is one.

    Where several accounts wait with it, the caller's own is meant: by a link for a stranger's, the owner of the mailbox
    would hand them the address. Without any the same is done for nobody, as for a forgotten password; past the limit of
    a mailbox too, so that an earlier link stays good. Errors: TooMany for the caller's own limit.
    """
    await means.throttles.take(Throttle.CONFIRMATION_MAILS_PER_ADDRESS, device.address)
    key = address_key(address)
    may_write = await means.throttles.allows(Throttle.CONFIRMATION_MAILS_PER_MAILBOX, key)
    user = await _own_or_newest(means.db, key, caller)
    user_id, to = (user.id, user.email) if may_write and user and not user.email_verified else (None, NOBODY)
    proof = secrets.token_urlsafe(32)
    await asyncio.gather(
        users.set_proof(means.db, user_id, tokens.hash_token(proof), now() + VERIFY_WITHIN),
        means.letters.write_verification(to, user_id or new_id(), proof, language),
    )


async def _own_or_newest(db: Database, email_key: str, caller: Identity | None) -> User | None:
    own = await users.by_id(db, caller.user_id) if caller else None
    return own if own and own.email_key == email_key else await users.by_address(db, email_key)


async def login(means: AccountMeans, credentials: Credentials, device: Device) -> SignedIn:
    """Sign in. Errors: Unauthenticated alike for unknown, wrong and deleted; Forbidden `unverified` only with the
    right password; TooMany, before the password is looked at."""
    key = address_key(credentials.email)
    guess = await means.throttles.take_guess(device.address, key)
    try:
        means.hasher.refuse_when_full()
        user = await users.by_address(means.db, key)
        right = await means.hasher.matches(credentials.password, user.password_hash if user else None)
    except Unavailable:
        await guess.was_not_tried()
        raise
    if not right or user is None or not user.is_active:
        raise Unauthenticated("login_failed")
    await guess.was_right()
    if not user.email_verified:
        raise Forbidden("unverified")
    pair = await sign_ins.open_session(means.db, means.signer, user, device)
    await _check_unchanged(means, user, pair)
    return SignedIn(**pair.model_dump(), user=await describe(means.db, user))


async def _check_unchanged(means: AccountMeans, user: User, pair: TokenPair) -> None:
    """End a session whose password was changed while it was being checked: that change could not know of it."""
    current = await users.by_id(means.db, user.id)
    if current is None or not current.is_active or current.password_hash != user.password_hash:
        await sign_ins.log_out(means.db, means.signer, pair.refresh)
        raise Unauthenticated("login_failed")


async def show_me(db: Database, user_id: str) -> Me:
    """The account of the caller. Errors: NotFound when it was deleted meanwhile."""
    if (user := await users.by_id(db, user_id)) is None:
        raise NotFound("not_found")
    return await describe(db, user)


async def describe(db: Database, user: User) -> Me:
    """An account as its owner sees it."""
    picture, social = await asyncio.gather(avatars.digest_of_user(db, user.id), social_accounts.of_user(db, user.id))
    return to_me(user, picture, [each.provider for each in social])


async def is_registered(db: Database, address: str) -> bool:
    """Whether a verified account has the address."""
    return await users.is_address_taken(db, address_key(address))


async def create_admin(db: Database, hasher: passwords.PasswordHasher, email: str, password: str) -> None:
    """Make the address an admin with this password, verified; its name is the part before the @.

    Whoever was signed in to an account that it has already is so no more.
    """
    password_hash = await hasher.hash(password)
    for name in names_like(email.partition("@")[0][:40]):
        user = User(
            id=new_id(), email=email, email_key=address_key(email), username=name, username_key=username_key(name),
            password_hash=password_hash, role=Role.ADMIN, email_verified=True, created_at=now(),
        )  # fmt: skip
        try:
            user_id = await users.upsert_staff(db, user)
        except Conflict:
            continue
        await sessions.delete_all_of_user(db, user_id)
        return
    raise Conflict("username_taken")
