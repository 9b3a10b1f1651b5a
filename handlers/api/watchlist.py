"""The caller's watchlist over REST."""

from handlers.access import Access
from handlers.base import ApiHandler
from handlers.operation import operation
from smovie import watchlist
from smovie.models.watchlist import ListedAnswer, WatchlistDraft, WatchlistPage, WatchlistQuery


class WatchlistHandler(ApiHandler):
    @operation(access=Access.VERIFIED, answer=WatchlistPage, cacheable=True)
    async def get(self, query: WatchlistQuery) -> None:
        """Show a page of the caller's watchlist, the title changed last first; hidden titles are left out."""
        self.send_private(await watchlist.read_page(self.runtime.watchlist, self.caller, query, self.language))


class WatchlistTitleHandler(ApiHandler):
    @operation(access=Access.VERIFIED, answer=ListedAnswer)
    async def put(self, movie: str, body: WatchlistDraft) -> None:
        """Put a title, by its id or slug, into the caller's watchlist, or change its state there."""
        self.send(await watchlist.put_title(self.runtime.watchlist, self.caller, movie, body))

    @operation(access=Access.VERIFIED, status=204)
    async def delete(self, movie: str) -> None:
        """Take a title, by its id or slug, off the caller's watchlist; one that is hidden by its id."""
        await watchlist.delete_title(self.runtime.watchlist, self.caller, movie)
        self.send_nothing()
