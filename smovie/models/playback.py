"""What an episode's playback answers. Addresses are paths on this server, made for the caller's session."""

from pydantic import Field

from smovie.models.base import Model, Moment
from smovie.models.media import Intro, SourceType


class PlaybackSource(Model):
    type: SourceType
    url: str = Field(description="path on this server; relative addresses in its playlists need nothing added")
    height: int | None


class PlaybackSubtitle(Model):
    language: str
    label: str
    url: str
    forced: bool
    hearing_impaired: bool


class ListedEpisode(Model):
    """An episode with its place in its title; season 0 holds specials."""

    id: str
    season: int
    number: int
    title: str
    runtime_s: int | None
    playable: bool = Field(description="whether it has a source by now")


class Playback(Model):
    """`expires_at`: ask again before then. The end of the caller's session ends every address sooner."""

    sources: list[PlaybackSource]
    subtitles: list[PlaybackSubtitle]
    intro: Intro | None
    resume_position_s: float | None = Field(description="where the caller left it; null when not begun or done")
    next_episode: ListedEpisode | None = Field(description="of the same title; a special leads to specials only")
    expires_at: Moment
