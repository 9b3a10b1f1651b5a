"""The whole URL map on one page. Who may call what stands on each operation."""

from handlers.api.accounts import (
    ExportHandler,
    LoginHandler,
    LogoutHandler,
    MeHandler,
    RefreshHandler,
    RegisterHandler,
    ResendHandler,
    VerifyHandler,
)
from handlers.api.addresses import AddressChangeHandler, AddressUndoHandler, MyEmailHandler
from handlers.api.avatars import MyAvatarHandler
from handlers.api.catalog import (
    ExclusivityListHandler,
    GenreListHandler,
    MovieHandler,
    MovieListHandler,
    NationListHandler,
    PersonHandler,
    SimilarHandler,
    TrendingHandler,
)
from handlers.api.comments import CommentHandler, CommentListHandler, ReactionHandler, ReportHandler
from handlers.api.discovery import BannerListHandler, HomeHandler
from handlers.api.health import HealthHandler, ReadinessHandler
from handlers.api.notifications import NotificationListHandler, NotificationsReadHandler
from handlers.api.openapi import OpenApiHandler
from handlers.api.passwords import (
    MyPasswordHandler,
    PasswordForgottenHandler,
    PasswordResetHandler,
    PasswordResetPageHandler,
)
from handlers.api.playback import PlaybackHandler
from handlers.api.reviews import ReviewHandler, ReviewListHandler
from handlers.api.rooms import MuteHandler, MuteListHandler, PinHandler, RoomHandler
from handlers.api.search import SearchClickHandler, SearchHandler, SuggestHandler
from handlers.api.sessions import LogoutAllHandler, SessionHandler, SessionListHandler
from handlers.api.social import FacebookHandler, MyFacebookHandler
from handlers.api.watching import (
    ContinueHandler,
    ContinueTitleHandler,
    HistoryEpisodeHandler,
    HistoryHandler,
    ProgressHandler,
)
from handlers.api.watchlist import WatchlistHandler, WatchlistTitleHandler
from handlers.live.long_poll import EventsHandler
from handlers.live.upgrade import CommentsSocketHandler, NotificationsSocketHandler, VerifySocketHandler
from handlers.media import MediaHandler
from handlers.route import Route
from handlers.site.avatars import AvatarHandler, InitialsHandler, PictureHandler
from handlers.site.crawlers import RobotsHandler, SitemapHandler, SitemapIndexHandler
from handlers.site.home import HomePageHandler
from handlers.site.pictures import BackdropHandler, PosterHandler
from handlers.site.static import StaticHandler
from handlers.site.titles import MoviePageHandler

ROUTES = (
    # Catalogue
    Route("/api/v1/movies", MovieListHandler),
    Route("/api/v1/movies/{slug}", MovieHandler),
    Route("/api/v1/search", SearchHandler),
    Route("/api/v1/search/click", SearchClickHandler),
    Route("/api/v1/search/suggest", SuggestHandler),
    Route("/api/v1/genres", GenreListHandler),
    Route("/api/v1/nations", NationListHandler),
    Route("/api/v1/exclusivities", ExclusivityListHandler),
    Route("/api/v1/people/{person_id}", PersonHandler),
    # Discovery
    Route("/api/v1/movies/{slug}/similar", SimilarHandler),
    Route("/api/v1/trending", TrendingHandler),
    Route("/api/v1/home", HomeHandler),
    Route("/api/v1/banners", BannerListHandler),
    # Watching
    Route("/api/v1/episodes/{episode_id}/playback", PlaybackHandler),
    Route("/api/v1/episodes/{episode_id}/progress", ProgressHandler),
    Route("/api/v1/me/continue", ContinueHandler),
    Route("/api/v1/me/continue/{movie_id}", ContinueTitleHandler),
    Route("/api/v1/me/history", HistoryHandler),
    Route("/api/v1/me/history/{episode_id}", HistoryEpisodeHandler),
    Route("/api/v1/me/watchlist", WatchlistHandler),
    Route("/api/v1/me/watchlist/{movie}", WatchlistTitleHandler),
    Route("/media/{token}/{path}", MediaHandler),
    # Talk
    Route("/api/v1/movies/{slug}/reviews", ReviewListHandler),
    Route("/api/v1/movies/{slug}/review", ReviewHandler),
    Route("/api/v1/episodes/{episode_id}/comments", CommentListHandler),
    Route("/api/v1/comments/{comment_id}", CommentHandler),
    Route("/api/v1/comments/{comment_id}/reactions/{emoji}", ReactionHandler),
    Route("/api/v1/comments/{comment_id}/report", ReportHandler),
    Route("/api/v1/rooms/{episode_id}", RoomHandler),
    Route("/api/v1/rooms/{episode_id}/events", EventsHandler),
    Route("/api/v1/rooms/{episode_id}/pins/{comment_id}", PinHandler),
    Route("/api/v1/rooms/{episode_id}/mutes", MuteListHandler),
    Route("/api/v1/rooms/{episode_id}/mutes/{user_id}", MuteHandler),
    Route("/ws/comments/{place}", CommentsSocketHandler),
    Route("/ws/notifications", NotificationsSocketHandler),
    Route("/api/v1/me/notifications", NotificationListHandler),
    Route("/api/v1/me/notifications/read", NotificationsReadHandler),
    # Accounts
    Route("/api/v1/auth/register", RegisterHandler),
    Route("/api/v1/auth/verify/resend", ResendHandler),
    Route("/api/v1/auth/verify/{uid}/{token}", VerifyHandler),
    Route("/ws/verify/{place}", VerifySocketHandler),
    Route("/api/v1/auth/login", LoginHandler),
    Route("/api/v1/auth/facebook", FacebookHandler),
    Route("/api/v1/auth/refresh", RefreshHandler),
    Route("/api/v1/auth/logout", LogoutHandler),
    Route("/api/v1/auth/logout-all", LogoutAllHandler),
    Route("/api/v1/auth/password/forgot", PasswordForgottenHandler),
    Route("/api/v1/auth/password/reset", PasswordResetHandler),
    Route("/api/v1/auth/password/reset/{uid}/{token}", PasswordResetPageHandler),
    Route("/api/v1/me", MeHandler),
    Route("/api/v1/me/avatar", MyAvatarHandler),
    Route("/api/v1/me/export", ExportHandler),
    Route("/api/v1/me/email", MyEmailHandler),
    Route("/api/v1/auth/email/confirm/{uid}/{token}", AddressChangeHandler),
    Route("/api/v1/auth/email/undo/{uid}/{token}", AddressUndoHandler),
    Route("/api/v1/me/password", MyPasswordHandler),
    Route("/api/v1/me/social/facebook", MyFacebookHandler),
    Route("/api/v1/me/sessions", SessionListHandler),
    Route("/api/v1/me/sessions/{session_id}", SessionHandler),
    # Pages and pictures
    Route("/", HomePageHandler),
    Route("/movies/{slug}", MoviePageHandler),
    Route("/robots.txt", RobotsHandler),
    Route("/sitemap.xml", SitemapIndexHandler),
    Route("/sitemap-{number}.xml", SitemapHandler),
    Route("/posters/{slug}.svg", PosterHandler),
    Route("/backdrops/{slug}.svg", BackdropHandler),
    Route("/avatars/{digest}-{size}.webp", PictureHandler),
    Route("/avatars/{user_id}.svg", InitialsHandler),
    Route("/avatars/{user_id}", AvatarHandler),
    Route("/static/{path}", StaticHandler),
    # The server itself
    Route("/api/openapi.json", OpenApiHandler),
    Route("/healthz", HealthHandler),
    Route("/readyz", ReadinessHandler),
)
