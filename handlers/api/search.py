"""Searching over REST (API.md "Catalogue, search, discovery"): answered from the index in memory."""

import functools

from handlers.access import Access
from handlers.base import ApiHandler
from handlers.operation import operation
from smovie.models.search import SearchPage, SearchQuery, SuggestionList, SuggestQuery
from smovie.search import answers

SUGGESTIONS_FRESH_S = 30


class SearchHandler(ApiHandler):
    @operation(access=Access.PUBLIC, answer=SearchPage, cacheable=True)
    async def get(self, query: SearchQuery) -> None:
        """Find titles by name, people and genres, best first."""
        self.send_kept(answers.search(self.runtime.catalog.snapshot, query, self.language))


class SuggestHandler(ApiHandler):
    @operation(access=Access.PUBLIC, answer=SuggestionList, cacheable=True)
    async def get(self, query: SuggestQuery) -> None:
        """Suggest titles, people and genres while somebody types."""
        trending = functools.partial(self.runtime.trending.ids, "24h")
        body = answers.suggest(self.runtime.catalog.snapshot, query, self.language, trending)
        self.send_kept(body, fresh_s=SUGGESTIONS_FRESH_S)
