"""What the headers of a request say about its answer, whether a handler gives it or the server before one is chosen."""

import functools
import re
import secrets

import tornado.locale
from tornado.httputil import HTTPHeaders

from smovie.models.catalog import Language

JSON = "application/json; charset=utf-8"
CACHE_CATALOGUE = "public, max-age=0, must-revalidate"  # kept, and asked about each time
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ROBOT = re.compile(r"(?<!cu)bot\b|crawl|spider|slurp|preview|monitor", re.IGNORECASE)  # Cubot makes telephones
_ZERO = re.compile(r"0(\.0*)?")
_MOST_OF_LANGUAGES = 300  # characters of a header: answers are kept by it
_CORS_EXPOSED = "ETag, Retry-After, X-Request-Id, Content-Language, Content-Range, Accept-Ranges"


def request_id_of(headers: HTTPHeaders) -> str:
    """The client's own X-Request-Id where it is fit for a log, else a new one."""
    given = headers.get("X-Request-Id", "")
    return given if given and _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


def headers_of_every_answer(asked: HTTPHeaders, allowed_origins: frozenset[str]) -> dict[str, str]:
    """What each answer carries, whoever makes it.

    `Vary` also where no origin asked: a cache may keep the answer for a page that will.
    """
    given = {"X-Content-Type-Options": "nosniff"}
    if allowed_origins:
        given["Vary"] = "Origin"
    origin = asked.get("Origin")
    if origin and origin in allowed_origins:
        given["Access-Control-Allow-Origin"] = origin
        given["Access-Control-Expose-Headers"] = _CORS_EXPOSED
    return given


def is_robot(headers: HTTPHeaders) -> bool:
    """Whether a program says that it looks for nobody in particular: crawlers, previews, monitors."""
    return bool(_ROBOT.search(headers.get("User-Agent", "")))


def takes_gzip(accept_encoding: str) -> bool:
    """Whether who sent this Accept-Encoding can read gzip."""
    weights = {}
    for part in accept_encoding.lower().replace(" ", "").split(","):
        coding, _, weight = part.partition(";q=")
        weights[coding] = weight
    wish = weights.get("gzip", weights.get("*"))
    return wish is not None and not _ZERO.fullmatch(wish)


def locale_of(accept_language: str) -> tornado.locale.Locale:
    """The best of our languages for an Accept-Language header."""
    return _locale_of(accept_language[:_MOST_OF_LANGUAGES])


@functools.lru_cache(maxsize=1024)
def _locale_of(accept_language: str) -> tornado.locale.Locale:
    wishes = []
    for part in accept_language.lower().replace(" ", "").split(","):
        tag, _, weight = part.partition(";q=")
        try:
            wishes.append((float(weight or 1), tag.split("-")[0]))
        except ValueError:
            continue
    wanted = [tag for weight, tag in sorted(wishes, key=lambda wish: -wish[0]) if weight > 0]
    return tornado.locale.get(next((tag for tag in wanted if tag in ("vi", "en")), "vi"))


def language_of(locale: tornado.locale.Locale) -> Language:
    """The language of answers for a locale."""
    return "en" if locale.code.startswith("en") else "vi"
