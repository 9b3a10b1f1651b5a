"""A SMovie with a Facebook app, and the Graph API that it asks."""

import logging
from collections.abc import Iterator, MutableMapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from structlog.testing import capture_logs
from tornado.ioloop import IOLoop

from smovie.models.accounts import address_key
from tests.support.api import Answer
from tests.support.graph import APP_SECRET, FakeGraph, Token, facebook_settings
from tests.support.server import RunningServer, start_server, test_settings

LogLines = list[MutableMapping[str, Any]]


@dataclass
class Facebook:
    """A client that signs in with Facebook."""

    server: RunningServer
    graph: FakeGraph

    async def sign_in(self, token: Token, **headers: str) -> Answer:
        return await self.server.api.post("/auth/facebook", {"access_token": token.text}, headers=headers)

    async def signed_in(self, token: Token) -> dict[str, Any]:
        """What a sign-in that works is answered with."""
        answer = await self.sign_in(token)
        assert answer.status == 200, answer.json
        return dict(answer.json)

    async def me(self, access: str) -> dict[str, Any]:
        answer = await self.server.api.get("/me", access=access)
        assert answer.status == 200, answer.json
        return dict(answer.json)

    async def stored_link(self, token: Token) -> dict[str, Any] | None:
        """The social account as it lies in the database."""
        found = await self.server.runtime.db.social_accounts.find_one({"provider_id": token.user_id})
        return dict(found) if found else None

    async def accounts_of(self, address: str) -> list[dict[str, Any]]:
        """The accounts with an address as they lie in the database."""
        return [row async for row in self.server.runtime.db.users.find({"email_key": address_key(address)})]


@pytest.fixture(scope="session")
def shared_facebook(
    io_loop: IOLoop,
    mongod: str,
    graph: FakeGraph,
    database_names: Iterator[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Facebook]:
    stack = AsyncExitStack()
    settings = test_settings(
        mongo_url=mongod, mongo_database=next(database_names), data_dir=tmp_path_factory.mktemp("facebook"),
        **facebook_settings(graph),
    )  # fmt: skip
    yield Facebook(io_loop.run_sync(lambda: stack.enter_async_context(start_server(settings))), graph)
    io_loop.run_sync(stack.aclose)


@pytest.fixture
def facebook(shared_facebook: Facebook, log_lines: LogLines) -> Facebook:
    """Signing in with Facebook, on a server that all these tests share. Whatever they do, no secret is logged."""
    return shared_facebook


@pytest.fixture
def log_lines(graph: FakeGraph, caplog: pytest.LogCaptureFixture) -> Iterator[LogLines]:
    """Everything that is logged; the test fails when a token or the app's secret is among it."""
    caplog.set_level(logging.DEBUG, logger="tornado")
    with capture_logs() as captured:
        yield captured
    lines = [*map(str, captured), *(record.getMessage() for record in caplog.get_records("call"))]
    assert captured, "nothing was logged at all"
    secrets = [APP_SECRET, *graph.tokens]
    assert not [line for line in lines if any(secret in line for secret in secrets)]
