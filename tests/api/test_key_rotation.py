"""The secret key rotates: what the previous one signed holds until it is taken away, and nobody is signed out."""

from typing import Any

from tests.api.test_refreshing import refresh, refreshed
from tests.conftest import StartServer
from tests.rooms.test_verify import waiting
from tests.support.server import RunningServer

OLD, NEW = "the-key-of-last-year", "the-key-of-this-year"


async def is_in(server: RunningServer, tokens: dict[str, str]) -> bool:
    return (await server.api.get("/me", access=tokens["access"])).status == 200


async def test_tokens_of_the_previous_key_hold_and_are_exchanged_in_the_same_session(start: StartServer) -> None:
    before = await start(secret_key=OLD)
    database = {"mongo_database": before.settings.mongo_database}
    member = await before.a_member()
    held: dict[str, Any] = {"access": member.access, "refresh": member.refresh}
    during = await start(**database, secret_key=NEW, previous_secret_keys=f"a-key-of-long-ago, {OLD}")
    assert await is_in(during, held)
    fresh = await refreshed(during, held["refresh"])
    assert fresh["refresh"].split(".")[:2] == [held["refresh"].split(".")[0], "1"]
    assert await is_in(during, fresh)
    assert not await is_in(before, fresh)
    after = await start(**database, secret_key=NEW)
    assert not await is_in(after, held)
    assert await is_in(after, fresh)
    assert await is_in(after, await refreshed(after, fresh["refresh"]))


async def test_while_instances_change_over_one_by_one_tokens_of_each_hold_on_the_other(start: StartServer) -> None:
    not_yet = await start(secret_key=OLD, previous_secret_keys=NEW)
    changed = await start(mongo_database=not_yet.settings.mongo_database, secret_key=NEW, previous_secret_keys=OLD)
    member = await not_yet.a_member()
    first = await refreshed(changed, member.refresh)
    assert (await refreshed(not_yet, member.refresh))["refresh"] == first["refresh"], "a double click over both"
    second = await refreshed(not_yet, first["refresh"])
    assert (await refreshed(changed, first["refresh"]))["refresh"] == second["refresh"]
    for server in (not_yet, changed):
        assert await is_in(server, first) and await is_in(server, second)
    assert (await refresh(changed, member.refresh)).status == 401, "a grandparent ends the family under any key"
    assert (await refresh(not_yet, second["refresh"])).status == 401


async def test_who_registered_under_the_previous_key_is_handed_tokens_all_the_same(start: StartServer) -> None:
    before = await start(secret_key=OLD)
    registered = await before.register()
    link = await before.proof_for(registered)
    after = await start(
        mongo_database=before.settings.mongo_database, secret_key=NEW, previous_secret_keys=OLD
    )  # fmt: skip
    async with waiting(after, registered["uid"], registered["access"]) as client:
        await after.api.post_to(link)
        event = await client.hear_type("email_verified")
    assert event["refresh"] == registered["refresh"]
    assert await is_in(after, await refreshed(after, event["refresh"]))
