"""Nouns of an account's address as it changes."""

from datetime import datetime

from smovie.models.base import Model, StoredModel


class AddressChange(StoredModel):
    """An address that somebody wants for their account until `until`; nothing has changed yet.

    `proof_hash` is of the link to it that makes it theirs, `undo_hash` of the one that the present address got.
    """

    email: str
    email_key: str
    proof_hash: str
    undo_hash: str
    until: datetime


class FormerAddress(StoredModel):
    """An address that an account had. Until `until` the bearer of a link that it got may take the account back."""

    email: str
    email_key: str
    undo_hashes: tuple[str, ...]
    until: datetime


class AddressRestored(Model):
    """`reset` is where to choose a new password, the old one is dead."""

    message: str
    reset: str
