"""Nouns of announcements: what of a title's episodes those who follow it know, and what they are being told."""

from datetime import datetime

from smovie.models.base import Moment, StoredModel


class Telling(StoredModel):
    """New episodes that are being told: the first of them, and how many. `after` is the last user who was told."""

    episode_id: str
    episodes: int
    noted_at: Moment
    after: str = ""


class Announcement(StoredModel):
    """A title that somebody follows. Its id is the title's.

    `known` are episodes that were there when somebody began to follow it, or were noted as new since; `fresh` those of
    them that are still to be told, noted since `noted_at`. `due_at` is when somebody takes this up.
    """

    id: str
    known: tuple[str, ...]
    fresh: tuple[str, ...] = ()
    noted_at: Moment | None = None
    telling: Telling | None = None
    due_at: datetime | None = None
