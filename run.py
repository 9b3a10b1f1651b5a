#!/usr/bin/env python3
"""SMovie's command line, and the one place where its parts are put together."""

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import click
import jinja2
import orjson
import structlog
import uvloop
from pydantic import ValidationError
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from handlers.accepting import Accepting
from handlers.endings import Endings
from handlers.facebook_graph import GraphClient
from handlers.live.connections import LiveConnections
from handlers.live.first_pages import FirstPages
from handlers.live.frames import RoomCodec
from handlers.live.poll import LingeringPolls
from handlers.openapi import describe
from handlers.routes import ROUTES
from handlers.runtime import Runtime, Traffic
from handlers.server import load_texts, make_application, make_server
from hub.hub import Hub
from hub.limits import HubLimits
from hub.redis_mirror import RedisMirror
from settings import SECRET_MIN, Settings, UnknownSetting, read_settings
from smovie import accounts, collector, comments, departures, new_episodes, reviews, watchlist
from smovie.account_feed import AccountFeed
from smovie.avatars import CACHE_BYTES, AvatarDesk
from smovie.bounded_cache import BoundedCache
from smovie.catalog.feed import CatalogFeed
from smovie.comments import CommentDesk
from smovie.discovery.co_watching import CoWatching
from smovie.discovery.home import HomeDesk
from smovie.discovery.similar import SimilarDesk
from smovie.discovery.trending import Trending
from smovie.embedded import CannotStart, embedded_mongod, own_folder, url_of_running
from smovie.errors import Unavailable
from smovie.facebook import FacebookMeans
from smovie.facebook_app import FacebookApp
from smovie.identities import IdentityCheck
from smovie.importing.demo import load_demo, make_up_audience
from smovie.importing.progress import import_with_progress, show_report
from smovie.importing.vocabulary import ensure_vocabulary
from smovie.logs import configure_logs
from smovie.mail.letters import LetterWriter
from smovie.mail.mailer import Mailer, outbox_sender, smtp_sender
from smovie.media.files import MediaFolder
from smovie.media.playback import MediaMeans
from smovie.media.shelf import MediaShelf
from smovie.media.tokens import MediaSigner
from smovie.models.accounts import Registration
from smovie.models.base import now
from smovie.notifications import NotificationDesk
from smovie.passwords import PasswordHasher
from smovie.pictures import PictureMaker
from smovie.reviews import ReviewDesk
from smovie.sealing import TokenCipher
from smovie.search_log import SearchDesk, SearchLog
from smovie.seo.site import Site
from smovie.seo.sitemaps import Sitemaps
from smovie.store.comments import CommentWriter
from smovie.store.indexes import create_indexes
from smovie.store.mongo import Database, open_database
from smovie.store.progress_writer import ProgressWriter
from smovie.talk import editing
from smovie.talk.feed import RoomFeed
from smovie.talk.limits import CommentLimit, SlowMode
from smovie.talk.rules import RoomRules
from smovie.throttles import Throttle, Throttles
from smovie.throttles.counters import Counters
from smovie.tokens import TokenSigner
from smovie.views import ViewDesk
from smovie.watching import WatchingDesk
from smovie.watchlist import WatchlistDesk
from smovie.watchlist_following import WatchlistFollower

ROOT = Path(__file__).parent
STOP_WITHIN_S = 8.0  # of the 10 s that DESIGN.md 8 gives, 2 are the database's
DEMO_ADMIN = "admin@smovie.example"
SHORT_SECRET = f"SMOVIE_SECRET_KEY is shorter than {SECRET_MIN} characters; make another with: openssl rand -hex 32"

log = structlog.get_logger("smovie")


# -- putting it together -----------------------------------------------------------------------------------------------


@asynccontextmanager
async def open_store(
    settings: Settings, *, as_guest: bool = False, listeners: Sequence[Any] = ()
) -> AsyncIterator[Database]:
    """The database: the one of SMOVIE_MONGO_URL, else (for tools) of a server running on this folder, else our own."""
    async with AsyncExitStack() as up:
        if settings.mongo_url:
            url = settings.mongo_url.get_secret_value()
        else:
            try:
                up.enter_context(own_folder(settings.data_dir))
            except CannotStart:  # a server holds it
                running = url_of_running(settings.data_dir) if as_guest else None
                if running is None:
                    raise
                url = running
            else:
                url = await up.enter_async_context(embedded_mongod(settings.data_dir))
        yield await up.enter_async_context(
            open_database(url, settings.mongo_database, driver=settings.mongo_driver, listeners=listeners)
        )


@asynccontextmanager
async def open_runtime(settings: Settings, db: Database, public_url: str) -> AsyncIterator[Runtime]:
    """Everything that outlives a request, opened in order and closed in reverse, on a database with its indexes."""
    async with AsyncExitStack() as up:
        loop = asyncio.get_running_loop()
        live = LiveConnections(
            per_user=settings.limit_connections_per_user,
            per_address=settings.limit_connections_per_address,
            frames_per_10s=settings.limit_frames_per_10s,
        )
        hard = settings.limit_listener_bytes
        hub = Hub(
            codec=RoomCodec(), call_soon=loop.call_soon, call_later=loop.call_later, clock=loop.time,
            limits=HubLimits(soft_bytes=hard // 2, hard_bytes=hard, node_bytes=settings.limit_node_bytes),
        )  # fmt: skip
        secret = secret_key(settings)
        previous = [key.get_secret_value() for key in settings.previous_secret_keys]
        signer = TokenSigner(secret, previous)
        counters = _counters(settings)
        up.push_async_callback(counters.close)
        await up.enter_async_context(_background(counters.watch()))
        throttles = Throttles({kind: getattr(settings, f"limit_{kind}") for kind in Throttle}, counters, secret)
        letters = LetterWriter(db, ROOT / "templates", public_url)
        hasher = PasswordHasher(settings.bcrypt_cost)
        up.callback(hasher.close)
        pictures = PictureMaker()
        up.callback(pictures.close)
        means = accounts.AccountMeans(db, hasher, signer, letters, throttles)
        facebook_app = up.enter_context(_facebook_app(settings))
        writer = CommentWriter(db)
        up.push_async_callback(writer.flush)
        feed = CatalogFeed(db)
        identities = IdentityCheck(db, signer)
        endings = Endings(identities, live)
        account_feed = AccountFeed(db, endings)
        rules = RoomRules(db)
        room_feed = RoomFeed(db, rules, live.tell_mute)
        feeds = (feed.run(), account_feed.run(), room_feed.run())
        await up.enter_async_context(_background(*feeds, live.watch(), _sweep(hub)))
        mailer = Mailer(db, letters, _mail_sender(settings), settings.mail_from)
        await up.enter_async_context(_background(mailer.run(), departures.finish_departures(means)))
        limit = CommentLimit(settings.limit_comments_per_10s, counters)
        told = NotificationDesk(db, feed, throttles, hub)
        up.push_async_callback(told.flush)
        desk = CommentDesk(db, feed, writer, limit, SlowMode(counters), rules, throttles, hub, told)
        await up.enter_async_context(_background(comments.tell_settled(desk)))
        review_desk = ReviewDesk(db, feed, throttles)
        await up.enter_async_context(_background(reviews.settle(review_desk)))
        watchlist_desk = WatchlistDesk(db, feed, throttles)
        follower = WatchlistFollower(watchlist_desk)
        up.push_async_callback(follower.flush)
        await up.enter_async_context(_background(watchlist.keep_counted(watchlist_desk), follower.run()))
        progress = ProgressWriter(db)
        up.push_async_callback(progress.close)
        await up.enter_async_context(_background(progress.run()))
        view_desk = ViewDesk(db)
        up.push_async_callback(view_desk.stop)
        watching = WatchingDesk(db, feed, progress, throttles, view_desk.note, follower.note)
        trending, together = Trending(db, feed), CoWatching(db)
        similar = SimilarDesk(feed, together)
        await up.enter_async_context(_background(view_desk.run(), trending.run(), together.run()))
        search_log = SearchLog(db)
        up.push_async_callback(search_log.flush)
        await up.enter_async_context(_background(search_log.run()))
        folder = MediaFolder(media_dir(settings))
        site = Site(public_url.rstrip("/"))
        up.callback(folder.close)
        await feed.wait_loaded()
        await up.enter_async_context(_background(new_episodes.keep_told(told)))
        if settings.redis_url:
            await up.enter_async_context(_mirrored(settings, hub, desk))
        await account_feed.wait_begun()
        yield Runtime(
            db=db,
            catalog=feed,
            trending=trending,
            similar=similar,
            home=HomeDesk(feed, trending, similar, watching),
            accounts=means,
            avatars=AvatarDesk(db, pictures, BoundedCache(CACHE_BYTES), throttles),
            account_feed=account_feed,
            identities=identities,
            endings=endings,
            facebook=FacebookMeans(means, TokenCipher(secret, previous), facebook_app),
            comments=desk,
            notifications=told,
            reviews=review_desk,
            watching=watching,
            views=view_desk,
            media=MediaMeans(feed, watching, identities, MediaSigner(secret, previous), MediaShelf(folder, public_url)),
            watchlist=watchlist_desk,
            searches=SearchDesk(feed, throttles, search_log),
            site=site,
            sitemaps=Sitemaps(feed, site),
            hub=hub,
            first_pages=FirstPages(hub, loop.time),
            live=live,
            lingering=LingeringPolls(hub, loop.call_later),
            pages=_pages(),
            static_folder=ROOT / "static",
            allowed_origins=settings.allowed_origins,
            traffic=Traffic(),
        )


def listen(settings: Settings) -> tuple[list[socket.socket], str]:
    """The sockets to serve on, and where users reach them. Errors: CannotStart when the port is taken."""
    try:
        listening = bind_sockets(settings.port, settings.address or None, backlog=4096)
    except OSError as exc:
        raise CannotStart(
            f"cannot listen on port {settings.port} ({exc.strerror}): choose another with --port"
        ) from exc
    host = settings.address or "127.0.0.1"
    return listening, settings.public_url or f"http://{host}:{listening[0].getsockname()[1]}"


@asynccontextmanager
async def open_server(settings: Settings, runtime: Runtime, listening: list[socket.socket]) -> AsyncIterator[None]:
    """Serve. On leaving: accept nothing more, tell the sockets, finish what is under way."""
    load_texts(ROOT / "templates" / "locale")
    application = make_application(runtime)
    server = make_server(application, trusted_proxies=settings.trusted_proxies)
    accepting = Accepting(server, listening)
    try:
        yield
    finally:
        accepting.stop()
        await _drain(server, runtime)


async def _drain(server: HTTPServer, runtime: Runtime) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(STOP_WITHIN_S):
            await runtime.live.drain()
            await runtime.comments.writer.flush()
            await runtime.notifications.flush()
            await runtime.searches.log.flush()
            while len(runtime.live) or runtime.traffic.under_way:
                await asyncio.sleep(0.02)
            await server.close_all_connections()


@asynccontextmanager
async def _background(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run endless tasks beside the rest; one that ends by itself ends the process, loudly."""
    tasks = [asyncio.create_task(coroutine) for coroutine in work]
    for task in tasks:
        task.add_done_callback(_end_loudly)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _end_loudly(task: "asyncio.Task[None]") -> None:
    if not task.cancelled():
        log.critical("a background task ended", task=str(task.get_coro()), exc_info=task.exception())
        signal.raise_signal(signal.SIGTERM)


@asynccontextmanager
async def _mirrored(settings: Settings, hub: Hub, desk: CommentDesk) -> AsyncIterator[None]:
    """Share the rooms with other instances; while Redis is away this one goes on alone."""
    assert settings.redis_url
    mirror = RedisMirror(
        settings.redis_url.get_secret_value(), hub, prefix=f"smovie:{settings.mongo_database}",
        patience_s=settings.mirror_patience_ms / 1_000, most_events=hub.limits.log_events,
        sweep=lambda since: _tell_untold(desk, since),
    )  # fmt: skip
    hub.mirror = mirror
    async with _background(mirror.run()):
        await mirror.wait_tried()
        if not mirror.is_up:
            hub.degrade()
        yield
        await mirror.say_goodbye()


async def _tell_untold(desk: CommentDesk, since: float) -> None:
    await comments.tell_untold(desk, since)
    await editing.tell_untold(desk)


async def _sweep(hub: Hub) -> None:
    while True:
        await asyncio.sleep(0.25)
        hub.sweep()


def _pages() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(ROOT / "templates" / "site"), autoescape=True, undefined=jinja2.StrictUndefined
    )


def _counters(settings: Settings) -> Counters:
    try:
        return Counters(settings.redis_url.get_secret_value() if settings.redis_url else None)
    except ValueError as exc:
        raise CannotStart(f"SMOVIE_REDIS_URL: {exc}") from None


@contextlib.contextmanager
def _facebook_app(settings: Settings) -> Iterator[FacebookApp | None]:
    """Our app at Facebook, where one is set."""
    if not settings.facebook_app_id or not settings.facebook_app_secret:
        yield None
        return
    with contextlib.closing(GraphClient(settings.facebook_graph_url)) as graph:
        yield FacebookApp(settings.facebook_app_id, settings.facebook_app_secret.get_secret_value(), graph)


def _mail_sender(settings: Settings) -> Any:
    if settings.mail_url:
        try:
            return smtp_sender(settings.mail_url.get_secret_value())
        except ValueError as exc:
            raise CannotStart(str(exc)) from None
    return outbox_sender(settings.data_dir / "outbox")


def media_dir(settings: Settings) -> Path:
    """Where films and subtitles lie."""
    return settings.media_dir or settings.data_dir / "media"


def secret_key(settings: Settings) -> str:
    """The key of SMOVIE_SECRET_KEY, else one made once and kept in the data folder."""
    if settings.secret_key:
        if settings.has_short_secret:
            log.warning(SHORT_SECRET)
        return settings.secret_key.get_secret_value()
    kept = settings.data_dir / "secret_key"
    if not kept.exists():
        log.warning("making a secret key; set SMOVIE_SECRET_KEY to share one between instances", file=str(kept))
    return _kept_secret(kept, 32)


def _kept_secret(file: Path, size_bytes: int) -> str:
    """A random secret, made once, readable by its owner only."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as opened:
            opened.write(secrets.token_urlsafe(size_bytes))
    return file.read_text()


# -- running it --------------------------------------------------------------------------------------------------------


async def serve(settings: Settings, *, demo: bool = False) -> None:
    """Serve until SIGTERM or SIGINT; a start that waits for something ends by them too, a second one ends the drain."""
    this = asyncio.current_task()
    assert this is not None
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_number, this.cancel)
    listening, address = listen(settings)
    collector.begin_loading()
    async with AsyncExitStack() as up:
        db = await up.enter_async_context(open_store(settings))
        await create_indexes(db)
        if demo:
            report = await load_demo(db)
            log.info("demo catalogue ready", created=report.created, unchanged=report.unchanged)
            if report.created:
                log.info("views made up, so that something trends", views=await make_up_audience(db, now()))
        else:
            await ensure_vocabulary(db)
        runtime = await up.enter_async_context(open_runtime(settings, db, address))
        admin = await _demo_admin(settings, runtime) if demo else None
        await up.enter_async_context(open_server(settings, runtime, listening))
        collector.end_loading()
        log.info("serving", address=address, titles=len(runtime.catalog.snapshot.entries))
        if admin:
            click.echo(_welcome(address, admin, runtime), err=False)
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        this.uncancel()
        log.info("stopping")


async def _demo_admin(settings: Settings, runtime: Runtime) -> str:
    """The demo admin's password: made once, kept in the data folder."""
    password = _kept_secret(settings.data_dir / "demo_admin_password", 9)
    if not await accounts.is_registered(runtime.db, DEMO_ADMIN):
        await accounts.create_admin(runtime.db, runtime.accounts.hasher, DEMO_ADMIN, password)
    return password


def _welcome(base: str, password: str, runtime: Runtime) -> str:
    snapshot = runtime.catalog.snapshot
    series = next(
        iter(snapshot.select({"kind": (("kind", "series"),)}, "title_vi", descending=False, start=0, size=1)[1])
    )
    return f"""
  SMovie is running:  {base}      ({len(snapshot.entries)} titles; Ctrl-C stops it)
  Demo admin:         {DEMO_ADMIN}  {password}

  Three things to try:
    1. Films from Vietnam:   curl '{base}/api/v1/movies?nation=vn&sort=-release_date'
    2. A series, whole:      curl '{base}/api/v1/movies/{series.slug}'
    3. Talk in a live room:  .venv/bin/python docs/chat.py {base} {DEMO_ADMIN} {password}
"""


def _run(work: Callable[[Settings], Awaitable[None]], settings: Settings) -> None:
    """Run until done; what an operator can mend is said in a line, without a traceback."""
    configure_logs(settings.log_format, settings.log_level)
    try:
        uvloop.run(work(settings))  # type: ignore[arg-type]
    except asyncio.CancelledError:  # a signal while it was starting
        sys.exit(143)
    except (CannotStart, Unavailable, OSError) as exc:
        reason = "MongoDB does not answer" if isinstance(exc, Unavailable) else str(exc)
        click.echo(f"smovie: {reason}", err=True)
        sys.exit(1)


# -- commands ----------------------------------------------------------------------------------------------------------


def _common(command: Callable[..., None]) -> Callable[..., None]:
    """The options every command takes."""
    for option in (
        click.option("--port", type=int, help="Port to listen on (0: one from the kernel)."),
        click.option("--address", help="Address to listen on."),
        click.option(
            "--data-dir", type=click.Path(file_okay=False, path_type=Path), help="Folder of the embedded database."
        ),
        click.option("--print-config", is_flag=True, help="Show every setting, secrets masked, and stop."),
    ):
        command = option(command)
    return command


def _settings(port: int | None, address: str | None, data_dir: Path | None, print_config: bool) -> Settings:
    try:
        settings = read_settings(port=port, address=address, data_dir=data_dir)
    except (UnknownSetting, OSError) as exc:
        raise click.ClickException(str(exc)) from None
    except ValidationError as exc:
        wrong = "; ".join(f"SMOVIE_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in exc.errors())
        raise click.ClickException(wrong) from None
    if print_config:
        for name, value in settings.public().items():
            click.echo(f"{name}={'' if value is None else value}")
        sys.exit(0)
    return settings


@click.group(invoke_without_command=True)
@_common
@click.pass_context
def main(context: click.Context, /, **common: Any) -> None:
    """SMovie: an open movie-streaming backend. Without a command: serve."""
    context.obj = common
    if context.invoked_subcommand is None:
        _run(serve, _settings(**common))


def _chosen(context: click.Context, common: dict[str, Any]) -> Settings:
    """Settings of a command; options may stand before or behind its name."""
    before = context.obj or {}
    merged: dict[str, Any] = {
        name: before.get(name) if value is None or value is False else value for name, value in common.items()
    }
    return _settings(**merged)


@main.command("serve")
@_common
@click.pass_context
def serve_command(context: click.Context, /, **common: Any) -> None:
    """Serve the API and the live rooms."""
    _run(serve, _chosen(context, common))


@main.command("demo")
@_common
@click.pass_context
def demo_command(context: click.Context, /, **common: Any) -> None:
    """Load the demo catalogue, then serve."""
    _run(lambda settings: serve(settings, demo=True), _chosen(context, common))


@main.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would happen; change nothing.")
@_common
@click.pass_context
def import_command(context: click.Context, /, file: Path, dry_run: bool, **common: Any) -> None:
    """Import titles from FILE (JSON Lines, plain or gzipped; docs/import.md)."""

    async def work(settings: Settings) -> None:
        async with open_store(settings, as_guest=True) as db:
            if not dry_run:
                await create_indexes(db)
            show_report(await import_with_progress(db, file, dry_run=dry_run))

    _run(work, _chosen(context, common))


@main.command("create-admin")
@click.option("--email", required=True)
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
@_common
@click.pass_context
def create_admin_command(context: click.Context, /, email: str, password: str, **common: Any) -> None:
    """Make an address an admin, verified, with this password; an account that it has is signed out everywhere."""
    try:
        checked = Registration(email=email, password=password, username="admin")
    except ValidationError as exc:
        raise click.ClickException("; ".join(f"{e['loc'][0]}: {e['msg']}" for e in exc.errors())) from None

    async def work(settings: Settings) -> None:
        async with open_store(settings, as_guest=True) as db:
            await create_indexes(db)
            hasher = PasswordHasher(settings.bcrypt_cost)
            await accounts.create_admin(db, hasher, checked.email, checked.password)
            click.echo(f"{checked.email} is an admin")

    _run(work, _chosen(context, common))


@main.command("check")
@_common
@click.pass_context
def check_command(context: click.Context, /, **common: Any) -> None:
    """Check settings, database, indexes and media folder; say what is wrong and how to mend it."""

    async def work(settings: Settings) -> None:
        click.echo(f"settings: {SHORT_SECRET if settings.has_short_secret else 'ok'}")
        started = time.monotonic()
        async with open_store(settings, as_guest=True) as db:
            await create_indexes(db)
            click.echo(f"mongodb: ok ({db.driver}, {time.monotonic() - started:.1f} s), indexes: ok")
        click.echo(
            f"mail: {'by the mail server' if settings.mail_url else 'into ' + str(settings.data_dir / 'outbox')}"
        )
        folder = media_dir(settings)
        click.echo(f"media: {'from' if folder.is_dir() else 'none yet, there is no folder'} {folder}")
        click.echo(await _check_redis(settings))

    _run(work, _chosen(context, common))


async def _check_redis(settings: Settings) -> str:
    """What `check` says of Redis. Errors: CannotStart with the cure."""
    if not settings.redis_url:
        return "redis: not set, one instance does without"
    counters, started = _counters(settings), time.monotonic()
    try:
        await counters.try_redis(within_s=5)
    except ConnectionError as exc:
        cure = "start it, or mend SMOVIE_REDIS_URL; meanwhile rooms and throttles are each instance's own"
        raise CannotStart(f"redis does not answer ({exc}): {cure}") from None
    finally:
        await counters.close()
    return f"redis: ok ({time.monotonic() - started:.1f} s)"


@main.command("openapi")
def openapi_command() -> None:
    """Print the OpenAPI description."""
    click.echo(orjson.dumps(describe(ROUTES), option=orjson.OPT_INDENT_2).decode())


if __name__ == "__main__":
    main()
