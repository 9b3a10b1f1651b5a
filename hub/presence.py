"""Who is in a room, and who is writing there: told at most once a second, and to nobody twice (ROOMS.md 15).

People are counted, not connections. With a mirror each instance announces whom it has, on a lease, and is told how
many there are on all of them.
"""

from collections.abc import Callable, Mapping
from typing import Any

from hub.limits import HubLimits
from hub.mirror import Mirror
from hub.room import Room

TYPISTS_SHOWN = 3
TYPING_S = 6.0  # a client that goes on writing says so every few seconds
_RENEW_LEASE_S = 10.0  # of the 30 that a mirror keeps what it was told

Tell = Callable[[Room, Mapping[str, Any]], None]


class Presence:
    """The volatile events of all rooms of a hub. `tell(room, event)` sends one to whoever listens live and reads."""

    def __init__(self, tell: Tell, limits: HubLimits) -> None:
        self._tell = tell
        self._every_s = limits.presence_s
        self._names_shown = limits.names_shown

    def count(self, room: Room) -> int:
        """How many people are in the room, on all instances as far as is known."""
        return max(len(room.users), room.shared_count if room.is_mirrored else 0)

    def sweep(self, room: Room, at: float, mirror: Mirror | None) -> None:
        """Tell what has changed, where a second has passed since it last was told."""
        if mirror is not None and room.is_mirrored:
            self._announce(room, at, mirror)
        elif room.people_changed:
            room.people_changed, room.presence_due = False, True
        if room.presence_due and at - room.presence_at >= self._every_s:
            room.presence_due, room.presence_at = False, at
            self._tell_presence(room)
        if room.typing_due and at - room.typing_at >= self._every_s:
            self._tell_typing(room, at)
        elif room.typing and min(room.typing.values()) <= at:
            room.typing_due = True

    def hear_typing(self, room: Room, username: str, at: float) -> None:
        """Somebody writes; news only when they did not write before."""
        room.typing_due |= username not in room.typing
        room.typing[username] = at + TYPING_S

    def has_written(self, room: Room, username: str) -> bool:
        """What somebody wrote is there: they do not write any more. Whether it was known that they did."""
        was_writing = room.typing.pop(username, None) is not None
        room.typing_due |= was_writing
        return was_writing

    def _tell_presence(self, room: Room) -> None:
        event: dict[str, Any] = {"type": "presence", "count": self.count(room)}
        if event["count"] <= self._names_shown:
            known = room.shared_names if room.is_mirrored and room.shared_names is not None else names_in(room).values()
            event["usernames"] = sorted(known)
        self._tell(room, event)

    def _announce(self, room: Room, at: float, mirror: Mirror) -> None:
        """Tell the mirror who came and left, at once when a second has passed; everybody anew when the lease runs."""
        passed_s = at - room.announced_at
        is_stale = passed_s >= _RENEW_LEASE_S
        if passed_s < self._every_s or not (room.people_changed or (is_stale and room.seats)):
            return
        present = names_in(room)
        came = {user: name for user, name in present.items() if is_stale or user not in room.announced}
        left = {user: name for user, name in room.announced.items() if user not in present}
        room.people_changed, room.announced, room.announced_at = False, present, at
        mirror.announce(room.name, came, left)

    def _tell_typing(self, room: Room, at: float) -> None:
        room.typing_due, room.typing_at = False, at
        room.typing = {name: until for name, until in room.typing.items() if until > at}
        shown = sorted(room.typing, key=lambda name: -room.typing[name])[:TYPISTS_SHOWN]
        self._tell(room, {"type": "typing", "usernames": shown, "count": len(room.typing)})


def names_in(room: Room) -> dict[str, str]:
    """Names by user of everybody whom this instance has in a room."""
    return {listener.user_id: listener.username for listener in room.seats}
