"""ROOMS.md 28: a user's own room."""

from tests.conftest import StartServer
from tests.rooms.test_staying import failing
from tests.support.notified import dial_own_room, in_own_room, notified, say
from tests.support.redis import RedisServer
from tests.support.server import RunningServer


async def test_clause_28_joined_says_everything(server: RunningServer) -> None:
    member = await server.a_member()
    async with in_own_room(server, member) as room:
        joined = room.joined
    assert joined["room"] == "notifications"
    assert joined["recovered"] is False
    assert (joined["notifications"], joined["next"], joined["unread"]) == ([], None, 0)
    assert joined["me"]["id"] == member.id
    assert joined["degraded"] is False
    assert 0 < joined["expires_in"] <= 900


async def test_clause_28_only_who_is_verified_may_listen_and_only_to_their_own(server: RunningServer) -> None:
    registered = await server.register()
    async with dial_own_room(server, f"?token={registered['access']}") as room:
        assert await room.closed() == 4403
    async with dial_own_room(server, "?token=nonsense") as room:
        assert await room.closed() == 4401


async def test_clause_28_a_reply_is_told_to_whom_it_answers_and_to_nobody_else(server: RunningServer) -> None:
    author, other, episode = await server.a_member(), await server.a_member(), server.an_episode_apart()
    asked = await say(server, author, episode, "có ai xem chưa?")
    async with in_own_room(server, author) as room, in_own_room(server, other) as others:
        reply = await say(server, other, episode, "tôi xem rồi", asked)
        event = await room.hear_type("notification")
        await others.ask("history")
        await server.runtime.notifications.flush()
        assert (await others.ask("history"))["notifications"] == []
    assert event["seq"] == room.joined["seq"] + 1
    assert (event["kind"], event["episode_id"]) == ("reply", episode)
    assert (event["comment_id"], event["parent_id"]) == (reply, asked)
    assert event["user"] == {"id": other.id, "username": other.username, "avatar": f"/avatars/{other.id}"}
    assert event["created_at"].endswith("Z")
    (stored,) = await notified(server, author, 1)
    assert (stored["id"], stored["comment"]["message"], stored["read"]) == (event["id"], "tôi xem rồi", False)


async def test_clause_28_nobody_is_told_of_their_own_reply(server: RunningServer) -> None:
    author, other, episode = await server.a_member(), await server.a_member(), server.an_episode_apart()
    asked = await say(server, author, episode, "tự hỏi")
    await say(server, author, episode, "tự trả lời", asked)
    await server.runtime.notifications.flush()
    reply = await say(server, other, episode, "và tôi", asked)
    assert [one["comment_id"] for one in await notified(server, author, 1)] == [reply]


async def test_clause_28_a_reply_to_a_reply_is_told_to_both_once_each(server: RunningServer) -> None:
    first, second, third = [await server.a_member() for _ in range(3)]
    episode = server.an_episode_apart()
    root = await say(server, first, episode, "gốc")
    reply = await say(server, second, episode, "trả lời", root)
    deeper = await say(server, third, episode, "trả lời câu trả lời", reply)
    of_first = {one["comment_id"]: one["parent_id"] for one in await notified(server, first, 2)}
    assert of_first == {reply: root, deeper: root}
    assert [one["comment_id"] for one in await notified(server, second, 1)] == [deeper]
    assert await notified(server, third, 0) == []


async def test_clause_28_a_retry_of_a_reply_tells_once(server: RunningServer) -> None:
    author, other, episode = await server.a_member(), await server.a_member(), server.an_episode_apart()
    asked = await say(server, author, episode, "một lần thôi")
    for _ in range(3):
        sent = {"message": "đây", "parent_id": asked, "cmid": f"once {asked}"}
        await server.api.post(f"/episodes/{episode}/comments", sent, access=other.access)
    last = await say(server, other, episode, "nữa", asked)
    assert [one["comment"]["message"] for one in await notified(server, author, 2)] == ["đây", "nữa"]
    assert last == (await notified(server, author, 2))[-1]["comment_id"]


async def test_clause_28_an_author_is_told_when_a_moderator_deletes_and_by_nobody(server: RunningServer) -> None:
    author, moderator, episode = await server.a_member(), await server.a_moderator(), server.an_episode_apart()
    comment = await say(server, author, episode, "điều không nên nói")
    async with in_own_room(server, author) as room:
        assert (await server.api.send("DELETE", f"/comments/{comment}", access=moderator.access)).status == 204
        event = await room.hear_type("notification")
    assert (event["kind"], event["comment_id"], event["user"]) == ("moderation", comment, None)
    (stored,) = await notified(server, author, 1)
    assert stored["comment"] is None


async def test_clause_28_deleting_an_own_comment_tells_nobody(server: RunningServer) -> None:
    author, episode = await server.a_member(), server.an_episode_apart()
    comment = await say(server, author, episode, "thôi")
    assert (await server.api.send("DELETE", f"/comments/{comment}", access=author.access)).status == 204
    assert await notified(server, author, 0) == []


async def test_clause_28_resuming_brings_exactly_what_was_missed(server: RunningServer) -> None:
    author, other, episode = await server.a_member(), await server.a_member(), server.an_episode_apart()
    asked = await say(server, author, episode, "chờ trả lời")
    async with in_own_room(server, author) as room:
        pass
    replies = []
    for number in range(3):
        replies.append(await say(server, other, episode, f"lỡ {number}", asked))
        await server.runtime.notifications.flush()
    async with in_own_room(server, author, f"&epoch={room.joined['epoch']}&seq={room.joined['seq']}") as again:
        assert again.joined["recovered"] is True
        assert "notifications" not in again.joined
        assert again.joined["unread"] == 3
        missed = [await again.hear_type("notification") for _ in range(3)]
    assert [event["comment_id"] for event in missed] == replies
    assert [event["seq"] for event in missed] == [room.joined["seq"] + number for number in (1, 2, 3)]


async def test_clause_28_no_text_of_a_reply_is_left_once_it_was_deleted(server: RunningServer) -> None:
    author, other, episode = await server.a_member(), await server.a_member(), server.an_episode_apart()
    asked = await say(server, author, episode, "hỏi")
    async with in_own_room(server, author) as room:
        reply = await say(server, other, episode, "lỡ lời", asked)
        await room.hear_type("notification")
    assert (await server.api.send("DELETE", f"/comments/{reply}", access=other.access)).status == 204
    (stored,) = await notified(server, author, 1)
    assert stored["comment"] is None
    since = f"&epoch={room.joined['epoch']}&seq={room.joined['seq']}"
    async with in_own_room(server, author, since) as again:
        assert "lỡ lời" not in str(await again.hear_type("notification"))
    row = await server.runtime.db.notifications.find_one({"user_id": author.id})
    assert "lỡ lời" not in str(row)
    assert other.username not in str(row)


async def test_clause_28_what_one_socket_reads_the_others_hear(server: RunningServer) -> None:
    author, other, episode = await server.a_member(), await server.a_member(), server.an_episode_apart()
    asked = await say(server, author, episode, "hỏi")
    for number in range(3):
        await say(server, other, episode, f"đáp {number}", asked)
    ids = [one["id"] for one in await notified(server, author, 3)]
    async with in_own_room(server, author) as one, in_own_room(server, author) as two:
        assert two.joined["unread"] == 3
        assert (await one.ask("read", ids=[ids[2]]))["unread"] == 2
        told = await two.hear_type("read")
        assert (told["unread"], told["ids"]) == (2, [ids[2]])
        assert (await one.ask("read", upto=ids[1]))["unread"] == 0
        assert (await two.hear_type("read"))["seq"] == told["seq"] + 1
        again = await one.ask("read", upto=ids[1])
        assert (again["type"], again["unread"]) == ("ack", 0)
        assert server.runtime.hub.position(f"notifications:{author.id}").seq == told["seq"] + 1
        assert (await one.ask("read"))["code"] == "invalid"
        assert (await one.ask("comment", message="ở đây à?"))["code"] == "unknown_type"


async def test_clause_28_history_goes_back_to_the_first(server: RunningServer) -> None:
    author, other, episode = await server.a_member(), await server.a_member(), server.an_episode_apart()
    asked = await say(server, author, episode, "hỏi")
    replies = [await say(server, other, episode, f"đáp {number}", asked) for number in range(3)]
    await notified(server, author, 3)
    async with in_own_room(server, author) as room:
        newest = await room.ask("history", limit=2)
        older = await room.ask("history", limit=2, before=newest["next"])
    shown = [*older["notifications"], *newest["notifications"]]
    assert [one["comment_id"] for one in shown] == replies
    assert older["next"] is None


async def test_clause_28_past_the_senders_limit_replies_are_folded_and_others_are_not(
    start: StartServer, demo_database: str
) -> None:
    server = await start(
        mongo_database=demo_database, limit_notifications_per_sender="2/hour", limit_notifications_per_user="3/hour"
    )
    author, eager, calm, late = [await server.a_member() for _ in range(4)]
    moderator, episode = await server.a_moderator(), server.an_episode_apart()
    asked = await say(server, author, episode, "hỏi")
    for number in range(4):
        await say(server, eager, episode, f"này {number}", asked)
        await server.runtime.notifications.flush()
    for member in (calm, late):
        await say(server, member, episode, "vâng", asked)
        await server.runtime.notifications.flush()
    await server.api.send("DELETE", f"/comments/{asked}", access=moderator.access)
    told = await notified(server, author, 4)
    assert [one["comment"] and one["comment"]["user"]["id"] for one in told] == [eager.id, eager.id, calm.id, None]
    page = (await server.api.get(f"/episodes/{episode}/comments")).json["results"]
    assert len(page) == 6


async def test_clause_28_a_notification_that_fails_does_not_fail_the_reply(
    start: StartServer, demo_database: str
) -> None:
    server = await start(mongo_database=demo_database)
    author, other, episode = await server.a_member(), await server.a_member(), server.an_episode_apart()
    asked = await say(server, author, episode, "hỏi")
    its = {"failCommands": ["insert"], "namespace": f"{demo_database}.notifications", "errorCode": 2}
    async with failing(server, "alwaysOn", **its):
        await say(server, other, episode, "trả lời", asked)
        await server.runtime.notifications.flush()
    assert await notified(server, author, 0) == []
    await say(server, other, episode, "nữa", asked)
    assert len(await notified(server, author, 1)) == 1


async def test_clause_28_a_notification_reaches_the_receiver_on_another_instance_once(
    start: StartServer, demo_database: str, redis_server: RedisServer
) -> None:
    given = {"redis_url": redis_server.url, "mongo_database": demo_database, "mirror_patience_ms": 10_000}
    here, there = await start(**given), await start(**given)
    author, other, episode = await here.a_member(), await here.a_member(), here.an_episode_apart()
    asked = await say(here, author, episode, "hỏi")
    async with in_own_room(there, author) as far, in_own_room(here, author) as near:
        reply = await say(here, other, episode, "đáp", asked)
        events = [await room.hear_type("notification") for room in (far, near)]
        await far.say(type="read", upto=events[0]["id"])
        reads = [await room.hear_type("read") for room in (far, near)]
    assert events[0] == events[1]
    assert events[0]["comment_id"] == reply
    assert [(one["seq"], one["unread"]) for one in reads] == [(events[0]["seq"] + 1, 0)] * 2
