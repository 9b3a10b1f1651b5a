"""Nouns of the rooms: a comment as it is sent, stored and shown."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from smovie.ids import ID_PATTERN
from smovie.models.avatars import avatar_of
from smovie.models.base import Model, Moment, StoredModel

MESSAGE_MAX = 2_000
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")  # all of Unicode's category Cc but the line feed
NOBODY_ID = ""  # the author of comments whose author's account was deleted

CommentId = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
Deleter = Literal["author", "moderator"]


def is_message(text: str) -> str:
    """Trimmed; 1 to 2,000 characters, none of them a control character but the line feed (ROOMS.md 11)."""
    return check_text(text, MESSAGE_MAX)


def check_text(text: str, most: int) -> str:
    """Trimmed; 1 to so many characters, none of them a control character but the line feed."""
    trimmed = text.strip()
    if not trimmed:
        raise PydanticCustomError("blank", "nothing is left after trimming")
    if len(trimmed) > most:
        raise PydanticCustomError("string_too_long", "too long", {"max_length": most})
    if _CONTROL.search(trimmed):
        raise PydanticCustomError("control_character", "a control character")
    return trimmed


Text = Annotated[str, AfterValidator(is_message)]


class CommentDraft(Model):
    """A comment as its author sends it. `cmid` makes a retry return what the first try stored."""

    message: Text
    cmid: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None
    parent_id: CommentId | None = None
    at_s: float | None = Field(None, ge=0, le=86_400, allow_inf_nan=False, description="playback position, seconds")
    spoiler: bool = False


class CommentEdit(Model):
    """What a comment is to say from now on."""

    message: Text


class Comment(StoredModel):
    """A comment as it is stored; the author's name is as it was when it was written, empty when nobody's is left.

    A deleted one has no text any more, and `deleted_by` its author or a moderator. `reactions` counts those given.
    """

    id: str
    episode_id: str
    user_id: str
    username: str
    message: str
    cmid: str | None = None
    parent_id: str | None = None
    reply_to: str | None = None  # the comment that was answered; `parent_id` is what it hangs under
    at_s: float | None = None
    spoiler: bool = False
    created_at: Moment
    edited_at: Moment | None = None
    deleted_at: Moment | None = None
    deleted_by: Deleter | None = None
    reactions: dict[str, int] = Field(default_factory=dict)


class Revision(StoredModel):
    """What a comment said until it was edited or deleted."""

    message: str
    until: Moment


class OwnComment(Comment):
    """A comment with all that is kept of it, as only its author (and moderators) may see it."""

    revisions: tuple[Revision, ...] = ()


class AuthorAnswer(Model):
    """Who wrote it; `id` and `username` are empty, and `avatar` null, once the account is deleted."""

    id: str
    username: str
    avatar: str | None


class CommentAnswer(Model):
    """A comment as the room and REST show it."""

    id: str
    episode_id: str
    message: str
    username: str
    user: AuthorAnswer
    parent_id: str | None
    at_s: float | None
    spoiler: bool
    created_at: Moment
    edited_at: Moment | None
    reactions: dict[str, int] = Field(description="how many of each emoji; those that nobody gave are left out")


class CommentPage(Model):
    """Comments in ascending order, without deleted ones: a reply may name a `parent_id` that is not there any more.

    `next` goes back as `before` (or `after`), null at the end.
    """

    results: list[CommentAnswer]
    next: str | None


class PostedAnswer(Model):
    """A stored comment; `seq` is its position in the room, null where it is no longer known."""

    comment: CommentAnswer
    seq: int | None


class CommentQuery(Model):
    """Which page of a room's comments: older than `before`, or newer than `after`."""

    before: CommentId | None = None
    after: CommentId | None = None
    at_from: float | None = Field(None, ge=0, le=86_400, description="only those at this playback second or later")
    at_to: float | None = Field(None, ge=0, le=86_400, description="… or earlier")
    limit: int = Field(50, ge=1, le=100)


def shown_avatar(comment: Comment) -> str | None:
    """Where the author's present avatar is; None for nobody's comment."""
    return avatar_of(comment.user_id) if comment.user_id != NOBODY_ID else None


def show_comment(comment: Comment) -> CommentAnswer:
    """What others may see of a comment."""
    return CommentAnswer(
        id=comment.id, episode_id=comment.episode_id, message=comment.message, username=comment.username,
        user=AuthorAnswer(id=comment.user_id, username=comment.username, avatar=shown_avatar(comment)),
        parent_id=comment.parent_id, at_s=comment.at_s, spoiler=comment.spoiler, created_at=comment.created_at,
        edited_at=comment.edited_at, reactions={emoji: count for emoji, count in comment.reactions.items() if count},
    )  # fmt: skip
