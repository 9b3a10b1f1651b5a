"""The home page over HTTP: banners and rails from memory, encoded once between two changes."""

import pytest

from tests.api.test_banners import a_row
from tests.api.test_openapi import assert_as_declared
from tests.api.test_snapshot_follows import a_document, shows
from tests.conftest import StartServer
from tests.support.server import RunningServer


async def test_it_is_as_declared_and_its_cards_are_those_of_lists(server: RunningServer) -> None:
    await assert_as_declared(server, "/api/v1/home", "/api/v1/home")
    home = (await server.api.get("/home")).json
    pages = [(await server.api.get(f"/movies?page_size=100&page={page}")).json["results"] for page in (1, 2)]
    cards = {card["id"]: card for page in pages for card in page}
    assert [card == cards[card["id"]] for rail in home["rails"] for card in rail["results"]]
    assert home["banners"] == (await server.api.get("/banners")).json["results"]


async def test_no_title_stands_on_two_rails(server: RunningServer) -> None:
    rails = (await server.api.get("/home")).json["rails"]
    shown = [card["id"] for rail in rails for card in rail["results"]]
    assert len(shown) == len(set(shown)) > 50
    assert len({rail["id"] for rail in rails}) == len(rails) >= 5


async def test_each_rail_leads_to_the_list_it_is_of(server: RunningServer) -> None:
    for rail in (await server.api.get("/home")).json["rails"]:
        whole = await server.api.call("GET", rail["more"])
        assert whole.status == 200
        assert len(whole.json["results"]) >= len(rail["results"])


async def test_its_words_follow_the_language(server: RunningServer) -> None:
    for language, new in (("vi", "Mới ra mắt"), ("en", "New releases")):
        home = (await server.api.get("/home", headers={"Accept-Language": language})).json
        rails = {rail["id"]: rail for rail in home["rails"]}
        assert rails["new"]["title"] == new
        genres = (await server.api.get("/genres", headers={"Accept-Language": language})).json["results"]
        assert rails["genre-drama"]["title"] == next(genre["name"] for genre in genres if genre["id"] == "drama")


async def test_what_a_client_has_is_not_sent_again(server: RunningServer) -> None:
    first = await server.api.get("/home")
    assert first.headers["vary"].replace(" ", "").split(",")[-2:] == ["Authorization", "Accept-Language"]
    assert first.headers["cache-control"] == "public, max-age=0, must-revalidate"
    again = await server.api.get("/home", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    head = await server.api.call("HEAD", "/api/v1/home")
    assert (head.status, head.body, head.headers["etag"]) == (200, b"", first.headers["etag"])


async def test_an_empty_catalogue_has_an_empty_home(start: StartServer) -> None:
    server = await start()
    assert (await server.api.get("/home")).json == {"banners": [], "rails": [], "missing": []}
    assert (await server.api.call("GET", "/")).status == 200


async def test_an_edit_shows_within_a_second(start: StartServer) -> None:
    server = await start()
    await server.runtime.db.genres.insert_one({"_id": "drama", "name": {"vi": "Chính kịch", "en": "Drama"}})
    await server.runtime.db.movies.insert_many([a_document(number) for number in range(1, 6)])
    await shows(server, "/home", lambda a: [(r["id"], len(r["results"])) for r in a.json["rails"]] == [("new", 5)])
    await server.runtime.db.movies.update_one({"_id": "title1"}, {"$set": {"is_active": False}})
    await shows(server, "/home", lambda a: [len(rail["results"]) for rail in a.json["rails"]] == [4])
    await server.runtime.db.movies.update_one({"_id": "title2"}, {"$set": {"is_active": False}})
    await shows(server, "/home", lambda a: [len(rail["results"]) for rail in a.json["rails"]] == [3])
    await server.runtime.db.banners.insert_one(a_row("one"))
    await shows(server, "/home", lambda a: [banner["id"] for banner in a.json["banners"]] == ["one"])


@pytest.mark.parametrize("path", ["/home?page=2", "/home?placement=home_hero"])
async def test_a_query_that_it_does_not_know_changes_nothing(server: RunningServer, path: str) -> None:
    assert (await server.api.get(path)).body == (await server.api.get("/home")).body
