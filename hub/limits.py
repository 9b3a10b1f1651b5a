"""Bounds of every queue the hub holds. Bytes, seconds, events."""

from dataclasses import dataclass


@dataclass(frozen=True)
class HubLimits:
    """What an operator may set; the defaults are those of ROOMS.md."""

    soft_bytes: int = 256 << 10  # unsent bytes past which volatile events stop
    hard_bytes: int = 512 << 10  # … past which durable ones wait in the log
    node_bytes: int = 64 << 20  # unsent bytes of all listeners together, past which the fullest are given up
    stuck_s: float = 10.0
    log_events: int = 2_000
    log_bytes: int = 1 << 20
    sync_s: float = 25.0
    presence_s: float = 1.0
    idle_room_s: float = 300.0
    names_shown: int = 50  # in presence, while the room is that small
