"""`/`: what somebody sees who opens a fresh SMovie in a browser."""

from handlers.access import Access
from handlers.base import ApiHandler
from handlers.operation import operation
from smovie.catalog import queries
from smovie.models.catalog_query import MovieQuery

SHOWN = 24


class HomeHandler(ApiHandler):
    @operation(access=Access.PUBLIC)
    async def get(self) -> None:
        """Show the newest titles, and where the API is."""
        snapshot = self.runtime.catalog.snapshot
        movies = queries.pick_movies(snapshot, MovieQuery(page_size=SHOWN), self.language)
        self.send_page("home.html", movies=movies, titles=len(snapshot.entries))
