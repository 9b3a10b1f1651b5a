"""Our own identifiers: 20 characters of lower-case base 32, ordered by time of creation.

The first 10 characters are milliseconds since 1970, the last 10 are random (50 bits). Text that sorts by time lets an
id be the page cursor of a list that grows, and no identifier of the database leaves the store.
"""

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: no i, l, o, u to misread
_RANDOM_BITS = 50
_LENGTH = 20
_PAIRS = tuple(first + second for first in _ALPHABET for second in _ALPHABET)
ID_PATTERN = f"^[{_ALPHABET}]{{{_LENGTH}}}$"


def _encode(number: int) -> str:
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(5 * (_LENGTH - 2), -1, -10)])


def new_id() -> str:
    """An id that sorts after every id of an earlier millisecond."""
    return _encode((time.time_ns() // 1_000_000) << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS))


def id_at(moment: float) -> str:
    """What sorts before every id made at a moment (seconds since 1970) or later, and after all earlier ones."""
    return _encode(max(round(moment * 1_000), 0) << _RANDOM_BITS)


class IdSource:
    """Ids that also rise within one millisecond and when the clock steps back.

    Comments take theirs from one source, so that the order of a page is the order of the room.
    """

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> str:
        """The next id, above all that this source gave before."""
        at = time.time_ns() // 1_000_000
        if at > self._last >> _RANDOM_BITS:
            self._last = at << _RANDOM_BITS | secrets.randbits(40)  # 40 bits leave room to count up
        else:
            self._last += 1
        return _encode(self._last)
