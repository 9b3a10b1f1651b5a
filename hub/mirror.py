"""What the hub asks of a mirror, and a mirror of the hub: the two sides by which instances share rooms."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from hub.parcel import Parcel
from hub.position import Position


class MirrorLost(Exception):
    """The mirror is away: what was asked may or may not have happened there."""


class Mirror(Protocol):
    """Gives the events of all instances one order."""

    @property
    def is_up(self) -> bool:
        """Whether it can be used at present."""

    async def open(self, name: str, *, renew: bool) -> None:
        """Follow a room: the door's `begin` is called, then its `deliver` for every event. Errors: MirrorLost.

        `renew` starts a new epoch: what was said here alone is in no other instance's log.
        """

    def close(self, name: str) -> None:
        """Follow a room no longer."""

    async def append(self, name: str, parcel: Parcel, *, once: bool) -> Position | None:
        """Give an event its position and send it to everybody who follows the room. Errors: MirrorLost.

        With `once`, an event about the same subject that the room's stream already holds wins: None.
        """

    def announce(self, name: str, came: Mapping[str, str], left: Mapping[str, str]) -> None:
        """People (names by user) whom this instance has in a room, and who are no longer there."""

    def say_typing(self, name: str, username: str) -> None:
        """Somebody writes."""

    def say_written(self, name: str, username: str) -> None:
        """Who wrote does not any more."""


class Door(Protocol):
    """Where what a mirror hears enters the hub. Called in order, from the event loop's thread."""

    def begin(self, name: str, position: Position, held: Sequence[Parcel]) -> None:
        """The room stands at `position`; `held` are the parcels that led there, as many as are kept."""

    def deliver(self, name: str, position: Position, parcel: Parcel) -> None:
        """The next event of a room."""

    def hear_presence(self, name: str, count: int, names: list[str] | None) -> None:
        """How many people are in the room on all instances, and who, while they are few."""

    def hear_typing(self, name: str, username: str) -> None:
        """Somebody writes, on whichever instance."""

    def hear_written(self, name: str, username: str) -> None:
        """Who wrote does not any more, on whichever instance."""

    def degrade(self) -> None:
        """The mirror is lost: rooms go on here alone."""

    def restore(self) -> None:
        """The mirror is back."""
