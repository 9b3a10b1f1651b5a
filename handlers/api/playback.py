"""Where an episode is played from (API.md "Watching")."""

from handlers.access import Access
from handlers.base import ApiHandler
from handlers.operation import operation
from smovie.media.playback import show_playback
from smovie.models.playback import Playback


class PlaybackHandler(ApiHandler):
    @operation(access=Access.VERIFIED, answer=Playback)
    async def get(self, episode_id: str) -> None:
        """Show where an episode's sources and subtitles are, for the caller's session, and where the caller left it."""
        self.send(await show_playback(self.runtime.media, self.caller, episode_id))
