"""GET /episodes/{id}/playback: for whom an episode plays, from where, and what comes after it."""

import time
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import pytest

from smovie.media.playback import LIFE_S
from tests.api.test_openapi import DESCRIBED, validator_of
from tests.support.api import Answer
from tests.support.films import FILES, FILM, HLS, MP4, SERIES, VTT
from tests.support.server import RunningServer


async def episodes_of(server: RunningServer, slug: str) -> dict[tuple[int, int], str]:
    """Ids by season and number."""
    seasons = (await server.api.get(f"/movies/{slug}")).json["seasons"]
    return {(season["number"], one["number"]): one["id"] for season in seasons for one in season["episodes"]}


async def ask(server: RunningServer, episode: str, access: str | None) -> Answer:
    return await server.api.get(f"/episodes/{episode}/playback", access=access)


async def playback_of(server: RunningServer, access: str, slug: str = "pho", place: tuple[int, int] = (1, 1)) -> Any:
    """What a signed-in viewer is told."""
    answer = await ask(server, (await episodes_of(server, slug))[place], access)
    assert answer.status == 200, answer.json
    return answer.json


async def test_an_episode_is_told_with_all_that_a_player_needs(cinema: RunningServer) -> None:
    member = await cinema.a_member()
    answer = await ask(cinema, (await episodes_of(cinema, "pho"))[1, 1], member.access)
    declared = DESCRIBED["paths"]["/api/v1/episodes/{episode_id}/playback"]["get"]["responses"]["200"]
    validator_of(declared["content"]["application/json"]["schema"]).validate(answer.json)
    told = answer.json
    assert [(source["type"], source["height"]) for source in told["sources"]] == [("hls", None), ("mp4", 1080)]
    assert [{name: value for name, value in one.items() if name != "url"} for one in told["subtitles"]] == [
        {"language": "vi", "label": "Tiếng Việt", "forced": False, "hearing_impaired": True},
        {"language": "en", "label": "English", "forced": True, "hearing_impaired": False},
    ]
    assert told["intro"] == {"start_s": 12, "end_s": 71.5}
    assert told["next_episode"] is None
    assert answer.headers["cache-control"] == "no-store"


async def test_its_addresses_open_without_anything_added(cinema: RunningServer) -> None:
    told = await playback_of(cinema, (await cinema.a_member()).access)
    urls = [source["url"] for source in told["sources"]] + [told["subtitles"][0]["url"]]
    for url, path in zip(urls, [f"{HLS}/master.m3u8", MP4, VTT], strict=True):
        assert url.isascii() and unquote(url).split("/", 3)[3] == path
        assert (await cinema.api.call("GET", url)).status == 200
    assert (await cinema.api.call("GET", urls[1])).body == FILES[MP4]


async def test_addresses_last_hours_and_are_the_same_when_asked_again(cinema: RunningServer) -> None:
    access = (await cinema.a_member()).access
    first, again = await playback_of(cinema, access), await playback_of(cinema, access)
    left_s = datetime.fromisoformat(first["expires_at"]).timestamp() - time.time()
    assert LIFE_S - 60 < left_s <= LIFE_S + 3_600
    assert (first == again) is (first["expires_at"] == again["expires_at"])  # another hour may have begun


async def test_two_sessions_get_addresses_of_their_own(cinema: RunningServer) -> None:
    member = await cinema.a_member()
    login = {"email": member.email, "password": member.password}
    phone = (await cinema.api.post("/auth/login", login)).json["access"]
    own, other = await playback_of(cinema, member.access), await playback_of(cinema, phone)
    assert {source["url"] for source in own["sources"]}.isdisjoint(source["url"] for source in other["sources"])


async def test_who_is_not_verified_watches_nothing(cinema: RunningServer) -> None:
    episode = (await episodes_of(cinema, "pho"))[1, 1]
    nobody, pending = await ask(cinema, episode, None), await ask(cinema, episode, (await cinema.register())["access"])
    assert (nobody.status, nobody.json["type"]) == (401, "/problems/token-missing")
    assert (pending.status, pending.json["type"]) == (403, "/problems/unverified")


async def test_what_is_not_there_is_told_apart_from_what_has_no_source(cinema: RunningServer) -> None:
    access = (await cinema.a_member()).access
    unknown = await ask(cinema, "no-such", access)
    bare = await ask(cinema, (await episodes_of(cinema, "nha"))[2, 1], access)
    assert (unknown.status, unknown.json["type"]) == (404, "/problems/episode-not-found")
    assert (bare.status, bare.json["type"]) == (404, "/problems/no-source")


async def test_the_demo_catalogue_has_nothing_to_play(server: RunningServer) -> None:
    answer = await ask(server, server.an_episode_apart(), (await server.a_member()).access)
    assert (answer.status, answer.json["type"]) == (404, "/problems/no-source")


@pytest.mark.parametrize(
    ("place", "following"),
    [((1, 1), (1, 3)), ((1, 3), (2, 1)), ((0, 1), (0, 2)), ((0, 2), None)],
    ids=["by number", "the next season", "a special leads to a special", "and to nothing else"],
)
async def test_what_comes_next(
    cinema: RunningServer, place: tuple[int, int], following: tuple[int, int] | None
) -> None:
    told = (await playback_of(cinema, (await cinema.a_member()).access, "nha", place))["next_episode"]
    assert (told and (told["season"], told["number"])) == following
    if following:
        assert told["id"] == (await episodes_of(cinema, "nha"))[following]
        assert told["playable"] is (following != (2, 1))
    if following == (2, 1):
        assert (told["title"], told["runtime_s"]) == ("Về", 2_400)


async def test_the_catalogue_tells_nobody_where_media_lie(cinema: RunningServer) -> None:
    paths = [source["path"] for source in FILM["sources"]] + [one["path"] for one in FILM["subtitles"]]  # type: ignore[attr-defined]
    paths += [SERIES["seasons"][1]["episodes"][0]["sources"][0]["path"]]  # type: ignore[index]
    access = (await cinema.a_member()).access
    asked = ["/api/v1/movies", "/api/v1/movies/pho", "/api/v1/movies/nha", "/"]
    for path in asked:
        for caller in (None, access):
            body = (await cinema.api.call("GET", path, access=caller)).body.decode()
            assert "Phố" in body or "Nhà" in body
            assert not [word for word in (*paths, "sources", "/media/", ".m3u8") if word in body]
