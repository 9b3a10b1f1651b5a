"""Nouns of counted views: one of each user and title and day of Viet Nam, however often and wherever they watch."""

from datetime import UTC, datetime, timedelta, timezone

from smovie.models.base import Moment, StoredModel

VIET_NAM = timezone(timedelta(hours=7))  # the whole year


def day_of(moment: datetime) -> str:
    """The day of Viet Nam that a moment falls into, as YYYY-MM-DD."""
    return moment.astimezone(VIET_NAM).date().isoformat()


def start_of_day(day: str) -> datetime:
    """When a day of Viet Nam begins."""
    return datetime.fromisoformat(day).replace(tzinfo=VIET_NAM).astimezone(UTC)


def hour_of(moment: datetime) -> datetime:
    """When the hour began that a moment falls into."""
    return moment.replace(minute=0, second=0, microsecond=0)


class View(StoredModel):
    """Somebody saw enough of a title, on a day."""

    id: str
    user_id: str
    movie_id: str
    day: str
    at: Moment
