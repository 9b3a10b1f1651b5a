"""What to watch next, over REST: banners, the home page."""

from handlers.access import Access
from handlers.base import ApiHandler
from handlers.operation import operation
from smovie.discovery import banners
from smovie.models.banners import BannerList, BannerQuery
from smovie.models.base import now


class BannerListHandler(ApiHandler):
    @operation(access=Access.PUBLIC, answer=BannerList, cacheable=True)
    async def get(self, query: BannerQuery) -> None:
        """List the banners that are shown at present."""
        snapshot = self.runtime.catalog.snapshot
        self.send_kept(banners.list_banners(snapshot, query.placement, self.language, now()))
