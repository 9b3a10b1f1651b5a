"""A SMovie put together by `run.py` exactly as the real one, inside the test's own process."""

import itertools
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handlers.runtime import Runtime
from run import listen, open_runtime, open_server, open_store
from settings import Settings
from smovie.store.indexes import create_indexes
from smovie.throttles import Throttle
from tests.support.api import Api
from tests.support.mailbox import letters_to, link_in
from tests.support.wait import until

_numbers = itertools.count()


def test_settings(**given: Any) -> Settings:
    """Settings for tests: a port from the kernel, cheap password hashes, no throttles: all come from one address."""
    lifted = {f"limit_{throttle}": "0" for throttle in Throttle}
    ours = {"port": 0, "bcrypt_cost": 4, "secret_key": "a key for tests", "log_level": "error"}
    return Settings(**{**lifted, **ours, **given})


@dataclass
class Member:
    """A verified, signed-in user."""

    id: str
    email: str
    username: str
    password: str
    access: str
    refresh: str


class FrontDoor:
    """What a test may ask of a running SMovie from outside, wherever it runs."""

    outbox: Path

    def __init__(self, url: str, api: Api) -> None:
        self.url = url
        self.api = api

    def socket_url(self, path: str) -> str:
        return f"ws{self.url.removeprefix('http')}{path}"

    async def an_episode(self, kind: str = "series") -> str:
        """The id of some episode."""
        slug = (await self.api.get(f"/movies?kind={kind}&page_size=1")).json["results"][0]["slug"]
        return str((await self.api.get(f"/movies/{slug}")).json["seasons"][0]["episodes"][0]["id"])

    async def register(self, **given: str) -> dict[str, Any]:
        """Register somebody new; shape: what was sent and what was answered."""
        name = f"Người {secrets.token_hex(4)}"
        sent = {"email": f"{secrets.token_hex(6)}@example.com", "username": name, "password": "mật khẩu dài", **given}
        answer = await self.api.post("/auth/register", sent)
        assert answer.status == 201, answer.json
        return {**sent, **answer.json}

    async def proof_for(self, registered: dict[str, Any]) -> str:
        """The path of the newest confirmation link that was mailed for a registration."""

        def links() -> list[str]:
            paths = [link_in(letter) for letter in letters_to(self.outbox, registered["email"])]
            return [path for path in paths if f"/{registered['uid']}/" in path]

        return (await until(links))[-1]


class RunningServer(FrontDoor):
    """A SMovie in this process: its inside is open too."""

    allowed_origin = "https://app.smovie.example"  # of the fixture `server`

    def __init__(self, settings: Settings, runtime: Runtime, port: int, api: Api) -> None:
        super().__init__(f"http://127.0.0.1:{port}", api)
        self.settings = settings
        self.runtime = runtime
        self.port = port
        self.outbox = settings.data_dir / "outbox"

    def an_episode_apart(self) -> str:
        """The id of an episode that no other test talks about."""
        episodes = sorted(self.runtime.catalog.snapshot.by_episode)
        return episodes[next(_numbers) % len(episodes)]

    async def a_member(self, **given: str) -> Member:
        """Register, open the mail, confirm."""
        registered = await self.register(**given)
        confirmed = await self.api.post_to(await self.proof_for(registered))
        assert confirmed.status == 200, confirmed.json
        return Member(
            id=registered["uid"], email=registered["email"], username=registered["username"],
            password=registered["password"], access=confirmed.json["access"], refresh=confirmed.json["refresh"],
        )  # fmt: skip

    async def a_moderator(self) -> Member:
        """A member whom somebody made a moderator."""
        member = await self.a_member()
        await self.runtime.db.users.update_one({"_id": member.id}, {"$set": {"role": "moderator"}})
        return member


@asynccontextmanager
async def start_server(settings: Settings, **store_options: Any) -> AsyncIterator[RunningServer]:
    """Open everything as `run.py serve` does."""
    listening, address = listen(settings)
    async with open_store(settings, **store_options) as db:
        await create_indexes(db)
        async with open_runtime(settings, db, address) as runtime, open_server(settings, runtime, listening):
            port = listening[0].getsockname()[1]
            api = Api(port)
            yield RunningServer(settings, runtime, port, api)
            api.close()
