"""Nouns of leaving: an account that is deleted, until nothing of it is left."""

from datetime import datetime

from smovie.models.accounts import AnyPassword
from smovie.models.base import Model, StoredModel
from smovie.models.catalog import Language


class Leaving(Model):
    """`password` is left out where there is none; that takes a session of the last 10 minutes."""

    password: AnyPassword | None = None


class Departure(StoredModel):
    """An account that goes. Its id is the account's.

    `is_decided`: it may be carried out. `email` is where to say goodbye, None once that is done or where nobody has
    proved an address. `is_erased`: all was erased once; it is done again for what was under way at that time. `due_at`
    is when somebody else takes this up.
    """

    id: str
    email: str | None
    language: Language
    is_decided: bool
    is_erased: bool = False
    due_at: datetime
