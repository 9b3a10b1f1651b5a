"""Whose a request is, seen from outside: only a proxy that was named can speak for somebody else."""

from contextlib import AbstractAsyncContextManager

import orjson
import pytest
from websockets.exceptions import InvalidStatus

from tests.conftest import StartServer
from tests.support.raw import raw, request_of
from tests.support.room import RoomClient, dial
from tests.support.server import RunningServer
from tests.support.wait import until

CLIENT = "203.0.113.5"
CLAIMS = [
    {"X-Forwarded-For": CLIENT},
    {"X-Real-Ip": CLIENT},
    {"X-Forwarded-For": f"{CLIENT}, 127.0.0.1", "X-Real-Ip": CLIENT, "Forwarded": f"for={CLIENT}"},
]


async def where_signed_in(server: RunningServer, headers: dict[str, str]) -> str:
    """The address that the owner of a new account sees for a sign-in with these headers."""
    member = await server.a_member()
    body = {"email": member.email, "password": member.password}
    signed_in = await server.api.post("/auth/login", body, headers=headers)
    return await address_of(server, signed_in.json["access"])


async def address_of(server: RunningServer, access: str) -> str:
    """The address of one's own session as the list of devices shows it."""
    shown = await server.api.get("/me/sessions", access=access)
    (current,) = [one for one in shown.json["results"] if one["current"]]
    return str(current["address"])


@pytest.mark.parametrize("claim", CLAIMS)
async def test_a_peer_that_was_not_named_speaks_for_itself_only(server: RunningServer, claim: dict[str, str]) -> None:
    assert await where_signed_in(server, claim) == "127.0.0.1"


async def test_a_proxy_that_was_named_is_believed(start: StartServer) -> None:
    server = await start(trusted_proxies="::1, 127.0.0.0/8")
    assert await where_signed_in(server, {"X-Forwarded-For": f"1.1.1.1, {CLIENT}"}) == CLIENT
    assert await where_signed_in(server, {"X-Forwarded-For": "nonsense"}) == "127.0.0.1"
    assert await where_signed_in(server, {"X-Real-Ip": CLIENT}) == "127.0.0.1"


async def test_of_two_lines_that_of_the_proxy_is_believed(
    start: StartServer,
) -> None:
    server = await start(trusted_proxies="127.0.0.1")
    member = await server.a_member()
    body = orjson.dumps({"email": member.email, "password": member.password})
    lines = ["X-Forwarded-For: 1.1.1.1", f"X-Forwarded-For: {CLIENT}", f"Content-Length: {len(body)}"]
    async with raw(server.port) as proxy:
        await proxy.send(request_of("POST", "/api/v1/auth/login", "Content-Type: application/json", *lines, body=body))
        signed_in = await proxy.answer()
    assert await address_of(server, signed_in.json["access"]) == CLIENT


async def test_a_proxy_elsewhere_is_not_believed_here(start: StartServer) -> None:
    server = await start(trusted_proxies="10.0.0.0/8")
    assert await where_signed_in(server, CLAIMS[0]) == "127.0.0.1"


async def test_each_request_of_a_proxys_connection_is_its_own_clients(start: StartServer) -> None:
    server = await start(trusted_proxies="127.0.0.1", limit_logins_per_address="1/minute")
    body = b'{"email": "a@example.com", "password": "b"}'
    heard = []
    async with raw(server.port) as proxy:
        for client in ("203.0.113.1", "203.0.113.2", "203.0.113.1", None, None):
            claim = [f"X-Forwarded-For: {client}"] if client else []
            headers = ["Content-Type: application/json", f"Content-Length: {len(body)}", *claim]
            await proxy.send(request_of("POST", "/api/v1/auth/login", *headers, body=body))
            heard.append((await proxy.answer()).status)
    assert heard == [401, 401, 429, 401, 429]


async def test_what_a_client_claims_does_not_lift_a_throttle(start: StartServer) -> None:
    server = await start(limit_logins_per_address="2/minute")
    body = {"email": "a@example.com", "password": "b"}
    claims = [{"X-Forwarded-For": f"203.0.113.{n}", "X-Real-Ip": f"203.0.113.{n}"} for n in range(4)]
    heard = [(await server.api.post("/auth/login", body, headers=claim)).status for claim in claims]
    assert heard == [401, 401, 429, 429]


async def test_an_ipv6_client_is_counted_by_its_network(start: StartServer) -> None:
    server = await start(trusted_proxies="127.0.0.1", limit_logins_per_address="2/minute")
    body = {"email": "a@example.com", "password": "b"}
    claims = ["2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "2001:db8:0:1::3", "2001:db8:0:2::1"]
    heard = [
        (await server.api.post("/auth/login", body, headers={"X-Forwarded-For": claim})).status for claim in claims
    ]
    assert heard == [401, 401, 429, 401]


async def test_sockets_that_have_not_signed_in_are_counted_by_client_too(
    start: StartServer, demo_database: str
) -> None:
    server = await start(mongo_database=demo_database, trusted_proxies="127.0.0.1", limit_connections_per_address=1)
    episode = server.an_episode_apart()

    def dial_as(client: str) -> AbstractAsyncContextManager[RoomClient]:
        return dial(server, episode, additional_headers={"X-Forwarded-For": client})

    async with dial_as("2001:db8:0:1::1"), dial_as("2001:db8:0:2::1"), dial_as(CLIENT):
        for taken in ("2001:db8:0:1::2", CLIENT):
            with pytest.raises(InvalidStatus, match="429"):
                async with dial_as(taken):
                    pass

    async def has_room() -> bool:
        try:
            async with dial_as("2001:db8:0:1::2"):
                return True
        except InvalidStatus:
            return False

    await until(has_room)
