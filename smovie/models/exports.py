"""Nouns of the export: all that is stored of somebody, as they get it."""

from smovie.models.accounts import Me, Provider
from smovie.models.base import Model, Moment
from smovie.models.comments import OwnComment
from smovie.models.devices import OpenSession
from smovie.models.notifications import Kind
from smovie.models.reactions import GivenReaction
from smovie.models.reviews import OwnReview
from smovie.models.rooms import SentReport
from smovie.models.views import View
from smovie.models.watching import LastWatched, Progress
from smovie.models.watchlist import Listed


class ExportedAddress(Model):
    """An address that the account had; until then its owner may take the account back."""

    email: str
    until: Moment


class ExportedSocialAccount(Model):
    provider: Provider
    provider_id: str
    scopes: tuple[str, ...]
    linked_at: Moment
    last_used_at: Moment


class ExportedNotification(Model):
    """What they were told; whose comment it is about is that author's, what its title is called the catalogue's."""

    id: str
    kind: Kind
    episode_id: str
    comment_id: str | None
    movie_id: str | None
    read: bool
    created_at: Moment


class ExportHead(Model):
    """What is short."""

    exported_at: Moment
    account: Me
    former_addresses: list[ExportedAddress]
    sessions: list[OpenSession]
    social_accounts: list[ExportedSocialAccount]
    notifications: list[ExportedNotification]


class Export(ExportHead):
    """All of it. What grows without bound stands last, and is sent as it is read; comments oldest first."""

    comments: list[OwnComment]
    reactions: list[GivenReaction]
    reports: list[SentReport]
    reviews: list[OwnReview]
    progress: list[Progress]
    last_watched: list[LastWatched]
    views: list[View]
    watchlist: list[Listed]
