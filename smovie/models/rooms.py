"""Nouns of what moderators say about a room: its rules, what is pinned there, who is muted."""

from typing import Annotated

from pydantic import AfterValidator, Field

from smovie.models.base import Model, Moment, StoredModel
from smovie.models.comments import CommentAnswer, CommentId, is_message

SLOW_MODE_MAX_S = 3_600
MUTE_MAX_S = 365 * 86_400
REASON_MAX = 500
PINS_MAX = 5

Reason = Annotated[str, Field(max_length=REASON_MAX), AfterValidator(is_message)]
UserId = CommentId  # ids are made alike


class Room(StoredModel):
    """What is stored of a room that somebody ruled about; `pinned` are comments' ids, the newest pin last."""

    id: str
    slow_mode_s: int = 0
    closed: bool = False
    pinned: list[str] = Field(default_factory=list)


class RoomDraft(Model):
    """What is to hold in a room from now on; members that are left out stay as they are."""

    slow_mode_s: int | None = Field(None, ge=0, le=SLOW_MODE_MAX_S, description="between two comments; 0: none")
    closed: bool | None = Field(None, description="nobody may comment; listening goes on")


class RoomAnswer(Model):
    """The rules of a room, and its pinned comments, the newest pin last."""

    episode_id: str
    slow_mode_s: int
    closed: bool
    pinned: list[CommentAnswer]


class MuteDraft(Model):
    """For how long somebody may not talk in a room, and why: they are told."""

    seconds: int = Field(ge=1, le=MUTE_MAX_S)
    reason: Reason | None = None


class Mute(StoredModel):
    """Somebody who may not talk in a room until then."""

    id: str
    episode_id: str
    user_id: str
    until: Moment
    by: str
    reason: str | None = None
    created_at: Moment


class MuteAnswer(Model):
    """A mute as moderators see it; `by` is a user's id."""

    user_id: str
    until: Moment
    by: str
    reason: str | None


class MuteList(Model):
    """Who is muted in a room at present, who is soonest free first."""

    results: list[MuteAnswer]


class SentReport(StoredModel):
    """A report as its sender may see it."""

    id: str
    comment_id: str
    episode_id: str
    reason: str
    created_at: Moment


class ReportDraft(Model):
    """What somebody finds wrong with a comment."""

    reason: Reason


def show_mute(mute: Mute) -> MuteAnswer:
    return MuteAnswer(user_id=mute.user_id, until=mute.until, by=mute.by, reason=mute.reason)
