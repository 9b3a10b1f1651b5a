"""Structured logs: event first, then facts; one JSON object per line, or coloured text on a terminal.

Never in a log: tokens, passwords, e-mail addresses, what people wrote, query strings.
"""

import logging
import sys
from typing import Any, Literal

import orjson
import structlog

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def configure_logs(form: Literal["auto", "json", "text"], level: str) -> None:
    """Set up our log and the standard library's, which Tornado and the drivers use. Both go to standard error."""
    as_text = form == "text" or (form == "auto" and sys.stderr.isatty())
    shared: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if as_text else "iso", utc=not as_text),
    ]
    if as_text:
        last: Any = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), sort_keys=False, exception_formatter=structlog.dev.plain_traceback
        )
        factory: Any = structlog.PrintLoggerFactory(sys.stderr)
    else:
        # Without the values of variables: a token may be among them.
        transformer = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        shared.append(structlog.processors.ExceptionRenderer(transformer))
        last = structlog.processors.JSONRenderer(serializer=lambda event, **_: orjson.dumps(event, default=str))
        factory = structlog.BytesLoggerFactory(sys.stderr.buffer)
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=factory,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_foreign(as_text)],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(_LEVELS[level], logging.WARNING))


def _foreign(as_text: bool) -> list[Any]:
    if as_text:
        return [structlog.dev.ConsoleRenderer(colors=False)]
    return [structlog.processors.JSONRenderer(serializer=lambda event, **_: orjson.dumps(event, default=str).decode())]
