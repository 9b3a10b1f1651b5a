"""Notifications over REST."""

from datetime import timedelta

import pytest

from smovie import notifications
from smovie.ids import new_id
from smovie.models.base import now
from smovie.store import comments
from smovie.talk import editing
from tests.support.notified import in_own_room, notified, say
from tests.support.server import Member, RunningServer
from tests.support.wait import until


async def with_replies(server: RunningServer, count: int) -> tuple[Member, list[str]]:
    """Somebody who was answered so often, and the replies."""
    author, other, episode = await server.a_member(), await server.a_member(), server.an_episode_apart()
    asked = await say(server, author, episode, "hỏi")
    replies = []
    for number in range(count):
        replies.append(await say(server, other, episode, f"đáp {number}", asked))
        await server.runtime.notifications.flush()
    return author, replies


async def test_a_page_is_ascending_and_next_leads_to_older_ones(server: RunningServer) -> None:
    author, replies = await with_replies(server, 5)
    newest = (await server.api.get("/me/notifications?limit=3", access=author.access)).json
    assert [one["comment_id"] for one in newest["results"]] == replies[2:]
    assert newest["unread"] == 5
    older = (await server.api.get(f"/me/notifications?before={newest['next']}", access=author.access)).json
    assert [one["comment_id"] for one in older["results"]] == replies[:2]
    assert older["next"] is None


async def test_reading_some_or_all_up_to_one(server: RunningServer) -> None:
    author, _ = await with_replies(server, 4)
    ids = [one["id"] for one in await notified(server, author, 4)]
    assert (await server.api.post("/me/notifications/read", {"ids": [ids[3]]}, access=author.access)).status == 204
    page = (await server.api.get("/me/notifications", access=author.access)).json
    assert ([one["read"] for one in page["results"]], page["unread"]) == ([False, False, False, True], 3)
    assert (await server.api.post("/me/notifications/read", {"upto": ids[1]}, access=author.access)).status == 204
    page = (await server.api.get("/me/notifications", access=author.access)).json
    assert ([one["read"] for one in page["results"]], page["unread"]) == ([True, True, False, True], 1)


async def test_reading_over_rest_is_heard_on_sockets(server: RunningServer) -> None:
    author, _ = await with_replies(server, 1)
    (one,) = await notified(server, author, 1)
    async with in_own_room(server, author) as room:
        await server.api.post("/me/notifications/read", {"ids": [one["id"]]}, access=author.access)
        assert (await room.hear_type("read"))["unread"] == 0


async def test_nobody_reads_anothers_notifications(server: RunningServer) -> None:
    author, _ = await with_replies(server, 1)
    (one,) = await notified(server, author, 1)
    stranger = await server.a_member()
    assert (await server.api.get("/me/notifications", access=stranger.access)).json["results"] == []
    done = await server.api.post("/me/notifications/read", {"ids": [one["id"]]}, access=stranger.access)
    assert done.status == 204
    assert (await notified(server, author, 1))[0]["read"] is False


@pytest.mark.parametrize(
    "body",
    [{}, {"ids": []}, {"ids": ["x"]}, {"upto": "x"}, {"ids": [new_id()] * 101}, {"ids": [new_id()], "upto": new_id()}],
)
async def test_what_does_not_say_which_is_refused(server: RunningServer, body: dict[str, object]) -> None:
    member = await server.a_member()
    assert (await server.api.post("/me/notifications/read", body, access=member.access)).status == 422


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "before=x", "page=2"])
async def test_a_page_that_is_none_is_refused(server: RunningServer, query: str) -> None:
    member = await server.a_member()
    assert (await server.api.get(f"/me/notifications?{query}", access=member.access)).status == 422


async def test_only_who_is_verified_has_notifications(server: RunningServer) -> None:
    assert (await server.api.get("/me/notifications")).status == 401
    registered = await server.register()
    assert (await server.api.get("/me/notifications", access=registered["access"])).status == 403


async def test_only_the_newest_stay(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifications, "MOST_KEPT", 3)
    author, replies = await with_replies(server, 5)
    assert [one["comment_id"] for one in await notified(server, author, 3)] == replies[2:]


async def test_they_leave_after_90_days(server: RunningServer) -> None:
    indexes = await server.runtime.db.notifications.index_information()
    assert indexes["created_at_1"]["expireAfterSeconds"] == timedelta(days=90).total_seconds()
    author, _ = await with_replies(server, 1)
    row = await server.runtime.db.notifications.find_one({"user_id": author.id})
    assert now() - row["created_at"] < timedelta(minutes=5)  # a date, or it would stay for ever


async def test_a_reply_that_a_killed_instance_told_nobody_of_is_told_later_and_once(server: RunningServer) -> None:
    author, (reply,) = await with_replies(server, 1)
    desk = server.runtime.comments
    await server.runtime.db.notifications.delete_many({"user_id": author.id})
    (found,) = await server.runtime.db.comments.find({"_id": reply}).to_list(None)
    assert found["reply_to"] == found["parent_id"]
    (stored,) = await comments.by_ids(server.runtime.db, [reply])
    for _ in range(2):
        notifications.tell_of_reply(desk.notifications, stored)
        await desk.notifications.flush()
    assert [one["comment_id"] for one in await notified(server, author, 1)] == [reply]


async def test_a_moderation_that_a_killed_instance_told_nobody_of_is_told_later_and_once(server: RunningServer) -> None:
    author, episode = await server.a_member(), server.an_episode_apart()
    comment = await say(server, author, episode, "không hay")
    long_ago = now() - timedelta(minutes=1)
    gone = {"message": "", "deleted_at": long_ago, "deleted_by": "moderator", "untold_since": long_ago}
    for _ in range(2):
        await server.runtime.db.comments.update_one({"_id": comment}, {"$set": gone})
        await editing.tell_untold(server.runtime.comments)
        await server.runtime.notifications.flush()
    assert [(one["kind"], one["comment_id"]) for one in await notified(server, author, 1)] == [("moderation", comment)]


async def test_the_export_says_what_one_was_told_and_nothing_that_others_wrote(server: RunningServer) -> None:
    author, replies = await with_replies(server, 2)
    answer = await server.api.get("/me/export", access=author.access)
    assert [(one["kind"], one["comment_id"]) for one in answer.json["notifications"]] == [("reply", i) for i in replies]
    assert "đáp" not in answer.body.decode()


async def test_a_deleted_account_is_told_nothing_and_what_it_wrote_is_nobodys(server: RunningServer) -> None:
    author, other, episode = await server.a_member(), await server.a_member(), server.an_episode_apart()
    asked = await say(server, author, episode, "hỏi")
    reply = await say(server, other, episode, "đáp", asked)
    await notified(server, author, 1)
    left = await server.api.send("DELETE", "/me", {"password": other.password}, access=other.access)
    assert left.status == 204

    async def quoted() -> bool:
        (one,) = await notified(server, author, 1)
        return bool(one["comment"]["user"] == {"id": "", "username": "", "avatar": None})

    await until(quoted)
    await say(server, author, episode, "còn ai không?", reply)
    await server.runtime.notifications.flush()
    assert await server.runtime.db.notifications.count_documents({"user_id": {"$in": ["", other.id]}}) == 0
