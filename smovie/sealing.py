"""Secrets of others that we keep: encrypted by Fernet, so that whoever reads the database cannot use them."""

import base64
import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class TokenCipher:
    """Seals the tokens that other services gave to our users. The key is derived from our own secret."""

    def __init__(self, secret: str, previous: Sequence[str] = ()) -> None:
        """What lies under `previous` secrets can still be read."""
        self._fernet = MultiFernet([Fernet(_key_of(each)) for each in (secret, *previous)])

    def seal(self, token: str) -> str:
        """The token as it is stored, under the newest key."""
        return self._fernet.encrypt(token.encode()).decode()

    def unseal(self, sealed: str) -> str | None:
        """The token again; None when it lies under a key that is known no more."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            return None


def _key_of(secret: str) -> bytes:
    return base64.urlsafe_b64encode(hmac.digest(secret.encode(), b"token of another service", "sha256"))
