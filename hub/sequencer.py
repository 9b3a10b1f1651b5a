"""Puts the events of a mirrored room into one order, however they arrive: no I/O, no clock.

Every event comes by two ways, the answer to whoever published it and the subscription, and either may be late, or
silent. What has come is told once, in order; what is missing in between is named, so that it can be fetched.
"""

from collections.abc import Sequence

from hub.parcel import Parcel
from hub.position import Position

MOST_EARLY = 5_000  # events kept for a hole; past it the room is read anew


class Sequencer:
    """The line of one room. `begin` says where it stands; until then everything is kept."""

    def __init__(self) -> None:
        self.epoch: str | None = None
        self.head = 0
        self._early: dict[int, Parcel] = {}
        self._before: list[tuple[Position, Parcel]] = []

    def begin(self, position: Position) -> list[tuple[Position, Parcel]]:
        """Stand at a position; returns what had come before and follows it."""
        self.epoch, self.head = position
        self._early.clear()
        before, self._before = self._before, []
        ready: list[tuple[Position, Parcel]] = []
        for came, parcel in before:
            if came.epoch == self.epoch:
                ready += self.take(came, parcel)
        return ready

    def pause(self) -> None:
        """The room is being read anew: keep what comes until `begin`."""
        self.epoch = None
        self._early.clear()

    def take(self, position: Position, parcel: Parcel) -> list[tuple[Position, Parcel]]:
        """An event has come; returns what can be told now, in order. One of another epoch is not taken."""
        if self.epoch is None:
            self._before.append((position, parcel))
            return []
        if position.epoch != self.epoch or position.seq <= self.head:
            return []
        self._early[position.seq] = parcel
        ready = []
        while (following := self._early.pop(self.head + 1, None)) is not None:
            self.head += 1
            ready.append((Position(self.epoch, self.head), following))
        return ready

    def take_all(self, after: int, parcels: Sequence[Parcel]) -> list[tuple[Position, Parcel]]:
        """Events fetched for a hole: those behind `after`, in order."""
        if self.epoch is None:
            return []
        epoch = self.epoch
        return [
            told
            for number, parcel in enumerate(parcels, after + 1)
            for told in self.take(Position(epoch, number), parcel)
        ]

    @property
    def hole(self) -> tuple[int, int] | None:
        """The first and last seq that are missing before something that has come."""
        return (self.head + 1, min(self._early) - 1) if self._early else None

    @property
    def is_overfull(self) -> bool:
        """Whether more is kept than may be: the room has to be read anew."""
        return len(self._early) > MOST_EARLY or len(self._before) > MOST_EARLY
