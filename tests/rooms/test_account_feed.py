"""How ends of sessions and changes of accounts reach an instance; none is missed when MongoDB is interrupted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from smovie import account_feed
from smovie.identities import IdentityCheck
from smovie.models.accounts import User
from smovie.store.account_changes import open_account_changes
from smovie.store.mongo import Database
from tests.conftest import StartServer
from tests.rooms.test_staying import failing
from tests.rooms.test_verify import waiting
from tests.support.room import RoomClient, in_room
from tests.support.server import RunningServer
from tests.support.wait import until


@asynccontextmanager
async def waiting_clients(server: RunningServer, count: int) -> AsyncIterator[list[tuple[str, RoomClient]]]:
    """Sockets of as many accounts, with their ids. They need no catalogue."""
    async with AsyncExitStack() as stack:
        found = []
        for _ in range(count):
            registered = await server.register()
            uid, access = registered["uid"], registered["access"]
            client = await stack.enter_async_context(waiting(server, uid, access))
            await client.hear_type("joined")
            found.append((uid, client))
        yield found


async def is_served(client: RoomClient) -> bool:
    await client.say(type="anything")
    return (await client.hear())["type"] == "error"


@pytest.mark.parametrize(
    ("driver", "how"), [("motor", {"closeConnection": True}), ("pymongo", {"errorCode": 286})], ids=["cut", "lost"]
)
async def test_what_happened_while_the_stream_was_away_is_felt_when_it_is_back(
    start: StartServer, db: Database, monkeypatch: pytest.MonkeyPatch, driver: str, how: dict[str, Any]
) -> None:
    monkeypatch.setattr(account_feed, "_LOOKED_UP_TOGETHER", 2)
    server = await start(mongo_database=db.name, mongo_driver=driver)
    feed = server.runtime.account_feed
    stream = {"failCommands": ["aggregate", "getMore"], "namespace": f"{db.name}.$cmd.aggregate"}
    async with waiting_clients(server, 5) as clients:
        (out, gone), (banned, barred), (deleted, lost), (confirmed, told), (_, left) = clients
        async with failing(server, "alwaysOn", **stream, **how):
            await until(lambda: not feed.is_following)
            ready = await server.api.call("GET", "/readyz")
            await db.sessions.delete_many({"user_id": out})
            await db.users.update_one({"_id": banned}, {"$set": {"is_active": False}})
            await db.users.delete_one({"_id": deleted})
            await db.users.update_one({"_id": confirmed}, {"$set": {"email_verified": True}})
        assert [await gone.closed(), await barred.closed(), await lost.closed()] == [4401, 4403, 4403]
        await told.hear_type("email_verified")
        assert await is_served(left)
    assert (ready.status, ready.json["ready"]) == (503, False)
    assert "account changes do not arrive" in ready.json["reasons"]
    await until(lambda: feed.is_following)


async def test_a_stream_whose_cursor_was_killed_goes_on_where_it_was(start: StartServer) -> None:
    server = await start()
    db = server.runtime.db
    admin = db._client.admin

    async def kill_streams() -> int:
        """End every cursor of a change stream on the database; how many there were."""
        stages = [{"$currentOp": {"idleCursors": True}}, {"$match": {"ns": {"$regex": f"^{db.name}\\."}}}]
        found = [op["cursor"]["cursorId"] async for op in admin.aggregate(stages) if "cursor" in op]
        await db._database.command("killCursors", "$cmd.aggregate", cursors=found)
        return len(found)

    async with waiting_clients(server, 1) as [(uid, client)]:
        await until(kill_streams)
        await db.sessions.delete_many({"user_id": uid})
        assert await client.closed() == 4401


async def test_a_collection_dropped_ends_all_its_sessions(start: StartServer) -> None:
    server = await start()
    async with waiting_clients(server, 2) as clients:
        await server.runtime.db.sessions.drop()
        assert [await client.closed() for _, client in clients] == [4401, 4401]


async def test_only_what_is_felt_leaves_mongodb(db: Database, both_drivers: str) -> None:
    assert db.driver == both_drivers
    await db.users.insert_one({"_id": "before", "username": "Lan", "password_hash": "secret"})
    async with open_account_changes(db) as changes:
        await db.sessions.insert_one({"_id": "s1", "generation": 0})
        await db.sessions.update_one({"_id": "s1"}, {"$set": {"generation": 1}})
        await db.users.insert_one({"_id": "new", "username": "Mai"})
        await db.users.update_one({"_id": "before"}, {"$set": {"password_hash": "another", "reset_hash": "x"}})
        await db.users.update_one({"_id": "before"}, {"$set": {"role": "moderator"}})
        await db.users.update_one({"_id": "before"}, {"$unset": {"role": ""}})
        await db.sessions.delete_one({"_id": "s1"})
        await db.users.delete_one({"_id": "new"})
        heard = []
        async for batch in changes.batches():
            heard += batch
            if len(heard) == 4:
                break
    told = [(change.collection, change.id) for change in heard]
    assert told == [("users", "before"), ("users", "before"), ("sessions", "s1"), ("users", "new")]
    assert heard[1].document == {"_id": "before", "username": "Lan"}
    assert heard[2].document is heard[3].document is None


async def test_an_account_that_changes_while_it_is_looked_up_is_looked_up_again(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = await server.a_member()
    found, go_on = asyncio.Event(), asyncio.Event()
    look_up = IdentityCheck._look_up

    async def wait(self: IdentityCheck, session_id: str, user_id: str) -> User:
        user = await look_up(self, session_id, user_id)
        if user_id == member.id and not found.is_set():
            found.set()
            await go_on.wait()
        return user

    monkeypatch.setattr(IdentityCheck, "_look_up", wait)
    changed_at = server.runtime.identities._changed_at

    async def join() -> list[str]:
        async with in_room(server, server.an_episode_apart(), member.access) as room:
            can: list[str] = room.joined["me"]["can"]
            return can

    joining = asyncio.ensure_future(join())
    await found.wait()
    before = changed_at.get(member.id)
    await server.runtime.db.users.update_one({"_id": member.id}, {"$set": {"role": "moderator"}})
    await until(lambda: changed_at.get(member.id) != before)
    go_on.set()
    assert "moderate" in await joining
