"""New episodes are told to who has the title in their watchlist: once each, whatever brings them, whoever crashes."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from smovie import new_episodes
from smovie.ids import new_id
from smovie.models.base import now
from smovie.store import announcements, notifications, watchlist
from smovie.store.indexes import create_indexes
from smovie.store.mongo import Database
from tests.api.test_reviews import fail_point
from tests.api.test_snapshot_follows import a_document
from tests.conftest import StartServer
from tests.support.notified import in_own_room
from tests.support.redis import RedisServer
from tests.support.server import Member, RunningServer
from tests.support.wait import until

STATES = ("planned", "watching", "completed", "dropped")


@pytest.fixture
def followed(start: StartServer, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Start a server with series 1, "phim-1", that tells when the test says so, and of what there is at that moment."""
    monkeypatch.setattr(new_episodes, "LOOK_EVERY_S", 3_600.0)
    monkeypatch.setattr(new_episodes, "TOLD_AFTER", timedelta())

    async def start_followed(name: str = "", **settings: Any) -> RunningServer:
        server = await start(name, **settings)
        if not name:
            await server.runtime.db.movies.insert_one(a_document(1, kind="series"))
        await until(lambda: "phim-1" in server.runtime.catalog.snapshot.by_slug)
        return server

    return start_followed


async def a_follower(server: RunningServer, state: str = "planned") -> Member:
    member = await server.a_member()
    put = await server.api.send("PUT", "/me/watchlist/phim-1", {"state": state}, access=member.access)
    assert put.status == 200
    return member


async def followers(db: Database, count: int) -> list[str]:
    """So many more, whom only the database knows."""
    ids = [f"user{number:02}" for number in range(count)]
    for user_id in ids:
        await watchlist.put(db, "title1", user_id, "watching", now())
    return ids


async def add(server: RunningServer, *numbers: int, **members: Any) -> None:
    """Give the series episodes "e1-NUMBER", in one write, and wait until this instance shows them."""
    added = [{"id": f"e1-{number}", "number": number, **members} for number in numbers]
    pushed = {"$push": {"seasons.0.episodes": {"$each": added}}}
    await server.runtime.db.movies.update_one({"_id": "title1"}, pushed)
    await until(lambda: added[-1]["id"] in server.runtime.catalog.snapshot.by_episode)


async def tell(server: RunningServer) -> None:
    """Tell of everything that is new."""
    await new_episodes.note_grown(server.runtime.notifications)
    while await new_episodes.tell_next(server.runtime.notifications):
        pass


async def told(server: RunningServer, member: Member) -> list[Any]:
    page = await server.api.get("/me/notifications", access=member.access, headers={"Accept-Language": "en"})
    return list(page.json["results"])


async def test_clause_28_a_new_episode_is_told_to_who_follows_the_title_and_did_not_drop_it(followed: Any) -> None:
    server = await followed()
    members = [await a_follower(server, state) for state in STATES]
    stranger = await server.a_member()
    await add(server, 2)
    await tell(server)
    for member in members[:3]:
        (one,) = await told(server, member)
        assert (one["kind"], one["episode_id"], one["episodes"], one["read"]) == ("new_episode", "e1-2", 1, False)
        assert (one["comment_id"], one["comment"]) == (None, None)
        poster = "/posters/phim-1.svg"
        assert one["movie"] == {"id": "title1", "slug": "phim-1", "title": "Phim 1", "poster": poster}
    assert [await told(server, member) for member in (members[3], stranger)] == [[], []]
    own = (await server.api.get("/me/export", access=members[0].access)).json["notifications"]
    assert [(one["kind"], one["movie_id"], one["comment_id"]) for one in own] == [("new_episode", "title1", None)]


async def test_clause_28_a_new_episode_is_heard_live_and_by_who_resumes(followed: Any) -> None:
    server = await followed()
    member = await a_follower(server)
    async with in_own_room(server, member) as room:
        await add(server, 2)
        await tell(server)
        event = await room.hear_type("notification")
    await add(server, 3)
    await tell(server)
    expected = {
        "type": "notification", "seq": room.joined["seq"] + 1, "kind": "new_episode", "episode_id": "e1-2",
        "movie_id": "title1", "episodes": 1, "comment_id": None, "parent_id": None, "user": None,
    }  # fmt: skip
    assert {name: event[name] for name in expected} == expected
    async with in_own_room(server, member, f"&epoch={room.joined['epoch']}&seq={event['seq']}") as again:
        assert again.joined["recovered"] is True
        assert (await again.hear_type("notification"))["episode_id"] == "e1-3"
    assert server.runtime.hub.may_return(f"notifications:{new_id()}") is False, "who is not there costs nothing"


async def test_clause_28_many_episodes_at_once_are_told_as_one_thing(followed: Any) -> None:
    server = await followed()
    member = await a_follower(server)
    await add(server, 30, 12, 11)
    await add(server, *range(31, 78))
    await tell(server)
    (one,) = await told(server, member)
    assert (one["episode_id"], one["episodes"]) == ("e1-11", 50)
    await add(server, 10)
    await tell(server)
    assert [(one["episode_id"], one["episodes"]) for one in await told(server, member)] == [("e1-11", 50), ("e1-10", 1)]


async def test_clause_28_what_comes_before_it_is_told_is_told_together(
    followed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await followed()
    member = await a_follower(server)
    monkeypatch.setattr(new_episodes, "TOLD_AFTER", timedelta(hours=1))
    for number in (2, 3):
        await add(server, number)
        await tell(server)
    assert await told(server, member) == []
    await server.runtime.db.announcements.update_one({"_id": "title1"}, {"$set": {"due_at": now()}})
    await tell(server)
    assert [(one["episode_id"], one["episodes"]) for one in await told(server, member)] == [("e1-2", 2)]


async def test_clause_28_nobody_is_told_of_what_was_there_or_came_before_they_followed(followed: Any) -> None:
    server = await followed()
    first = await a_follower(server)
    await new_episodes.note_all(server.runtime.notifications)
    await tell(server)
    await add(server, 2)
    await new_episodes.note_grown(server.runtime.notifications)
    later = await a_follower(server)
    await tell(server)
    assert [len(await told(server, member)) for member in (first, later)] == [1, 0]
    await server.runtime.db.movies.update_one({"_id": "title1"}, {"$set": {"title": "Tên khác"}})
    await new_episodes.note_all(server.runtime.notifications)
    await tell(server)
    assert len(await told(server, first)) == 1


async def test_clause_28_an_episode_is_told_on_the_day_it_airs(followed: Any) -> None:
    server = await followed()
    member = await a_follower(server)
    day = (now() + timedelta(days=3)).date()
    await add(server, 2, air_date=day.isoformat())
    await tell(server)
    assert await told(server, member) == []
    of_episode = {"_id": "title1", "seasons.episodes.id": "e1-2"}
    aired = {"$set": {"seasons.0.episodes.1.air_date": now().date().isoformat()}}
    await server.runtime.db.movies.update_one(of_episode, aired)
    entries = server.runtime.catalog.snapshot.entries
    await until(lambda: entries["title1"].seasons()[0]["episodes"][1]["air_date"] != day.isoformat())
    await tell(server)
    assert await told(server, member) == [], "nothing has come that was not there"
    await new_episodes.note_all(server.runtime.notifications)
    await tell(server)
    assert [one["episode_id"] for one in await told(server, member)] == ["e1-2"]


@pytest.mark.parametrize("is_noted", [False, True])
async def test_clause_28_new_episodes_of_a_hidden_title_are_told_when_it_is_shown(
    followed: Any, is_noted: bool
) -> None:
    server = await followed()
    member, movies = await a_follower(server), server.runtime.db.movies
    await add(server, 2)
    if is_noted:
        await new_episodes.note_grown(server.runtime.notifications)
    await movies.update_one({"_id": "title1"}, {"$set": {"is_active": False}})
    await until(lambda: not server.runtime.catalog.snapshot.entries)
    await tell(server)
    assert await told(server, member) == []
    await movies.update_one({"_id": "title1"}, {"$set": {"is_active": True}})
    await until(lambda: server.runtime.catalog.snapshot.entries)
    await tell(server)
    assert [one["episode_id"] for one in await told(server, member)] == ["e1-2"]


async def test_clause_28_two_instances_tell_each_follower_once(
    followed: Any, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(new_episodes, "_USERS_TOGETHER", 2)
    here = await followed(redis_url=redis_server.url)
    there = await followed(here.runtime.db.name, redis_url=redis_server.url)
    member, others = await a_follower(here), await followers(here.runtime.db, 7)
    async with in_own_room(here, member) as near, in_own_room(there, member) as far:
        await add(here, 2)
        await until(lambda: "e1-2" in there.runtime.catalog.snapshot.by_episode)
        await asyncio.gather(tell(here), tell(there))
        events = [await room.hear_type("notification") for room in (near, far)]
        await add(here, 3)
        await until(lambda: "e1-3" in there.runtime.catalog.snapshot.by_episode)
        await asyncio.gather(tell(there), tell(here))
        following = [await room.hear_type("notification") for room in (near, far)]
    assert events[0] == events[1]
    assert [one["seq"] for one in following] == [events[0]["seq"] + 1] * 2
    rows = [row["user_id"] async for row in here.runtime.db.notifications.find({"episode_id": "e1-2"})]
    assert sorted(rows) == sorted([member.id, *others])


async def test_clause_28_what_a_killed_instance_did_not_tell_another_one_tells_and_each_once(
    followed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(new_episodes, "_USERS_TOGETHER", 3)
    server = await followed()
    db, desk = server.runtime.db, server.runtime.notifications
    member = await a_follower(server)
    await followers(db, 10)
    await add(server, 2, 3)
    await new_episodes.note_grown(desk)
    steps = ("insert_new", "of_episode", "go_on", "finish")

    class Killed(Exception):
        pass

    async with in_own_room(server, member) as room:
        for step in steps:
            with monkeypatch.context() as patch:
                where = announcements if hasattr(announcements, step) else notifications

                async def die(*_: Any, **__: Any) -> None:
                    raise Killed

                patch.setattr(where, step, die)
                with pytest.raises(Killed):
                    await new_episodes.tell_next(desk)
            assert not await new_episodes.tell_next(desk), "whoever tells is given a minute"
            await db.announcements.update_one({"_id": "title1"}, {"$set": {"due_at": now()}})
            if step == "of_episode":
                await add(server, 4)  # and more comes meanwhile
                await new_episodes.note_grown(desk)
        await tell(server)
        events = [await room.hear_type("notification") for _ in "12"]
    assert [(one["episode_id"], one["episodes"]) for one in events] == [("e1-2", 2), ("e1-4", 1)]
    assert events[1]["seq"] == events[0]["seq"] + 1, "nothing was heard twice"
    for episode in ("e1-2", "e1-4"):
        assert await db.notifications.count_documents({"episode_id": episode}) == 11
    assert await db.notifications.count_documents({}) == 22
    assert "telling" not in await db.announcements.find_one({"_id": "title1"})


async def test_clause_28_titles_that_could_not_be_noted_are_looked_at_again(followed: Any) -> None:
    server = await followed()
    db, member = server.runtime.db, await a_follower(server)
    await add(server, 2)
    cut = {"failCommands": ["find"], "closeConnection": True, "namespace": f"{db.name}.announcements"}
    async with fail_point(db, times=2, **cut):
        with pytest.raises(new_episodes.Unavailable):
            await tell(server)
    await tell(server)
    assert len(await told(server, member)) == 1


async def test_clause_28_by_itself_it_is_told_soon(start: StartServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(new_episodes, "LOOK_EVERY_S", 0.02)
    monkeypatch.setattr(new_episodes, "TOLD_AFTER", timedelta())
    server = await start()
    await server.runtime.db.movies.insert_one(a_document(1))
    await until(lambda: "phim-1" in server.runtime.catalog.snapshot.by_slug)
    member = await a_follower(server)
    await add(server, 2)
    await until(lambda: server.runtime.db.notifications.count_documents({"user_id": member.id}))


async def test_only_the_newest_notifications_stay_of_episodes_too(
    followed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(new_episodes, "MOST_KEPT", 2)
    monkeypatch.setattr("smovie.notifications.MOST_KEPT", 2)
    server = await followed()
    member = await a_follower(server)
    for number in (2, 3, 4):
        await add(server, number)
        await tell(server)
    assert [one["episode_id"] for one in await told(server, member)] == ["e1-3", "e1-4"]


async def test_an_index_of_an_earlier_version_goes(db: Database) -> None:
    await db.notifications.create_index([("user_id", 1), ("comment_id", 1), ("kind", 1)], unique=True)
    await create_indexes(db)
    assert "user_id_1_comment_id_1_kind_1" not in await db.notifications.index_information()
