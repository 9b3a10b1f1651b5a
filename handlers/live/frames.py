"""What a client's text frame says, and how ours are made (ROOMS.md 4, 5, 16)."""

from collections.abc import Mapping
from typing import Any

import orjson
from pydantic import ValidationError
from tornado.locale import Locale

from handlers.live.wire import Opcode, frame
from handlers.problems import invalid_from, problem
from smovie import errors
from smovie.models.base import Model

MAX_DEPTH = 8
Frame = dict[str, Any]

_CODES: dict[type[errors.Refusal], str] = {
    errors.Invalid: "invalid",
    errors.NotFound: "not_found",
    errors.Forbidden: "forbidden",
    errors.Unauthenticated: "forbidden",
    errors.TooMany: "rate_limited",
    errors.Unavailable: "unavailable",
    errors.Conflict: "invalid",
    errors.TooLarge: "too_long",
    errors.Unsupported: "invalid",
}
_CODES_OF_THEIR_OWN = frozenset(("too_long", "unknown_type", "malformed", "rate_limited", "slow_mode", "muted"))


class Malformed(Exception):
    """Not a JSON object of at most 8 levels with a text `type`."""


class RoomCodec:
    """The hub's codec: events as JSON in WebSocket frames."""

    def pack(self, event: Mapping[str, Any]) -> bytes:
        return orjson.dumps(event)

    def frame(self, body: bytes, seq: int | None) -> bytes:
        return frame(Opcode.TEXT, body if seq is None else b'{"seq":%d,' % seq + body[1:])


def encode(message: Mapping[str, Any]) -> bytes:
    """A message as a ready frame."""
    return frame(Opcode.TEXT, orjson.dumps(message))


def decode(payload: bytes) -> Frame:
    """The object a client sent; `{"message": …}` with no type is a comment. Errors: Malformed."""
    try:
        value = orjson.loads(payload)
    except orjson.JSONDecodeError:
        raise Malformed from None
    if not isinstance(value, dict) or _deeper_than(value, MAX_DEPTH):
        raise Malformed
    kind = value.setdefault("type", "comment" if "message" in value else None)
    if not isinstance(kind, str):
        raise Malformed
    return value


def parse(model: type[Model], message: Frame) -> Any:
    """The members of a frame that a noun knows, as that noun; unknown ones are ignored. Errors: Invalid."""
    try:
        known = {name: message[name] for name in model.model_fields if name in message}
        return model.model_validate(known, strict=True)
    except ValidationError as exc:
        raise invalid_from(exc) from None


def reply_id(message: Frame) -> Frame:
    """The `id` to repeat in the direct answer, where the client gave a usable one."""
    given = message.get("id")
    usable = (isinstance(given, str) and len(given) <= 64) or (isinstance(given, int) and not isinstance(given, bool))
    return {"id": given} if usable else {}


def error_frame(refusal: errors.Refusal, locale: Locale, answered: Frame) -> Frame:
    """A refusal as an `error` frame in the user's language."""
    code = refusal.code
    if code not in _CODES_OF_THEIR_OWN:
        code = next(name for kind, name in _CODES.items() if isinstance(refusal, kind))
    facts = problem(refusal, locale, "")
    detail = facts["errors"][0]["detail"] if facts.get("errors") else facts["detail"]
    temporary = refusal.retry_after_s is not None or isinstance(refusal, errors.TooMany | errors.Unavailable)
    answer: Frame = {"type": "error", **reply_id(answered), "code": code, "message": detail, "temporary": temporary}
    if refusal.retry_after_s is not None:
        answer["retry_after_ms"] = refusal.retry_after_s * 1_000
    if isinstance(answered.get("cmid"), str):
        answer["cmid"] = answered["cmid"][:64]
    return answer


def _deeper_than(value: Any, levels: int) -> bool:
    """Whether objects and lists nest deeper; level by level, so that depth costs no recursion of ours."""
    layer = [value]
    for _ in range(levels):
        layer = [
            item
            for holder in layer
            for item in (holder.values() if isinstance(holder, dict) else holder)
            if isinstance(item, dict | list)
        ]
        if not layer:
            return False
    return True
