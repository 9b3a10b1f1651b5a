"""The base of every noun: frozen, nothing unknown accepted, times aware and in UTC."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainSerializer


class Model(BaseModel):
    """A noun. Unknown members are refused; instances do not change."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=False)


class StoredModel(Model):
    """A noun that lives in MongoDB: members a newer version wrote are let through, so that a rollback still reads."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def iso_z(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and Z: 2026-11-23T01:02:03.004Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"  # for +00:00


Moment = Annotated[datetime, AfterValidator(_in_utc), PlainSerializer(iso_z, return_type=str, when_used="json")]


def now() -> datetime:
    """The present, aware, in UTC, cut to the milliseconds that MongoDB keeps."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


class Message(Model):
    """A sentence for the reader."""

    message: str
