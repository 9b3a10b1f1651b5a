"""Watching: where an episode's media are for one session, and what opens there (API.md "Watching").

An address lives hours and the session may end any moment: so each request asks whether it still lasts, and the answer
is kept no longer than for the API itself.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from smovie.catalog.episodes import Episodes
from smovie.catalog.feed import CatalogFeed
from smovie.errors import Forbidden, NotFound, Unauthenticated
from smovie.identities import IdentityCheck
from smovie.media.shelf import MEDIA_PATH, MediaShelf
from smovie.media.tokens import MediaClaims, MediaSigner
from smovie.models.accounts import Identity
from smovie.models.playback import Playback, PlaybackSource, PlaybackSubtitle
from smovie.next_up import find_following
from smovie.watching import WatchingDesk, find_resume_position

LIFE_S = 6 * 3600
_STEP_S = 3600  # addresses stay the same for as long: a player that asks again finds what its browser has


@dataclass(frozen=True)
class MediaMeans:
    """What the verbs of watching work with."""

    catalog: CatalogFeed
    watching: WatchingDesk
    identities: IdentityCheck
    signer: MediaSigner
    shelf: MediaShelf


async def show_playback(means: MediaMeans, caller: Identity, episode_id: str) -> Playback:
    """How the caller may watch an episode. Errors: NotFound for the episode, or when it has no source; Unavailable.

    Without the database it is not told: a player that began at 0 would overwrite where the caller was.
    """
    entry = means.catalog.snapshot.by_episode.get(episode_id)
    if entry is None:
        raise NotFound("episode_not_found")
    episodes = Episodes(entry)
    episode = episodes.read(episode_id)
    if not episode.sources:
        raise NotFound("no_source")
    following = find_following(episodes.places, episodes.place_of(episode_id))
    resume_position_s = await find_resume_position(means.watching, caller.user_id, episode_id)
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
        resume_position_s=resume_position_s,
        next_episode=episodes.list(following.episode_id) if following else None,
        expires_at=datetime.fromtimestamp(expires_at, UTC),
    )


async def identify_viewer(means: MediaMeans, token: str, path: str) -> tuple[MediaClaims, Identity]:
    """Who the token of an address was made for. Errors: Forbidden, also when the session has ended; Unavailable."""
    claims = means.signer.read(token, path)
    try:
        return claims, await means.identities.identify_session(claims.session_id, claims.user_id, claims.expires_at)
    except Unauthenticated:
        raise Forbidden("media_refused") from None
