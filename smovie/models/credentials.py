"""Nouns of passwords and addresses that change: by their owner, or by who holds the mailbox."""

from typing import Annotated

from pydantic import StringConstraints

from smovie.models.accounts import Address, AnyPassword, NewAddress, Password
from smovie.models.base import Model

_Part = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class PasswordChange(Model):
    """`old` is left out where there is none yet; that takes a session of the last 10 minutes."""

    old: AnyPassword | None = None
    new: Password


class EmailChange(Model):
    """`password` is left out where there is none; that takes a session of the last 10 minutes."""

    email: NewAddress
    password: AnyPassword | None = None


class PasswordForgotten(Model):
    email: Address


class PasswordReset(Model):
    """`uid` and `token` are those of the link in the mail."""

    uid: _Part
    token: _Part
    password: Password
