"""The one table from what was refused to what a client sees: RFC 9457 problem+json for REST.

Texts come from the vi and en catalogues in `templates/locale/` by the refusal's code.
"""

import http.client
from typing import Any

from pydantic import ValidationError
from tornado.locale import Locale
from tornado.web import HTTPError

from smovie import errors

STATUS: dict[type[errors.Refusal], int] = {
    errors.Invalid: 422,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.TooLarge: 413,
    errors.Unsupported: 415,
    errors.TooMany: 429,
    errors.Unavailable: 503,
}
_HTTP_CODES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    416: "range_not_satisfiable",
    426: "websocket_expected",
}
Problem = dict[str, Any]


def say(locale: Locale, code: str, facts: dict[str, object] | None = None) -> str:
    """The text of a code in a language."""
    text = locale.translate(code)
    return text % facts if facts else text


def status_of(exc: BaseException | None) -> int:
    """The HTTP status of whatever ended a request; 500 for what nobody foresaw."""
    if isinstance(exc, errors.Refusal):
        return next(status for kind, status in STATUS.items() if isinstance(exc, kind))
    return exc.status_code if isinstance(exc, HTTPError) else 500


def problem(exc: BaseException | None, locale: Locale, request_id: str) -> Problem:
    """The problem document of whatever ended a request; nothing internal is told of the unforeseen."""
    status = status_of(exc)
    body: Problem = {}
    if isinstance(exc, errors.Refusal):
        code, facts = exc.code, exc.facts
    else:
        code, facts = _HTTP_CODES.get(status, "internal" if status >= 500 else "bad_request"), {}
    body["type"] = f"/problems/{code.replace('_', '-')}"
    body["title"] = http.client.responses.get(status, "Error")
    body["status"] = status
    body["detail"] = say(locale, code, facts)
    if isinstance(exc, errors.Invalid) and exc.errors:
        body["errors"] = [
            {"pointer": pointer, "detail": say(locale, member_code, member_facts)}
            for pointer, member_code, member_facts in exc.errors
        ]
    body["request_id"] = request_id
    return body


_KNOWN = {
    "missing": "missing", "extra_forbidden": "unknown_member", "string_too_short": "string_too_short",
    "string_too_long": "string_too_long", "greater_than_equal": "greater_than_equal",
    "less_than_equal": "less_than_equal", "too_long": "too_many_items", "enum": "not_one_of",
    "literal_error": "not_one_of", "email": "email", "username": "username", "years_reversed": "years_reversed",
    "string_type": "string_type", "int_type": "int_type", "int_parsing": "int_type", "int_from_float": "int_type",
    "float_type": "float_type", "float_parsing": "float_type", "bool_type": "bool_type", "bool_parsing": "bool_type",
    "string_pattern_mismatch": "pattern", "control_character": "control_character", "blank": "blank",
    "string_unicode": "string_unicode", "common_password": "common_password",
    "reserved_address": "reserved_address",
}  # fmt: skip


def pointer_to(*members: object) -> str:
    """The JSON pointer (RFC 6901) to a member of a member …; empty for the whole."""
    return "".join("/" + str(member).replace("~", "~0").replace("/", "~1") for member in members)


def invalid_from(error: ValidationError) -> errors.Invalid:
    """What Pydantic found wrong, as a refusal with JSON pointers. What was sent is not repeated."""
    found: list[tuple[str, str, dict[str, object]]] = []
    for item in error.errors(include_url=False, include_input=False):
        context: dict[str, object] = dict(item.get("ctx", {}))
        found.append((pointer_to(*item["loc"]), f"invalid_{_KNOWN.get(item['type'], 'value')}", context))
    return errors.Invalid(errors=found[:50])
