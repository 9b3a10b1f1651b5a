"""A change made directly in MongoDB shows in the API; reading asks MongoDB nothing."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from pymongo import monitoring

from smovie.importing.demo import load_demo
from smovie.models.base import now
from smovie.store.mongo import Database
from tests.conftest import FolderOf, StartServer
from tests.support.server import RunningServer, start_server, test_settings
from tests.support.wait import until

WITHIN_S = 1.0  # DESIGN.md 5
_LOOKED_THROUGH = (
    "mails", "departures", "reviews", "views", "views_daily", "views_hourly", "watchlist", "announcements"
)  # fmt: skip


def a_document(number: int, **members: Any) -> dict[str, Any]:
    """A title as somebody would write it by hand."""
    return {
        "_id": f"title{number}", "kind": "movie", "slug": f"phim-{number}", "title": f"Phim {number}",
        "genres": [{"id": "drama", "name": {"vi": "Chính kịch", "en": "Drama"}}], "year": 2000,
        "seasons": [{"id": f"s{number}", "number": 1, "episodes": [{"id": f"e{number}", "number": 1}]}],
        "created_at": now(), "updated_at": now(), **members,
    }  # fmt: skip


async def shows(server: RunningServer, path: str, wanted: Any) -> None:
    """Wait until a path answers as wanted, no longer than is promised."""

    async def does() -> bool:
        answer = await server.api.get(path)
        return bool(wanted(answer))

    await until(does, within_s=WITHIN_S)


def titles_are(*titles: str) -> Any:
    return lambda answer: sorted(card["title"] for card in answer.json["results"]) == sorted(titles)


async def test_a_title_inserted_changed_hidden_restored_and_deleted(start: Any) -> None:
    server = await start()
    movies = server.runtime.db.movies
    await movies.insert_many([a_document(1), a_document(2)])
    await shows(server, "/movies", titles_are("Phim 1", "Phim 2"))
    await movies.update_one({"_id": "title1"}, {"$set": {"title": "Đổi tên", "slug": "doi-ten"}})
    await shows(server, "/movies/doi-ten", lambda answer: answer.status == 200)
    await shows(server, "/movies/phim-1", lambda answer: answer.status == 404)
    await movies.update_one({"_id": "title1"}, {"$set": {"is_active": False}})
    await shows(server, "/movies", titles_are("Phim 2"))
    await movies.update_one({"_id": "title1"}, {"$set": {"is_active": True}})
    await shows(server, "/movies", titles_are("Đổi tên", "Phim 2"))
    await movies.update_one({"_id": "title2"}, {"$set": {"deleted_at": now()}})
    await shows(server, "/movies", titles_are("Đổi tên"))
    await movies.delete_one({"_id": "title1"})
    await shows(server, "/movies", titles_are())


async def test_an_etag_changes_with_the_title(start: Any) -> None:
    server = await start()
    await server.runtime.db.movies.insert_one(a_document(1))
    await shows(server, "/movies/phim-1", lambda answer: answer.status == 200)
    before = (await server.api.get("/movies/phim-1")).headers["etag"]
    await server.runtime.db.movies.update_one({"_id": "title1"}, {"$set": {"stats.views": 7}})
    await shows(server, "/movies/phim-1", lambda answer: answer.headers["etag"] != before)


async def test_a_genre_renamed_by_hand_is_renamed_in_its_titles(start: Any) -> None:
    server = await start()
    db = server.runtime.db
    await db.movies.insert_one(a_document(1))
    await db.genres.replace_one({"_id": "drama"}, {"name": {"vi": "Tâm lý", "en": "Drama"}}, upsert=True)
    await shows(server, "/genres", lambda answer: "Tâm lý" in answer.body.decode())
    await shows(server, "/movies/phim-1", lambda answer: answer.json["genres"][0]["name"] == "Tâm lý")
    stored = await db.movies.find_one({"_id": "title1"})
    assert stored["genres"][0]["name"]["vi"] == "Tâm lý"


async def test_a_person_renamed_by_hand_is_renamed_in_their_titles(start: Any) -> None:
    server = await start()
    db = server.runtime.db
    await db.people.insert_one({"_id": "p1", "name": "Tên cũ"})
    cast = [{"person_id": "p1", "name": "Tên cũ", "role": "Vai chính"}]
    await db.movies.insert_one(a_document(1, cast=cast))
    await shows(server, "/people/p1", lambda answer: answer.status == 200)
    await db.people.update_one({"_id": "p1"}, {"$set": {"name": "Tên mới"}})
    await shows(server, "/movies/phim-1", lambda answer: answer.json["cast"][0]["name"] == "Tên mới")
    await shows(server, "/people/p1", lambda answer: answer.json["name"] == "Tên mới")


async def test_a_document_that_is_no_title_is_not_shown_and_breaks_nothing(start: Any) -> None:
    server = await start()
    movies = server.runtime.db.movies
    await movies.insert_one(a_document(1))
    await movies.insert_one({"_id": "broken", "slug": "broken", "title": 17})
    await movies.insert_one(a_document(2))
    await shows(server, "/movies", titles_are("Phim 1", "Phim 2"))
    await movies.update_one({"_id": "title1"}, {"$set": {"title": ""}})
    await shows(server, "/movies", titles_are("Phim 2"))


async def test_a_dropped_collection_is_read_anew(start: Any) -> None:
    server = await start()
    await server.runtime.db.movies.insert_one(a_document(1))
    await shows(server, "/movies", titles_are("Phim 1"))
    await server.runtime.db.movies.drop()
    await until(lambda: not server.runtime.catalog.snapshot.entries)
    await server.runtime.db.movies.insert_one(a_document(2))
    await until(lambda: len(server.runtime.catalog.snapshot.entries) == 1)


class Commands(monitoring.CommandListener):
    """Notes every command sent to MongoDB."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        # The change stream is opened and read all the time, and work is looked for; that is not a request's doing.
        is_own = event.command.get(event.command_name) in _LOOKED_THROUGH
        if event.command_name != "getMore" and "$changeStream" not in str(event.command.get("pipeline")) and not is_own:
            self.names.append(event.command_name)

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        pass

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        pass


async def test_reading_the_catalogue_asks_mongodb_nothing(
    mongod: str, demo_database: str, data_dir_of: FolderOf
) -> None:
    commands = Commands()
    settings = test_settings(mongo_url=mongod, mongo_database=demo_database, data_dir=data_dir_of(demo_database))
    async with AsyncExitStack() as up:
        server = await up.enter_async_context(start_server(settings, listeners=[commands]))
        commands.names.clear()
        for path in ("/movies?page_size=20", "/movies?genre=war&sort=-views", "/movies/spirited-away", "/genres"):
            assert (await server.api.get(path)).status == 200
        assert commands.names == []
        await server.api.get(f"/episodes/{server.an_episode_apart()}/comments")
        assert commands.names == ["find"]


async def test_people_whom_an_import_brings_cost_the_server_no_query(mongod: str, db: Database, tmp_path: Path) -> None:
    commands = Commands()
    settings = test_settings(mongo_url=mongod, mongo_database=db.name, data_dir=tmp_path)
    async with start_server(settings, listeners=[commands]) as server:
        commands.names.clear()
        await db.people.insert_many([{"_id": f"p{number}", "name": f"Người {number}"} for number in range(50)])
        await db.movies.insert_one(a_document(1))
        await shows(server, "/movies", titles_are("Phim 1"))
        assert "update" not in commands.names


async def test_the_store_loads_the_demo_catalogue_under_either_driver(db: Database, both_drivers: str) -> None:
    assert db.driver == both_drivers
    report = await load_demo(db)
    assert (report.bad_count, report.created) == (0, await db.movies.count_documents({}))


async def test_titles_without_a_date_stand_last_and_in_the_same_order_on_every_instance(start: StartServer) -> None:
    server = await start()
    movies = server.runtime.db.movies
    await movies.insert_one(a_document(2, release_date="2024-05-01"))
    for number in (3, 1):  # each arrives by itself
        await movies.insert_one(a_document(number, year=None))
        await shows(server, f"/movies/phim-{number}", lambda answer: answer.status == 200)
    other = await start(server.runtime.db.name)
    for asked in ("/movies", "/movies?sort=release_date", "/movies?genre=drama"):
        of_both = [(await each.api.get(asked)).json["results"] for each in (server, other)]
        slugs = [[card["slug"] for card in results] for results in of_both]
        assert slugs == [["phim-2", "phim-1", "phim-3"]] * 2
