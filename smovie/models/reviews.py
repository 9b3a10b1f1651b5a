"""Nouns of reviews: what somebody gives a title, 1 to 10, and what they say of it."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from smovie.ids import ID_PATTERN
from smovie.models.base import Model, Moment, StoredModel
from smovie.models.comments import AuthorAnswer, check_text

TEXT_MAX = 5_000

ReviewId = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
Rating = Annotated[int, Field(ge=1, le=10)]


def _is_text(text: str) -> str:
    """Trimmed; nothing at all, or a text."""
    return check_text(text, TEXT_MAX) if text.strip() else ""


class ReviewDraft(Model):
    """A review as its author sends it: all of it, each time."""

    rating: Rating
    text: Annotated[str, AfterValidator(_is_text)] = ""
    spoiler: bool = False


class Review(StoredModel):
    """A review as it is stored, one of each user and title; the name is the author's when they wrote it."""

    id: str
    movie_id: str
    user_id: str
    username: str
    rating: int
    text: str = ""
    spoiler: bool = False
    created_at: Moment
    edited_at: Moment | None = None


class ReviewRevision(StoredModel):
    """What a review said until it was edited."""

    rating: int
    text: str
    spoiler: bool
    until: Moment


class OwnReview(Review):
    """A review with all that is kept of it, as only its author (and moderators) may see it."""

    revisions: tuple[ReviewRevision, ...] = ()


class ReviewAnswer(Model):
    """A review as others see it."""

    id: str
    user: AuthorAnswer
    rating: int
    text: str
    spoiler: bool
    created_at: Moment
    edited_at: Moment | None


class ReviewPage(Model):
    """Reviews with a text, newest first; `next` goes back as `before`. `mine`: the caller's own, with a text or not."""

    results: list[ReviewAnswer]
    next: str | None
    mine: ReviewAnswer | None


class ReviewQuery(Model):
    """Which page of a title's reviews."""

    before: ReviewId | None = None
    limit: int = Field(20, ge=1, le=100)
