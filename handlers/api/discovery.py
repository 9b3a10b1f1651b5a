"""What to watch next, over REST: banners, the home page."""

from handlers.access import Access
from handlers.base import ApiHandler
from handlers.operation import operation
from smovie.discovery import banners, home
from smovie.errors import Unavailable
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
    _is_unknown = False

    async def admit(self, access: Access) -> None:
        """Who cannot be looked up while MongoDB is away sees what everybody does."""
        try:
            await super().admit(access)
        except Unavailable:
            self._is_unknown = True

    @operation(access=Access.PUBLIC, answer=HomeAnswer, cacheable=True)
    async def get(self) -> None:
        """Show the home page: banners, then rails of titles, the caller's own first."""
        desk, here = self.runtime.home, (self.language, self.say, now())
        self.vary_by("Authorization")
        if self.identity:
            self.send_kept(await home.read_home(desk, self.identity, *here), private=True)
        elif self._is_unknown:
            self.send_kept(home.show_public_home(desk, *here, missing=PERSONAL_RAILS), private=True)
        else:
            self.send_kept(home.show_public_home(desk, *here))
