"""Nouns of devices: where somebody is signed in."""

from smovie.models.accounts import Session
from smovie.models.base import Model, Moment


class OpenSession(Model):
    """A device as its owner sees it; `current` is the one that asks."""

    id: str
    user_agent: str
    address: str
    created_at: Moment
    last_used_at: Moment
    current: bool


class OpenSessions(Model):
    """Newest first."""

    results: list[OpenSession]


def to_open_session(session: Session, current_id: str) -> OpenSession:
    return OpenSession(
        id=session.id, user_agent=session.user_agent, address=session.address, created_at=session.created_at,
        last_used_at=session.last_used_at, current=session.id == current_id,
    )  # fmt: skip
