"""Where a room stands: a number that rises by one per durable event, under an epoch."""

from typing import NamedTuple


class Position(NamedTuple):
    """`seq` events happened in the room since its log began; `epoch` names that log.

    A log that is lost and begun anew gets a new epoch, so that number 7 of the old one is never taken for number 7 of
    the new one: whoever comes back with another epoch is told to start from a fresh page.
    """

    epoch: str
    seq: int
