"""The log's line of a request. Query strings and proofs stay out."""

import re

import structlog
from tornado.web import RequestHandler

log = structlog.get_logger("request")

_PROOF = re.compile(r"(/auth/(?:verify|password/reset|email/confirm|email/undo)/[^/]*/).*", re.DOTALL)
_MEDIA_TOKEN = re.compile(r"(/media/+)[^/]+", re.IGNORECASE)


def log_request(handler: RequestHandler) -> None:
    """Say what a handler has answered, also to a request refused before its path was read."""
    log_served(
        method=handler.request.method,
        path=_MEDIA_TOKEN.sub(r"\1***", _PROOF.sub(r"\1***", handler.request.path)),
        status=handler.get_status(),
        took_s=handler.request.request_time(),
        request_id=getattr(handler, "request_id", None),
    )


def log_served(*, method: str | None, path: str, status: int, took_s: float, request_id: str | None) -> None:
    """Say what was answered, whoever did; the path holds nothing secret any more."""
    write = log.info if status < 500 else log.error
    write("served", method=method, path=path, status=status, ms=round(took_s * 1e3, 1), request_id=request_id)
