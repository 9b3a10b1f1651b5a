"""Nouns of what is played: where an episode's picture, sound and subtitles lie, and where its intro is."""

import re
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from smovie.models.base import StoredModel

MOST_SOURCES, MOST_SUBTITLES = 20, 100  # of an episode
_LONGEST_PATH = 500
_NEVER_IN_PATHS = re.compile(r"[\\\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class SourceType(StrEnum):
    """How a source is played: an HLS playlist and all that lies beside it, or one MP4 file."""

    HLS = "hls"
    MP4 = "mp4"


_ENDINGS = {SourceType.HLS: ".m3u8", SourceType.MP4: ".mp4"}


def is_media_path(text: str) -> bool:
    """Whether text names something below the media folder and in no way something outside of it."""
    return (
        len(text) <= _LONGEST_PATH
        and not _NEVER_IN_PATHS.search(text)
        and not any(segment in ("", ".", "..") for segment in text.split("/"))
    )


def _check_path(text: str) -> str:
    if not is_media_path(text):
        raise ValueError('not a path below the media folder, like "films/mui-du-du-xanh/1080.mp4"')
    return text


def _check_subtitle(text: str) -> str:
    if not text.lower().endswith(".vtt"):
        raise ValueError("subtitles are WebVTT files, .vtt")
    return text


MediaPath = Annotated[str, AfterValidator(_check_path)]
SubtitlePath = Annotated[MediaPath, AfterValidator(_check_subtitle)]
LanguageTag = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{1,8})*$", max_length=35)]


class Source(StoredModel):
    """One way to watch an episode. `height` in lines, None where it holds several."""

    type: SourceType
    path: MediaPath
    height: int | None = Field(None, ge=1, le=10_000)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if not self.path.lower().endswith(_ENDINGS[self.type]):
            raise ValueError(f"a source of type {self.type} ends in {_ENDINGS[self.type]}")
        if self.type is SourceType.HLS and "/" not in self.path:  # who watches it may read its whole folder
            raise ValueError("an HLS source lies in a folder of its own")
        return self

    @property
    def prefix(self) -> str:
        """What may be read by who watches this: the folder of an HLS playlist, else the file itself."""
        return self.path.rpartition("/")[0] if self.type is SourceType.HLS else self.path


class Subtitle(StoredModel):
    """A WebVTT file. `forced`: only what a viewer of this language would not understand otherwise."""

    language: LanguageTag = Field(description="BCP 47")
    label: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]
    path: SubtitlePath
    forced: bool = False
    hearing_impaired: bool = False


class Intro(StoredModel):
    """The part that a viewer may skip, in seconds from the start."""

    start_s: float = Field(ge=0, le=86_400, allow_inf_nan=False)
    end_s: float = Field(ge=0, le=86_400, allow_inf_nan=False)

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.end_s <= self.start_s:
            raise ValueError("end_s is not after start_s")
        return self
