"""Signing in with Facebook, and linking it to an account that is there (API.md "Accounts").

Who somebody is, is their id at Facebook, never an address. One that Facebook passes on is as unproven to us as one that
was typed (docs/decisions/0006): it gets a confirmation mail, and never opens an account that has it already.
"""

import secrets
import unicodedata
from dataclasses import dataclass
from datetime import timedelta

from pydantic import TypeAdapter, ValidationError

from smovie import accounts, sign_ins, tokens
from smovie.accounts import AccountMeans
from smovie.errors import Conflict, NotFound, Unauthenticated, Unavailable
from smovie.facebook_app import FacebookApp, FacebookPerson
from smovie.ids import new_id
from smovie.mail.letters import NOBODY
from smovie.models.accounts import (
    INVISIBLE,
    Device,
    Identity,
    Me,
    Provider,
    User,
    Username,
    address_key,
    stand_in_address,
    username_key,
)
from smovie.models.base import now
from smovie.models.catalog import Language
from smovie.models.social import FacebookLink, FacebookSignedIn, SocialAccount, social_id
from smovie.reauthentication import confirm_caller
from smovie.sealing import TokenCipher
from smovie.store import sessions, social_accounts, users
from smovie.throttles import Throttle

JOIN_WITHIN = timedelta(minutes=5)  # of an account that is being made: one that we died over goes by itself
_TRIES = 4
_NAMELESS = "Người xem"
_USERNAME: TypeAdapter[str] = TypeAdapter(Username)


@dataclass(frozen=True)
class FacebookMeans:
    """What these verbs work with; `app` is None where none is set."""

    accounts: AccountMeans
    cipher: TokenCipher
    app: FacebookApp | None


async def sign_in(
    means: FacebookMeans, token: str, device: Device, language: Language
) -> tuple[FacebookSignedIn, list[str]]:
    """Sign in who bears a token of our app; who comes for the first time gets an account.

    Shape: (the answer, ids of the sessions that ended because strangers had registered the address).
    Errors: those of `_identify`; Unauthenticated also for a closed account; Conflict `link_required` when the address
    has an account; TooMany.
    """
    await means.accounts.throttles.take(Throttle.LOGINS_PER_ADDRESS, device.address)
    person = await _identify(means, token)
    created, ended = False, []
    for _ in range(_TRIES):  # who comes twice at once, or is deleted meanwhile, is looked for once more
        if user := await _owner_of(means, person):
            break
        if (joined := await _join(means, person, token, language)) is not None:
            created, ended = True, joined
    else:
        raise Unavailable("busy")
    if not user.is_active:
        raise Unauthenticated("facebook_token_invalid")
    await social_accounts.renew(means.accounts.db, _link_of(means, person, token, user))
    return await _enter(means, user, device, created=created), ended


async def link(means: FacebookMeans, caller: Identity, wish: FacebookLink, language: Language) -> Me:
    """Let the caller sign in by Facebook too; they are told by mail. Linking the same once more keeps the newer token.

    Errors: those of `_identify` and `confirm_caller`; Conflict `social_account_taken`, `already_linked`.
    """
    db, user = means.accounts.db, await confirm_caller(means.accounts, caller, wish.password)
    person = await _identify(means, wish.access_token)
    owner = await _owner_of(means, person)
    wanted = _link_of(means, person, wish.access_token, user)
    if owner is None:
        await social_accounts.insert(db, wanted)
    elif owner.id != user.id:
        raise Conflict("social_account_taken")
    else:
        await social_accounts.renew(db, wanted)
    current = await users.by_id(db, user.id)
    if current is None or not current.is_active:  # since it was confirmed: its end could not know of the link
        await social_accounts.delete_of_user(db, user.id)
        raise Unauthenticated("session_ended")
    if owner is None:
        await means.accounts.letters.write_facebook_linked(current.email, language)
    return await accounts.describe(db, current)


async def unlink(means: AccountMeans, caller: Identity, language: Language) -> None:
    """Let the caller sign in by Facebook no more; they are told by mail.

    Errors: Conflict `last_way_in` without a password; NotFound when nothing is linked.
    """
    user = await users.by_id(means.db, caller.user_id)
    if user is None:
        raise Unauthenticated("session_ended")
    if user.password_hash is None:
        raise Conflict("last_way_in")
    if not await social_accounts.delete(means.db, user.id, Provider.FACEBOOK):
        raise NotFound("facebook_not_linked")
    await means.letters.write_facebook_unlinked(user.email, language)


async def _identify(means: FacebookMeans, token: str) -> FacebookPerson:
    """Errors: NotFound `facebook_not_configured`; those of `FacebookApp.identify`."""
    if means.app is None:
        raise NotFound("facebook_not_configured")
    return await means.app.identify(token)


async def _owner_of(means: FacebookMeans, person: FacebookPerson) -> User | None:
    """The account that somebody at Facebook is linked to, if there is one. What is left of a link to one that is gone
    goes too."""
    db = means.accounts.db
    social = await social_accounts.by_id(db, social_id(Provider.FACEBOOK, person.id))
    if social is None:
        return None
    user = await users.by_id(db, social.user_id)
    if user and (user.pending_until is None or await users.keep(db, user.id)):
        return user
    await social_accounts.delete(db, social.user_id, Provider.FACEBOOK)
    return None


async def _join(means: FacebookMeans, person: FacebookPerson, token: str, language: Language) -> list[str] | None:
    """Make an account for somebody new. Returns the ids of the sessions that ended with other registrations of the
    address; None when a second request of the same person was faster.

    The account is stored first, to go by itself, and stays once the link to it is: so neither ever stands alone, and
    whoever verifies the same address meanwhile is seen here, or sees it. Errors: Conflict `link_required`.
    """
    db, proof = means.accounts.db, secrets.token_urlsafe(32)
    user = await _new_user(means, person, proof)
    await users.insert(db, user)
    try:
        if await accounts.is_registered(db, user.email):
            raise Conflict("link_required")
        await social_accounts.insert(db, _link_of(means, person, token, user))
    except Conflict as exc:
        await users.delete_registration(db, user.id)
        if exc.code != "social_account_taken":
            raise
        return None
    if not await users.keep(db, user.id):
        return None
    rivals = await users.delete_pending(db, user.email_key)
    ended = await sessions.delete_of_users(db, rivals)
    may_write = await means.accounts.throttles.allows(Throttle.REGISTRATION_MAILS_PER_MAILBOX, user.email_key)
    await means.accounts.letters.write_verification(user.email if may_write else NOBODY, user.id, proof, language)
    return ended


async def _new_user(means: FacebookMeans, person: FacebookPerson, proof: str) -> User:
    """Of what Facebook says only a name and an address are taken, by the rules for what is typed."""
    at, email = now(), person.address or stand_in_address(person.id)
    username = await _free_name(means, person.name)
    return User(
        id=new_id(), email=email, email_key=address_key(email), username=username, username_key=username_key(username),
        verify_hash=tokens.hash_token(proof), verify_until=at + accounts.VERIFY_WITHIN,
        pending_until=at + JOIN_WITHIN, created_at=at,
    )  # fmt: skip


async def _free_name(means: FacebookMeans, name: str) -> str:
    """A name as people have it at Facebook, made to fit, with a number behind it where a verified account has it."""
    free = fitted = fit_name(name)
    for free in accounts.names_like(fitted):
        if not await users.is_name_taken(means.accounts.db, username_key(free)):
            break
    return free


def fit_name(name: str) -> str:
    """A name without what a username may not have; another one where nothing is left."""
    composed = unicodedata.normalize("NFC", name)
    seen = "".join(c for c in composed if c.isspace() or unicodedata.category(c) not in INVISIBLE)
    try:
        return _USERNAME.validate_python(" ".join(seen.split())[:40].strip())
    except ValidationError:
        return _NAMELESS


def _link_of(means: FacebookMeans, person: FacebookPerson, token: str, user: User) -> SocialAccount:
    at = now()
    return SocialAccount(
        id=social_id(Provider.FACEBOOK, person.id), provider=Provider.FACEBOOK, provider_id=person.id, user_id=user.id,
        sealed_token=means.cipher.seal(token), token_expires_at=person.expires_at, scopes=person.scopes,
        created_at=at, last_used_at=at,
    )  # fmt: skip


async def _enter(means: FacebookMeans, user: User, device: Device, *, created: bool) -> FacebookSignedIn:
    """Open a session, unless the account was closed or unlinked meanwhile: that could not know of it."""
    db, signer = means.accounts.db, means.accounts.signer
    pair = await sign_ins.open_session(db, signer, user, device)
    current = await users.by_id(db, user.id)
    me = await accounts.describe(db, current) if current and current.is_active else None
    if me is None or Provider.FACEBOOK not in me.social:
        await sign_ins.log_out(db, signer, pair.refresh)
        raise Unauthenticated("facebook_token_invalid")
    return FacebookSignedIn(**pair.model_dump(), user=me, created=created, needs_email=me.needs_email)
