"""Nouns of a room's events by long poll (ROOMS.md 29)."""

from typing import Any

from pydantic import Field

from smovie.models.base import Model, Moment
from smovie.models.comments import CommentAnswer

WAIT_MOST_S = 25.0


class EventsQuery(Model):
    """What follows a position, as an earlier answer or a socket gave it; without both parts, the newest page."""

    epoch: str | None = Field(None, min_length=1, max_length=100)
    seq: int | None = Field(None, ge=0, le=10**15)
    wait_s: float = Field(
        WAIT_MOST_S, ge=0, le=WAIT_MOST_S, allow_inf_nan=False, description="for the next event, where there is none"
    )


class PresentAnswer(Model):
    count: int


class RoomSettingsAnswer(Model):
    slow_mode_s: int
    closed: bool


class EventsAnswer(Model):
    """Where the room stands, and the events that lead there, as a socket has them; perhaps none.

    Not recovered: the position was unknown, and the newest page, with what `joined` has beside it, takes its place.
    """

    room: str
    epoch: str
    seq: int
    recovered: bool
    events: list[dict[str, Any]]
    comments: list[CommentAnswer] | None = None
    settings: RoomSettingsAnswer | None = None
    pinned: list[CommentAnswer] | None = None
    presence: PresentAnswer
    degraded: bool
    server_time: Moment
