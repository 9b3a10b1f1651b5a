"""The commonest passwords, those that are tried first: `smovie/common_passwords.txt`, one a line, in lower case."""

import functools
from pathlib import Path

_FILE = Path(__file__).parent.parent / "common_passwords.txt"


def is_common(password: str) -> bool:
    """Whether a password is on the list, in whatever case."""
    return password.casefold() in _listed()


@functools.cache
def _listed() -> frozenset[str]:
    return frozenset(_FILE.read_text(encoding="utf-8").split("\n"))
