"""Watching: where an episode's media are for one session, and what opens there (API.md "Watching").

An address lives hours and the session may end any moment: so each request asks whether it still lasts, and the answer
is kept no longer than for the API itself.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from smovie.catalog.feed import CatalogFeed
from smovie.catalog.snapshot import Entry
from smovie.errors import Forbidden, NotFound, Unauthenticated
from smovie.identities import IdentityCheck
from smovie.media.shelf import MEDIA_PATH, MediaShelf
from smovie.media.tokens import MediaClaims, MediaSigner
from smovie.models.accounts import Identity
from smovie.models.catalog import Episode
from smovie.models.playback import NextEpisode, Playback, PlaybackSource, PlaybackSubtitle

LIFE_S = 6 * 3600
_STEP_S = 3600  # addresses stay the same for as long: a player that asks again finds what its browser has


@dataclass(frozen=True)
class MediaMeans:
    """What the verbs of watching work with."""

    catalog: CatalogFeed
    identities: IdentityCheck
    signer: MediaSigner
    shelf: MediaShelf


def show_playback(means: MediaMeans, caller: Identity, episode_id: str) -> Playback:
    """How the caller may watch an episode. Errors: NotFound for the episode, or when it has no source."""
    entry = means.catalog.snapshot.by_episode.get(episode_id)
    if entry is None:
        raise NotFound("episode_not_found")
    episode, following = _find(entry, episode_id)
    if not episode.sources:
        raise NotFound("no_source")
    expires_at = (int(time.time()) // _STEP_S + 1) * _STEP_S + LIFE_S

    def url_of(path: str, prefix: str) -> str:
        token = means.signer.sign(MediaClaims(caller.session_id, caller.user_id, prefix, expires_at))
        return f"{MEDIA_PATH}/{token}/{quote(path)}"

    return Playback(
        sources=[
            PlaybackSource(type=source.type, url=url_of(source.path, source.prefix), height=source.height)
            for source in episode.sources
        ],
        subtitles=[
            PlaybackSubtitle(url=url_of(subtitle.path, subtitle.path), **subtitle.model_dump(exclude={"path"}))
            for subtitle in episode.subtitles
        ],
        intro=episode.intro,
        next_episode=following,
        expires_at=datetime.fromtimestamp(expires_at, UTC),
    )


async def identify_viewer(means: MediaMeans, token: str, path: str) -> tuple[MediaClaims, Identity]:
    """Who the token of an address was made for. Errors: Forbidden, also when the session has ended; Unavailable."""
    claims = means.signer.read(token, path)
    try:
        return claims, await means.identities.identify_session(claims.session_id, claims.user_id, claims.expires_at)
    except Unauthenticated:
        raise Forbidden("media_refused") from None


def _find(entry: Entry, episode_id: str) -> tuple[Episode, NextEpisode | None]:
    """An episode of a title and what comes next: the next by season and number; a special leads to specials only."""
    ordered = sorted(_places(entry.seasons()), key=lambda place: place[:2])
    at = next(i for i, (_, _, episode) in enumerate(ordered) if episode["id"] == episode_id)
    season, _, episode = ordered[at]
    following = ordered[at + 1] if at + 1 < len(ordered) else None
    if following and season == 0 != following[0]:
        following = None
    return Episode.model_validate(episode), _to_next(following[0], following[2]) if following else None


def _places(seasons: Sequence[dict[str, Any]]) -> Iterator[tuple[int, int, dict[str, Any]]]:
    for season in seasons:
        for episode in season.get("episodes", ()):
            yield season["number"], episode["number"], episode


def _to_next(season: int, found: dict[str, Any]) -> NextEpisode:
    episode = Episode.model_validate(found)
    return NextEpisode(
        id=episode.id, season=season, number=episode.number, title=episode.title, runtime_s=episode.runtime_s,
        playable=bool(episode.sources),
    )  # fmt: skip
