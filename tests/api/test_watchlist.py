"""Watchlists: a title stands in a list once, the list follows what is watched, and the title's figure is exact."""

import asyncio
import contextlib
import random
import time
from datetime import timedelta
from typing import Any

import pytest

from smovie import watchlist
from smovie.errors import Unavailable
from smovie.models.accounts import Identity, Role
from smovie.models.base import iso_z, now
from smovie.models.watchlist import WatchlistDraft, WatchState
from smovie.store.mongo import Database
from smovie.watchlist import WatchlistDesk
from smovie.watchlist_following import WatchlistFollower
from tests.api.test_reviews import fail_point
from tests.api.test_snapshot_follows import a_document
from tests.conftest import StartServer
from tests.support.api import Answer
from tests.support.server import Member, RunningServer
from tests.support.wait import until

STATES: tuple[WatchState, ...] = ("planned", "watching", "completed", "dropped")


@pytest.fixture
def listed(start: StartServer) -> Any:
    """Start a server with titles 1 to 3, "phim-1" to "phim-3"."""

    async def start_listed(**settings: Any) -> RunningServer:
        server = await start(**settings)
        await server.runtime.db.movies.insert_many([a_document(number) for number in (1, 2, 3)])
        await until(lambda: len(server.runtime.catalog.snapshot.by_slug) == 3)
        return server

    return start_listed


async def put(server: RunningServer, by: Member, title: str, **draft: Any) -> Answer:
    return await server.api.send("PUT", f"/me/watchlist/{title}", draft, access=by.access)


async def take_off(server: RunningServer, by: Member, title: str) -> int:
    return (await server.api.send("DELETE", f"/me/watchlist/{title}", access=by.access)).status


async def page(server: RunningServer, by: Member, query: str = "") -> Any:
    answer = await server.api.get(f"/me/watchlist{query}", access=by.access)
    assert answer.status == 200, answer.json
    return answer.json


async def slugs(server: RunningServer, by: Member, query: str = "") -> list[str]:
    return [item["movie"]["slug"] for item in (await page(server, by, query))["results"]]


async def hide(server: RunningServer, title: str, *, is_active: bool) -> None:
    await server.runtime.db.movies.update_one({"slug": title}, {"$set": {"is_active": is_active}})
    await until(lambda: (title in server.runtime.catalog.snapshot.by_slug) is is_active)


async def count(desk: WatchlistDesk) -> None:
    """Count all that waits."""
    await watchlist.count_due(desk, time.time() + 60, after_s=0)


async def assert_figure_is_exact(server: RunningServer, movie_id: str = "title1") -> int:
    """Compare the figure that a title shows with the lists it stands in; how many those are."""
    desk = server.runtime.watchlist
    await count(desk)
    stored: int = await desk.db.watchlist.count_documents({"movie_id": movie_id})
    assert await desk.db.watchlist.count_documents({"state": None}) == 0
    slug = server.runtime.catalog.snapshot.entries[movie_id].slug

    async def shows() -> bool:
        return bool((await server.api.get(f"/movies/{slug}")).json["stats"]["watchlisted"] == stored)

    await until(shows, within_s=1.0)
    return stored


# -- a list ------------------------------------------------------------------------------------------------------------


async def test_a_title_is_put_changed_and_taken_off(listed: Any) -> None:
    server = await listed()
    member = await server.a_member()
    added = await put(server, member, "phim-1")
    assert (added.status, added.json["movie_id"], added.json["state"]) == (200, "title1", "planned")
    changed = (await put(server, member, "title1", state="watching")).json  # by its id
    assert (changed["state"], changed["added_at"]) == ("watching", added.json["added_at"])
    assert (await put(server, member, "phim-1", state="watching")).json == changed, "the same again changes nothing"
    (item,) = (await page(server, member))["results"]
    assert (item["state"], item["added_at"], item["changed_at"]) == (
        "watching", added.json["added_at"], changed["changed_at"]
    )  # fmt: skip
    assert [await take_off(server, member, "phim-1") for _ in "12"] == [204, 204]
    assert (await page(server, member)) == {"results": [], "next": None}


async def test_a_page_begins_with_what_was_changed_last(listed: Any) -> None:
    server = await listed()
    member, other = await server.a_member(), await server.a_member()
    for title in ("phim-1", "phim-2", "phim-3"):
        await put(server, member, title)
    await put(server, other, "phim-2")
    await put(server, member, "phim-1", state="dropped")
    assert await slugs(server, member) == ["phim-1", "phim-3", "phim-2"]
    first = await page(server, member, "?limit=2")
    rest = await page(server, member, f"?limit=2&before={first['next']}")
    assert [item["movie"]["slug"] for item in (*first["results"], *rest["results"])] == ["phim-1", "phim-3", "phim-2"]
    assert (rest["next"], (await page(server, member, "?limit=3"))["next"]) == (None, None)
    assert await slugs(server, member, "?state=dropped") == ["phim-1"]
    assert await slugs(server, member, "?state=completed") == []


async def test_a_page_shows_cards_in_the_callers_language_and_is_the_callers_alone(server: RunningServer) -> None:
    member, other = await server.a_member(), await server.a_member()
    await put(server, member, "spirited-away")
    for language in ("vi", "en"):
        said = {"Accept-Language": language}
        answer = await server.api.get("/me/watchlist", access=member.access, headers=said)
        title = (await server.api.get("/movies/spirited-away", headers=said)).json["title"]
        assert answer.json["results"][0]["movie"]["title"] == title
        assert answer.headers["cache-control"] == "private, no-cache"
        assert "Authorization" in answer.headers["vary"]
        known = {**said, "If-None-Match": answer.headers["etag"]}
        assert (await server.api.get("/me/watchlist", access=member.access, headers=known)).status == 304
    assert (await page(server, other))["results"] == []


async def test_a_hidden_title_is_left_out_and_comes_back(listed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchlist, "_READ_TOGETHER", 1)  # pages go on past what is hidden
    server = await listed()
    member = await server.a_member()
    for title in ("phim-1", "phim-2", "phim-3"):
        await put(server, member, title)
    await hide(server, "phim-2", is_active=False)
    assert await slugs(server, member) == ["phim-3", "phim-1"]
    first = await page(server, member, "?limit=1")
    assert await slugs(server, member, f"?limit=1&before={first['next']}") == ["phim-1"]
    assert (await put(server, member, "phim-2")).status == 404
    assert await take_off(server, member, "phim-2") == 404, "its name is not known while it is hidden"
    await hide(server, "phim-2", is_active=True)
    assert await slugs(server, member) == ["phim-3", "phim-2", "phim-1"]
    await hide(server, "phim-2", is_active=False)
    assert [await take_off(server, member, "title2") for _ in "12"] == [204, 404]


async def test_a_list_is_bounded(listed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchlist, "MOST_TITLES", 2)
    server = await listed()
    member = await server.a_member()
    answers = await asyncio.gather(*(put(server, member, title) for title in ("phim-1", "phim-2")))
    assert [answer.status for answer in answers] == [200, 200]
    refused = await put(server, member, "phim-3")
    assert (refused.status, refused.json["type"]) == (409, "/problems/watchlist-full")
    assert (await put(server, member, "phim-1", state="dropped")).status == 200, "what is in it may change"
    assert sorted(await slugs(server, member)) == ["phim-1", "phim-2"]
    await take_off(server, member, "phim-1")
    assert (await put(server, member, "phim-3")).status == 200


@pytest.mark.parametrize("body", [{"state": "paused"}, {"state": None}, {"state": 1}, {"note": "x"}])
async def test_what_is_no_state_is_refused(server: RunningServer, body: dict[str, Any]) -> None:
    member = await server.a_member()
    answer = await server.api.send("PUT", "/me/watchlist/parasite", body, access=member.access)
    assert (answer.status, answer.json["type"]) == (422, "/problems/invalid")
    assert (await server.api.send("PUT", "/me/watchlist/nothing", {}, access=member.access)).status == 404


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "before=x", "state=paused", "page=2"])
async def test_a_page_that_is_none_is_refused(server: RunningServer, query: str) -> None:
    member = await server.a_member()
    assert (await server.api.get(f"/me/watchlist?{query}", access=member.access)).status == 422


async def test_changing_it_is_throttled(listed: Any) -> None:
    server = await listed(limit_watchlist_changes_per_user="2/hour")
    member = await server.a_member()
    assert (await put(server, member, "phim-1")).status == 200
    assert await take_off(server, member, "phim-1") == 204
    assert (await put(server, member, "phim-1")).status == 429
    assert await take_off(server, member, "phim-1") == 429


async def test_an_export_holds_the_list_and_who_leaves_takes_it_along(listed: Any) -> None:
    server = await listed()
    member, other = await server.a_member(), await server.a_member()
    for by in (member, other):
        await put(server, by, "phim-1", state="completed")
    assert await assert_figure_is_exact(server) == 2
    (own,) = (await server.api.get("/me/export", access=member.access)).json["watchlist"]
    assert (own["movie_id"], own["state"]) == ("title1", "completed")
    assert (await server.api.delete("/me", {"password": member.password}, access=member.access)).status == 204
    assert await server.runtime.db.watchlist.count_documents({"user_id": member.id}) == 0
    assert await assert_figure_is_exact(server) == 1


# -- the figure --------------------------------------------------------------------------------------------------------


async def test_the_figure_follows_by_itself(listed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchlist, "COUNTED_AFTER_S", 0.0)
    monkeypatch.setattr(watchlist, "LOOK_EVERY_S", 0.01)
    server = await listed()
    await put(server, await server.a_member(), "phim-1")

    async def shows() -> bool:
        return bool((await server.api.get("/movies/phim-1")).json["stats"]["watchlisted"] == 1)

    await until(shows)


async def test_nothing_is_counted_before_the_oldest_change_is_old(listed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchlist, "COUNTED_AFTER_S", 3_600.0)  # by itself
    server = await listed()
    members = [await server.a_member() for _ in range(3)]
    for member in members:
        await put(server, member, "phim-1")
    desk = server.runtime.watchlist
    await watchlist.count_due(desk, time.time(), after_s=3_600)
    assert "stats" not in await desk.db.movies.find_one({"_id": "title1"})
    assert await assert_figure_is_exact(server) == 3
    counted = await desk.db.movies.find_one({"_id": "title1"})
    assert counted["stats"]["watchlist_recounts"] == 1, "one change of the title, whoever put it into a list"
    for member, state in zip(members, STATES[1:], strict=True):
        await put(server, member, "phim-1", state=state)
    await count(desk)
    assert await desk.db.movies.find_one({"_id": "title1"}) == counted, "states cost the title nothing"


def somebody(number: int) -> Identity:
    return Identity(
        user_id=f"user{number}", username="", role=Role.USER, verified=True, session_id="s", expires_at=0
    )  # fmt: skip


async def test_many_on_two_instances_are_counted_exactly(listed: Any, start: StartServer) -> None:
    first = await listed()
    desks = [first.runtime.watchlist, (await start(first.runtime.db.name)).runtime.watchlist]
    dice, is_over = random.Random(5), asyncio.Event()

    async def change(number: int) -> None:
        for _ in range(5):
            desk, title = dice.choice(desks), f"title{dice.randint(1, 3)}"
            if dice.random() < 0.3:
                await watchlist.delete_title(desk, somebody(number), title)
            else:
                draft = WatchlistDraft(state=dice.choice(STATES))
                await watchlist.put_title(desk, somebody(number), title, draft)

    async def go_on_counting(desk: WatchlistDesk) -> None:
        while not is_over.is_set():
            with contextlib.suppress(Unavailable):  # a busy machine; it is tried again
                await count(desk)

    counting = [asyncio.create_task(go_on_counting(desk)) for desk in desks]
    await asyncio.gather(*(change(number) for number in range(60)))
    is_over.set()
    await asyncio.gather(*counting)
    assert sum([await assert_figure_is_exact(first, f"title{number}") for number in (1, 2, 3)]) > 60


async def test_a_line_cut_while_counting_loses_no_change(listed: Any) -> None:
    server = await listed()
    db: Database = server.runtime.db
    await put(server, await server.a_member(), "phim-1")
    for command, collection in (("aggregate", "watchlist"), ("update", "movies"), ("update", "watchlist")):
        cut = {"failCommands": [command], "closeConnection": True, "namespace": f"{db.name}.{collection}"}
        async with fail_point(db, times=2, **cut):  # the driver tries again by itself
            with pytest.raises(Unavailable):
                await count(server.runtime.watchlist)
    assert await assert_figure_is_exact(server) == 1


# -- what is watched ---------------------------------------------------------------------------------------------------

LONG_AGO, JUST_NOW = timedelta(hours=2), timedelta()


@pytest.mark.parametrize(
    ("stands", "since", "finished", "then"),
    [
        (None, JUST_NOW, False, None),
        (None, JUST_NOW, True, None),
        ("planned", JUST_NOW, False, "watching"),
        ("planned", JUST_NOW, True, "completed"),
        ("watching", JUST_NOW, False, "watching"),
        ("watching", JUST_NOW, True, "completed"),
        ("completed", JUST_NOW, False, "completed"),  # the credits run
        ("completed", LONG_AGO, False, "watching"),
        ("completed", LONG_AGO, True, "completed"),
        ("dropped", JUST_NOW, False, "dropped"),  # a report that came late
        ("dropped", JUST_NOW, True, "dropped"),
        ("dropped", LONG_AGO, False, "watching"),
        ("dropped", LONG_AGO, True, "completed"),
    ],
)
async def test_the_list_follows_what_is_watched(
    server: RunningServer, stands: str | None, since: timedelta, finished: bool, then: str | None
) -> None:
    desk, member = server.runtime.watchlist, await server.a_member()
    movie = server.runtime.catalog.snapshot.by_slug["parasite"].id
    if stands:
        await put(server, member, "parasite", state=stands)
        await desk.db.watchlist.update_one({"user_id": member.id}, {"$set": {"changed_at": now() - since}})
    before = await desk.db.watchlist.find_one({"user_id": member.id})
    await watchlist.follow_watching(desk, member.id, movie, finished=finished)
    assert [item["state"] for item in (await page(server, member))["results"]] == ([then] if then else [])
    if stands == then:
        assert await desk.db.watchlist.find_one({"user_id": member.id}) == before


async def test_the_list_follows_what_players_tell(listed: Any) -> None:
    server = await listed()
    member = await server.a_member()
    episodes = [{"id": f"e1-{number}", "number": number} for number in (1, 2)]
    specials = {"id": "s0", "number": 0, "episodes": [{"id": "e0-1", "number": 1}]}
    seasons = [specials, {"id": "s1", "number": 1, "episodes": episodes}]
    await server.runtime.db.movies.update_one({"_id": "title1"}, {"$set": {"kind": "series", "seasons": seasons}})
    await until(lambda: "e0-1" in server.runtime.catalog.snapshot.by_episode)
    await put(server, member, "phim-1")

    async def watch(episode: str, position_s: float) -> None:
        said = {"position_s": position_s, "duration_s": 1_000, "state": "playing", "client_time": iso_z(now())}
        told = await server.api.post(f"/episodes/{episode}/progress", said, access=member.access)
        assert told.status == 200, told.json

    async def stands_as(state: str) -> None:
        async def does() -> bool:
            return bool((await page(server, member))["results"][0]["state"] == state)

        await until(does)

    await watch("e1-1", 10)  # opened by mistake
    await watch("e1-1", 100)
    await stands_as("watching")
    for episode in ("e1-1", "e0-1"):
        await watch(episode, 990)
    await watch("e1-2", 990)
    await stands_as("completed")


async def test_what_is_watched_waits_while_the_database_is_away(listed: Any) -> None:
    server = await listed()
    member, follower = await server.a_member(), WatchlistFollower(server.runtime.watchlist)
    await put(server, member, "phim-1")
    db = server.runtime.db
    cut = {"failCommands": ["update"], "closeConnection": True, "namespace": f"{db.name}.watchlist"}
    async with fail_point(db, times=1_000, **cut):
        follower.note(member.id, "title1", False)
        await follower.flush()
    await follower.flush()
    assert [item["state"] for item in (await page(server, member))["results"]] == ["watching"]
    await put(server, member, "phim-1", state="planned")
    follower.note(member.id, "title1", False)
    await follower.flush()
    assert [item["state"] for item in (await page(server, member))["results"]] == ["planned"], "looked at a moment ago"
