"""The avatar of who has no picture: the initial of their name, drawn as SVG."""

import hashlib
import unicodedata
from html import escape

from smovie.posters.typography import FONT_STACK

_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")  # huyền, sắc, ngã, hỏi, nặng: they are no part of the letter
# From the top left corner to the bottom right, and the letter: readable on both (WCAG's 4.5).
COLOURS = (
    ("#b5432f", "#6f1f22", "#ffeccb"),  # ember
    ("#a8541f", "#5f2a16", "#fff0d2"),  # amber
    ("#8a6a16", "#4c3a10", "#fff6d6"),  # brass
    ("#4f7a2c", "#274a1f", "#f6f8d8"),  # leaf
    ("#1f7d5c", "#0d4840", "#eafbe6"),  # jade
    ("#177c86", "#0c4656", "#e4fbf6"),  # lagoon
    ("#2b70b8", "#173b78", "#e9f5ff"),  # sky
    ("#4a5fc1", "#28307c", "#eef0ff"),  # indigo
    ("#7450b8", "#3d2675", "#f5edff"),  # violet
    ("#98449c", "#54225f", "#ffebfb"),  # orchid
    ("#b83e72", "#6a1f47", "#ffeaf0"),  # rose
    ("#8c4f52", "#4a2731", "#ffeee8"),  # clay
)


def initial_of(name: str) -> str:
    """The letter a person is known by. In Vietnamese that is of the given name, which stands last: Trần Văn Ân is Â.

    Marks that make another letter stay (Ơ, Đ), tones go (Ấ is Â). A number behind the name is passed over.
    """
    firsts = [first for word in name.split() for first in [c for c in word if c.isalnum()][:1]]
    letters = [first for first in firsts if first.isalpha()] or firsts or [" "]
    plain = "".join(c for c in unicodedata.normalize("NFD", letters[-1]) if c not in _TONES)
    return unicodedata.normalize("NFC", plain).upper()[:1]


def draw_initials(user_id: str, name: str) -> bytes:
    """A square of 128 units. The colours are the account's for good, the letter follows the name."""
    top, bottom, light = COLOURS[hashlib.sha256(user_id.encode()).digest()[0] % len(COLOURS)]
    letter = escape(initial_of(name))
    return _svg(
        top,
        bottom,
        light,
        f'<text x="64" y="64" dy=".36em" text-anchor="middle" font-family="{FONT_STACK}" font-size="64" '
        f'font-weight="600" fill="{light}">{letter}</text>',
    )


def draw_nobody() -> bytes:
    """Somebody who is not there (any more): head and shoulders, in grey."""
    light = "#e8eaed"
    return _svg(
        "#7d838c",
        "#4d525a",
        light,
        f'<g fill="{light}"><circle cx="64" cy="52" r="21"/><path d="M22 128v-6a42 38 0 0 1 84 0v6z"/></g>',
    )


def _svg(top: str, bottom: str, light: str, inside: str) -> bytes:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 128 128" width="128" height="128">'
        '<defs><linearGradient id="g" x1="0" y1="0" x2="1" y2="1">'
        f'<stop offset="0" stop-color="{top}"/><stop offset="1" stop-color="{bottom}"/>'
        "</linearGradient></defs>"
        f'<rect width="128" height="128" fill="url(#g)"/>'
        f'<circle cx="30" cy="20" r="74" fill="{light}" fill-opacity=".07"/>{inside}</svg>'
    ).encode()
