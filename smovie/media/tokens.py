"""Media tokens: what makes an address of media open for one session, until a time, below one place and nowhere else.

A token stands in the path, so that whatever a playlist names relatively inherits it. It holds 72 characters, since it
is sent with every segment: session, account, how many segments of the path are signed, expiry, proof. Of the place
itself only the length is in it: the rest of the address says the place, and the proof is made over that.
"""

import base64
import hmac
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

from smovie.errors import Forbidden
from smovie.ids import ID_PATTERN
from smovie.models.media import is_media_path
from smovie.tokens import derive_key

_ID = ID_PATTERN.strip("^$")
_TOKEN = re.compile(f"({_ID})({_ID})([0-9a-f]{{2}})([0-9a-f]{{8}})([A-Za-z0-9_-]{{22}})")
_PROOF_BYTES = 16


@dataclass(frozen=True)
class MediaClaims:
    """What a media token says; `expires_at` in seconds since 1970."""

    session_id: str
    user_id: str
    prefix: str
    expires_at: int


class MediaSigner:
    """Signs and reads media tokens, by a key of their own: none of our other tokens passes for one, nor the reverse.

    While secrets rotate, tokens made under `previous` ones are read as well.
    """

    def __init__(self, secret: str, previous: Sequence[str] = ()) -> None:
        self._keys = [derive_key(each, "media token") for each in (secret, *previous)]

    def sign(self, claims: MediaClaims) -> str:
        """A token for everything at or below the prefix."""
        depth = claims.prefix.count("/") + 1
        return f"{claims.session_id}{claims.user_id}{depth:02x}{claims.expires_at:08x}{_proof(self._keys[0], claims)}"

    def read(self, token: str, path: str) -> MediaClaims:
        """What a token says, once it is ours, opens this path and has not expired. Errors: Forbidden."""
        found = _TOKEN.fullmatch(token)
        if found is None or not is_media_path(path):
            raise Forbidden("media_refused")
        session_id, user_id, depth, expires_at, proof = found.groups()
        prefix = "/".join(path.split("/")[: int(depth, 16)])
        claims = MediaClaims(session_id, user_id, prefix, int(expires_at, 16))
        if not any(hmac.compare_digest(_proof(key, claims), proof) for key in self._keys):
            raise Forbidden("media_refused")
        if claims.expires_at < time.time():
            raise Forbidden("media_expired")
        return claims


def _proof(key: bytes, claims: MediaClaims) -> str:
    # The two ids are of fixed length and the prefix comes last: no two claims sign the same text.
    signed = f"{claims.session_id}{claims.user_id}{claims.expires_at:08x}{claims.prefix}"
    proof = hmac.digest(key, signed.encode(), "sha256")[:_PROOF_BYTES]
    return base64.urlsafe_b64encode(proof).decode().rstrip("=")
