"""The role matrix: every method of every route, called by everybody from nobody to an admin.

`DECISIONS` is written by hand, on purpose not read from the code: a new route, a new method or another access fails
until somebody has decided who may call it and whose things it touches. Each cell is called over HTTP or a socket.
"""

import secrets
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from urllib.parse import quote

import pytest
from tornado.ioloop import IOLoop

from handlers.access import Access
from handlers.operation import operation_of
from handlers.routes import ROUTES
from smovie.importing.demo import load_demo
from smovie.media.tokens import MediaClaims
from tests.api.test_email_change import an_address, link_for, undo_link_to
from tests.api.test_openapi import DESCRIBED, methods_of
from tests.support.access import OPENED, Decision, all_that_is_kept_of, call
from tests.support.cast import Cast, Scene, Who, session_of
from tests.support.films import FILM, MP4, add_titles, make_files
from tests.support.graph import FakeGraph, facebook_settings
from tests.support.mailbox import letters_to, link_in
from tests.support.pictures import multipart, plain
from tests.support.server import Member, RunningServer, start_server, test_settings
from tests.support.wait import until

PUBLIC, USER, VERIFIED, MODERATOR = Access.PUBLIC, Access.USER, Access.VERIFIED, Access.MODERATOR


def parts_of(link: str) -> dict[str, str]:
    *_, uid, token = link.split("/")
    return {"uid": uid, "token": token}


async def somebody(scene: Scene) -> Member:
    """A user who is neither the owner nor the caller."""
    return (await Cast(scene.server, scene.graph).scene(Who.OWNER)).owner


async def confirmation(scene: Scene) -> dict[str, str]:
    """The parts of a link that confirms a fresh registration."""
    registered = await scene.server.register()
    return parts_of(await scene.server.proof_for(registered))


def email_change(scene: Scene) -> dict[str, str]:
    return {"email": an_address(), "password": scene.caller.password if scene.caller else ""}


async def new_address(scene: Scene) -> dict[str, str]:
    """The parts of a link that a wanted address got."""
    return parts_of(await link_for(scene.server, await somebody(scene), an_address()))


async def old_address(scene: Scene) -> dict[str, str]:
    """The parts of a link that the former address got, of an account that has another by now."""
    member = await somebody(scene)
    await scene.server.api.post_to(await link_for(scene.server, member, an_address()))
    return parts_of(await undo_link_to(scene.server, member.email, 1))


async def new_password(scene: Scene) -> dict[str, str]:
    """What the link for a forgotten password holds, with a new one."""
    email = (await somebody(scene)).email
    await scene.server.api.post("/auth/password/forgot", {"email": email})
    letters = await until(lambda: letters_to(scene.server.outbox, email))
    return {**parts_of(link_in(letters[0])), "password": NEW}


async def refresh_token(scene: Scene) -> dict[str, str]:
    return {"refresh": (await somebody(scene)).refresh}


async def credentials(scene: Scene) -> dict[str, str]:
    member = await somebody(scene)
    return {"email": member.email, "password": member.password}


def registration(_scene: Scene) -> dict[str, str]:
    part = secrets.token_hex(6)
    return {"email": f"{part}@example.com", "username": f"Người {part}", "password": NEW}


def passwords(scene: Scene) -> dict[str, str]:
    return {"old": scene.caller.password if scene.caller else "", "new": NEW}


def password(scene: Scene) -> dict[str, str]:
    return {"password": scene.caller.password if scene.caller else ""}


def facebook_link(scene: Scene) -> dict[str, str]:
    return {"access_token": scene.graph.token().text, "password": scene.caller.password if scene.caller else ""}


async def linked(scene: Scene) -> None:
    """See to it that there is something to unlink."""
    if scene.caller:
        await scene.server.api.post("/me/social/facebook", facebook_link(scene), access=scene.caller.access)


def own_media(scene: Scene) -> dict[str, str]:
    """An address of a film made for the caller; players send no header, so it alone says who they are."""
    if scene.caller is None:
        return {"token": "x", "path": "1.mp4"}
    claims = MediaClaims(session_of(scene.caller), scene.caller.id, MP4, int(time.time()) + 60)
    return {"token": scene.server.runtime.media.signer.sign(claims), "path": quote(MP4)}


async def picture(scene: Scene) -> dict[str, str]:
    """Where a picture of somebody is."""
    member = await somebody(scene)
    sent, kind = PICTURE
    headers = {"Content-Type": kind}
    answer = await scene.server.api.call("PUT", "/api/v1/me/avatar", body=sent, headers=headers, access=member.access)
    digest, _, size = answer.json["avatar"].removeprefix("/avatars/").removesuffix(".webp").partition("-")
    return {"digest": digest, "size": size}


async def comment(scene: Scene) -> dict[str, str]:
    """A comment: the owner's own when they call, else somebody's."""
    author = scene.owner if scene.caller is scene.owner else await somebody(scene)
    path = f"/episodes/{places(scene)['episode_id']}/comments"
    posted = await scene.server.api.post(path, {"message": "hay quá"}, access=author.access)
    return {"comment_id": posted.json["comment"]["id"]}


async def reaction(scene: Scene) -> dict[str, str]:
    return {**await comment(scene), "emoji": quote("👍")}


async def muted(scene: Scene) -> dict[str, str]:
    """Somebody who may not talk in the room at present."""
    place, member, moderator = places(scene), await somebody(scene), await another(scene, Who.MODERATOR)
    path = f"/rooms/{place['episode_id']}/mutes/{member.id}"
    assert (await scene.server.api.send("PUT", path, {"seconds": 60}, access=moderator.access)).status == 200
    return {"user_id": member.id}


async def anybody(scene: Scene) -> dict[str, str]:
    return {"user_id": (await somebody(scene)).id}


async def another(scene: Scene, who: Who) -> Member:
    """One more of a kind."""
    member = (await Cast(scene.server, scene.graph).scene(who)).caller
    assert member
    return member


async def not_the_last_admin(scene: Scene) -> None:
    await another(scene, Who.ADMIN)


NEW = "một mật khẩu khác"
PICTURE = multipart(plain())
PROGRESS = {"position_s": 60, "duration_s": 3_600, "state": "playing", "client_time": "2026-01-02T03:04:05Z"}
LINK = {"uid": "somebody", "token": "anything"}  # of a page: opening it spends nothing
UNKNOWN = {"email": "nobody@example.com"}


def places(scene: Scene) -> dict[str, str]:
    """What stands for the parameters of a path, unless a decision says otherwise."""
    by_slug = scene.server.runtime.catalog.snapshot.by_slug
    return {
        "episode_id": by_slug["pho"].episode_ids[0],
        "movie_id": by_slug["pho"].id,
        "movie": "spirited-away",
        "path": "site/site.css",
        "person_id": by_slug["spirited-away"].movie().directors[0].person_id,
        "session_id": session_of(scene.owner),
        "slug": "spirited-away",
        "user_id": scene.owner.id,
    }


DECISIONS = {
    # Catalogue
    "GET /api/v1/movies": Decision(PUBLIC, 200),
    "GET /api/v1/movies/{slug}": Decision(PUBLIC, 200),
    "GET /api/v1/movies/{slug}/similar": Decision(PUBLIC, 200),
    "GET /api/v1/trending": Decision(PUBLIC, 200),
    "GET /api/v1/home": Decision(PUBLIC, 200),
    "GET /api/v1/banners": Decision(PUBLIC, 200),
    "GET /api/v1/search": Decision(PUBLIC, 200, query="q=pho"),
    "POST /api/v1/search/click": Decision(PUBLIC, 204, {"q": "vung dat linh hon", "movie": "spirited-away"}),
    "GET /api/v1/search/suggest": Decision(PUBLIC, 200),
    "GET /api/v1/genres": Decision(PUBLIC, 200),
    "GET /api/v1/nations": Decision(PUBLIC, 200),
    "GET /api/v1/exclusivities": Decision(PUBLIC, 200),
    "GET /api/v1/people/{person_id}": Decision(PUBLIC, 200),
    # Watching
    "GET /api/v1/episodes/{episode_id}/playback": Decision(VERIFIED, 200),
    "POST /api/v1/episodes/{episode_id}/progress": Decision(VERIFIED, 200, PROGRESS),
    "GET /api/v1/me/continue": Decision(VERIFIED, 200),
    "DELETE /api/v1/me/continue/{movie_id}": Decision(VERIFIED, 204),
    "GET /api/v1/me/history": Decision(VERIFIED, 200),
    "DELETE /api/v1/me/history": Decision(VERIFIED, 204),
    "DELETE /api/v1/me/history/{episode_id}": Decision(VERIFIED, 204),
    "GET /media/{token}/{path}": Decision(VERIFIED, 200, at=own_media, but={Who.NOBODY: 403}),
    "GET /api/v1/me/watchlist": Decision(VERIFIED, 200),
    "PUT /api/v1/me/watchlist/{movie}": Decision(VERIFIED, 200, {"state": "watching"}),
    "DELETE /api/v1/me/watchlist/{movie}": Decision(VERIFIED, 204),
    # Talk
    "GET /api/v1/movies/{slug}/reviews": Decision(PUBLIC, 200),
    "PUT /api/v1/movies/{slug}/review": Decision(VERIFIED, 200, {"rating": 8, "text": "hay quá"}),
    "DELETE /api/v1/movies/{slug}/review": Decision(VERIFIED, 204),
    "GET /api/v1/episodes/{episode_id}/comments": Decision(PUBLIC, 200),
    "POST /api/v1/episodes/{episode_id}/comments": Decision(VERIFIED, 201, {"message": "hay quá"}),
    "PATCH /api/v1/comments/{comment_id}": Decision(VERIFIED, 200, {"message": "sửa"}, others=403, at=comment),
    "DELETE /api/v1/comments/{comment_id}": Decision(VERIFIED, 204, at=comment, but={Who.OTHER: 403}),
    "PUT /api/v1/comments/{comment_id}/reactions/{emoji}": Decision(VERIFIED, 200, at=reaction),
    "DELETE /api/v1/comments/{comment_id}/reactions/{emoji}": Decision(VERIFIED, 200, at=reaction),
    "POST /api/v1/comments/{comment_id}/report": Decision(VERIFIED, 204, {"reason": "thô tục"}, at=comment),
    "GET /api/v1/rooms/{episode_id}": Decision(PUBLIC, 200),
    "PATCH /api/v1/rooms/{episode_id}": Decision(MODERATOR, 200, {"slow_mode_s": 0}),
    "PUT /api/v1/rooms/{episode_id}/pins/{comment_id}": Decision(MODERATOR, 204, at=comment),
    "DELETE /api/v1/rooms/{episode_id}/pins/{comment_id}": Decision(MODERATOR, 204, at=comment),
    "GET /api/v1/rooms/{episode_id}/mutes": Decision(MODERATOR, 200),
    "PUT /api/v1/rooms/{episode_id}/mutes/{user_id}": Decision(MODERATOR, 200, {"seconds": 60}, at=anybody),
    "DELETE /api/v1/rooms/{episode_id}/mutes/{user_id}": Decision(MODERATOR, 204, at=muted),
    "GET /api/v1/rooms/{episode_id}/events": Decision(VERIFIED, 200),
    "GET /api/v1/me/notifications": Decision(VERIFIED, 200),
    "POST /api/v1/me/notifications/read": Decision(VERIFIED, 204, {"ids": ["0" * 20]}),
    "GET /ws/notifications": Decision(VERIFIED, OPENED),
    "GET /ws/comments/{place}": Decision(VERIFIED, OPENED, at=lambda s: {"place": places(s)["episode_id"]}),
    # Accounts: who holds a link or a refresh token may use it, whoever they are signed in as
    "POST /api/v1/auth/register": Decision(PUBLIC, 201, registration),
    "POST /api/v1/auth/verify/resend": Decision(PUBLIC, 202, UNKNOWN),
    "GET /api/v1/auth/verify/{uid}/{token}": Decision(PUBLIC, 200, at=LINK),
    "POST /api/v1/auth/verify/{uid}/{token}": Decision(PUBLIC, 200, at=confirmation),
    "GET /ws/verify/{place}": Decision(USER, OPENED, at=lambda s: {"place": s.owner.id}, others=403),
    "POST /api/v1/auth/login": Decision(PUBLIC, 200, credentials),
    "POST /api/v1/auth/facebook": Decision(PUBLIC, 200, lambda s: {"access_token": s.graph.token().text}),
    "POST /api/v1/auth/refresh": Decision(PUBLIC, 200, refresh_token),
    "POST /api/v1/auth/logout": Decision(PUBLIC, 204, refresh_token),
    "POST /api/v1/auth/logout-all": Decision(USER, 204),
    "POST /api/v1/auth/password/forgot": Decision(PUBLIC, 202, UNKNOWN),
    "POST /api/v1/auth/password/reset": Decision(PUBLIC, 200, new_password),
    "GET /api/v1/auth/password/reset/{uid}/{token}": Decision(PUBLIC, 200, at=LINK),
    "GET /api/v1/me": Decision(USER, 200),
    "PATCH /api/v1/me": Decision(VERIFIED, 200, lambda s: {"username": f"Tên mới {secrets.token_hex(4)}"}),
    "DELETE /api/v1/me": Decision(USER, 204, password, at=not_the_last_admin),
    "GET /api/v1/me/export": Decision(USER, 200),
    "PUT /api/v1/me/avatar": Decision(VERIFIED, 200, PICTURE),
    "DELETE /api/v1/me/avatar": Decision(VERIFIED, 204),
    "POST /api/v1/me/email": Decision(USER, 202, email_change, but={Who.UNVERIFIED: 403}),
    "GET /api/v1/auth/email/confirm/{uid}/{token}": Decision(PUBLIC, 200, at=LINK),
    "POST /api/v1/auth/email/confirm/{uid}/{token}": Decision(PUBLIC, 200, at=new_address),
    "GET /api/v1/auth/email/undo/{uid}/{token}": Decision(PUBLIC, 200, at=LINK),
    "POST /api/v1/auth/email/undo/{uid}/{token}": Decision(PUBLIC, 200, at=old_address),
    "POST /api/v1/me/password": Decision(VERIFIED, 204, passwords),
    "POST /api/v1/me/social/facebook": Decision(VERIFIED, 200, facebook_link),
    "DELETE /api/v1/me/social/facebook": Decision(VERIFIED, 204, at=linked),
    "GET /api/v1/me/sessions": Decision(VERIFIED, 200),
    "DELETE /api/v1/me/sessions/{session_id}": Decision(VERIFIED, 204, others=404),
    # Pages and pictures
    "GET /": Decision(PUBLIC, 200),
    "GET /movies/{slug}": Decision(PUBLIC, 200),
    "GET /robots.txt": Decision(PUBLIC, 200),
    "GET /sitemap.xml": Decision(PUBLIC, 200),
    "GET /sitemap-{number}.xml": Decision(PUBLIC, 200, at={"number": "1"}),
    "GET /avatars/{digest}-{size}.webp": Decision(PUBLIC, 200, at=picture),
    "GET /avatars/{user_id}.svg": Decision(PUBLIC, 200),
    "GET /avatars/{user_id}": Decision(PUBLIC, 200),
    "GET /posters/{slug}.svg": Decision(PUBLIC, 200),
    "GET /backdrops/{slug}.svg": Decision(PUBLIC, 200),
    "GET /static/{path}": Decision(PUBLIC, 200),
    # The server itself
    "GET /api/openapi.json": Decision(PUBLIC, 200),
    "GET /healthz": Decision(PUBLIC, 200),
    "GET /readyz": Decision(PUBLIC, 200),
}  # fmt: skip


@pytest.fixture(scope="module")
def cast(
    io_loop: IOLoop,
    mongod: str,
    database_names: Iterator[str],
    graph: FakeGraph,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Cast]:
    """Everybody, before a server that has all that a route may need: titles, films to play, Facebook."""
    stack, folder = AsyncExitStack(), tmp_path_factory.mktemp("matrix")
    settings = test_settings(
        mongo_url=mongod, mongo_database=next(database_names), data_dir=folder, **facebook_settings(graph)
    )

    async def enter() -> RunningServer:
        server = await stack.enter_async_context(start_server(settings))
        await load_demo(server.runtime.db)
        await add_titles(server.runtime.db, folder, FILM)
        make_files(folder / "media")
        await until(lambda: {"pho", "spirited-away"} <= server.runtime.catalog.snapshot.by_slug.keys())
        return server

    yield Cast(io_loop.run_sync(enter), graph)
    io_loop.run_sync(stack.aclose)


def test_every_method_of_every_route_is_decided() -> None:
    there_are = {f"{verb.upper()} {route.path}" for route in ROUTES for verb in methods_of(route)}
    assert there_are - set(DECISIONS) == set(), "nobody has decided who may call these"
    assert set(DECISIONS) - there_are == set(), "these are decided, and are no routes"


def test_each_states_the_access_that_was_decided() -> None:
    for route in ROUTES:
        for verb in methods_of(route):
            declared = operation_of(route.handler, verb)
            stated = declared.access if declared else getattr(route.handler, "access", None)
            assert stated is DECISIONS[f"{verb.upper()} {route.path}"].access, (verb, route.path)
    for path, verbs in DESCRIBED["paths"].items():
        for verb, described in verbs.items():
            assert described["x-access"] == DECISIONS[f"{verb.upper()} {path}"].access.value, (verb, path)


@pytest.mark.parametrize("who", Who)
@pytest.mark.parametrize("operation", DECISIONS)
async def test_each_caller_is_let_in_or_refused_as_decided(cast: Cast, operation: str, who: Who) -> None:
    decision = DECISIONS[operation]
    scene = await cast.scene(who)
    before = await all_that_is_kept_of(scene.owner, scene.server)
    answer = await call(scene, operation, decision, places(scene))
    if answer.status < 400 and not operation.startswith("GET"):
        cast.replace(who)
    assert answer.status == decision.expected(who), answer.body
    if who is not Who.OWNER:
        assert await all_that_is_kept_of(scene.owner, scene.server) == before, "a stranger has changed something"
        for private in (scene.owner.email, session_of(scene.owner)):
            assert private.encode() not in answer.body, "a stranger has read something"
