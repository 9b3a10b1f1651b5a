"""A server that is already running somewhere, for the tests of `tests/rooms` (docs/rooms-conformance.md).

It looks to a test as `RunningServer` does. What needs the inside of a server skips the test that asks for it.
"""

import asyncio
import itertools
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from tests.support.api import Api
from tests.support.server import FrontDoor, Member

RESTED_S = 11.0  # after its last test, no limit of ROOMS.md 17 counts what a user did there
INSIDE = "reaches inside the server, which is somewhere else"


@dataclass(frozen=True)
class Target:
    """What the environment says of the server under test."""

    url: str
    users: tuple[tuple[str, str], ...]  # e-mail address and password, of verified users without a role
    moderators: tuple[tuple[str, str], ...]
    titles: tuple[str, ...]  # slugs; empty: every series
    origin: str  # of a site that the server allows
    outbox: str  # the server's folder of mails, where it runs on this machine

    @classmethod
    def from_environment(cls, given: Mapping[str, str]) -> "Target | None":
        """None without SMOVIE_ROOMS_URL. Errors: ValueError for one that cannot be tested."""
        if "SMOVIE_ROOMS_URL" not in given:
            return None
        users = _accounts(given.get("SMOVIE_ROOMS_USERS", ""))
        if len(users) < 12:
            raise ValueError('SMOVIE_ROOMS_USERS: at least 12 users are needed, as "email:password email:password …"')
        return cls(
            url=given["SMOVIE_ROOMS_URL"].rstrip("/"), users=users,
            moderators=_accounts(given.get("SMOVIE_ROOMS_MODERATORS", "")),
            titles=tuple(given.get("SMOVIE_ROOMS_TITLES", "").split()),
            origin=given.get("SMOVIE_ROOMS_ORIGIN", ""), outbox=given.get("SMOVIE_ROOMS_OUTBOX", ""),
        )  # fmt: skip


def _accounts(words: str) -> tuple[tuple[str, str], ...]:
    pairs = [word.partition(":") for word in words.split()]
    return tuple((email, password) for email, _, password in pairs if password)


class RemoteServer(FrontDoor):
    """The server at a URL."""

    def __init__(self, target: Target) -> None:
        super().__init__(target.url, Api(target.url))
        self._target = target
        self._users = itertools.cycle(target.users)
        self._moderators = itertools.cycle(target.moderators)
        self._handed_out: dict[str, float] = {}
        self._quiet_rooms: Iterator[str] = iter(())

    async def find_rooms(self) -> None:
        """Look for rooms that nobody has talked in yet. Errors: AssertionError when there is none."""
        found = [episode for slug in await self._slugs() for episode in await self._episodes(slug)]
        pages = [await self.api.get(f"/episodes/{episode}/comments?limit=1") for episode in found]
        quiet = [episode for episode, page in zip(found, pages, strict=True) if not page.json["results"]]
        assert quiet, "no episode without comments is left: name other titles in SMOVIE_ROOMS_TITLES"
        self._quiet_rooms = iter(quiet)

    async def _slugs(self) -> list[str]:
        if self._target.titles:
            return list(self._target.titles)
        page = await self.api.get("/movies?kind=series&page_size=100")
        return [movie["slug"] for movie in page.json["results"]]

    async def _episodes(self, slug: str) -> list[str]:
        movie = (await self.api.get(f"/movies/{slug}")).json
        return [str(episode["id"]) for season in movie["seasons"] for episode in season["episodes"]]

    def an_episode_apart(self) -> str:
        episode = next(self._quiet_rooms, None)
        assert episode, "no episode without comments is left: name other titles in SMOVIE_ROOMS_TITLES"
        return episode

    async def a_member(self) -> Member:
        """The user who has rested longest."""
        return await self._signed_in(*next(self._users))

    async def a_moderator(self) -> Member:
        """The moderator who has rested longest."""
        return await self._signed_in(*(next(self._moderators, None) or pytest.skip("SMOVIE_ROOMS_MODERATORS has none")))

    async def _signed_in(self, email: str, password: str) -> Member:
        """Sign in somebody, once no limit counts what they did before."""
        await asyncio.sleep(self._handed_out.get(email, -RESTED_S) + RESTED_S - time.monotonic())
        credentials = {"email": email, "password": password}
        while (answer := await self.api.post("/auth/login", credentials)).status == 429:
            await asyncio.sleep(int(answer.headers["retry-after"]))
        assert answer.status == 200, f"{email}: {answer.json}"
        self._handed_out[email] = time.monotonic()
        user = answer.json["user"]
        return Member(
            id=user["id"], email=email, username=user["username"], password=password,
            access=answer.json["access"], refresh=answer.json["refresh"],
        )  # fmt: skip

    @property
    def allowed_origin(self) -> str:
        return self._target.origin or pytest.skip("SMOVIE_ROOMS_ORIGIN names no site that the server allows")

    @property
    def outbox(self) -> Path:
        return Path(self._target.outbox or pytest.skip("SMOVIE_ROOMS_OUTBOX does not say where its mails lie"))

    @property
    def runtime(self) -> NoReturn:
        pytest.skip(INSIDE)

    @property
    def settings(self) -> NoReturn:
        pytest.skip(INSIDE)
