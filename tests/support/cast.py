"""Everybody there is, from nobody to an admin: accounts that tests of access call with."""

import secrets
from dataclasses import dataclass
from enum import StrEnum

import jwt

from smovie.ids import new_id
from smovie.models.accounts import Role, User, address_key, username_key
from smovie.models.base import now
from smovie.store import users
from tests.support.graph import FakeGraph
from tests.support.server import Member, RunningServer


class Who(StrEnum):
    """Who calls. `OWNER` is the user whose things a request is about; all others are others."""

    NOBODY = "nobody"
    UNVERIFIED = "unverified"
    OWNER = "user"
    OTHER = "other user"
    MODERATOR = "moderator"
    EDITOR = "editor"
    ADMIN = "admin"


_PASSWORD = "mật khẩu dài"
_ROLES = {Who.MODERATOR: Role.MODERATOR, Who.EDITOR: Role.EDITOR, Who.ADMIN: Role.ADMIN}


@dataclass(frozen=True)
class Scene:
    """A request is about to be made by `caller` about what is `owner`'s; nobody has no caller."""

    server: RunningServer
    graph: FakeGraph
    owner: Member
    caller: Member | None


def session_of(member: Member) -> str:
    """The id of the session that a member is signed in by."""
    return str(jwt.decode(member.access, options={"verify_signature": False})["sid"])


class Cast:
    """Accounts of each kind, made when they are needed and kept until somebody says that they were changed."""

    def __init__(self, server: RunningServer, graph: FakeGraph) -> None:
        self._server = server
        self._graph = graph
        self._kept: dict[Who, Member] = {}
        self._password_hash = ""

    async def scene(self, who: Who) -> Scene:
        """What stands ready for a call."""
        owner = await self._member(Who.OWNER)
        return Scene(self._server, self._graph, owner, await self._member(who) if who is not Who.NOBODY else None)

    def replace(self, who: Who) -> None:
        """Their next scene is played by somebody new."""
        self._kept.pop(who, None)

    async def _member(self, who: Who) -> Member:
        if who not in self._kept:
            self._kept[who] = await (self._register() if who is Who.UNVERIFIED else self._sign_in(who))
        return self._kept[who]

    async def _register(self) -> Member:
        registered = await self._server.register()
        return Member(
            id=registered["uid"], email=registered["email"], username=registered["username"],
            password=registered["password"], access=registered["access"], refresh=registered["refresh"],
        )  # fmt: skip

    async def _sign_in(self, who: Who) -> Member:
        """Somebody with a role, which no request gives; signed in through the front door."""
        if not self._password_hash:
            self._password_hash = await self._server.runtime.accounts.hasher.hash(_PASSWORD)
        name = f"Người {secrets.token_hex(6)}"
        email = f"{secrets.token_hex(6)}@example.com"
        user = User(
            id=new_id(), email=email, email_key=address_key(email), username=name, username_key=username_key(name),
            password_hash=self._password_hash, role=_ROLES.get(who, Role.USER), email_verified=True, created_at=now(),
        )  # fmt: skip
        await users.insert(self._server.runtime.db, user)
        answer = await self._server.api.post("/auth/login", {"email": email, "password": _PASSWORD})
        assert answer.status == 200, answer.json
        return Member(user.id, email, name, _PASSWORD, answer.json["access"], answer.json["refresh"])
