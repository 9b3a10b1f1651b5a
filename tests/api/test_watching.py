"""Watching over REST: progress, where to resume, the history, and the row of what is gone on with."""

import asyncio
import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from smovie.models.base import iso_z, now
from smovie.models.catalog import Language
from smovie.store import progress as store
from smovie.watching import continue_row
from tests.api.test_openapi import DESCRIBED, validator_of
from tests.api.test_reviews import fail_point
from tests.api.test_snapshot_follows import a_document
from tests.conftest import StartServer
from tests.support.api import Answer
from tests.support.server import Member, RunningServer
from tests.support.wait import until

LONG_S = 1_000.0
HALF, DONE = 500.0, 990.0


def a_series(number: int, *names: str, **members: Any) -> dict[str, Any]:
    """A title with episodes like "1x2", whose ids are "s{number}-1x2"."""
    seasons: dict[int, list[dict[str, Any]]] = {}
    for name in names:
        season, episode = map(int, name.split("x"))
        source = {"type": "mp4", "path": "x.mp4"}
        row = {"id": f"s{number}-{name}", "number": episode, "title": f"Tập {name}", "sources": [source]}
        seasons.setdefault(season, []).append(row)
    rows = [{"id": f"s{number}-{n}", "number": n, "episodes": rows} for n, rows in seasons.items()]
    return a_document(number, kind="series", seasons=rows, **members)


class Viewer:
    """Somebody who watches; each thing they tell happens a second after the one before, all in the past."""

    def __init__(self, server: RunningServer, member: Member) -> None:
        self.server, self.member = server, member
        self.at = now() - timedelta(hours=1)

    async def tell(self, episode: str, upto: float, at: datetime | None = None, **given: Any) -> Answer:
        if at is None:
            at = self.at = self.at + timedelta(seconds=1)
        said = {"position_s": upto, "duration_s": LONG_S, "state": "playing", "client_time": iso_z(at), **given}
        return await self.server.api.post(f"/episodes/{episode}/progress", said, access=self.member.access)

    async def watches(self, *episodes: str, upto: float = DONE) -> None:
        for episode in episodes:
            answer = await self.tell(episode, upto)
            assert answer.status == 200, answer.json

    async def get(self, path: str, language: str = "vi") -> Any:
        headers = {"Accept-Language": language}
        answer = await self.server.api.get(path, access=self.member.access, headers=headers)
        assert answer.status == 200, answer.json
        return answer.json

    async def forget(self, path: str) -> None:
        assert (await self.server.api.send("DELETE", path, access=self.member.access)).status == 204

    async def row(self, query: str = "") -> list[tuple[str, str]]:
        """(kind, episode) of what they go on with."""
        return [(one["kind"], one["episode"]["id"]) for one in (await self.get(f"/me/continue{query}"))["results"]]

    async def history(self, query: str = "") -> list[str]:
        return [one["episode_id"] for one in (await self.get(f"/me/history{query}"))["results"]]

    async def resumes(self, episode: str) -> float | None:
        position_s: float | None = (await self.get(f"/episodes/{episode}/playback"))["resume_position_s"]
        return position_s


@pytest.fixture
def shown(start: StartServer) -> Any:
    """Start a server with titles and somebody who watches them."""

    async def start_shown(*titles: dict[str, Any], **settings: Any) -> Viewer:
        server = await start(**settings)
        if titles:
            await show(server, *titles)
        return Viewer(server, await server.a_member())

    return start_shown


async def show(server: RunningServer, *titles: dict[str, Any]) -> None:
    """Let the catalogue hold these titles, as they are."""
    for one in titles:
        await server.runtime.db.movies.replace_one({"_id": one["_id"]}, one, upsert=True)

    def all_there() -> bool:
        entries = server.runtime.catalog.snapshot.entries
        return all(one["_id"] in entries and entries[one["_id"]].episode_ids == episodes_of(one) for one in titles)

    await until(all_there)


def episodes_of(one: dict[str, Any]) -> tuple[str, ...]:
    return tuple(episode["id"] for season in one["seasons"] for episode in season["episodes"])


# -- progress ----------------------------------------------------------------------------------------------------------


async def test_progress_is_answered_and_resumed_from_at_once(shown: Any) -> None:
    viewer = await shown(a_series(1, "1x1", "1x2"))
    assert await viewer.resumes("s1-1x1") is None
    answer = await viewer.tell("s1-1x1", 432.5, state="paused")
    declared = DESCRIBED["paths"]["/api/v1/episodes/{episode_id}/progress"]["post"]["responses"]["200"]
    validator_of(declared["content"]["application/json"]["schema"]).validate(answer.json)
    assert answer.json == {
        "episode_id": "s1-1x1", "position_s": 432.5, "duration_s": LONG_S, "state": "paused", "done": False,
        "resume_position_s": 432.5, "watched_at": iso_z(viewer.at),
    }  # fmt: skip
    assert await viewer.resumes("s1-1x1") == 432.5
    assert (await viewer.get("/episodes/s1-1x1/playback"))["next_episode"]["id"] == "s1-1x2"


async def test_an_episode_is_done_at_95_percent_and_not_before(shown: Any) -> None:
    viewer = await shown(a_series(1, "1x1"))
    assert (await viewer.tell("s1-1x1", 949.9)).json["done"] is False
    assert await viewer.resumes("s1-1x1") == 949.9
    done = (await viewer.tell("s1-1x1", 950)).json
    assert (done["done"], done["resume_position_s"]) == (True, None)
    assert await viewer.resumes("s1-1x1") is None


async def test_what_was_left_within_five_seconds_was_not_begun(shown: Any) -> None:
    viewer = await shown(a_series(1, "1x1", "1x2"))
    await viewer.watches("s1-1x1", upto=HALF)
    await viewer.watches("s1-1x2", upto=4.9)
    assert await viewer.resumes("s1-1x2") is None
    assert await viewer.row() == [("resume", "s1-1x1")]
    assert await viewer.history() == ["s1-1x2", "s1-1x1"]


async def test_the_later_of_two_wins_whichever_comes_first(shown: Any) -> None:
    viewer = await shown(a_series(1, "1x1"))
    later, earlier = viewer.at, viewer.at - timedelta(minutes=5)
    await viewer.tell("s1-1x1", 300, later)
    known = (await viewer.tell("s1-1x1", 700, earlier)).json
    assert (known["position_s"], known["watched_at"]) == (300, iso_z(later))
    await viewer.history()
    assert (await viewer.tell("s1-1x1", 700, earlier)).json == known
    assert await viewer.resumes("s1-1x1") == 300


async def test_what_another_instance_was_told_later_wins_and_is_answered(shown: Any, start: StartServer) -> None:
    viewer = await shown(a_series(1, "1x1"))
    other = Viewer(await start(viewer.server.runtime.db.name), viewer.member)
    await viewer.tell("s1-1x1", 300, viewer.at)
    await viewer.history()  # which is stored by then
    assert (await other.tell("s1-1x1", 700, viewer.at - timedelta(minutes=5))).json["position_s"] == 300
    await other.history()
    for one in (viewer, other):
        assert await one.resumes("s1-1x1") == 300


async def test_telling_the_same_again_changes_nothing(shown: Any) -> None:
    viewer = await shown(a_series(1, "1x1"))
    answers = [(await viewer.tell("s1-1x1", HALF, viewer.at)).json for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert len(await viewer.history()) == 1


async def test_of_many_at_once_the_latest_wins_and_nobody_is_answered_what_is_older_than_they_told(shown: Any) -> None:
    viewer = await shown(a_series(1, "1x1"))
    times = random.Random(1).sample([viewer.at + timedelta(seconds=n) for n in range(30)], 30)
    answers = await asyncio.gather(*(viewer.tell("s1-1x1", 100 + (at - viewer.at).total_seconds(), at) for at in times))
    for at, answer in zip(times, answers, strict=True):
        assert datetime.fromisoformat(answer.json["watched_at"]) >= at
    assert await viewer.resumes("s1-1x1") == 129
    assert (await viewer.tell("s1-1x1", 50, viewer.at)).json["position_s"] == 129


async def test_a_time_in_the_future_is_now(shown: Any) -> None:
    viewer = await shown(a_series(1, "1x1"))
    told = (await viewer.tell("s1-1x1", HALF, client_time="9999-12-31T23:59:59-14:00")).json
    assert datetime.fromisoformat(told["watched_at"]) <= now()
    after = (await viewer.tell("s1-1x1", 600, now() + timedelta(days=1))).json
    assert after["position_s"] == 600


async def test_a_position_past_the_end_is_the_end(shown: Any) -> None:
    viewer = await shown(a_series(1, "1x1"))
    told = (await viewer.tell("s1-1x1", LONG_S + 0.4)).json
    assert (told["position_s"], told["done"]) == (LONG_S, True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"position_s": -1}, {"position_s": 86_401}, {"position_s": "5"}, {"position_s": None}, {"duration_s": 0},
        {"duration_s": 86_401}, {"duration_s": True}, {"state": "stalled"}, {"client_time": "yesterday"},
        {"client_time": 1_700_000_000}, {"client_time": "2026-01-01T00:00:00"}, {"client_time": "0001-01-01T00:00:00Z"},
        {"speed": 2},
    ],
)  # fmt: skip
async def test_what_is_no_progress_is_refused(server: RunningServer, wrong: dict[str, Any]) -> None:
    viewer = Viewer(server, await server.a_member())
    answer = await viewer.tell(server.an_episode_apart(), 10, **wrong)
    assert (answer.status, answer.json["type"]) == (422, "/problems/invalid")
    (problem,) = answer.json["errors"]
    assert problem["pointer"] == f"/{next(iter(wrong))}"


async def test_an_episode_that_is_not_there_is_not_watched(shown: Any) -> None:
    viewer = await shown()
    assert (await viewer.tell("s1-1x1", 10)).status == 404


async def test_telling_is_throttled(shown: Any) -> None:
    viewer = await shown(a_series(1, "1x1"), limit_progress_per_user="2/hour")
    answers = [await viewer.tell("s1-1x1", position) for position in (10, 20, 30)]
    assert [answer.status for answer in answers] == [200, 200, 429]


@pytest.mark.parametrize(("duration_s", "seen_at"), [(1_000.0, 30.0), (100.0, 10.0)])
async def test_a_view_is_counted_after_30_s_or_a_tenth(shown: Any, duration_s: float, seen_at: float) -> None:
    viewer = await shown(a_series(1, "1x1"))
    desk, views = viewer.server.runtime.watching, []
    object.__setattr__(desk, "count_view", lambda *view: views.append(view))
    await viewer.tell("s1-1x1", seen_at - 0.1, duration_s=duration_s)
    assert views == []
    await viewer.tell("s1-1x1", seen_at, duration_s=duration_s)
    assert views == [(viewer.member.id, "title1")]
    await viewer.tell("s1-1x1", seen_at, viewer.at - timedelta(days=1), duration_s=duration_s)
    assert len(views) == 1, "what is old news is no view"


async def test_with_the_database_away_progress_is_taken_and_kept_and_what_reads_it_says_so(shown: Any) -> None:
    viewer = await shown(a_series(1, "1x1"))
    db, access = viewer.server.runtime.db, viewer.member.access
    readers = ("/me/history", "/me/continue", "/episodes/s1-1x1/playback")
    away = {"times": 1_000, "closeConnection": True, "namespace": f"{db.name}.progress"}
    async with fail_point(db, failCommands=["update"], **away):
        await viewer.watches("s1-1x1", upto=HALF)
        for path in readers[:2]:
            answer = await viewer.server.api.get(path, access=access)
            assert (answer.status, "retry-after" in answer.headers) == (503, True)
    async with fail_point(db, failCommands=["find"], **away):
        for path in readers:
            assert (await viewer.server.api.get(path, access=access)).status == 503
        assert (await viewer.tell("s1-1x1", 600)).status == 200
    await until(lambda: not viewer.server.runtime.watching.writer.is_behind)
    assert await viewer.resumes("s1-1x1") == 600
    assert await viewer.row() == [("resume", "s1-1x1")]


# -- history -----------------------------------------------------------------------------------------------------------


async def test_the_history_has_each_episode_once_newest_first_in_pages__kyoo_345(shown: Any) -> None:
    viewer = await shown(a_series(1, "1x1", "1x2", "1x3"), a_document(2))
    await viewer.watches("s1-1x1", "s1-1x2", "e2", "s1-1x3", "s1-1x1")
    page = await viewer.get("/me/history?limit=3", language="en")
    declared = DESCRIBED["paths"]["/api/v1/me/history"]["get"]["responses"]["200"]["content"]["application/json"]
    validator_of(declared["schema"]).validate(page)
    assert [one["episode_id"] for one in page["results"]] == ["s1-1x1", "s1-1x3", "e2"]
    newest = page["results"][0]
    assert (newest["movie"]["title"], newest["movie"]["genres"][0]["name"]) == ("Phim 1", "Drama")
    assert (newest["episode"]["season"], newest["episode"]["number"], newest["done"]) == (1, 1, True)
    assert newest["watched_at"] == iso_z(viewer.at)
    rest = await viewer.get(f"/me/history?limit=3&before={page['next']}")
    assert ([one["episode_id"] for one in rest["results"]], rest["next"]) == (["s1-1x2"], None)


async def test_pages_of_what_was_watched_at_one_moment_overlap_nowhere(shown: Any) -> None:
    episodes = [f"1x{number}" for number in range(1, 8)]
    viewer = await shown(a_series(1, *episodes))
    for episode in episodes:
        await viewer.tell(f"s1-{episode}", HALF, viewer.at)
    seen, before = [], ""
    while before is not None:
        page = await viewer.get(f"/me/history?limit=2{before and f'&before={before}'}")
        seen += [one["episode_id"] for one in page["results"]]
        before = page["next"]
    assert sorted(seen) == [f"s1-{episode}" for episode in episodes]


async def test_that_it_was_once_seen_to_its_end_is_kept_while_it_is_seen_again(shown: Any) -> None:
    viewer = await shown(a_series(1, "1x1"))
    await viewer.watches("s1-1x1")
    finished = iso_z(viewer.at)
    await viewer.watches("s1-1x1", upto=HALF)
    (row,) = (await viewer.get("/me/history"))["results"]
    assert (row["done"], row["done_at"], row["position_s"]) == (False, finished, HALF)


async def test_what_is_not_shown_any_more_stays_in_the_history(shown: Any) -> None:
    viewer = await shown(a_series(1, "1x1", "1x2"))
    await viewer.watches("s1-1x1")
    await show(viewer.server, a_series(1, "1x2"))
    (row,) = (await viewer.get("/me/history"))["results"]
    assert (row["episode_id"], row["episode"], row["movie"]["id"]) == ("s1-1x1", None, "title1")
    await viewer.server.runtime.db.movies.delete_one({"_id": "title1"})
    await until(lambda: not viewer.server.runtime.catalog.snapshot.entries)
    (row,) = (await viewer.get("/me/history"))["results"]
    assert (row["movie_id"], row["movie"]) == ("title1", None)


async def test_one_episode_is_forgotten_with_what_came_of_it(shown: Any) -> None:
    viewer = await shown(a_series(1, "1x1", "1x2", "1x3"))
    await viewer.watches("s1-1x1")
    await viewer.watches("s1-1x3", upto=HALF)
    assert await viewer.row() == [("resume", "s1-1x3")]
    await viewer.forget("/me/history/s1-1x3")
    assert await viewer.history() == ["s1-1x1"]
    assert await viewer.resumes("s1-1x3") is None
    assert await viewer.row() == [("next_up", "s1-1x2")]
    for _ in "12":
        await viewer.forget("/me/history/s1-1x1")
    assert (await viewer.history(), await viewer.row()) == ([], [])
    assert await store.recent_titles(viewer.server.runtime.db, viewer.member.id, 10) == []


async def test_forgetting_a_special_leaves_the_seasons_alone(shown: Any) -> None:
    viewer = await shown(a_series(1, "0x1", "1x1", "1x2"))
    await viewer.watches("s1-1x1")
    await viewer.watches("s1-0x1", upto=HALF)
    await viewer.forget("/me/history/s1-0x1")
    assert await viewer.row() == [("next_up", "s1-1x2")]


async def test_all_is_forgotten_and_others_keep_theirs(shown: Any) -> None:
    viewer = await shown(a_series(1, "1x1", "1x2"))
    other = Viewer(viewer.server, await viewer.server.a_member())
    for one in (viewer, other):
        await one.watches("s1-1x1")
    await viewer.row()
    await viewer.watches("s1-1x2")
    await viewer.forget("/me/history")
    assert (await viewer.history(), await viewer.row(), await viewer.resumes("s1-1x2")) == ([], [], None)
    assert await other.row() == [("next_up", "s1-1x2")]


# -- what is gone on with ----------------------------------------------------------------------------------------------


async def test_the_row_has_half_seen_first_then_next_up_each_newest_first(shown: Any) -> None:
    viewer = await shown(*(a_series(number, "1x1", "1x2") for number in range(1, 5)), a_document(5), a_document(6))
    await viewer.watches("s1-1x1", "s2-1x1")
    await viewer.watches("s3-1x1", "e5", upto=HALF)
    await viewer.watches("s4-1x1", "e6")
    await viewer.watches("s1-1x1", upto=DONE)
    assert await viewer.row() == [
        ("resume", "e5"), ("resume", "s3-1x1"), ("next_up", "s1-1x2"), ("next_up", "s4-1x2"), ("next_up", "s2-1x2")
    ]  # fmt: skip
    assert await viewer.row("?limit=3") == [("resume", "e5"), ("resume", "s3-1x1"), ("next_up", "s1-1x2")]
    assert await viewer.row("?limit=1") == [("resume", "e5")]


@pytest.mark.parametrize(("language", "genre"), [("vi", "Chính kịch"), ("en", "Drama")])
async def test_a_row_has_all_that_a_client_shows(shown: Any, language: Language, genre: str) -> None:
    viewer = await shown(a_series(1, "1x1", "1x2"), a_document(2))
    await viewer.watches("e2", upto=250)
    await viewer.watches("s1-1x1")
    answer = await viewer.get("/me/continue", language=language)
    declared = DESCRIBED["paths"]["/api/v1/me/continue"]["get"]["responses"]["200"]["content"]["application/json"]
    validator_of(declared["schema"]).validate(answer)
    resume, next_up = answer["results"]
    assert resume["movie"] == (await viewer.get("/movies?sort=title", language=language))["results"][1]
    assert (resume["position_s"], resume["duration_s"], resume["progress"]) == (250, LONG_S, 0.25)
    assert next_up["movie"]["genres"][0]["name"] == genre
    assert (next_up["position_s"], next_up["duration_s"], next_up["progress"]) == (0, None, 0)
    assert next_up["episode"] == {
        "id": "s1-1x2", "season": 1, "number": 2, "title": "Tập 1x2", "runtime_s": None, "playable": True
    }  # fmt: skip
    rows = await continue_row(viewer.server.runtime.watching, viewer.member.id, language, 20)
    assert [row["kind"] for row in rows] == ["resume", "next_up"]


async def test_next_up_goes_on_after_the_last_watched__jellyfin_11483(shown: Any) -> None:
    viewer = await shown(a_series(1, "1x1", "1x2", "2x1", "2x2"))
    await viewer.watches("s1-2x1")
    assert await viewer.row() == [("next_up", "s1-2x2")]


async def test_seasons_stored_out_of_order_are_walked_by_number__jellyfin_17652(shown: Any) -> None:
    viewer = await shown(a_series(1, "3x1", "1x2", "1x1", "2x1"))
    walked = []
    await viewer.watches("s1-1x1")
    while row := await viewer.row():
        walked.append(row[0][1])
        await viewer.watches(row[0][1])
    assert walked == ["s1-1x2", "s1-2x1", "s1-3x1"]


async def test_who_sees_a_series_again_is_led_on_through_seen_episodes__jellyfin_1491_and_web_7362(shown: Any) -> None:
    viewer = await shown(a_series(1, "1x1", "1x2", "1x3"))
    await viewer.watches("s1-1x1", "s1-1x2", "s1-1x3")
    assert await viewer.row() == []
    await viewer.watches("s1-1x1", upto=HALF)
    assert await viewer.row() == [("resume", "s1-1x1")]
    await viewer.watches("s1-1x1")
    (row,) = (await viewer.get("/me/continue"))["results"]
    assert (row["kind"], row["episode"]["id"], row["position_s"], row["progress"]) == ("next_up", "s1-1x2", 0, 0)


async def test_a_title_that_was_never_watched_is_not_in_the_row__jellyfin_4418(shown: Any) -> None:
    viewer = await shown(a_series(1, "1x1"), a_series(2, "1x1", "1x2"))
    await viewer.tell("s1-1x1", 0)
    await viewer.watches("s2-1x1")
    assert await viewer.row() == [("next_up", "s2-1x2")]


async def test_after_the_last_special_the_seasons_go_on__jellyfin_7534(shown: Any) -> None:
    viewer = await shown(a_series(1, "0x1", "0x2", "1x1", "1x2", "1x3"))
    await viewer.watches("s1-1x1", "s1-0x1")
    assert await viewer.row() == [("next_up", "s1-0x2")]
    await viewer.watches("s1-0x2")
    assert await viewer.row() == [("next_up", "s1-1x2")]
    await viewer.watches("s1-1x2")
    assert await viewer.row() == [("next_up", "s1-1x3")]


async def test_a_half_seen_episode_is_never_lost_from_the_row__jellyfin_pr_10200(shown: Any) -> None:
    viewer = await shown(a_series(1, "1x1", "1x2", "1x3", "1x4"), a_document(2))
    await viewer.watches("s1-1x1")
    await viewer.watches("s1-1x2", upto=HALF)
    assert await viewer.row() == [("resume", "s1-1x2")]
    await viewer.watches("s1-1x1")  # again: what comes next is the half-seen one, which is there once
    (row,) = (await viewer.get("/me/continue"))["results"]
    assert (row["kind"], row["episode"]["id"], row["position_s"], row["progress"]) == ("resume", "s1-1x2", HALF, 0.5)
    await viewer.watches("e2", upto=HALF)
    await viewer.watches("s1-1x3")
    assert await viewer.row() == [("resume", "e2"), ("resume", "s1-1x2"), ("next_up", "s1-1x4")]
    assert await viewer.row("?limit=1") == [("resume", "e2")], "the newest, of whichever title"
    await viewer.watches("s1-1x4")
    assert await viewer.row() == [("resume", "e2"), ("resume", "s1-1x2")]
    await viewer.forget("/me/history/s1-1x2")
    assert await viewer.row() == [("resume", "e2")]


async def test_a_new_episode_brings_a_finished_series_back(shown: Any) -> None:
    viewer = await shown(a_series(1, "1x1"))
    await viewer.watches("s1-1x1")
    assert await viewer.row() == []
    await show(viewer.server, a_series(1, "1x1", "2x1"))
    assert await viewer.row() == [("next_up", "s1-2x1")]


async def test_a_hidden_title_leaves_the_row_and_comes_back_with_its_place(shown: Any) -> None:
    viewer = await shown(a_series(1, "1x1", "1x2"))
    await viewer.watches("s1-1x2", upto=HALF)
    movies, entries = viewer.server.runtime.db.movies, viewer.server.runtime.catalog.snapshot.entries
    await movies.update_one({"_id": "title1"}, {"$set": {"is_active": False}})
    await until(lambda: "title1" not in entries)
    assert await viewer.row() == []
    await movies.update_one({"_id": "title1"}, {"$set": {"is_active": True}})
    await until(lambda: "title1" in entries)
    assert await viewer.row() == [("resume", "s1-1x2")]
    assert await viewer.resumes("s1-1x2") == HALF


@pytest.mark.parametrize("upto", [HALF, DONE])
async def test_an_episode_that_was_taken_away_never_breaks_the_row(shown: Any, upto: float) -> None:
    viewer = await shown(a_series(1, "1x1", "1x2", "1x3"))
    await viewer.watches("s1-1x2", upto=upto)
    await show(viewer.server, a_series(1, "1x1", "1x3"))
    assert await viewer.row() == [("next_up", "s1-1x3")]
    await show(viewer.server, a_series(1, "1x1"))
    assert await viewer.row() == []


async def test_a_title_removed_from_the_row_is_back_once_it_is_watched_and_the_history_stays(shown: Any) -> None:
    viewer = await shown(a_series(1, "0x1", "1x1", "1x2"), a_series(2, "1x1", "1x2"))
    await viewer.watches("s1-0x1", "s1-1x1", "s2-1x1")
    await viewer.forget("/me/continue/title1")
    assert await viewer.row() == [("next_up", "s2-1x2")]
    assert await viewer.history() == ["s2-1x1", "s1-1x1", "s1-0x1"]
    assert await store.recent_titles(viewer.server.runtime.db, viewer.member.id, 2) == [
        ("title2", viewer.at, True), ("title1", viewer.at - timedelta(seconds=1), True)
    ]  # fmt: skip
    await viewer.tell("s1-1x1", HALF, viewer.at - timedelta(minutes=30))
    assert await viewer.row() == [("next_up", "s2-1x2")], "what happened before changes nothing"
    await viewer.watches("s1-1x2", upto=HALF)
    assert await viewer.row() == [("resume", "s1-1x2"), ("next_up", "s2-1x2")]


async def test_the_row_costs_three_queries_by_index_however_much_was_watched(shown: Any) -> None:
    viewer = await shown(*(a_series(number, "1x1", "1x2") for number in range(1, 9)))
    other = Viewer(viewer.server, await viewer.server.a_member())
    for one in (viewer, other):
        await one.watches(*(f"s{number}-1x1" for number in range(1, 9)))
        await one.history()
    database = viewer.server.runtime.db._database
    await database.command("profile", 2)
    assert len(await continue_row(viewer.server.runtime.watching, viewer.member.id, "vi", 5)) == 5
    await viewer.history("?limit=5")
    await database.command("profile", 0)
    names = [f"{database.name}.{name}" for name in ("last_watched", "progress")]
    profiled = database["system.profile"].find({"ns": {"$in": names}, "op": {"$in": ["query", "getmore"]}})
    found = [(row["ns"].partition(".")[2], row["planSummary"], row["docsExamined"]) async for row in profiled]
    assert sorted(found[:2]) + found[2:] == [  # the first two are asked for at once
        ("last_watched", "IXSCAN { user_id: 1, watched_at: -1 }", 8),
        ("progress", "IXSCAN { user_id: 1, watched_at: -1 }", 0),
        ("progress", "IXSCAN { _id: 1 }", 0),
        ("progress", "IXSCAN { user_id: 1, watched_at: -1, _id: -1 }", 6),
    ]


async def test_what_was_watched_is_exported_and_goes_with_the_account(shown: Any) -> None:
    viewer = await shown(a_series(1, "1x1", "1x2"))
    await viewer.watches("s1-1x1", "s1-1x2")
    await viewer.row()
    exported = await viewer.get("/me/export")
    assert [one["episode_id"] for one in exported["progress"]] == ["s1-1x1", "s1-1x2"]
    assert [one["episode_id"] for one in exported["last_watched"]] == ["s1-1x2"]
    member, db = viewer.member, viewer.server.runtime.db
    gone = await viewer.server.api.delete("/me", {"password": member.password}, access=member.access)
    assert gone.status == 204
    for collection in (db.progress, db.last_watched):
        assert await collection.count_documents({}) == 0
