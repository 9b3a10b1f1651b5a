"""What outlives a request, as handlers see it. `run.py` opens and closes it."""

from dataclasses import dataclass, field
from pathlib import Path

import jinja2

from handlers.endings import Endings
from handlers.live.connections import LiveConnections
from handlers.live.first_pages import FirstPages
from handlers.live.poll import LingeringPolls
from hub.hub import Hub
from smovie.account_feed import AccountFeed
from smovie.accounts import AccountMeans
from smovie.avatars import AvatarDesk
from smovie.catalog.feed import CatalogFeed
from smovie.comments import CommentDesk
from smovie.discovery.home import HomeDesk
from smovie.discovery.similar import SimilarDesk
from smovie.discovery.trending import Trending
from smovie.facebook import FacebookMeans
from smovie.identities import IdentityCheck
from smovie.media.playback import MediaMeans
from smovie.notifications import NotificationDesk
from smovie.reviews import ReviewDesk
from smovie.search_log import SearchDesk
from smovie.seo.site import Site
from smovie.seo.sitemaps import Sitemaps
from smovie.store.mongo import Database
from smovie.views import ViewDesk
from smovie.watching import WatchingDesk
from smovie.watchlist import WatchlistDesk


@dataclass
class Traffic:
    """What a stopping server waits for; `uploading` are the callers whose files are being taken."""

    under_way: int = 0
    uploading: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Runtime:
    """The parts of a running SMovie."""

    db: Database
    catalog: CatalogFeed
    trending: Trending
    similar: SimilarDesk
    home: HomeDesk
    accounts: AccountMeans
    account_feed: AccountFeed
    avatars: AvatarDesk
    facebook: FacebookMeans
    identities: IdentityCheck
    endings: Endings
    comments: CommentDesk
    notifications: NotificationDesk
    reviews: ReviewDesk
    watching: WatchingDesk
    views: ViewDesk
    watchlist: WatchlistDesk
    searches: SearchDesk
    media: MediaMeans
    site: Site
    sitemaps: Sitemaps
    hub: Hub
    first_pages: FirstPages
    live: LiveConnections
    lingering: LingeringPolls
    pages: jinja2.Environment
    static_folder: Path
    allowed_origins: frozenset[str]
    traffic: Traffic
