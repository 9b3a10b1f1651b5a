"""The catalogue over REST (API.md "Catalogue"): everything comes from the snapshot in memory."""

from handlers.access import Access
from handlers.base import ApiHandler
from handlers.operation import operation
from smovie import own_titles
from smovie.catalog import queries
from smovie.discovery import similar
from smovie.models.catalog_answers import MoviePage, PersonDetail, TagList
from smovie.models.catalog_query import MovieQuery
from smovie.models.own_titles import MovieAnswer
from smovie.models.similar import SimilarList, SimilarQuery
from smovie.models.trending import TrendingPage, TrendingQuery


class MovieListHandler(ApiHandler):
    @operation(access=Access.PUBLIC, answer=MoviePage, cacheable=True)
    async def get(self, query: MovieQuery) -> None:
        """List titles, filtered and sorted."""
        self.send_kept(queries.list_movies(self.runtime.catalog.snapshot, query, self.language))


class MovieHandler(ApiHandler):
    @operation(access=Access.PUBLIC, answer=MovieAnswer, cacheable=True)
    async def get(self, slug: str) -> None:
        """Show all of a title; to who is signed in also what they gave it, and how it stands in their watchlist."""
        snapshot, site = self.runtime.catalog.snapshot, self.runtime.site
        if self.is_anonymous:
            self.vary_by("Authorization")
            self.send_kept(queries.show_movie(snapshot, slug, self.language, site))
        else:
            own = own_titles.show_own_movie(self.runtime.db, snapshot, slug, self.language, site, self.identity)
            self.send_private(await own)


class SimilarHandler(ApiHandler):
    @operation(access=Access.PUBLIC, answer=SimilarList, cacheable=True)
    async def get(self, slug: str, query: SimilarQuery) -> None:
        """List titles like one, with why."""
        self.send_kept(similar.list_similar(self.runtime.similar, slug, query, self.language, self.say))


class TrendingHandler(ApiHandler):
    @operation(access=Access.PUBLIC, answer=TrendingPage, cacheable=True)
    async def get(self, query: TrendingQuery) -> None:
        """List what is viewed most of late."""
        self.send_kept(self.runtime.trending.list(query, self.language))


class GenreListHandler(ApiHandler):
    @operation(access=Access.PUBLIC, answer=TagList, cacheable=True)
    async def get(self) -> None:
        """List genres with how many titles each has."""
        self.send_kept(queries.list_tags(self.runtime.catalog.snapshot, "genres", self.language))


class NationListHandler(ApiHandler):
    @operation(access=Access.PUBLIC, answer=TagList, cacheable=True)
    async def get(self) -> None:
        """List nations with how many titles each has."""
        self.send_kept(queries.list_tags(self.runtime.catalog.snapshot, "nations", self.language))


class ExclusivityListHandler(ApiHandler):
    @operation(access=Access.PUBLIC, answer=TagList, cacheable=True)
    async def get(self) -> None:
        """List exclusivities with how many titles each has."""
        self.send_kept(queries.list_tags(self.runtime.catalog.snapshot, "exclusivities", self.language))


class PersonHandler(ApiHandler):
    @operation(access=Access.PUBLIC, answer=PersonDetail, cacheable=True)
    async def get(self, person_id: str) -> None:
        """Show a person with the titles they directed and acted in."""
        self.send_kept(queries.show_person(self.runtime.catalog.snapshot, person_id, self.language))
