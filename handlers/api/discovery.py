"""What to watch next, over REST: banners, the home page."""

from handlers.access import Access
from handlers.base import ApiHandler
from handlers.operation import operation
from smovie.discovery import banners, home
from smovie.models.banners import BannerList, BannerQuery
from smovie.models.base import now
from smovie.models.home import PERSONAL_RAILS, HomeAnswer


class BannerListHandler(ApiHandler):
    @operation(access=Access.PUBLIC, answer=BannerList, cacheable=True)
    async def get(self, query: BannerQuery) -> None:
        """List the banners that are shown at present."""
        snapshot = self.runtime.catalog.snapshot
        self.send_kept(banners.list_banners(snapshot, query.placement, self.language, now()))


class HomeHandler(ApiHandler):
    @operation(access=Access.PUBLIC, answer=HomeAnswer, cacheable=True)
    async def get(self) -> None:
        """Show the home page: banners, then rails of titles, the caller's own first."""
        desk, here = self.runtime.home, (self.language, self.say, now())
        if self.identity:
            self.send_private(await home.read_home(desk, self.identity, *here))
        elif not self.is_anonymous:  # nobody can say who it is
            self.send_private(home.show_public_home(desk, *here, missing=PERSONAL_RAILS))
        else:
            self.vary_by("Authorization")
            self.send_kept(home.show_public_home(desk, *here))
