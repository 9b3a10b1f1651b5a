"""Nouns of notifications: what somebody is told about their own things, wherever they are."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from smovie.ids import ID_PATTERN
from smovie.models.base import Model, Moment, StoredModel, iso_z
from smovie.models.comments import AuthorAnswer, Comment, shown_avatar

NotificationId = Annotated[str, StringConstraints(pattern=ID_PATTERN)]


class Kind(StrEnum):
    """What happened: somebody replied to a comment of the receiver's, a moderator took one away, or a title of their
    watchlist has new episodes."""

    REPLY = "reply"
    MODERATION = "moderation"
    NEW_EPISODE = "new_episode"


class Notification(StoredModel):
    """What somebody was told. It holds no text and no name: those are the comment's or title's, while that is there.

    `comment_id` is the reply, or the receiver's own comment that was moderated; `parent_id` what it hangs under. Of new
    episodes there are `movie_id`, `episode_id` of the first one and in `episodes` how many came together.
    """

    id: str
    user_id: str
    kind: Kind
    episode_id: str
    comment_id: str | None = None
    parent_id: str | None = None
    movie_id: str | None = None
    episodes: int | None = None
    read: bool = False
    created_at: Moment


class QuotedTitle(Model):
    """A title that a notification is about, as it is now, named in the language asked for."""

    id: str
    slug: str
    title: str
    poster: str


class QuotedComment(Model):
    """A comment that a notification is about, as it is now."""

    message: str
    spoiler: bool
    user: AuthorAnswer


class NotificationAnswer(Model):
    """A notification as its receiver sees it; `comment` is null where that was deleted, `movie` where it is hidden."""

    id: str
    kind: Kind
    episode_id: str
    comment_id: str | None
    parent_id: str | None
    comment: QuotedComment | None
    movie: QuotedTitle | None
    episodes: int | None = Field(description="of new ones, how many came together; `episode_id` is the first")
    read: bool
    created_at: Moment


class NotificationPage(Model):
    """Notifications in ascending order; `next` goes back as `before`, null at the end. `unread` is of all there are."""

    results: list[NotificationAnswer]
    next: str | None
    unread: int


class NotificationQuery(Model):
    """Which page: the newest, or those older than `before`."""

    before: NotificationId | None = None
    limit: int = Field(50, ge=1, le=100)


class ReadDraft(Model):
    """Which notifications have been read: some, or one and all before it."""

    ids: Annotated[list[NotificationId], Field(min_length=1, max_length=100)] | None = None
    upto: NotificationId | None = None

    @model_validator(mode="after")
    def _says_which(self) -> "ReadDraft":
        if (self.ids is None) is (self.upto is None):
            raise PydanticCustomError("ids_or_upto", "either ids or upto")
        return self


def show_notification(one: Notification, comment: Comment | None, movie: QuotedTitle | None) -> NotificationAnswer:
    """What its receiver may see, with the comment or title that it is about, where that is there."""
    quoted = comment and QuotedComment(message=comment.message, spoiler=comment.spoiler, user=_author_of(comment))
    return NotificationAnswer(
        id=one.id, kind=one.kind, episode_id=one.episode_id, comment_id=one.comment_id, parent_id=one.parent_id,
        comment=quoted, movie=movie, episodes=one.episodes, read=one.read, created_at=one.created_at,
    )  # fmt: skip


def event_of(one: Notification, comment: Comment | None = None) -> dict[str, object]:
    """The `notification` event of ROOMS.md 28, without its seq.

    Who replied is told, what they wrote is not: a replay would repeat it after they took it back.
    """
    user = _author_of(comment).model_dump() if comment and one.kind is Kind.REPLY else None
    event: dict[str, object] = {
        "type": "notification", "id": one.id, "kind": one.kind, "episode_id": one.episode_id,
        "comment_id": one.comment_id, "parent_id": one.parent_id, "user": user, "created_at": iso_z(one.created_at),
    }  # fmt: skip
    if one.kind is Kind.NEW_EPISODE:
        event |= {"movie_id": one.movie_id, "episodes": one.episodes}
    return event


def _author_of(comment: Comment) -> AuthorAnswer:
    return AuthorAnswer(id=comment.user_id, username=comment.username, avatar=shown_avatar(comment))
