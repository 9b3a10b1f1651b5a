"""How far the caller is, what they have seen, and what they go on with (API.md "Watching")."""

from handlers.access import Access
from handlers.base import ApiHandler
from handlers.operation import operation
from smovie import watching
from smovie.models.watching import (
    ContinueList,
    ContinueQuery,
    HistoryPage,
    HistoryQuery,
    ProgressAnswer,
    ProgressDraft,
)


class ProgressHandler(ApiHandler):
    @operation(access=Access.VERIFIED, answer=ProgressAnswer)
    async def post(self, episode_id: str, body: ProgressDraft) -> None:
        """Tell where the caller's player stands in an episode; the later of two wins, whichever comes first."""
        known = await watching.note_progress(self.runtime.watching, self.caller, episode_id, body)
        self.send(watching.show_progress(known))


class HistoryHandler(ApiHandler):
    @operation(access=Access.VERIFIED, answer=HistoryPage)
    async def get(self, query: HistoryQuery) -> None:
        """Show a page of what the caller watched, newest first."""
        self.send_own(await watching.read_history(self.runtime.watching, self.caller, query, self.language))

    @operation(access=Access.VERIFIED, status=204)
    async def delete(self) -> None:
        """Forget all that the caller watched."""
        await watching.forget_all(self.runtime.watching, self.caller)
        self.send_nothing()


class HistoryEpisodeHandler(ApiHandler):
    @operation(access=Access.VERIFIED, status=204)
    async def delete(self, episode_id: str) -> None:
        """Forget that the caller watched an episode, with where they left it and what came next of it."""
        await watching.forget_episode(self.runtime.watching, self.caller, episode_id)
        self.send_nothing()


class ContinueHandler(ApiHandler):
    @operation(access=Access.VERIFIED, answer=ContinueList)
    async def get(self, query: ContinueQuery) -> None:
        """Show what the caller goes on with: what is half seen, then what comes next."""
        row = await watching.continue_row(self.runtime.watching, self.caller.user_id, self.language, query.limit)
        self.send_own({"results": row})


class ContinueTitleHandler(ApiHandler):
    @operation(access=Access.VERIFIED, status=204)
    async def delete(self, movie_id: str) -> None:
        """Take a title out of that row until something of it is watched again; the history stays."""
        await watching.remove_from_row(self.runtime.watching, self.caller, movie_id)
        self.send_nothing()
