"""Nouns of accounts elsewhere: who somebody is at Facebook, and which account here is theirs."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from smovie.models.accounts import AnyPassword, Provider, SignedIn
from smovie.models.base import Model, StoredModel

_AccessToken = Annotated[str, StringConstraints(min_length=1, max_length=2_000, pattern=r"^[!-~]+$")]


class SocialAccount(StoredModel):
    """Somebody at a provider, and whose account here they are. Its id is (provider, id there), never an address.

    `sealed_token` is their newest access token, encrypted; `token_expires_at` is None where it does not expire.
    """

    id: str
    provider: Provider
    provider_id: str
    user_id: str
    sealed_token: str
    token_expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()
    created_at: datetime
    last_used_at: datetime


class FacebookToken(Model):
    """What Facebook's own sign-in gave to the client."""

    access_token: _AccessToken


class FacebookLink(FacebookToken):
    """`password` is left out where the account has none; that takes a session of the last 10 minutes."""

    password: AnyPassword | None = None


class FacebookSignedIn(SignedIn):
    created: bool = Field(description="the account is new")
    needs_email: bool = Field(description="as in `user`")


def social_id(provider: Provider, provider_id: str) -> str:
    """The id of a social account."""
    return f"{provider}:{provider_id}"
