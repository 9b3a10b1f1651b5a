"""What is kept of searches for the reports: counts by day, of nobody, bounded, and nothing that looks personal."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from smovie import search_log
from smovie.search_log import MOST_LETTERS, SearchLog, counted_as
from smovie.store import searches
from smovie.store.mongo import Database, open_database
from tests.api.test_reviews import fail_point
from tests.api.test_snapshot_follows import a_document
from tests.conftest import StartServer
from tests.support.api import Answer
from tests.support.server import RunningServer, start_server, test_settings
from tests.support.wait import until


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Đất rừng phương Nam", "dat rung phuong nam"),
        ("  DẤT   rung, phuong nam! ", "dat rung phuong nam"),
        ("blade runner 2049", "blade runner 2049"),
        ("1984 2046", "1984 2046"),
        ("300", "300"),
        ("???", "???"),
        ("", None),
        (" \n", None),
        ("lan@example.com", None),
        ("xem ở http://phim.example/?token=abc", None),
        ("0912345678", None),
        ("gọi 0912 345 678 nhé", None),
        ("+84 (91) 234-56.78", None),
        ("４１１１１１１１１１１１", None),
        ("x" * MOST_LETTERS, "x" * MOST_LETTERS),
        ("x" * (MOST_LETTERS + 1), None),
        ("™" * MOST_LETTERS, ("tm" * MOST_LETTERS)[:MOST_LETTERS]),  # folding makes some texts longer
    ],
)
def test_a_query_is_counted_folded_and_a_personal_one_is_not(text: str, query: str | None) -> None:
    assert counted_as(text) == query


async def search(server: RunningServer, q: str, **headers: str) -> Answer:
    answer = await server.api.call("GET", f"/api/v1/search?q={q}", headers=headers)
    assert answer.status == 200
    return answer


async def click(server: RunningServer, q: str, movie: str) -> int:
    return (await server.api.post("/search/click", {"q": q, "movie": movie})).status


async def rows(db: Database) -> list[Any]:
    return [row async for row in db.searches_daily.find({}).sort("_id", 1)]


async def written(server: RunningServer) -> list[Any]:
    await server.runtime.searches.log.flush()
    return await rows(server.runtime.db)


@pytest.fixture
def found(start: StartServer) -> Any:
    """Start a server with "Mưa hạ" (title1, "phim-1") and "Nắng đông" (title2, "phim-2")."""

    async def start_found(**settings: Any) -> RunningServer:
        server = await start(**settings)
        titles = [a_document(1, title="Mưa hạ"), a_document(2, title="Nắng đông")]
        await server.runtime.db.movies.insert_many(titles)
        await until(lambda: len(server.runtime.catalog.snapshot.by_slug) == 2)
        return server

    return start_found


async def test_searches_and_clicks_of_a_day_are_counted_by_folded_query(found: Any) -> None:
    server = await found()
    for q in ("mưa+hạ", "MUA+HA", "mua++ha!", "không+có+gì"):
        await search(server, quote(q, safe="+"))
    assert [await click(server, "Mưa hạ", title) for title in ("phim-1", "title1")] == [204, 204]
    found_rows = await written(server)
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    assert found_rows == [
        {"_id": f"{today:%Y-%m-%d} khong co gi", "day": today, "q": "khong co gi", "count": 1, "without_hits": 1,
         "hits": 0},
        {"_id": f"{today:%Y-%m-%d} mua ha", "day": today, "q": "mua ha", "count": 3, "without_hits": 0, "hits": 1,
         "clicks": {"title1": 2}},
    ]  # fmt: skip
    await search(server, "mua+ha")
    assert (await written(server))[1]["count"] == 4


async def test_it_is_written_within_a_second_by_itself(found: Any) -> None:
    server = await found()
    await search(server, "mua")
    await until(lambda: server.runtime.db.searches_daily.count_documents({"q": "mua"}))


async def test_what_waits_is_written_when_the_server_stops(mongod: str, database_names: Any, tmp_path: Path) -> None:
    settings = test_settings(mongo_url=mongod, mongo_database=next(database_names), data_dir=tmp_path)
    async with start_server(settings) as server:
        for number in range(700):  # more than go in one write
            server.runtime.searches.log.note(f"phim {number}", 0)
    async with open_database(mongod, settings.mongo_database) as db:
        assert len(await rows(db)) == 700


async def test_who_stops_in_the_middle_of_a_write_loses_none_of_it(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_log, "WRITE_EVERY_S", 0.0)
    entered, gate, add = asyncio.Event(), asyncio.Event(), searches.add

    async def slow(*given: Any) -> None:
        entered.set()
        await gate.wait()
        await add(*given)

    monkeypatch.setattr(searches, "add", slow)
    noted = SearchLog(db)
    noted.note("mưa", 1)
    running = asyncio.create_task(noted.run())
    await entered.wait()
    running.cancel()
    await asyncio.wait([running])
    gate.set()
    await noted.flush()
    assert [row["count"] for row in await rows(db)] == [1]


async def test_whoever_searches_is_not_kept(found: Any) -> None:
    server = await found()
    member = await server.a_member()
    assert (await server.api.get("/search?q=mua", access=member.access)).status == 200
    (row,) = await written(server)
    assert set(row) == {"_id", "day", "q", "count", "without_hits", "hits"}


async def test_suggestions_heads_and_robots_are_not_counted(found: Any) -> None:
    server = await found()
    await server.api.get("/search/suggest?q=mua")
    await server.api.call("HEAD", "/api/v1/search?q=mua")
    for agent in ("Googlebot/2.1 (+http://www.google.com/bot.html)", "Mozilla/5.0 (compatible; YandexBot/3.0)"):
        await search(server, "mua", **{"User-Agent": agent})
    assert await written(server) == []
    await search(server, "mua", **{"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; Cubot Note) Firefox/133.0"})
    assert len(await written(server)) == 1


async def test_a_click_on_what_the_search_does_not_find_is_refused(found: Any) -> None:
    server = await found()
    assert await click(server, "mưa hạ", "phim-2") == 422
    assert await click(server, "mưa hạ", "nothing") == 404
    assert await click(server, " ", "phim-1") == 422
    assert await click(server, "x" * 201, "phim-1") == 422
    assert await click(server, "mưa hạ", "") == 422
    assert await written(server) == []


async def test_clicks_are_throttled_by_address(found: Any) -> None:
    server = await found(limit_search_clicks_per_address="2/hour")
    assert [await click(server, "mua", "phim-1") for _ in range(3)] == [204, 204, 429]


async def test_while_the_database_is_away_it_waits_within_bounds(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_log, "MOST_WAITING", 3)
    noted = SearchLog(db)
    cut = {"failCommands": ["update"], "closeConnection": True, "namespace": f"{db.name}.searches_daily"}
    async with fail_point(db, times=1_000, **cut):
        noted.note("một", 1)
        noted.note_click("một", "title1")
        await noted.flush()
        for text in ("một", "hai", "ba", "bốn", "năm"):
            noted.note(text, 0)
        await noted.flush()
    assert await rows(db) == []
    await noted.flush()
    assert {row["q"]: (row["count"], row["hits"]) for row in await rows(db)} == {
        "mot": (2, 0),
        "hai": (1, 0),
        "ba": (1, 0),
    }
    assert (await rows(db))[2]["clicks"] == {"title1": 1}


async def test_instances_add_to_each_other(db: Database, both_drivers: str) -> None:
    logs = [SearchLog(db) for _ in range(5)]
    for _ in range(3):
        for one in logs:
            one.note("mưa", 4)
        await asyncio.gather(*(one.flush() for one in logs))
    (row,) = await rows(db)
    assert (db.driver, row["count"]) == (both_drivers, 15)


async def test_old_days_leave_by_themselves(db: Database) -> None:
    indexes = await db.searches_daily.index_information()
    assert indexes["day_1"]["expireAfterSeconds"] == timedelta(days=400).total_seconds()
    noted = SearchLog(db)
    noted.note("mưa", 1)
    await noted.flush()
    assert isinstance((await rows(db))[0]["day"], datetime)  # a date, or it would stay for ever
