"""Nouns of avatars: the picture of an account, and the addresses where it is."""

import hashlib

from smovie.models.base import Model

MAX_PICTURE_BYTES = 5 << 20  # of an uploaded one
LARGE, SMALL = 512, 128  # pixels a side


class Pictures(Model):
    """An avatar's two sizes, as WebP."""

    large: bytes
    small: bytes

    @property
    def digest(self) -> str:
        """What their address is made of: other pictures, another address."""
        return hashlib.sha256(self.large).hexdigest()[:32]


def avatar_of(user_id: str) -> str:
    """Where the avatar of an account is, small, whichever it has at the time."""
    return f"/avatars/{user_id}"


def own_avatar(user_id: str, digest: str | None) -> str:
    """Where an account's present avatar is, large: an address that changes with it; the drawn one where it has none."""
    return f"/avatars/{digest}-{LARGE}.webp" if digest else f"/avatars/{user_id}.svg"
