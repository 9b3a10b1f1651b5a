"""Who may call a route. Every operation states one; a test names each that does not."""

from enum import StrEnum

from smovie.errors import Forbidden
from smovie.models.accounts import Identity, Role


class Access(StrEnum):
    """From everybody to admins; each step includes what the ones before it demand."""

    PUBLIC = "public"
    USER = "user"
    VERIFIED = "verified"
    MODERATOR = "moderator"
    EDITOR = "editor"
    ADMIN = "admin"


def admit(access: Access, identity: Identity) -> None:
    """Let somebody who is known through, or not. Errors: Forbidden."""
    if access in (Access.PUBLIC, Access.USER):
        return
    if not identity.verified:
        raise Forbidden("unverified")
    if access is not Access.VERIFIED and not identity.role.includes(Role(access.value)):
        raise Forbidden("forbidden")
