"""What trends: views of late, recent ones weighing more; never an empty page, and each title says why it is there."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from smovie.importing.demo import load_demo, make_up_audience
from smovie.models.base import now
from smovie.models.trending import WINDOWS, Window
from smovie.models.views import day_of, hour_of, start_of_day
from smovie.store import views
from smovie.store.mongo import Database
from smovie.store.trending import most_demanded
from smovie.views import ViewDesk
from tests.api.test_snapshot_follows import a_document, shows
from tests.conftest import StartServer
from tests.support.server import RunningServer
from tests.support.wait import until

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


async def viewed(db: Database, *counts: tuple[int, timedelta, int]) -> None:
    """(title, how long ago, how often)."""
    for number, ago, count in counts:
        at = now() - ago
        title = f"title{number}"
        await views.raise_counts(
            db, "somebody", {(title, hour_of(at)): count}, {(title, start_of_day(day_of(at))): count}
        )


async def titled(start: StartServer, *documents: dict[str, Any]) -> RunningServer:
    """A server with these titles."""
    server = await start()
    await server.runtime.db.movies.insert_many(list(documents))
    await until(lambda: len(server.runtime.catalog.snapshot.entries) == len(documents))
    return server


async def refresh(server: RunningServer) -> None:
    for window in WINDOWS:
        await server.runtime.trending.refresh(window)


async def asked(server: RunningServer, query: str = "") -> list[tuple[str, str, int]]:
    answer = await server.api.get(f"/trending{query}")
    assert answer.status == 200, answer.json
    return [(hit["id"], hit["basis"], hit["recent_views"]) for hit in answer.json["results"]]


async def test_recent_views_weigh_more_and_each_window_has_its_own_pace(start: StartServer) -> None:
    server = await titled(start, *(a_document(number) for number in range(1, 5)))
    await viewed(
        server.runtime.db,
        (1, 0 * HOUR, 10),
        (2, 18 * HOUR, 40),
        (3, 3 * DAY, 200),
        (4, 20 * DAY, 500),
        (1, 40 * DAY, 9),
    )
    await refresh(server)
    # 40 views, three half-lives ago, are worth 5.
    assert (await asked(server))[:2] == [("title1", "trending", 10), ("title2", "trending", 40)]
    assert [hit[0] for hit in await asked(server, "?window=7d")][:2] == ["title3", "title2"]
    assert [hit[0] for hit in await asked(server, "?window=30d")] == ["title3", "title4", "title2", "title1"]
    assert ("title1", "trending", 10) in await asked(server, "?window=30d"), "without what is older"


async def test_titles_that_are_viewed_alike_have_one_order(db: Database) -> None:
    at = hour_of(now())
    for number in (3, 1, 2):
        await viewed(db, (number, 2 * HOUR, 3), (number, 5 * HOUR, 7))
    await viewed(db, (4, 0 * HOUR, 1))
    wanted: dict[str, Any] = {"since": at - DAY, "until": at, "half_life": 6 * HOUR}
    found = await most_demanded(db, "hour", limit=9, **wanted)
    assert [one.movie_id for one in found] == ["title1", "title2", "title3", "title4"]
    assert [one.movie_id for one in await most_demanded(db, "hour", limit=2, **wanted)] == ["title1", "title2"]


async def test_where_few_are_viewed_others_stand_in_and_say_so(start: StartServer) -> None:
    soon = (now() + 9 * DAY).date().isoformat()
    server = await titled(
        start,
        a_document(1),
        a_document(2, stats={"views": 5}),
        a_document(3, stats={"views": 7}),
        a_document(4, release_date="2024-05-01"),
        a_document(5, release_date="2025-05-01"),
        a_document(6, release_date=soon),
    )
    stand_ins = [("title3", "views", 0), ("title2", "views", 0), ("title5", "new", 0), ("title4", "new", 0)]
    assert (await asked(server))[:4] == stand_ins
    await viewed(server.runtime.db, (2, 1 * HOUR, 1))
    await refresh(server)
    expected = [("title2", "trending", 1), ("title3", "views", 0), *stand_ins[2:]]
    assert (await asked(server, "?limit=4")) == expected
    assert "title6" not in [hit[0] for hit in await asked(server)], "what is announced cannot be watched"
    assert server.runtime.trending.ids("24h", 4) == [hit[0] for hit in expected]


async def test_a_hidden_title_leaves_within_a_second_and_comes_back(start: StartServer) -> None:
    server = await titled(start, *(a_document(number) for number in (1, 2)))
    db = server.runtime.db
    await viewed(db, (1, 0 * HOUR, 9), (2, 0 * HOUR, 3))
    await refresh(server)

    def are(*titles: str) -> Any:
        return lambda answer: [hit["id"] for hit in answer.json["results"]] == list(titles)

    await shows(server, "/trending", are("title1", "title2"))
    for hidden in ({"is_active": False}, {"deleted_at": now()}):
        await db.movies.update_one({"_id": "title1"}, {"$set": hidden})
        await shows(server, "/trending", are("title2"))
        await db.movies.update_one({"_id": "title1"}, {"$set": {"is_active": True, "deleted_at": None}})
        await shows(server, "/trending", are("title1", "title2"))


async def test_it_follows_what_is_viewed_by_itself(start: StartServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smovie.discovery.trending.REFRESH_EVERY_S", dict.fromkeys(WINDOWS, 0.05))
    server = await titled(start, *(a_document(number) for number in (1, 2)))
    server.runtime.views.note("somebody", "title2")
    await server.runtime.views.flush()

    async def leads() -> bool:
        return (await asked(server))[0] == ("title2", "trending", 1)

    await until(leads)
    again = await start(server.runtime.db.name)  # cold
    await until(lambda: again.runtime.trending.ids("30d", 1) == ["title2"])


async def test_what_a_client_has_is_not_sent_again_until_the_order_changes(start: StartServer) -> None:
    server = await titled(start, *(a_document(number) for number in (1, 2)))
    await viewed(server.runtime.db, (1, 0 * HOUR, 2))
    await refresh(server)
    first = await server.api.get("/trending")
    held = {"If-None-Match": first.headers["etag"]}
    assert (await server.api.get("/trending", headers=held)).status == 304
    await refresh(server)
    assert (await server.api.get("/trending", headers=held)).status == 304
    await viewed(server.runtime.db, (2, 0 * HOUR, 3))
    await refresh(server)
    changed = await server.api.get("/trending", headers=held)
    assert (changed.status, changed.json["results"][0]["id"]) == (200, "title2")
    english = await server.api.get("/trending", headers={"Accept-Language": "en"})
    assert english.headers["etag"] != changed.headers["etag"] or english.body == changed.body
    suggested = (await server.api.get("/search/suggest")).json["results"]
    assert [one["id"] for one in suggested] == ["title2", "title1"]


@pytest.mark.parametrize("query", ["?window=1y", "?limit=0", "?limit=101", "?window=24h&window=7d", "?page=1"])
async def test_what_is_no_window_is_refused(server: RunningServer, query: str) -> None:
    assert (await server.api.get(f"/trending{query}")).status == 422


async def test_a_fresh_demo_has_an_audience(db: Database) -> None:
    await load_demo(db)
    at = now()
    made_up = await make_up_audience(db, at)
    assert await make_up_audience(db, at) == made_up, "it is the same again"
    await ViewDesk(db).show()
    figures = [row["stats"]["views"] async for row in db.movies.find({})]
    assert sum(figures) == made_up

    async def ranked(window: Window) -> Sequence[str]:
        unit, since = ("hour", at - DAY) if window == "24h" else ("day", at - 30 * DAY)
        return [d.movie_id for d in await most_demanded(db, unit, since=since, until=at, half_life=DAY, limit=20)]

    assert len(await ranked("24h")) == len(await ranked("30d")) == 20
    assert await ranked("24h") != await ranked("30d")
