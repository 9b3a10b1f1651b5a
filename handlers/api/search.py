"""Searching over REST (API.md "Catalogue, search, discovery"): answered from the index in memory."""

import functools

from handlers.access import Access
from handlers.base import ApiHandler
from handlers.headers import is_robot
from handlers.operation import operation
from smovie import search_log
from smovie.models.search import SearchPage, SearchQuery, SuggestionList, SuggestQuery
from smovie.models.searches import SearchClick
from smovie.search import answers

SUGGESTIONS_FRESH_S = 30


class SearchHandler(ApiHandler):
    @operation(access=Access.PUBLIC, answer=SearchPage, cacheable=True)
    async def get(self, query: SearchQuery) -> None:
        """Find titles by name, people and genres, best first."""
        found = await answers.search(self.runtime.catalog.snapshot, query, self.language)
        if self.request.method == "GET" and not is_robot(self.request.headers):
            self.runtime.searches.log.note(query.q, found.hits)
        self.send_kept(found.body)


class SearchClickHandler(ApiHandler):
    @operation(access=Access.PUBLIC, status=204)
    async def post(self, body: SearchClick) -> None:
        """Tell which title was chosen of what a search gave, for the reports; nothing is kept of who chose."""
        await search_log.report_click(self.runtime.searches, self.device.address, body)
        self.send_nothing()


class SuggestHandler(ApiHandler):
    @operation(access=Access.PUBLIC, answer=SuggestionList, cacheable=True)
    async def get(self, query: SuggestQuery) -> None:
        """Suggest titles, people and genres while somebody types."""
        trending = functools.partial(self.runtime.trending.ids, "24h")
        body = await answers.suggest(self.runtime.catalog.snapshot, query, self.language, trending)
        self.send_kept(body, fresh_s=SUGGESTIONS_FRESH_S)
