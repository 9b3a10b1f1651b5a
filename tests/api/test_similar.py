"""Titles like another, over HTTP: cards with reasons in the caller's language."""

from typing import Any

import pytest

from tests.api.test_openapi import assert_as_declared
from tests.api.test_snapshot_follows import a_document, shows
from tests.api.test_watching import HALF, Viewer, a_series, shown
from tests.conftest import StartServer
from tests.support.server import RunningServer
from tests.support.wait import until

__all__ = ["shown"]

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


# -- watched by the same people ----------------------------------------------------------------------------------------


def alone(number: int) -> dict[str, Any]:
    """A title that shares nothing with any other."""
    return a_series(number, "1x1", title=f"{chr(64 + number)} phim", genres=[], year=None)


async def watched_by(number: int, viewer: Viewer, *episodes: str) -> None:
    """So many people, the viewer among them, finish these."""
    viewers = [viewer, *[Viewer(viewer.server, await viewer.server.a_member()) for _ in range(number - 1)]]
    for one in viewers:
        await one.watches(*episodes)
        await viewer.server.runtime.watching.writer.settle(one.member.id)


async def beside(viewer: Viewer, language: str = "vi") -> list[tuple[str, list[Any]]]:
    answer = await viewer.server.api.get("/movies/phim-1/similar", headers={"Accept-Language": language})
    return [(card["id"], card["because"]) for card in answer.json["results"]]


async def test_what_the_same_people_finished_is_like_it_and_says_so(shown: Any) -> None:
    viewer = await shown(alone(1), alone(2), alone(3))
    await watched_by(3, viewer, "s1-1x1", "s2-1x1")
    await viewer.watches("s3-1x1")
    await viewer.server.runtime.similar.together.refresh()
    for language, text in (("vi", "Nhiều người xem cả hai"), ("en", "Many watch both")):
        assert await beside(viewer, language) == [("title2", [{"kind": "viewers", "names": [], "text": text}])]
    page = await viewer.server.api.call("GET", "/movies/phim-1")
    assert "B phim" in page.body.decode()


async def test_what_few_have_in_common_or_did_not_finish_is_not_told(shown: Any) -> None:
    viewer = await shown(alone(1), alone(2), alone(3))
    await watched_by(2, viewer, "s1-1x1", "s2-1x1")
    other = Viewer(viewer.server, await viewer.server.a_member())
    await other.watches("s1-1x1")
    await other.watches("s2-1x1", upto=HALF)
    await viewer.server.runtime.watching.writer.settle(other.member.id)
    await viewer.server.runtime.similar.together.refresh()
    assert await beside(viewer) == []


async def test_it_follows_what_is_finished_and_forgotten_by_itself(shown: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smovie.discovery.co_watching.REFRESH_EVERY_S", 0.05)
    viewer = await shown(alone(1), alone(2))
    before = (await viewer.server.api.get("/movies/phim-1/similar")).headers["etag"]
    await watched_by(3, viewer, "s1-1x1", "s2-1x1")

    async def is_beside() -> bool:
        return [movie_id for movie_id, _ in await beside(viewer)] == ["title2"]

    await until(is_beside)
    assert (await viewer.server.api.get("/movies/phim-1/similar")).headers["etag"] != before
    await viewer.forget("/me/history/s2-1x1")

    async def is_gone() -> bool:
        return await beside(viewer) == []

    await until(is_gone)


async def test_a_hidden_title_is_beside_nothing(shown: Any) -> None:
    viewer = await shown(alone(1), alone(2))
    await watched_by(3, viewer, "s1-1x1", "s2-1x1")
    await viewer.server.runtime.similar.together.refresh()
    assert [movie_id for movie_id, _ in await beside(viewer)] == ["title2"]
    await viewer.server.runtime.db.movies.update_one({"_id": "title2"}, {"$set": {"is_active": False}})
    await shows(viewer.server, "/movies/phim-1/similar", lambda answer: answer.json["results"] == [])
