"""The home page of somebody who has signed in: rails of their own first, the same for everybody behind."""

from typing import Any

from tests.api.test_openapi import DESCRIBED, validator_of
from tests.api.test_snapshot_follows import a_document
from tests.api.test_watching import HALF, Viewer, a_series, shown
from tests.conftest import StartServer
from tests.rooms.test_staying import failing
from tests.support.api import Answer

__all__ = ["shown"]

SERIES = a_series(1, "1x1", "1x2", genres=[])


def films_of(director: str, numbers: range, genre: str = "drama") -> list[dict[str, Any]]:
    directors = [{"person_id": director, "name": director}]
    genres = [{"id": genre, "name": {"vi": genre, "en": genre}}]
    return [
        a_document(number, title=f"{chr(64 + number)} phim", directors=directors, genres=genres) for number in numbers
    ]


FILMS = films_of("p", range(2, 9))


async def home_of(viewer: Viewer, language: str = "vi") -> Answer:
    return await viewer.server.api.get(
        "/home", access=viewer.member.access, headers={"Accept-Language": language}
    )  # fmt: skip


async def rails_of(viewer: Viewer, language: str = "vi") -> dict[str, Any]:
    return {rail["id"]: rail for rail in (await home_of(viewer, language)).json["rails"]}


async def test_who_has_watched_nothing_sees_what_everybody_does_and_no_shared_cache_keeps_it(shown: Any) -> None:
    viewer = await shown(SERIES, *FILMS)
    own, everybodys = await home_of(viewer), await viewer.server.api.get("/home")
    assert own.body == everybodys.body
    assert own.headers["cache-control"] == "private, no-cache"
    assert "Authorization" in own.headers["vary"]
    assert "Authorization" in everybodys.headers["vary"]


async def test_what_they_go_on_with_comes_first_as_in_their_row(shown: Any) -> None:
    viewer = await shown(SERIES, *FILMS)
    await viewer.watches("s1-1x1", upto=HALF)
    rail = (await home_of(viewer)).json["rails"][0]
    assert (rail["id"], rail["kind"], rail["title"], rail["more"]) == (
        "continue", "continue", "Xem tiếp", "/api/v1/me/continue",
    )  # fmt: skip
    (row,) = (await viewer.get("/me/continue"))["results"]
    (card,) = rail["results"]
    assert card == {**row.pop("movie"), "watching": row}


async def test_then_what_is_like_the_title_they_finished_last_without_what_they_watched(shown: Any) -> None:
    viewer = await shown(SERIES, *FILMS)
    await viewer.watches("e2")
    await viewer.watches("e3", upto=HALF)
    for language, title in (("vi", "Vì bạn đã xem B phim"), ("en", "Because you watched B phim")):
        rails = await rails_of(viewer, language)
        assert list(rails)[:2] == ["continue", "because-phim-2"]
        rail = rails["because-phim-2"]
        assert rail["title"] == title
        assert rail["because"] == {"kind": "watched", "id": "title2", "slug": "phim-2", "name": "B phim"}
        assert sorted(card["slug"] for card in rail["results"]) == [f"phim-{number}" for number in range(4, 9)]
        assert {card["because"][0]["kind"] for card in rail["results"]} == {"director"}
        assert (await viewer.server.api.call("GET", rail["more"])).status == 200


async def test_two_rails_of_that_kind_offer_nothing_twice(shown: Any) -> None:
    viewer = await shown(*FILMS, *films_of("q", range(20, 28), "war"))
    await viewer.watches("e2", "e20")
    rails = {name: rail for name, rail in (await rails_of(viewer)).items() if rail["kind"] == "because"}
    assert list(rails) == ["because-phim-20", "because-phim-2"]
    offered = [card["id"] for rail in rails.values() for card in rail["results"]]
    assert len(offered) == len(set(offered))


async def test_it_is_as_declared_and_not_sent_again(shown: Any) -> None:
    viewer = await shown(SERIES, *FILMS)
    await viewer.watches("e2", "s1-1x1")
    first = await home_of(viewer)
    declared = DESCRIBED["paths"]["/api/v1/home"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    validator_of(declared).validate(first.json)
    assert {rail["kind"] for rail in first.json["rails"]} == {"continue", "because", "new"}
    asked = {"If-None-Match": first.headers["etag"], "Accept-Language": "vi"}
    again = await viewer.server.api.get("/home", access=viewer.member.access, headers=asked)
    assert (again.status, again.body) == (304, b"")
    await viewer.watches("s1-1x2", upto=HALF)
    assert (await home_of(viewer)).headers["etag"] != first.headers["etag"]


async def test_with_mongodb_away_the_rails_of_everybody_are_there_and_it_says_what_is_missing(shown: Any) -> None:
    viewer = await shown(SERIES, *FILMS)
    await viewer.watches("e2")
    assert "because-phim-2" in await rails_of(viewer)
    everybodys = (await viewer.server.api.get("/home")).json
    name = viewer.server.settings.mongo_database
    for collection in ("last_watched", "sessions"):  # what they watched cannot be read; nor who they are
        viewer.server.runtime.identities.forget_everybody()
        away = {"failCommands": ["find"], "namespace": f"{name}.{collection}", "closeConnection": True}
        async with failing(viewer.server, "alwaysOn", **away):
            answer = await home_of(viewer)
        assert answer.status == 200
        assert answer.json == {**everybodys, "missing": ["continue", "because"]}
        assert answer.headers["cache-control"].startswith("private")


async def test_a_token_that_is_none_is_refused_as_everywhere(start: StartServer) -> None:
    server = await start()
    assert (await server.api.get("/home", access="nonsense")).status == 401
    assert (await server.api.get("/home")).json["missing"] == []
