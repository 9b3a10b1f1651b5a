"""Banners over HTTP: an edit in the database shows within a second, a start and an end without one."""

from datetime import timedelta
from typing import Any

from smovie.importing.demo import demo_banners, load_demo
from smovie.models.base import now
from smovie.store import banners
from smovie.store.mongo import Database
from tests.api.test_openapi import assert_as_declared
from tests.api.test_snapshot_follows import a_document, shows
from tests.conftest import StartServer
from tests.support.server import RunningServer
from tests.support.wait import until


def a_row(name: str, **members: Any) -> dict[str, Any]:
    """A banner as somebody would write it by hand."""
    return {
        "_id": name, "placement": "home_hero", "title": {"vi": f"{name} vi", "en": f"{name} en"},
        "target": {"url": "/"}, "created_at": now(), "updated_at": now(), **members,
    }  # fmt: skip


def are(*names: str) -> Any:
    return lambda answer: [banner["id"] for banner in answer.json["results"]] == list(names)


async def test_the_demo_has_some_of_each_kind_of_place_on_the_home_page(server: RunningServer) -> None:
    await assert_as_declared(server, "/api/v1/banners", "/api/v1/banners")
    for placement, count in (("home_hero", 3), ("home_middle", 1), ("title_bottom", 0)):
        found = (await server.api.get(f"/banners?placement={placement}")).json["results"]
        assert [banner["placement"] for banner in found] == [placement] * count
    assert len((await server.api.get("/banners")).json["results"]) == 4


async def test_every_picture_and_target_of_the_demo_is_there(server: RunningServer) -> None:
    for banner in (await server.api.get("/banners")).json["results"]:
        assert banner["image"] == f"/backdrops/{banner['movie']}.svg"
        for path in (banner["image"], banner["target"]):
            assert (await server.api.call("GET", path)).status == 200


async def test_words_follow_the_language(server: RunningServer) -> None:
    titles = [
        (await server.api.get("/banners", headers={"Accept-Language": language})).json["results"][0]["title"]
        for language in ("vi", "en")
    ]
    assert titles == ["Mưa đỏ", "Red Rain"]


async def test_what_a_client_has_is_not_sent_again(server: RunningServer) -> None:
    first = await server.api.get("/banners?placement=home_hero")
    again = await server.api.get("/banners?placement=home_hero", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    head = await server.api.call("HEAD", "/api/v1/banners?placement=home_hero")
    assert (head.status, head.body, head.headers["etag"]) == (200, b"", first.headers["etag"])
    assert (await server.api.get("/banners?placement=nowhere")).status == 422


async def test_an_edit_by_hand_shows_within_a_second(start: StartServer) -> None:
    server = await start()
    stored = server.runtime.db.banners
    assert (await server.api.get("/banners")).json == {"results": []}
    await stored.insert_many([a_row("one"), a_row("two", order=-1), {"_id": "broken", "placement": 17}])
    await shows(server, "/banners", are("two", "one"))
    await stored.update_one({"_id": "one"}, {"$set": {"order": -2, "title.vi": "Tên mới"}})
    await shows(server, "/banners", lambda answer: answer.json["results"][0]["title"] == "Tên mới")
    await stored.update_one({"_id": "one"}, {"$set": {"is_active": False}})
    await shows(server, "/banners", are("two"))
    await stored.delete_one({"_id": "two"})
    await shows(server, "/banners", are())


async def test_a_start_and_an_end_take_hold_without_an_edit(start: StartServer) -> None:
    server = await start()
    begins = now() + timedelta(seconds=1)
    rows = [a_row("next", starts_at=begins), a_row("last", ends_at=begins), a_row("always", order=1)]
    await server.runtime.db.banners.insert_many(rows)
    await shows(server, "/banners", are("last", "always"))
    version = server.runtime.catalog.snapshot.version
    await shows(server, "/banners", are("next", "always"))
    assert now() >= begins
    assert server.runtime.catalog.snapshot.version == version


async def test_a_banner_of_a_hidden_title_is_not_shown(start: StartServer) -> None:
    server = await start()
    await server.runtime.db.movies.insert_one(a_document(1, backdrop="https://images.example/1.jpg"))
    await server.runtime.db.banners.insert_one(a_row("it", target={"movie": "phim-1"}))
    await shows(server, "/banners", are("it"))
    (banner,) = (await server.api.get("/banners")).json["results"]
    assert (banner["image"], banner["target"]) == ("https://images.example/1.jpg", "/movies/phim-1")
    await server.runtime.db.movies.update_one({"_id": "title1"}, {"$set": {"is_active": False}})
    await shows(server, "/banners", are())


async def test_they_are_read_anew_with_everything_else(start: StartServer) -> None:
    server = await start()
    await server.runtime.db.banners.insert_one(a_row("one"))
    await shows(server, "/banners", are("one"))
    await server.runtime.db.banners.drop()
    await until(lambda: not server.runtime.catalog.snapshot.banners.shown(now()))


async def test_the_demo_banners_are_stored_once_and_a_deleted_one_stays_away(db: Database, both_drivers: str) -> None:
    await load_demo(db)
    assert await db.banners.count_documents({}) == len(demo_banners()) == 4
    await db.banners.delete_one({"placement": "home_middle"})
    await load_demo(db)
    assert await db.banners.count_documents({}) == 3
    assert [banners.to_banner(row) is not None for row in await banners.read_all(db)] == [True] * 3
