"""ROOMS.md 29: a room's events by long poll."""

import asyncio
import time
from contextlib import AsyncExitStack
from typing import Any

import pytest

from smovie.models.comments import MESSAGE_MAX
from tests.conftest import FolderOf, StartServer
from tests.support.api import Answer
from tests.support.notified import say
from tests.support.redis import RedisServer
from tests.support.room import in_room
from tests.support.server import Member, RunningServer, start_server, test_settings
from tests.support.wait import until


def query_of(position: dict[str, Any] | None, wait_s: float) -> str:
    since = f"&epoch={position['epoch']}&seq={position['seq']}" if position else ""
    return f"?wait_s={wait_s}{since}"


async def ask(
    server: RunningServer, episode: str, member: Member, position: dict[str, Any] | None = None, wait_s: float = 0
) -> Answer:
    return await server.api.get(f"/rooms/{episode}/events{query_of(position, wait_s)}", access=member.access)


async def poll(
    server: RunningServer, episode: str, member: Member, position: dict[str, Any] | None = None, wait_s: float = 0
) -> dict[str, Any]:
    answer = await ask(server, episode, member, position, wait_s)
    assert answer.status == 200, answer.json
    return dict(answer.json)


def waiting(server: RunningServer, member: Member) -> int:
    """How many polls and sockets of a member are there."""
    return len(server.runtime.live._of_user.get(member.id, ()))


async def begin_to_wait(
    server: RunningServer, episode: str, member: Member, position: dict[str, Any]
) -> "asyncio.Task[Answer]":
    """A poll that waits in the room."""
    before = waiting(server, member)
    task = asyncio.create_task(ask(server, episode, member, position, 25))
    await until(lambda: waiting(server, member) > before)
    return task


async def test_clause_29_without_a_position_the_page_comes_at_once_as_joined_has_it(server: RunningServer) -> None:
    member, episode = await server.a_member(), server.an_episode_apart()
    await say(server, member, episode, "có đây")
    answer = await ask(server, episode, member, wait_s=25)
    assert answer.headers["cache-control"] == "no-store"
    async with in_room(server, episode, member.access) as room:
        joined = room.joined
    same = ("room", "epoch", "seq", "recovered", "comments", "settings", "pinned", "degraded")
    assert {name: answer.json[name] for name in same} == {name: joined[name] for name in same}
    assert answer.json["events"] == []
    assert answer.json["presence"]["count"] == 1


async def test_clause_29_an_event_ends_the_wait_and_is_the_one_that_sockets_get(server: RunningServer) -> None:
    member, episode = await server.a_member(), server.an_episode_apart()
    first = await poll(server, episode, member)
    async with in_room(server, episode, member.access) as room:
        task = await begin_to_wait(server, episode, member, first)
        await room.say(type="comment", message="dậy đi")
        heard = await room.hear_type("comment")
        answer = (await task).json
    assert answer["recovered"] is True
    assert "comments" not in answer
    assert answer["events"] == [heard]
    assert (answer["epoch"], answer["seq"]) == (first["epoch"], heard["seq"])


async def test_clause_29_when_nothing_happens_the_position_stays(server: RunningServer) -> None:
    member, episode = await server.a_member(), server.an_episode_apart()
    first = await poll(server, episode, member)
    began = time.monotonic()
    again = await poll(server, episode, member, first, wait_s=0.2)
    assert time.monotonic() - began >= 0.2
    assert (again["recovered"], again["events"]) == (True, [])
    assert (again["epoch"], again["seq"]) == (first["epoch"], first["seq"])


async def test_clause_29_sockets_and_polls_see_the_same_sequence(server: RunningServer) -> None:
    poller, talker, episode = await server.a_member(), await server.a_member(), server.an_episode_apart()
    position = await poll(server, episode, poller)
    polled: list[dict[str, Any]] = []
    async with in_room(server, episode, poller.access) as room, in_room(server, episode, talker.access) as other:

        async def talk() -> None:
            for number in range(4):
                comment = await other.comment(f"số {number}")
                await other.ask("react", comment_id=comment, emoji=other.joined["limits"]["reactions"][0])
            await other.ask("delete", comment_id=comment)

        talking = asyncio.create_task(talk())
        while not polled or polled[-1]["type"] != "deleted":
            position = await poll(server, episode, poller, position, wait_s=25)
            polled += position["events"]
        await talking
        heard = [await room.hear_until(lambda frame: "seq" in frame and frame["type"] != "sync") for _ in polled]
    assert [event["seq"] for event in polled] == list(range(room.joined["seq"] + 1, room.joined["seq"] + 10))
    # A poll that came later read the last comment's events from the log, from which its text had gone.
    assert [event["seq"] for event in heard] == [event["seq"] for event in polled]
    kept = [event for event in polled if event["id"] != polled[-1]["id"]]
    assert kept == [event for event in heard if event["id"] != polled[-1]["id"]]


async def test_clause_29_a_position_of_a_poll_is_resumed_by_a_socket_and_the_other_way_round(
    server: RunningServer,
) -> None:
    member, episode = await server.a_member(), server.an_episode_apart()
    first = await poll(server, episode, member)
    await say(server, member, episode, "một")
    since = f"&epoch={first['epoch']}&seq={first['seq']}"
    async with in_room(server, episode, member.access, since) as room:
        assert room.joined["recovered"] is True
        one = await room.hear_type("comment")
    assert one["message"] == "một"
    await say(server, member, episode, "hai")
    await say(server, member, episode, "ba")
    answer = await poll(server, episode, member, {"epoch": first["epoch"], "seq": one["seq"]})
    assert answer["recovered"] is True
    assert [event["message"] for event in answer["events"]] == ["hai", "ba"]
    assert [event["seq"] for event in answer["events"]] == [one["seq"] + 1, one["seq"] + 2]


@pytest.mark.parametrize("wrong", [{"epoch": "another"}, {"seq": 999_999}])
async def test_clause_29_an_unknown_position_gets_a_fresh_page(server: RunningServer, wrong: dict[str, Any]) -> None:
    member, episode = await server.a_member(), server.an_episode_apart()
    first = await poll(server, episode, member)
    await say(server, member, episode, "có đây")
    again = await poll(server, episode, member, {**first, **wrong}, wait_s=25)
    assert (again["recovered"], again["events"]) == (False, [])
    assert [comment["message"] for comment in again["comments"]] == ["có đây"]
    assert (await poll(server, episode, member, again))["recovered"] is True


async def test_clause_29_much_that_was_missed_comes_in_order_over_several_answers(server: RunningServer) -> None:
    episode, said = server.an_episode_apart(), 60
    member = await server.a_member()
    position = await poll(server, episode, member)
    for number in range(said):
        if number % 5 == 0:
            member = await server.a_member()
        await say(server, member, episode, f"{number} " + "ă" * (MESSAGE_MAX - 10))
    seqs: list[int] = []
    answers = 0
    while len(seqs) < said:
        position = await poll(server, episode, member, position)
        assert position["recovered"] is True
        seqs += [event["seq"] for event in position["events"]]
        answers += 1
    assert seqs == list(range(seqs[0], seqs[0] + said))
    assert position["seq"] == seqs[-1]


async def test_clause_29_who_polls_is_present_also_between_two_polls_and_no_longer_when_gone(
    server: RunningServer,
) -> None:
    poller, other, episode = await server.a_member(), await server.a_member(), server.an_episode_apart()
    room = f"comments:{episode}"
    first = await poll(server, episode, poller)
    async with in_room(server, episode, other.access):
        assert server.runtime.hub.present(room) == 2
        task = await begin_to_wait(server, episode, poller, first)
        assert server.runtime.hub.present(room) == 2
        await say(server, other, episode, "tiếp")
        await task
        assert server.runtime.hub.present(room) == 2
        await until(lambda: server.runtime.hub.present(room) == 1)


async def test_clause_29_a_client_that_goes_away_is_unseated_at_once(server: RunningServer) -> None:
    member, episode = await server.a_member(), server.an_episode_apart()
    first = await poll(server, episode, member)
    room = f"comments:{episode}"
    await until(lambda: server.runtime.hub.present(room) == 0)
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    path = f"/api/v1/rooms/{episode}/events{query_of(first, 25)}"
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {member.access}\r\n\r\n".encode())
    await until(lambda: server.runtime.hub.present(room) == 1)
    assert waiting(server, member) == 1
    writer.close()
    await until(lambda: server.runtime.hub.present(room) == 0, within_s=1.5)  # sooner than who was answered leaves
    assert waiting(server, member) == 0


async def test_clause_29_polls_count_among_a_users_connections(start: StartServer, demo_database: str) -> None:
    server = await start(mongo_database=demo_database, limit_connections_per_user=2)
    member, episode = await server.a_member(), server.an_episode_apart()
    first = await poll(server, episode, member)
    async with in_room(server, episode, member.access):
        task = await begin_to_wait(server, episode, member, first)
        refused = await ask(server, episode, member, first)
        assert (refused.status, refused.headers["retry-after"]) == (429, "5")
        await say(server, member, episode, "xong")
        assert (await task).status == 200
        assert (await ask(server, episode, member, first)).status == 200


async def test_clause_29_a_waiting_poll_ends_with_its_session(server: RunningServer) -> None:
    member, episode = await server.a_member(), server.an_episode_apart()
    task = await begin_to_wait(server, episode, member, await poll(server, episode, member))
    await server.api.post("/auth/logout", {"refresh": member.refresh})
    assert (await task).status == 401
    assert waiting(server, member) == 0


async def test_clause_29_a_waiting_poll_ends_with_its_account(server: RunningServer) -> None:
    member, episode = await server.a_member(), server.an_episode_apart()
    task = await begin_to_wait(server, episode, member, await poll(server, episode, member))
    await server.runtime.db.users.update_one({"_id": member.id}, {"$set": {"is_active": False}})
    assert (await task).status == 403


async def test_clause_29_who_may_not_enter_hears_nothing(server: RunningServer) -> None:
    member, registered, episode = await server.a_member(), await server.register(), server.an_episode_apart()
    assert (await server.api.get(f"/rooms/{episode}/events")).status == 401
    assert (await server.api.get(f"/rooms/{episode}/events", access=registered["access"])).status == 403
    assert (await server.api.get("/rooms/nowhere/events", access=member.access)).status == 404
    for query in ("wait_s=26", "wait_s=-1", "wait_s=nan", "seq=-1&epoch=x", "seq=x", "since=1"):
        assert (await server.api.get(f"/rooms/{episode}/events?{query}", access=member.access)).status == 422, query


async def test_clause_29_a_stopping_server_answers_at_once(
    mongod: str, demo_database: str, data_dir_of: FolderOf
) -> None:
    settings = test_settings(mongo_url=mongod, mongo_database=demo_database, data_dir=data_dir_of(demo_database))
    stopping = AsyncExitStack()
    server = await stopping.enter_async_context(start_server(settings))
    member, episode = await server.a_member(), server.an_episode_apart()
    first = await poll(server, episode, member)
    tasks = [await begin_to_wait(server, episode, member, first) for _ in range(3)]
    drained = asyncio.create_task(stopping.aclose())
    for task in tasks:
        answer = await asyncio.wait_for(task, 5)
        assert (answer.status, answer.json["recovered"], answer.json["events"]) == (200, True, [])
        assert answer.headers["connection"] == "close"
    await drained


async def test_clause_29_a_poll_hears_what_was_said_on_another_instance(
    start: StartServer, demo_database: str, redis_server: RedisServer
) -> None:
    given = {"redis_url": redis_server.url, "mongo_database": demo_database, "mirror_patience_ms": 10_000}
    here, there = await start(**given), await start(**given)
    member, other, episode = await here.a_member(), await here.a_member(), here.an_episode_apart()
    first = await poll(here, episode, member)
    task = await begin_to_wait(here, episode, member, first)
    await say(there, other, episode, "từ xa")
    answer = (await task).json
    assert [event["message"] for event in answer["events"]] == ["từ xa"]
    await say(here, other, episode, "từ gần")
    after = await poll(there, episode, member, answer)  # a position holds on every instance
    assert after["recovered"] is True
    assert [event["message"] for event in after["events"]] == ["từ gần"]


async def test_clause_29_a_poll_that_waits_when_the_room_goes_on_alone_hears_under_which_epoch(
    start: StartServer, demo_database: str, redis_server: RedisServer
) -> None:
    server = await start(redis_url=redis_server.url, mongo_database=demo_database, mirror_patience_ms=500)
    member, episode = await server.a_member(), server.an_episode_apart()
    first = await poll(server, episode, member)
    task = await begin_to_wait(server, episode, member, first)
    await redis_server.kill()
    await until(lambda: server.runtime.hub.is_degraded)
    await say(server, member, episode, "một mình")
    answer = (await task).json
    assert (answer["recovered"], answer["degraded"]) == (True, True)
    assert [event["message"] for event in answer["events"]] == ["một mình"]
    assert answer["epoch"] != first["epoch"]
    await say(server, member, episode, "vẫn một mình")
    after = await poll(server, episode, member, answer)
    assert after["recovered"] is True
    assert [event["message"] for event in after["events"]] == ["vẫn một mình"]


async def test_clause_29_a_room_that_begins_anew_while_a_poll_waits_answers_with_a_page(
    start: StartServer, demo_database: str, redis_server: RedisServer
) -> None:
    server = await start(redis_url=redis_server.url, mongo_database=demo_database, mirror_patience_ms=500)
    member, episode = await server.a_member(), server.an_episode_apart()
    first = await poll(server, episode, member)
    await redis_server.kill()
    await until(lambda: server.runtime.hub.is_degraded)
    await say(server, member, episode, "một mình")
    alone = await poll(server, episode, member, first)
    assert (alone["recovered"], alone["degraded"]) == (False, True)
    task = await begin_to_wait(server, episode, member, alone)
    await redis_server.start()
    answer = (await task).json
    assert answer["recovered"] is False
    assert answer["epoch"] != alone["epoch"]
    assert [comment["message"] for comment in answer["comments"]] == ["một mình"]
    assert (await poll(server, episode, member, answer))["recovered"] is True
