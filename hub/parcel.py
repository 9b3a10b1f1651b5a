"""What travels through a hub: an event on its way, and how it becomes bytes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Parcel:
    """A durable event before it has its number. `subject` names what it is about (a comment's id).

    With `redacts`, the parcel takes the place of whatever the log holds of its subject: no later replay repeats that.
    """

    body: bytes
    subject: str = ""
    redacts: bool = False


class Codec(Protocol):
    """How events become bytes; the hub itself reads none."""

    def pack(self, event: Mapping[str, Any]) -> bytes:
        """An event's body, without its number."""

    def frame(self, body: bytes, seq: int | None) -> bytes:
        """A body, numbered if it is durable, as a frame that is ready to send."""
