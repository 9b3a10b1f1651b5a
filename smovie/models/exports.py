"""Nouns of the export: all that is stored of somebody, as they get it."""

from smovie.models.accounts import Me, Provider
from smovie.models.base import Model, Moment
from smovie.models.devices import OpenSession


class ExportedAddress(Model):
    """An address that the account had; until then its owner may take the account back."""

    email: str
    until: Moment


class ExportedSocialAccount(Model):
    provider: Provider
    provider_id: str
    scopes: tuple[str, ...]
    linked_at: Moment
    last_used_at: Moment


class ExportedComment(Model):
    id: str
    episode_id: str
    username: str
    message: str
    parent_id: str | None
    at_s: float | None
    spoiler: bool
    created_at: Moment


class Export(Model):
    """Comments stand last, oldest first; it is sent as it is read."""

    exported_at: Moment
    account: Me
    former_addresses: list[ExportedAddress]
    sessions: list[OpenSession]
    social_accounts: list[ExportedSocialAccount]
    comments: list[ExportedComment]
