"""One cell of the role matrix: what was decided about an operation, and how a caller calls it."""

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from handlers.access import Access
from tests.support.api import Answer
from tests.support.cast import Scene, Who
from tests.support.server import Member, RunningServer

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
    caller's own. `but` are answers that do not follow from this. `body` is sent as JSON, or is (bytes, media type).
    `at` are parameters of the path that the test's `places` does not give, or not these. `query` follows the path.
    """

    access: Access
    status: int
    body: Given = None
    others: int | None = None
    at: Given = None
    but: Mapping[Who, int] = field(default_factory=dict)
    query: str = ""

    def expected(self, who: Who) -> int:
        if who in self.but:
            return self.but[who]
        if who not in LET_IN[self.access]:
            return 401 if who is Who.NOBODY else 403
        return self.status if self.others is None or who is Who.OWNER else self.others


async def call(scene: Scene, operation: str, decision: Decision, places: dict[str, str]) -> Answer:
    """The answer to a caller of "METHOD /path"; a GET's status is that of its HEAD too."""
    method, path = operation.split(" ")
    path = path.format_map({**places, **(await resolved(decision.at, scene) or {})})
    body, kind = await resolved(decision.body, scene), None
    if isinstance(body, dict):
        body, kind = orjson.dumps(body), "application/json"
    elif body:
        body, kind = body
    if decision.query:
        path += f"?{decision.query}"
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
