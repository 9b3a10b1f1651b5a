"""Reviews: one of each user and title, and a title's rating that is exactly what its reviews say, whatever happens."""

import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from smovie import reviews
from smovie.errors import Unavailable
from smovie.models.accounts import Identity, Role
from smovie.models.base import now
from smovie.models.reviews import ReviewDraft
from smovie.store import reviews as store
from smovie.store.mongo import Database
from smovie.store.reviews import COUNTED, REVISIONS_MAX
from tests.api.test_snapshot_follows import a_document
from tests.conftest import StartServer
from tests.support.api import Answer
from tests.support.server import Member, RunningServer
from tests.support.wait import until

NO_RATINGS = {str(rating): 0 for rating in range(1, 11)}


@pytest.fixture
def reviewed(start: StartServer) -> Any:
    """Start a server with title 1, "phim-1"."""

    async def start_reviewed(**settings: Any) -> RunningServer:
        server = await start(**settings)
        await server.runtime.db.movies.insert_one(a_document(1))
        await until(lambda: "phim-1" in server.runtime.catalog.snapshot.by_slug)
        return server

    return start_reviewed


async def put(server: RunningServer, by: Member, **review: Any) -> Answer:
    return await server.api.send("PUT", "/movies/phim-1/review", review, access=by.access)


async def page(server: RunningServer, query: str = "", by: Member | None = None) -> Any:
    answer = await server.api.get(f"/movies/phim-1/reviews{query}", access=by.access if by else None)
    assert answer.status == 200
    return answer.json


async def shows(server: RunningServer, **ratings: int) -> None:
    """Wait until the title's page says exactly this: how many gave each rating, as r8=1; with what follows from it."""
    wanted = {**NO_RATINGS, **{name.removeprefix("r"): number for name, number in ratings.items()}}
    count, total = sum(wanted.values()), sum(int(rating) * number for rating, number in wanted.items())

    async def does() -> bool:
        title = (await server.api.get("/movies/phim-1")).json
        mean = round(total / count, 1) if count else None
        return (title["stats"]["ratings"], title["rating_count"], title["rating"]) == (wanted, count, mean)

    await until(does, within_s=1.0)


async def assert_figures_are_exact(db: Database, movie_id: str = "title1") -> int:
    """Compare a title's figures with its reviews; how many those are."""
    ratings = [row["rating"] async for row in db.reviews.find({"movie_id": movie_id})]
    stats = (await db.movies.find_one({"_id": movie_id})).get("stats", {})
    assert (stats.get("rating_sum", 0), stats.get("rating_count", 0)) == (sum(ratings), len(ratings))
    counted = {rating: number for rating, number in stats.get("ratings", {}).items() if number}
    assert counted == Counter(map(str, ratings))
    return len(ratings)


async def is_exact(db: Database) -> bool:
    """Whether nothing waits to be counted; then all that was must be right."""
    if await db.reviews.count_documents({"uncounted": {"$type": "string"}}):
        return False
    await assert_figures_are_exact(db)
    return True


@asynccontextmanager
async def fail_point(db: Database, *, times: int, **how: Any) -> AsyncIterator[Callable[[], Awaitable[Any]]]:
    """Let commands fail or wait in MongoDB; what is given waits until one does."""
    admin = db._client.admin
    before = (await admin.command("configureFailPoint", "failCommand", mode={"times": times}, data=how))["count"]
    try:
        yield lambda: admin.command("waitForFailPoint", "failCommand", timesEntered=before + 1, maxTimeMS=10_000)
    finally:

        async def turned_off() -> bool:
            try:
                await admin.command("configureFailPoint", "failCommand", mode="off")
            except AutoReconnect:  # the lines that were cut are not mended yet
                return False
            return True

        await until(turned_off)


# -- one review --------------------------------------------------------------------------------------------------------


async def test_a_review_is_given_changed_and_taken_back(reviewed: Any) -> None:
    server = await reviewed()
    one, other = await server.a_member(), await server.a_member()
    await shows(server)
    given = await put(server, one, rating=8, text="  Hay quá!\n", spoiler=True)
    assert given.status == 200
    assert (given.json["rating"], given.json["text"], given.json["spoiler"]) == (8, "Hay quá!", True)
    assert (given.json["user"]["id"], given.json["edited_at"]) == (one.id, None)
    assert (await put(server, other, rating=3)).status == 200
    await shows(server, r8=1, r3=1)
    changed = (await put(server, one, rating=10)).json
    assert (changed["id"], changed["rating"], changed["text"], changed["spoiler"]) == (given.json["id"], 10, "", False)
    assert changed["edited_at"]
    await shows(server, r10=1, r3=1)
    for _ in "12":
        assert (await server.api.send("DELETE", "/movies/phim-1/review", access=one.access)).status == 204
    await shows(server, r3=1)
    await assert_figures_are_exact(server.runtime.db)


async def test_the_same_again_changes_nothing(reviewed: Any) -> None:
    server = await reviewed()
    member = await server.a_member()
    first = (await put(server, member, rating=7, text="tạm được")).json
    assert (await put(server, member, rating=7, text="tạm được")).json == first
    (own,) = (await server.api.get("/me/export", access=member.access)).json["reviews"]
    assert own["revisions"] == []


async def test_what_it_said_before_is_kept_for_its_author(reviewed: Any) -> None:
    server = await reviewed()
    member = await server.a_member()
    for number in range(REVISIONS_MAX + 3):
        assert (await put(server, member, rating=5, text=f"lần {number}")).status == 200
    (own,) = (await server.api.get("/me/export", access=member.access)).json["reviews"]
    assert own["text"] == f"lần {REVISIONS_MAX + 2}"
    assert [one["text"] for one in own["revisions"]] == [f"lần {number}" for number in range(2, REVISIONS_MAX + 2)]
    assert 'lần 2"' not in str(await page(server))


async def test_a_page_shows_texts_newest_first_and_ones_own(reviewed: Any) -> None:
    server = await reviewed()
    members = [await server.a_member() for _ in range(4)]
    for number, member in enumerate(members[:3]):
        await put(server, member, rating=number + 1, text=f"bài {number}")
    await put(server, members[3], rating=9)
    first = await page(server, "?limit=2")
    assert [one["text"] for one in first["results"]] == ["bài 2", "bài 1"]
    rest = await page(server, f"?limit=2&before={first['next']}")
    assert ([one["text"] for one in rest["results"]], rest["next"]) == (["bài 0"], None)
    assert first["mine"] is None
    assert (await page(server, by=members[3]))["mine"]["rating"] == 9
    assert (await page(server, "?limit=3"))["next"] is None


async def test_what_is_no_review_is_refused(server: RunningServer) -> None:
    member = await server.a_member()
    for body in (
        {}, {"rating": 0}, {"rating": 11}, {"rating": 7.5}, {"rating": "7"}, {"rating": True}, {"rating": None},
        {"rating": 7, "text": "x" * 5_001}, {"rating": 7, "text": "a\x00b"}, {"rating": 7, "spoiler": 1},
        {"rating": 7, "title": "x"}, {"text": "không điểm"},
    ):  # fmt: skip
        answer = await server.api.send("PUT", "/movies/spirited-away/review", body, access=member.access)
        assert (answer.status, answer.json["type"]) == (422, "/problems/invalid"), body
    assert await server.runtime.db.reviews.count_documents({"user_id": member.id}) == 0


async def test_a_title_that_is_not_there_has_no_reviews(reviewed: Any) -> None:
    server = await reviewed()
    member = await server.a_member()
    await server.runtime.db.movies.update_one({"_id": "title1"}, {"$set": {"is_active": False}})
    await until(lambda: not server.runtime.catalog.snapshot.by_slug)
    assert (await put(server, member, rating=5)).status == 404
    assert (await server.api.send("DELETE", "/movies/phim-1/review", access=member.access)).status == 404
    assert (await server.api.get("/movies/phim-1/reviews")).status == 404


async def test_reviewing_is_throttled(reviewed: Any) -> None:
    server = await reviewed(limit_reviews_per_user="2/hour")
    member = await server.a_member()
    answers = [await put(server, member, rating=rating) for rating in (1, 2, 3)]
    assert [answer.status for answer in answers] == [200, 200, 429]


async def test_who_leaves_takes_their_reviews_along(reviewed: Any) -> None:
    server = await reviewed()
    member, other = await server.a_member(), await server.a_member()
    await put(server, member, rating=2, text="dở")
    await put(server, other, rating=9)
    assert (await server.api.delete("/me", {"password": member.password}, access=member.access)).status == 204
    await shows(server, r9=1)
    assert await server.runtime.db.reviews.count_documents({"user_id": member.id}) == 0
    assert await assert_figures_are_exact(server.runtime.db) == 1


# -- many, and in the middle -------------------------------------------------------------------------------------------


def somebody(number: int) -> Identity:
    return Identity(
        user_id=f"user{number}", username=f"Người {number}", role=Role.USER, verified=True, session_id="s", expires_at=0
    )


@pytest.mark.parametrize("mongo_driver", ["motor", "pymongo"])
async def test_many_raters_on_two_instances_are_counted_exactly(
    reviewed: Any, start: StartServer, mongo_driver: str
) -> None:
    first = await reviewed(mongo_driver=mongo_driver)
    second = await start(first.runtime.db.name, mongo_driver=mongo_driver)
    dice = random.Random(3)

    async def rate(number: int) -> None:
        for _ in range(3):
            desk = dice.choice([first, second]).runtime.reviews  # a user's tabs may be on either
            if dice.random() < 0.2:
                await reviews.delete_review(desk, somebody(number), "phim-1")
            else:
                await reviews.put_review(desk, somebody(number), "phim-1", ReviewDraft(rating=dice.randint(1, 10)))

    await asyncio.gather(*(rate(number) for number in range(300)))  # `bench.reviews`: more
    assert await assert_figures_are_exact(first.runtime.db) > 200


async def test_one_user_who_does_everything_at_once_has_at_most_one(reviewed: Any) -> None:
    server = await reviewed()
    desk, user = server.runtime.reviews, somebody(1)
    wishes = [reviews.put_review(desk, user, "phim-1", ReviewDraft(rating=n % 10 + 1)) for n in range(50)]
    taken = [reviews.delete_review(desk, user, "phim-1") for _ in range(50)]
    await asyncio.gather(*(wish for pair in zip(wishes, taken, strict=True) for wish in pair))
    assert await assert_figures_are_exact(server.runtime.db) <= 1
    stored = [await reviews.put_review(desk, user, "phim-1", ReviewDraft(rating=n)) for n in (1, 2)]
    assert stored[0].id == stored[1].id
    assert await assert_figures_are_exact(server.runtime.db) == 1


async def test_a_line_cut_in_the_middle_leaves_no_half(reviewed: Any) -> None:
    server = await reviewed()
    db, desk = server.runtime.db, server.runtime.reviews
    cuts = (("findAndModify", "reviews"), ("aggregate", "reviews"), ("update", "movies"))
    for rating, (command, collection) in enumerate(cuts, 1):
        cut = {"failCommands": [command], "closeConnection": True, "namespace": f"{db.name}.{collection}"}
        async with fail_point(db, times=7, **cut):
            results = await asyncio.gather(
                *(
                    reviews.put_review(desk, somebody(number), "phim-1", ReviewDraft(rating=rating))
                    for number in range(20)
                ),
                return_exceptions=True,
            )
            assert any(isinstance(result, Unavailable) for result in results), command
    await until(lambda: is_exact(db))
    for number in range(20):  # asking again settles what was refused
        await reviews.put_review(desk, somebody(number), "phim-1", ReviewDraft(rating=6))
    assert await assert_figures_are_exact(db) == 20


async def test_a_count_that_others_have_overtaken_is_not_written(db: Database) -> None:
    await db.movies.insert_one(a_document(1))
    await store.put(db, "title1", "user1", "", ReviewDraft(rating=4), now())
    held = {"failCommands": ["update"], "blockConnection": True, "blockTimeMS": 600, "namespace": f"{db.name}.movies"}
    async with fail_point(db, times=1, **held) as entered:
        slow = asyncio.create_task(COUNTED.recount(db, "title1"))
        await entered()
        await store.put(db, "title1", "user2", "", ReviewDraft(rating=9), now())
        assert await COUNTED.recount(db, "title1")
        assert not await slow
    assert await assert_figures_are_exact(db) == 2


RATERS = """
import asyncio, sys
from smovie.models.base import now
from smovie.models.reviews import ReviewDraft
from smovie.reviews import count_anew
from smovie.store import reviews
from smovie.store.mongo import open_database
from smovie.talk.turns import Turns

async def main():
    async with open_database(sys.argv[1], sys.argv[2]) as db:
        turns = Turns()
        async def rate(number):
            for rating in [*range(1, 11)] * 1_000:
                await reviews.put(db, "title1", f"user{number}", "", ReviewDraft(rating=rating), now())
                await turns.share("title1", lambda: count_anew(db, "title1"))
        await asyncio.gather(*(rate(number) for number in range(50)))

asyncio.run(main())
"""


async def test_what_a_killed_process_did_not_count_is_counted_by_another(reviewed: Any, mongod: str) -> None:
    server = await reviewed()
    db = server.runtime.db
    raters = await asyncio.create_subprocess_exec(sys.executable, "-c", RATERS, mongod, db.name)
    try:
        await until(lambda: db.reviews.count_documents({"revisions.2": {"$exists": True}}), within_s=20)
        await until(lambda: db.reviews.count_documents({"uncounted": {"$type": "string"}}), within_s=20)
    finally:
        raters.kill()
        await raters.wait()
    await until(lambda: is_exact(db), within_s=10)
    assert await assert_figures_are_exact(db) == 50


async def test_counting_one_title_settles_no_other(db: Database) -> None:
    await db.movies.insert_many([a_document(1), a_document(2)])
    for title in ("title1", "title2"):
        await store.put(db, title, "user1", "", ReviewDraft(rating=4), now())
        await COUNTED.recount(db, title)
    assert sorted(await store.take_back_all(db, "user1")) == ["title1", "title2"]
    await COUNTED.recount(db, "title1")
    assert await COUNTED.uncounted_titles(db, time.time() + 60) == ["title2"]
    await COUNTED.recount(db, "title2")
    assert [await assert_figures_are_exact(db, title) for title in ("title1", "title2")] == [0, 0]
    assert await db.reviews.count_documents({}) == 0


async def test_the_store_counts_alike_under_either_driver(db: Database, both_drivers: str) -> None:
    assert db.driver == both_drivers
    await db.movies.insert_one(a_document(1))
    for rating in (4, 9):
        stored = await store.put(db, "title1", "user1", "Lan", ReviewDraft(rating=rating, text="$rating"), now())
        assert (stored.rating, stored.text) == (rating, "$rating")
    await store.put(db, "title1", "user2", "", ReviewDraft(rating=2), now())
    await store.take_back(db, "title1", "user2")
    assert await COUNTED.recount(db, "title1")
    assert await assert_figures_are_exact(db) == 1
    await store.put(db, "nothing", "user1", "", ReviewDraft(rating=2), now())
    assert await COUNTED.recount(db, "nothing"), "a title that has gone has no figures"
    assert await COUNTED.uncounted_titles(db, time.time() + 60) == []
