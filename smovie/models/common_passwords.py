"""The commonest passwords, those that are tried first: `smovie/common_passwords.txt`, one a line, in lower case.

The 3,000 commonest of at least eight characters in leaked lists, as zxcvbn ranks them (MIT licence, Dropbox), and what
Vietnamese users choose most. ASVS 5, 6.2.4, wants 3,000 that would otherwise be taken.
"""

import functools
from pathlib import Path

_FILE = Path(__file__).parent.parent / "common_passwords.txt"


def is_common(password: str) -> bool:
    """Whether a password is on the list, in whatever case."""
    return password.casefold() in _listed()


@functools.cache
def _listed() -> frozenset[str]:
    return frozenset(_FILE.read_text(encoding="utf-8").split("\n"))
