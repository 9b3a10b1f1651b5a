"""The live rooms, as far as the rules of talking need them."""

from collections.abc import Mapping
from typing import Any, Protocol


class Numbered(Protocol):
    """Where an event stands in its room."""

    @property
    def seq(self) -> int:
        """Its number."""


class Rooms(Protocol):
    """What the hub does for talking."""

    async def publish(
        self, name: str, event: Mapping[str, Any], *, subject: str = "", redacts: bool = False, once: bool = False
    ) -> Numbered | None:
        """Bring an event about `subject` to a room; with `once`, only if none about it was.

        One that `redacts` takes the place of all earlier ones about its subject."""

    def may_return(self, name: str) -> bool:
        """Whether anybody may be in a room, or come back to where they stood in it: else nobody need be told there."""

    async def follow(self, name: str) -> None:
        """Have what was published in a room lately at hand."""

    def knows(self, name: str, subject: str) -> bool:
        """Whether an event about the subject was published lately."""

    def forgotten_upto(self, name: str) -> str:
        """The newest subject of which it cannot be said any more whether an event about it was published; or ""."""

    def has_written(self, name: str, username: str) -> None:
        """Somebody's comment is there, so they do not write any more."""


def room_of(episode_id: str) -> str:
    """The hub's name for an episode's room."""
    return f"comments:{episode_id}"
