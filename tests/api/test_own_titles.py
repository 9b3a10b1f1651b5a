"""A title's page for who is signed in: what everybody sees, and what the title is to them."""

import pytest

from tests.api.test_openapi import DESCRIBED, validator_of
from tests.api.test_reviews import fail_point
from tests.support.api import Answer
from tests.support.server import Member, RunningServer
from tests.support.wait import until

PATH = "/movies/parasite"
NOTHING = {"rating": None, "text": "", "spoiler": False, "watchlist": None}


async def show(server: RunningServer, by: Member, **headers: str) -> Answer:
    return await server.api.get(PATH, access=by.access, headers={"Accept-Language": "en", **headers})


async def test_it_holds_what_everybody_sees_and_ones_own(server: RunningServer) -> None:
    member, other = await server.a_member(), await server.a_member()
    review = {"rating": 9, "text": "Không rời mắt được", "spoiler": True}
    assert (await server.api.send("PUT", f"{PATH}/review", review, access=member.access)).status == 200
    await server.api.send("PUT", "/me/watchlist/parasite", {"state": "completed"}, access=member.access)

    async def same_for_all() -> bool:  # the title's rating follows within a second
        everybodys = (await server.api.get(PATH, headers={"Accept-Language": "en"})).json
        return bool((await show(server, other)).json == {**everybodys, "mine": NOTHING})

    await until(same_for_all)
    answer = await show(server, member)
    assert answer.json["mine"] == {**review, "watchlist": "completed"}
    described = DESCRIBED["paths"]["/api/v1/movies/{slug}"]["get"]["responses"]["200"]["content"]["application/json"]
    for described_by in (answer, await server.api.get(PATH)):
        validator_of(described["schema"]).validate(described_by.json)
    assert "mine" not in (await server.api.get(PATH)).json


async def test_it_has_an_etag_of_its_own_and_nobody_between_keeps_it(server: RunningServer) -> None:
    member = await server.a_member()
    everybodys, mine = await server.api.get(PATH, headers={"Accept-Language": "en"}), await show(server, member)
    assert everybodys.headers["cache-control"] == "public, max-age=0, must-revalidate"
    assert mine.headers["cache-control"] == "private, no-cache"
    assert everybodys.headers["etag"] != mine.headers["etag"]
    for answer in (everybodys, mine):
        assert {"Authorization", "Accept-Language"} <= set(answer.headers["vary"].split(", "))
    again = await show(server, member, **{"If-None-Match": mine.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    assert (await show(server, member, **{"If-None-Match": everybodys.headers["etag"]})).status == 200
    await server.api.send("PUT", "/me/watchlist/parasite", {}, access=member.access)
    changed = await show(server, member, **{"If-None-Match": mine.headers["etag"]})
    assert (changed.status, changed.json["mine"]["watchlist"]) == (200, "planned")


@pytest.mark.parametrize("authorization", ["Basic x", "Bearer", "Bearer "])
async def test_who_brings_no_token_is_shown_what_everybody_is(server: RunningServer, authorization: str) -> None:
    answer = await server.api.get(PATH, headers={"Authorization": authorization})
    everybodys = await server.api.get(PATH)
    assert (answer.body, answer.headers["etag"]) == (everybodys.body, everybodys.headers["etag"])
    assert answer.headers["vary"] == everybodys.headers["vary"]


async def test_a_title_that_is_not_there_is_not_there_for_anybody(server: RunningServer) -> None:
    member = await server.a_member()
    assert (await server.api.get("/movies/nothing", access=member.access)).status == 404


async def test_while_the_database_is_away_it_says_that_ones_own_is_missing(server: RunningServer) -> None:
    db, member = server.runtime.db, await server.a_member()

    async def answers_me() -> bool:
        return (await server.api.get("/me", access=member.access)).status == 200

    await server.api.send("PUT", "/me/watchlist/parasite", {}, access=member.access)
    for away in ("sessions", "reviews", "watchlist"):  # nobody says who calls; or what is theirs
        server.runtime.identities.forget_account(member.id)
        cut = {"failCommands": ["find"], "closeConnection": True, "namespace": f"{db.name}.{away}"}
        async with fail_point(db, times=1_000, **cut):
            answer = await show(server, member)
            everybodys = (await server.api.get(PATH, headers={"Accept-Language": "en"})).json
            assert (answer.status, answer.headers["cache-control"]) == (200, "private, no-cache")
            assert answer.json == {**everybodys, "mine": None, "mine_unavailable": True}
            if away == "sessions":
                assert (await server.api.get("/me", access=member.access)).status == 503
            else:
                await until(answers_me)  # a cut line is one less in the pool that all share
    assert (await show(server, member)).json["mine"] == {**NOTHING, "watchlist": "planned"}
