"""Nouns of accounts: who somebody is, what they send to become or to be it, and what they get."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from smovie.ids import ID_PATTERN
from smovie.models.addresses import AddressChange, FormerAddress
from smovie.models.avatars import own_avatar
from smovie.models.base import Model, Moment, StoredModel, now
from smovie.models.common_passwords import is_common
from smovie.text import fold

PASSWORD_MIN, PASSWORD_MAX = 8, 1024
INVISIBLE = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")  # categories of characters that no name may have
_STAND_IN = re.compile(r"face[0-9]+@example\.com")


class Role(StrEnum):
    """What somebody may do; each includes those before it."""

    USER = "user"
    MODERATOR = "moderator"
    EDITOR = "editor"
    ADMIN = "admin"

    def includes(self, other: "Role") -> bool:
        return _RANKS[self] >= _RANKS[other]


_RANKS = {role: rank for rank, role in enumerate(Role)}


class Provider(StrEnum):
    """Who else may vouch for somebody."""

    FACEBOOK = "facebook"


def _is_address(text: str) -> str:
    if "=?" in text:  # mail programs decode it: the letter would go to another mailbox than the account's
        raise PydanticCustomError("email", "an encoded word")
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError as exc:
        raise PydanticCustomError("email", "not an e-mail address") from exc


def _is_no_stand_in(text: str) -> str:
    if is_stand_in(text):
        raise PydanticCustomError("reserved_address", "one of those that stand in for no address")
    return text


def _is_username(text: str) -> str:
    if text != unicodedata.normalize("NFC", text).strip():
        raise PydanticCustomError("username", "not in composed form, or with blanks at its ends")
    if not fold(text) or any(unicodedata.category(c) in INVISIBLE for c in text):
        raise PydanticCustomError("username", "no letter or digit, or an invisible character")
    return text


def _is_uncommon(text: str) -> str:
    if is_common(text):
        raise PydanticCustomError("common_password", "one of the commonest passwords")
    return text


Address = Annotated[str, StringConstraints(max_length=254), AfterValidator(_is_address)]
NewAddress = Annotated[Address, AfterValidator(_is_no_stand_in)]  # that somebody wants for their account
Username = Annotated[str, StringConstraints(min_length=2, max_length=40), AfterValidator(_is_username)]
Password = Annotated[
    str, StringConstraints(min_length=PASSWORD_MIN, max_length=PASSWORD_MAX), AfterValidator(_is_uncommon)
]
AnyPassword = Annotated[str, StringConstraints(max_length=PASSWORD_MAX)]


class User(StoredModel):
    """An account as it is stored. `pending_until` is set while it is a registration, which goes by itself unless its
    address is verified in time; who came from elsewhere (Facebook) stays without.

    `password_hash` is None for who only ever signed in elsewhere. `verify_hash` and `verify_until` are of the newest
    link that verifies the address, `reset_hash` and `reset_until` of the newest for a forgotten password, while it was
    not used. `former_addresses` are those that may still take the account back, oldest first.
    """

    id: str
    email: str
    email_key: str
    username: str
    username_key: str
    password_hash: str | None = None
    role: Role = Role.USER
    email_verified: bool = False
    is_active: bool = True
    verify_hash: str | None = None
    verify_until: datetime | None = None
    pending_until: datetime | None = None
    reset_hash: str | None = None
    reset_until: datetime | None = None
    address_change: AddressChange | None = None
    former_addresses: tuple[FormerAddress, ...] = ()
    created_at: datetime


class AccountState(StoredModel):
    """What open sockets and sessions feel of an account."""

    id: str
    username: str
    role: Role = Role.USER
    email_verified: bool = False
    is_active: bool = True


class Session(StoredModel):
    """A signed-in device: a family of refresh tokens of which only generation `generation` is good.

    `was_unverified` marks one that was opened before its account's address was confirmed.
    """

    id: str
    user_id: str
    generation: int
    refresh_hash: str
    rotated_at: datetime
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    user_agent: str = ""
    address: str = ""
    was_unverified: bool = False


class Identity(Model):
    """Who makes a request, as far as rules need to know."""

    user_id: str
    username: str
    role: Role
    verified: bool
    session_id: str
    expires_at: float = Field(description="end of the access token, seconds since 1970")


class Registration(Model):
    email: NewAddress
    password: Password
    username: Username


class Credentials(Model):
    email: Annotated[str, StringConstraints(min_length=1, max_length=254)]
    password: AnyPassword


class RefreshRequest(Model):
    refresh: Annotated[str, StringConstraints(min_length=1, max_length=300)]


class Resend(Model):
    email: Address


class Me(Model):
    """An account as its owner sees it; `new_email` is an address that waits for its link to be opened."""

    id: str
    email: str
    username: str
    role: Role
    email_verified: bool
    new_email: str | None
    avatar: str = Field(description="where the account's present picture is; another picture has another address")
    needs_email: bool = Field(description="`email` only stands in for an address; ask for theirs")
    has_password: bool
    social: list[Provider] = Field(description="by whom else they can sign in")
    created_at: Moment


class ProfileChange(Model):
    """What one may change of one's account; what is left out stays."""

    username: Username | None = None


class TokenPair(Model):
    """`expires_in` is the life of `access` in seconds."""

    access: str
    refresh: str
    expires_in: int


class SignedIn(TokenPair):
    user: Me


class Registered(TokenPair):
    uid: Annotated[str, StringConstraints(pattern=ID_PATTERN)]
    message: str


class Verified(TokenPair):
    message: str


class Device(Model):
    """Where a session is used from, as the request says."""

    user_agent: str = ""
    address: str = ""


def to_me(user: User, picture: str | None, social: Iterable[Provider]) -> Me:
    """The account with its picture's digest, if it has one, and by whom else its owner signs in."""
    waiting = user.address_change if user.address_change and user.address_change.until > now() else None
    return Me(
        id=user.id, email=user.email, username=user.username, role=user.role,
        email_verified=user.email_verified, needs_email=is_stand_in(user.email),
        new_email=waiting.email if waiting else None, has_password=user.password_hash is not None,
        social=sorted(social), avatar=own_avatar(user.id, picture), created_at=user.created_at,
    )  # fmt: skip


def address_key(address: str) -> str:
    """What makes two spellings of an address one mailbox in practice: case is ignored."""
    return unicodedata.normalize("NFKC", address).casefold()


def stand_in_address(facebook_id: str) -> str:
    """What stands where an address would, for who granted none; no mail is ever sent there."""
    return f"face{facebook_id}@example.com"


def is_stand_in(address: str) -> bool:
    """Whether an address only stands in for one."""
    return _STAND_IN.fullmatch(address_key(address)) is not None


def username_key(username: str) -> str:
    """Names that read alike are one name."""
    return unicodedata.normalize("NFKC", username).casefold()
