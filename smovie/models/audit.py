"""Nouns of the audit: what staff did."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from smovie.models.base import StoredModel


class Act(StrEnum):
    """What was done; in the past tense, of whom or what the entry's `target` says."""

    COMMENT_DELETED = "comment.deleted"
    COMMENT_PINNED = "comment.pinned"
    COMMENT_UNPINNED = "comment.unpinned"
    ROOM_RULED = "room.ruled"
    USER_MUTED = "user.muted"
    USER_UNMUTED = "user.unmuted"


class AuditEntry(StoredModel):
    """Who did what to what, when. `facts` are the act's own: never text that somebody wrote and that was deleted."""

    id: str
    actor_id: str
    act: Act
    target: str
    room: str | None = None
    facts: dict[str, object] = Field(default_factory=dict)
    at: datetime
