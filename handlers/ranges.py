"""What a Range header asks for (RFC 9110, 14). Pure, so that every case stands in a table of its test."""

import re

_UNIT = re.compile(r"bytes\s*=", re.IGNORECASE)
_SPAN = re.compile(r"([0-9]{0,18})-([0-9]{0,18})", re.ASCII)


def wanted_span(header: str, size: int) -> range | None:
    """The bytes asked for of `size`; empty when none of them is there (416), None for the whole.

    The whole is also the answer to what is malformed, of another unit, or several spans at once: the RFC allows it, and
    players ask for one.
    """
    unit = _UNIT.match(header)
    span = _SPAN.fullmatch(header[unit.end() :].strip()) if unit else None
    if span is None:
        return None
    first, last = span.groups()
    if not first:
        return range(max(size - int(last), 0), size) if last else None
    if last and int(last) < int(first):
        return None
    return range(int(first), min(int(last) + 1, size) if last else size)
