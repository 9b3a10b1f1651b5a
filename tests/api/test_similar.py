"""Titles like another, over HTTP: cards with reasons in the caller's language."""

import pytest

from tests.api.test_openapi import assert_as_declared
from tests.api.test_snapshot_follows import a_document, shows
from tests.conftest import StartServer
from tests.support.server import RunningServer

FILM = "mui-du-du-xanh"


async def test_each_says_why_in_the_language_asked_for(server: RunningServer) -> None:
    for language, text in (("vi", "Cùng đạo diễn Trần Anh Hùng"), ("en", "Also directed by Trần Anh Hùng")):
        answer = await server.api.get(f"/movies/{FILM}/similar?limit=2", headers={"Accept-Language": language})
        director = (await server.api.get(f"/movies/{FILM}")).json["directors"][0]
        assert len(answer.json["results"]) == 2
        for card in answer.json["results"]:
            assert card["because"][0] == {"kind": "director", "names": [director], "text": text}


async def test_its_cards_are_those_of_lists(server: RunningServer) -> None:
    await assert_as_declared(server, "/api/v1/movies/{slug}/similar", f"/api/v1/movies/{FILM}/similar?limit=50")
    listed = {card["id"]: card for card in (await server.api.get("/movies?page_size=100")).json["results"]}
    for card in (await server.api.get(f"/movies/{FILM}/similar?limit=5")).json["results"]:
        assert {name: value for name, value in card.items() if name != "because"} == listed.get(card["id"], card) != {}


async def test_what_a_client_has_is_not_sent_again(server: RunningServer) -> None:
    first = await server.api.get(f"/movies/{FILM}/similar")
    assert "Accept-Language" in first.headers["vary"]
    again = await server.api.get(f"/movies/{FILM}/similar", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    head = await server.api.call("HEAD", f"/api/v1/movies/{FILM}/similar")
    assert (head.status, head.headers["etag"]) == (200, first.headers["etag"])


@pytest.mark.parametrize(
    ("asked", "status"), [("?limit=0", 422), ("?limit=51", 422), ("?page=2", 422), ("?limit=50", 200)]
)
async def test_its_bounds(server: RunningServer, asked: str, status: int) -> None:
    assert (await server.api.get(f"/movies/{FILM}/similar{asked}")).status == status


async def test_an_unknown_title_has_none(server: RunningServer) -> None:
    assert (await server.api.get("/movies/no-such-title/similar")).status == 404


async def test_a_hidden_title_is_not_shown_nor_told_of(start: StartServer) -> None:
    server = await start()
    movies = server.runtime.db.movies
    await movies.insert_many([a_document(1), a_document(2), a_document(3, is_active=False)])
    await shows(server, "/movies/phim-1/similar", lambda a: a.status == 200 and len(a.json["results"]) == 1)
    assert (await server.api.get("/movies/phim-3/similar")).status == 404
    await movies.update_one({"_id": "title2"}, {"$set": {"is_active": False}})
    await shows(server, "/movies/phim-1/similar", lambda a: a.json["results"] == [])
