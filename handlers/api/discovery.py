"""What to watch next, over REST: banners, the home page."""

from handlers.access import Access
from handlers.base import ApiHandler
from handlers.operation import operation
from smovie.discovery import banners, home
from smovie.models.banners import BannerList, BannerQuery
from smovie.models.base import now
from smovie.models.home import HomeAnswer


class BannerListHandler(ApiHandler):
    @operation(access=Access.PUBLIC, answer=BannerList, cacheable=True)
    async def get(self, query: BannerQuery) -> None:
        """List the banners that are shown at present."""
        snapshot = self.runtime.catalog.snapshot
        self.send_kept(banners.list_banners(snapshot, query.placement, self.language, now()))


class HomeHandler(ApiHandler):
    @operation(access=Access.PUBLIC, answer=HomeAnswer, cacheable=True)
    async def get(self) -> None:
        """Show the home page: banners, then rails of titles."""
        self.vary_by("Authorization")
        self.send_kept(home.show_home(self.runtime.catalog.snapshot, (), self.language, self.say, now()))
