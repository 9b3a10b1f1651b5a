"""`/movies/{slug}`: a title as a page, for people who follow a link and for crawlers."""

import orjson
import tornado.locale

from handlers.access import Access
from handlers.base import ApiHandler
from handlers.operation import operation
from smovie.catalog import queries
from smovie.catalog.render import poster_path
from smovie.discovery import banners, similar
from smovie.models.base import now
from smovie.models.catalog import LANGUAGES
from smovie.models.catalog_query import PageQuery
from smovie.models.similar import SimilarQuery
from smovie.seo.structured_data import describe_title
from smovie.seo.trailers import summary_of

_SIMILAR = SimilarQuery(limit=16)


class MoviePageHandler(ApiHandler):
    @operation(access=Access.PUBLIC, cacheable=True)
    async def get(self, slug: str, query: PageQuery) -> None:
        """Show a title, in the caller's language unless the address names one."""
        if query.lang:
            self.locale = tornado.locale.get(query.lang)
        self.set_page_headers()
        snapshot = self.runtime.catalog.snapshot
        like, _ = similar.list_similar(self.runtime.similar, slug, _SIMILAR, self.language, self.say)
        shown, _ = banners.list_banners(snapshot, "title_bottom", self.language, now())
        key = ("page", slug, self.language, shown, like)
        body = queries.kept(snapshot, key, lambda: self._render(slug, shown, like))
        self.send_kept(body, media_type="text/html; charset=utf-8")

    def _render(self, slug: str, shown: bytes, like: bytes) -> bytes:
        site, language = self.runtime.site, self.language
        movie = queries.find_movie(self.runtime.catalog.snapshot, slug)
        return self.render_page(
            "movie.html",
            movie=movie,
            summary=summary_of(movie, language),
            poster=poster_path(movie),
            picture=site.absolute(poster_path(movie)),
            pages={each: site.title_page(movie.slug, each) for each in LANGUAGES},
            similar=orjson.loads(like)["results"],
            banners=orjson.loads(shown)["results"],
            structured_data=describe_title(movie, language, site),
        ).encode()
