"""Our app at Facebook: whether a token that a client brings was made for it, and whose it is.

A token is asked about before it is used: one that another app was given must sign nobody in here. Strangers hear no
reason for a refusal; the log does, without the token. Source: Graph API, `debug_token`, `me`, "Handling Errors".
"""

import hashlib
import hmac
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn, Protocol, TypeVar

import structlog
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from smovie.errors import Unauthenticated, Unavailable
from smovie.models.accounts import NewAddress

log = structlog.get_logger("facebook")

RATE_LIMITED = frozenset({4, 17, 32, 613})  # of the app, a user, a page, a call of one kind
TOKEN_REFUSED = frozenset({102, 190})  # ended, taken back, or none at all
AGAIN_IN_S, AGAIN_WHEN_LIMITED_S = 5, 60
_LAST_SECOND = 253_402_300_799  # of the year 9999
_ADDRESS: TypeAdapter[str] = TypeAdapter(NewAddress)

Answer = dict[str, Any]


class Graph(Protocol):
    """Facebook's Graph API, as far as we use it."""

    async def get(self, path: str, query: dict[str, str], *, bearer: str) -> Answer:
        """The JSON object that is answered, also where that tells of an error.

        Errors: Unavailable `facebook_away` when nothing of the kind comes in time.
        """


@dataclass(frozen=True)
class FacebookPerson:
    """Who bears a token. `address` is the one that they granted, None without; `expires_at` None: the token stays."""

    id: str
    name: str
    address: str | None
    expires_at: datetime | None
    scopes: tuple[str, ...]


class _Read(BaseModel):
    """Of an answer only what we look at. Graph has written the same ids as text and as numbers."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)


class _Error(_Read):
    code: int = 0
    error_subcode: int | None = None
    subcode: int | None = None  # so it is called within `debug_token`

    def __str__(self) -> str:
        """Code and subcode; the message may repeat the token."""
        return f"{self.code}/{self.error_subcode or self.subcode or 0}"


class _Token(_Read):
    is_valid: bool
    app_id: str = ""
    type: str = ""
    user_id: str = ""
    expires_at: int = Field(0, ge=0, le=_LAST_SECOND)
    scopes: tuple[str, ...] = ()
    error: _Error | None = None


class _TokenAnswer(_Read):
    data: _Token


class _Profile(_Read):
    id: str = Field(pattern=r"^[0-9]{1,32}$")
    name: str = ""
    email: str | None = None


class _ErrorAnswer(_Read):
    error: _Error


Shape = TypeVar("Shape", bound=_Read)


class FacebookApp:
    """Asks Graph in the name of our app."""

    def __init__(self, app_id: str, secret: str, graph: Graph) -> None:
        self._app_id = app_id
        self._secret = secret
        self._graph = graph

    async def identify(self, token: str) -> FacebookPerson:
        """Who bears the token. Errors: Unauthenticated `facebook_token_invalid`; Unavailable `facebook_away`."""
        about = _read(_TokenAnswer, await self._ask_about(token)).data
        if reason := self._reason_against(about):
            _refuse(reason)
        profile = _read(_Profile, await self._ask_whose(token))
        if profile.id != about.user_id:
            _refuse("another user's")
        return FacebookPerson(
            id=profile.id,
            name=profile.name,
            address=_address(profile.email) if "email" in about.scopes else None,
            expires_at=datetime.fromtimestamp(about.expires_at, UTC) if about.expires_at else None,
            scopes=about.scopes,
        )

    def _reason_against(self, about: _Token) -> str | None:
        if not about.is_valid:
            return f"not valid, {about.error}"
        if about.app_id != self._app_id:
            return "for another app"
        if about.type != "USER":
            return "not a user's"
        if about.expires_at and about.expires_at <= time.time():
            return "expired"
        return None

    async def _ask_about(self, token: str) -> Answer:
        answer = await self._graph.get("/debug_token", {"input_token": token}, bearer=f"{self._app_id}|{self._secret}")
        if error := _error_in(answer):  # whatever is wrong with a token stands within `data`: this is about ourselves
            _be_away(error, "/debug_token")
        return answer

    async def _ask_whose(self, token: str) -> Answer:
        proof = hmac.new(self._secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        answer = await self._graph.get("/me", {"fields": "id,name,email", "appsecret_proof": proof}, bearer=token)
        if error := _error_in(answer):
            if error.code in TOKEN_REFUSED:
                _refuse(f"not valid, {error}")
            _be_away(error, "/me")
        return answer


def _read(shape: type[Shape], answer: Answer) -> Shape:
    try:
        return shape.model_validate(answer)
    except ValidationError:
        log.warning("Facebook answers in a shape that is none of Graph's", wanted=shape.__name__)
        raise Unavailable("facebook_away", retry_after_s=AGAIN_IN_S) from None


def _error_in(answer: Answer) -> _Error | None:
    return _read(_ErrorAnswer, answer).error if "error" in answer else None


def _address(granted: str | None) -> str | None:
    """The granted address; None for what is none to us."""
    try:
        return _ADDRESS.validate_python(granted)
    except ValidationError:
        return None


def _refuse(reason: str) -> NoReturn:
    log.info("a Facebook token was refused", reason=reason)
    raise Unauthenticated("facebook_token_invalid")


def _be_away(error: _Error, asked: str) -> NoReturn:
    is_limited = error.code in RATE_LIMITED
    log.warning("Facebook refuses to answer", asked=asked, error=str(error))
    raise Unavailable("facebook_away", retry_after_s=AGAIN_WHEN_LIMITED_S if is_limited else AGAIN_IN_S)
