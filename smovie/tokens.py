"""Tokens: signed access tokens that live 15 minutes, and refresh tokens derived per session and generation."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import jwt

from smovie.bounded_cache import BoundedCache
from smovie.errors import Unauthenticated

ACCESS_LIFE_S = 15 * 60
ISSUER = "smovie"
AUDIENCE = "smovie-api"
_TYPE = "access"
_LEEWAY_S = 5  # clocks of two instances are not the same
_READ_KEPT = 20_000  # tokens, some 6 MB


@dataclass(frozen=True)
class AccessClaims:
    """What an access token says; `expires_at` in seconds since 1970."""

    user_id: str
    session_id: str
    expires_at: float


class TokenSigner:
    """Signs and reads tokens. Each purpose has a key of its own, derived from the one secret.

    While secrets rotate, tokens made under `previous` ones are read as well (docs/operations.md). `clock` gives seconds
    since 1970.
    """

    def __init__(self, secret: str, previous: Sequence[str] = (), *, clock: Callable[[], float] = time.time) -> None:
        self._access_key = derive_key(secret, "access token")
        self._key_id = _id_of(self._access_key)
        older = [derive_key(each, "access token") for each in previous]
        self._access_keys = {**{_id_of(key): key for key in older}, self._key_id: self._access_key}
        self._refresh_keys = [derive_key(each, "refresh token") for each in (secret, *previous)]
        self._clock = clock
        self._read: BoundedCache[AccessClaims] = BoundedCache(_READ_KEPT)  # by hash: memory gives no token away

    def issue_access(self, user_id: str, session_id: str) -> str:
        """A JWT for the bearer of a session."""
        at = int(self._clock())
        claims = {
            "iss": ISSUER, "aud": AUDIENCE, "typ": _TYPE, "sub": user_id, "sid": session_id,
            "iat": at, "exp": at + ACCESS_LIFE_S,
        }  # fmt: skip
        return jwt.encode(claims, self._access_key, algorithm="HS256", headers={"kid": self._key_id})

    def read_access(self, token: str) -> AccessClaims:
        """What a token says, once everything about it is right. Errors: Unauthenticated.

        What was right stays right until it ends: a client shows its token with each request, and a crowd that comes
        back shows all of theirs at once.
        """
        try:
            hashed = hash_token(token)
        except UnicodeError as exc:
            raise Unauthenticated("token_invalid") from exc
        claims = self._read.get(hashed)
        if claims is None:
            claims = self._read_anew(token)
            self._read.put(hashed, claims, 1)
        elif claims.expires_at + _LEEWAY_S <= self._clock():
            raise Unauthenticated("token_expired")
        return claims

    def _read_anew(self, token: str) -> AccessClaims:
        try:
            key = self._access_keys.get(jwt.get_unverified_header(token).get("kid", ""))
            if key is None:
                raise Unauthenticated("token_invalid")
            claims = jwt.decode(
                token, key, algorithms=["HS256"], audience=AUDIENCE, issuer=ISSUER, leeway=_LEEWAY_S,
                options={"require": ["exp", "iat", "sub", "aud", "iss"]},
            )  # fmt: skip
        except jwt.ExpiredSignatureError as exc:
            raise Unauthenticated("token_expired") from exc
        except (jwt.PyJWTError, ValueError, UnicodeError) as exc:
            raise Unauthenticated("token_invalid") from exc
        session_id = claims.get("sid")
        if claims.get("typ") != _TYPE or not isinstance(session_id, str):
            raise Unauthenticated("token_invalid")
        return AccessClaims(claims["sub"], session_id, float(claims["exp"]))

    def refresh_token(self, session_id: str, generation: int) -> str:
        """The refresh token of a session's generation: the same whenever it is asked for.

        So a double click gets the same successor twice, and a family never splits.
        """
        return _refresh_token(self._refresh_keys[0], session_id, generation)

    def refresh_token_of(self, session_id: str, generation: int, stored_hash: str) -> str | None:
        """The refresh token that is stored as this hash, under whichever secret it was made; None when under none."""
        tokens = (_refresh_token(key, session_id, generation) for key in self._refresh_keys)
        return next((token for token in tokens if hash_token(token) == stored_hash), None)

    def read_refresh(self, token: str) -> tuple[str, int]:
        """(session id, generation) of a refresh token that we made. Errors: Unauthenticated."""
        session_id, _, rest = token.partition(".")
        number = rest.partition(".")[0]
        if not (token.isascii() and number.isdigit() and len(number) < 10):
            raise Unauthenticated("token_invalid")
        generation = int(number)
        if not any(
            hmac.compare_digest(_refresh_token(key, session_id, generation), token) for key in self._refresh_keys
        ):
            raise Unauthenticated("token_invalid")
        return session_id, generation


def hash_token(token: str) -> str:
    """How a token is stored: its holder can prove it, the database cannot be used to make it."""
    return hashlib.sha256(token.encode()).hexdigest()


def derive_key(secret: str, purpose: str) -> bytes:
    """The key of one purpose, from the one secret."""
    return hmac.digest(secret.encode(), purpose.encode(), "sha256")


def _id_of(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:8]


def _refresh_token(key: bytes, session_id: str, generation: int) -> str:
    proof = hmac.digest(key, f"{session_id}.{generation}".encode(), "sha256")
    return f"{session_id}.{generation}.{base64.urlsafe_b64encode(proof).decode().rstrip('=')}"
