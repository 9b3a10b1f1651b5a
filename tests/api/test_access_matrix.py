"""The role matrix: every method of every route, called by everybody from nobody to an admin.

`DECISIONS` is written by hand, on purpose not read from the code: a new route, a new method or another access fails
until somebody has decided who may call it and whose things it touches. Each cell is called over HTTP or a socket.
"""

import secrets
from collections.abc import Awaitable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from tornado.ioloop import IOLoop
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from handlers.access import Access
from handlers.operation import operation_of
from handlers.routes import ROUTES
from tests.api.test_openapi import DESCRIBED, methods_of
from tests.support.api import Answer
from tests.support.cast import Cast, Scene, Who
from tests.support.graph import FakeGraph, facebook_settings
from tests.support.mailbox import letters_to, link_in
from tests.support.pictures import multipart, plain
from tests.support.server import Member, RunningServer, start_server, test_settings
from tests.support.wait import until

PUBLIC, USER, VERIFIED = Access.PUBLIC, Access.USER, Access.VERIFIED
STAFF = [Who.MODERATOR, Who.EDITOR, Who.ADMIN]
LET_IN = {
    Access.PUBLIC: list(Who),
    Access.USER: [Who.UNVERIFIED, Who.OWNER, Who.OTHER, *STAFF],
    Access.VERIFIED: [Who.OWNER, Who.OTHER, *STAFF],
    Access.MODERATOR: STAFF,
    Access.EDITOR: [Who.EDITOR, Who.ADMIN],
    Access.ADMIN: [Who.ADMIN],
}
OPENED = 101  # of a socket: it has joined
_CLOSED = {4401: 401, 4403: 403, 4404: 404}  # what its close codes say, as a status

Given = Any  # or a function of the scene, or a coroutine function of it


@dataclass(frozen=True)
class Decision:
    """Who may call, and what they are answered.

    `others` is the answer to those who are let in though it is the owner's thing; None where it is nobody's, or the
    caller's own. `body` is sent as JSON, or is (bytes, media type). `at` are parameters of the path that `places` does
    not give, or not these.
    """

    access: Access
    status: int
    body: Given = None
    others: int | None = None
    at: Given = None

    def expected(self, who: Who) -> int:
        if who not in LET_IN[self.access]:
            return 401 if who is Who.NOBODY else 403
        return self.status if self.others is None or who is Who.OWNER else self.others


async def somebody(scene: Scene) -> Member:
    """A user who is neither the owner nor the caller."""
    return (await Cast(scene.server, scene.graph).scene(Who.OWNER)).owner


async def confirmation(scene: Scene) -> dict[str, str]:
    """The parts of a link that confirms a fresh registration."""
    registered = await scene.server.register()
    *_, uid, token = (await scene.server.proof_for(registered)).split("/")
    return {"uid": uid, "token": token}


async def new_password(scene: Scene) -> dict[str, str]:
    """What the link for a forgotten password holds, with a new one."""
    email = (await somebody(scene)).email
    await scene.server.api.post("/auth/password/forgot", {"email": email})
    letters = await until(lambda: letters_to(scene.server.outbox, email))
    *_, uid, token = link_in(letters[0]).split("/")
    return {"uid": uid, "token": token, "password": NEW}


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


def facebook_link(scene: Scene) -> dict[str, str]:
    return {"access_token": scene.graph.token().text, "password": scene.caller.password if scene.caller else ""}


async def linked(scene: Scene) -> None:
    """See to it that there is something to unlink."""
    if scene.caller:
        await scene.server.api.post("/me/social/facebook", facebook_link(scene), access=scene.caller.access)


async def picture(scene: Scene) -> dict[str, str]:
    """Where a picture of somebody is."""
    member = await somebody(scene)
    sent, kind = PICTURE
    headers = {"Content-Type": kind}
    answer = await scene.server.api.call("PUT", "/api/v1/me/avatar", body=sent, headers=headers, access=member.access)
    digest, _, size = answer.json["avatar"].removeprefix("/avatars/").removesuffix(".webp").partition("-")
    return {"digest": digest, "size": size}


NEW = "một mật khẩu khác"
PICTURE = multipart(plain())
LINK = {"uid": "somebody", "token": "anything"}  # of a page: opening it spends nothing
UNKNOWN = {"email": "nobody@example.com"}


def places(scene: Scene) -> dict[str, str]:
    """What stands for the parameters of a path, unless a decision says otherwise."""
    title = scene.server.runtime.catalog.snapshot.by_slug["spirited-away"].movie()
    return {
        "episode_id": title.seasons[0].episodes[0].id,
        "path": "site/site.css",
        "person_id": title.directors[0].person_id,
        "session_id": scene.owners_session,
        "slug": title.slug,
        "user_id": scene.owner.id,
    }


DECISIONS = {
    # Catalogue
    "GET /api/v1/movies": Decision(PUBLIC, 200),
    "GET /api/v1/movies/{slug}": Decision(PUBLIC, 200),
    "GET /api/v1/genres": Decision(PUBLIC, 200),
    "GET /api/v1/nations": Decision(PUBLIC, 200),
    "GET /api/v1/exclusivities": Decision(PUBLIC, 200),
    "GET /api/v1/people/{person_id}": Decision(PUBLIC, 200),
    # Talk
    "GET /api/v1/episodes/{episode_id}/comments": Decision(PUBLIC, 200),
    "POST /api/v1/episodes/{episode_id}/comments": Decision(VERIFIED, 201, {"message": "hay quá"}),
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
    "PUT /api/v1/me/avatar": Decision(VERIFIED, 200, PICTURE),
    "DELETE /api/v1/me/avatar": Decision(VERIFIED, 204),
    "POST /api/v1/me/password": Decision(VERIFIED, 204, passwords),
    "POST /api/v1/me/social/facebook": Decision(VERIFIED, 200, facebook_link),
    "DELETE /api/v1/me/social/facebook": Decision(VERIFIED, 204, at=linked),
    "GET /api/v1/me/sessions": Decision(VERIFIED, 200),
    "DELETE /api/v1/me/sessions/{session_id}": Decision(VERIFIED, 204, others=404),
    # Pages and pictures
    "GET /": Decision(PUBLIC, 200),
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
    io_loop: IOLoop, mongod: str, demo_database: str, graph: FakeGraph, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cast]:
    """Everybody, before a server that has all that a route may need."""
    stack, folder = AsyncExitStack(), tmp_path_factory.mktemp("matrix")
    settings = test_settings(
        mongo_url=mongod, mongo_database=demo_database, data_dir=folder, **facebook_settings(graph)
    )
    server = io_loop.run_sync(lambda: stack.enter_async_context(start_server(settings)))
    yield Cast(server, graph)
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
    answer = await call(scene, operation, decision)
    if answer.status < 400 and not operation.startswith("GET"):
        cast.replace(who)
    assert answer.status == decision.expected(who), answer.body
    if who is not Who.OWNER:
        assert await all_that_is_kept_of(scene.owner, scene.server) == before, "a stranger has changed something"
        for private in (scene.owner.email, scene.owners_session):
            assert private.encode() not in answer.body, "a stranger has read something"


async def call(scene: Scene, operation: str, decision: Decision) -> Answer:
    """The answer to a caller; a GET's status is that of its HEAD too."""
    method, path = operation.split(" ")
    path = path.format_map({**places(scene), **(await resolved(decision.at, scene) or {})})
    body, kind = await resolved(decision.body, scene), None
    if isinstance(body, dict):
        body, kind = orjson.dumps(body), "application/json"
    elif body:
        body, kind = body
    access = scene.caller.access if scene.caller else None
    if path.startswith("/ws/"):
        return await dial(scene.server, path, access)
    api = scene.server.api
    if method != "GET":
        headers = {"Content-Type": kind} if kind else {}
        return await api.call(method, path, body=body, headers=headers, access=access)
    answer, head = await api.call("GET", path, access=access), await api.call("HEAD", path, access=access)
    assert (head.status, head.body) == (answer.status, b"")
    return answer


async def resolved(given: Given, scene: Scene) -> Any:
    if callable(given):
        given = given(scene)
    return await given if isinstance(given, Awaitable) else given


async def dial(server: RunningServer, path: str, access: str | None) -> Answer:
    """Open a socket; its first frame, and what came of it as a status."""
    token = f"?token={access}" if access else ""
    url = f"ws://127.0.0.1:{server.port}{path}{token}"
    async with connect(url, compression=None, ping_interval=None, close_timeout=2) as socket:
        try:
            if not access:
                await socket.send('{"type": "ping"}')
            first = str(await socket.recv())
        except ConnectionClosed:
            return Answer(_CLOSED[socket.close_code or 0], {}, b"")
        assert '"joined"' in first, first
        return Answer(OPENED, {}, first.encode())


async def all_that_is_kept_of(member: Member, server: RunningServer) -> list[Any]:
    """Every document of theirs, in whatever collection."""
    database, found = server.runtime.db._database, []
    for name in sorted(await database.list_collection_names()):
        cursor = database[name].find({"$or": [{"_id": member.id}, {"user_id": member.id}]}).sort("_id", 1)
        found += [(name, document) async for document in cursor]
    return found
