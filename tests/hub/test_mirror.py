"""Rooms of two hubs mirrored over a real Redis: one order everywhere, whatever happens to Redis (ROOMS.md 24 to 27)."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tornado.ioloop import IOLoop

from hub import redis_mirror
from hub.hub import Hub, Joined
from hub.limits import HubLimits
from hub.patience import Patience
from hub.position import Position
from hub.redis_mirror import RedisMirror
from tests.hub.fakes import ROOM, Event, FakeListener, JsonLines
from tests.support.proxy import Proxy
from tests.support.redis import RedisServer
from tests.support.wait import until

PATIENT_S = 10.0  # a machine that is busy with other tests is not taken for a lost Redis
LIMITS = HubLimits(presence_s=0.05)


class Client(FakeListener):
    """A listener that joins anew when it is told to, as a session does."""

    def __init__(self, hub: Hub, user_id: str) -> None:
        super().__init__(user_id)
        self.joins: list[Joined] = []
        self._hub = hub
        self._joining: set[asyncio.Task[None]] = set()

    async def join(self, since: Position | None = None) -> Joined:
        self.joins.append(await self._hub.join(ROOM, self, since))
        self._hub.start(ROOM, self)
        return self.joins[-1]

    def refresh(self) -> None:
        super().refresh()
        self._joining.add(asyncio.create_task(self._join_anew()))

    async def _join_anew(self) -> None:
        await self.join()

    @property
    def said(self) -> list[tuple[int, str]]:
        """What was said, with its numbers, in the order in which it came."""
        return [(event["seq"], event["text"]) for event in self.of_type("said")]

    @property
    def texts(self) -> list[str]:
        return [text for _, text in self.said]


class Instance:
    """A hub with its mirror, running."""

    def __init__(self, url: str, patience_s: float, *, prefix: str = "test") -> None:
        loop = asyncio.get_running_loop()
        self.swept_since: list[float] = []
        self.hub = Hub(
            codec=JsonLines(), call_soon=loop.call_soon, call_later=loop.call_later, clock=loop.time, limits=LIMITS
        )
        self.mirror = RedisMirror(url, self.hub, prefix=prefix, patience_s=patience_s, sweep=self._sweep)
        self.hub.mirror = self.mirror

    async def _sweep(self, since: float) -> None:
        self.swept_since.append(since)

    async def client(self, user_id: str, since: Position | None = None) -> Client:
        client = Client(self.hub, user_id)
        await client.join(since)
        return client

    async def say(self, text: str, **options: Any) -> Position | None:
        return await self.hub.publish(ROOM, {"type": "said", "text": text}, **{"subject": text, **options})

    async def redact(self, subject: str) -> None:
        event: Event = {"type": "deleted", "id": subject}
        await self.hub.publish(ROOM, event, subject=subject, redacts=True)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Instance"]:
        work = [asyncio.create_task(self.mirror.run()), asyncio.create_task(self._sweep_hub())]
        await self.mirror.wait_tried()
        yield self
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)

    async def _sweep_hub(self) -> None:
        while True:
            await asyncio.sleep(0.02)
            self.hub.sweep()


Start = Callable[..., Any]


@pytest.fixture
def start(io_loop: IOLoop, redis_server: RedisServer) -> Iterator[Start]:
    """`await start()`: one more instance."""
    stack = AsyncExitStack()

    async def start_one(patience_s: float = PATIENT_S) -> Instance:
        return await stack.enter_async_context(Instance(redis_server.url, patience_s).running())

    yield start_one
    io_loop.run_sync(stack.aclose)


async def all_up(*instances: Instance) -> None:
    await until(lambda: all(instance.mirror.is_up for instance in instances))


async def test_everybody_on_every_instance_sees_one_gapless_order(start: Start) -> None:
    instances = [await start(), await start()]
    clients = [await instance.client(f"u{n}") for instance in instances for n in range(2)]
    await asyncio.gather(*(instance.say(f"{n}/{i}") for n in range(50) for i, instance in enumerate(instances)))
    await until(lambda: all(len(client.said) == 100 for client in clients))
    assert [seq for seq, _ in clients[0].said] == list(range(1, 101))
    assert all(client.said == clients[0].said for client in clients)


async def test_the_speaker_learns_the_number_that_everybody_sees(start: Start) -> None:
    one, two = await start(), await start()
    client = await two.client("u")
    position = await one.say("xin chào")
    await until(lambda: client.said)
    assert client.said == [(position.seq, "xin chào")]
    assert client.joins[0].position.epoch == position.epoch


async def test_a_cluster_takes_every_script_since_each_touches_one_slot(tmp_path: Path) -> None:
    cluster = RedisServer(tmp_path, cluster=True)
    async with AsyncExitStack() as up:
        await cluster.start()
        up.push_async_callback(cluster.kill)
        one, two = [await up.enter_async_context(Instance(cluster.url, PATIENT_S).running()) for _ in range(2)]
        client = await two.client("u")
        first = await one.say("a")
        await one.say("a", once=True)
        await one.redact("a")
        await one.say("b")
        await until(lambda: client.texts == ["a", "b"])
        returning = await two.client("v", first)
        assert [event["type"] for event in returning.events if "seq" in event] == ["deleted", "said"]
        await until(lambda: [event["count"] for event in client.of_type("presence")][-1:] == [2])
        assert one.mirror.is_up and two.mirror.is_up


async def test_who_comes_back_on_another_instance_gets_exactly_what_was_missed(start: Start) -> None:
    one, two = await start(), await start()
    await one.client("u")
    first = await one.say("a")
    for text in ("b", "c", "d"):
        await one.say(text)
    returning = await two.client("v", first)
    assert returning.joins[0].recovered
    assert returning.texts == ["b", "c", "d"]
    await one.say("e")
    await until(lambda: returning.texts == ["b", "c", "d", "e"])


async def test_a_position_of_another_epoch_is_not_recovered(start: Start) -> None:
    one = await start()
    last = await one.say("a")
    assert not (await one.client("u", Position("another", last.seq))).joins[0].recovered


async def test_what_was_redacted_is_repeated_by_no_instance(start: Start) -> None:
    one, two, three = await start(), await start(), await start()
    await two.client("listens already")
    first = await one.say("kept")
    await one.say("a secret")
    await one.redact("a secret")
    await until(lambda: two.hub.position(ROOM).seq == 3)
    for instance in (two, three):
        returning = await instance.client("returns", Position(first.epoch, 0))
        await until(lambda r=returning: len(r.events) >= 3)
        durable = [(event["type"], event["seq"]) for event in returning.events if "seq" in event]
        assert durable == [("said", 1), ("deleted", 2), ("deleted", 3)]
        assert "a secret" not in returning.texts


async def test_what_is_published_once_at_most_is_told_once(start: Start) -> None:
    instances = [await start(), await start()]
    client = await instances[0].client("u")
    told = await asyncio.gather(*(instance.say("found", once=True) for instance in instances * 3))
    assert sum(position is not None for position in told) == 1
    await instances[0].say("after")
    await until(lambda: client.texts == ["found", "after"])


async def test_people_are_counted_over_all_instances_and_once(start: Start) -> None:
    one, two = await start(), await start()
    watcher = await one.client("watcher")
    both = [await instance.client("on-both") for instance in (one, two)]
    other = await two.client("other")

    def seen() -> tuple[int, list[str]]:
        last: Event = (watcher.of_type("presence") or [{"count": 0, "usernames": []}])[-1]
        return last["count"], last["usernames"]

    await until(lambda: seen() == (3, ["name of on-both", "name of other", "name of watcher"]))
    two.hub.leave(ROOM, other)
    two.hub.leave(ROOM, both[1])
    await until(lambda: seen() == (2, ["name of on-both", "name of watcher"]))


async def test_who_writes_is_seen_on_another_instance(start: Start) -> None:
    one, two = await start(), await start()
    writer, reader = await one.client("writer"), await two.client("reader")
    one.hub.say_typing(ROOM, writer)
    await until(lambda: reader.of_type("typing"))
    assert reader.of_type("typing")[0] == {"type": "typing", "usernames": ["name of writer"], "count": 1}
    two.hub.has_written(ROOM, "name of writer")
    await until(lambda: one.hub._rooms[ROOM].typing == two.hub._rooms[ROOM].typing == {})
    await until(lambda: reader.of_type("typing")[-1] == {"type": "typing", "usernames": [], "count": 0})


async def test_with_redis_killed_a_room_goes_on_at_once_and_is_whole_when_it_is_back(
    start: Start, redis_server: RedisServer
) -> None:
    instances = [await start(), await start()]
    clients = [await instance.client(f"u{n}") for n, instance in enumerate(instances)]
    await instances[0].say("before")
    await until(lambda: all(client.texts == ["before"] for client in clients))
    await redis_server.kill()
    for n, instance in enumerate(instances):
        await instance.say(f"alone on {n}")
    for n, client in enumerate(clients):
        await until(lambda c=client, n=n: c.texts == ["before", f"alone on {n}"])
        assert client.of_type("degraded")[0] == {"type": "degraded", "value": True}
        assert client.of_type("degraded")[1].keys() == {"type", "value", "epoch", "seq"}
        assert [seq for seq, _ in client.said] == [1, 2]  # the numbers go on
    await redis_server.start()
    await all_up(*instances)
    await until(lambda: all(client.refreshed for client in clients))  # a fresh page shows what the others said
    await until(lambda: clients[0].joins[-1].position == clients[1].joins[-1].position)
    assert all(client.of_type("degraded")[-1] == {"type": "degraded", "value": False} for client in clients)
    told = [event["type"] for event in clients[0].events]
    assert told[-1 - told[::-1].index("gap") :][0] == "gap"
    await instances[1].say("together")
    await until(lambda: all(client.texts[-1] == "together" for client in clients))


async def test_twenty_times_redis_refuses_connections_and_twenty_times_the_rooms_meet_again(
    start: Start, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_mirror, "RETRY_S", 0.02)
    monkeypatch.setattr(redis_mirror, "MOST_RETRY_S", 0.1)
    one, two = await start(), await start()
    client = await two.client("u")
    for number in range(20):
        await redis_server.kill()
        await until(lambda: not (one.mirror.is_up or two.mirror.is_up))
        await redis_server.start()
        await all_up(one, two)
        text = f"round {number}"
        await one.say(text)
        await until(lambda t=text: t in client.texts or client.joins[-1].position.seq > 0)


async def test_a_redis_that_hangs_is_noticed_and_the_speaker_does_not_wait_for_it(
    start: Start, redis_server: RedisServer
) -> None:
    one = await start(patience_s=0.07)
    client = await one.client("u")
    redis_server.pause()
    try:
        position = await one.say("still here")
    finally:
        redis_server.resume()
    await until(lambda: client.texts == ["still here"])
    assert position.epoch == one.hub.position(ROOM).epoch != client.joins[0].position.epoch


async def test_a_redis_that_answers_late_again_is_waited_for_longer(
    start: Start, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.patience.HASTY_S", 60.0)
    monkeypatch.setattr("hub.patience.CALM_S", 60.0)
    late: list[float] = []
    came_late = Patience.came_late

    def noted(patience: Patience, after_s: float) -> None:
        came_late(patience, after_s)
        late.append(patience.seconds)

    monkeypatch.setattr(Patience, "came_late", noted)
    one = await start(patience_s=0.07)
    await one.client("u")
    for times in (1, 2):
        redis_server.pause()
        try:
            await one.say("here all the same")
        finally:
            redis_server.resume()
        await until(lambda n=times: len(late) == n)
        await all_up(one)
    assert late[0] == 0.07 < late[1]


async def test_after_flushall_a_new_epoch_begins_and_nobody_is_told_a_wrong_replay(
    start: Start, redis_server: RedisServer
) -> None:
    one, two = await start(), await start()
    client = await one.client("u")
    for text in ("a", "b", "c"):
        last = await one.say(text)
    async with redis_server.client() as redis:
        await redis.flushall()
    after = await two.say("d")
    assert after.epoch != last.epoch
    await until(lambda: client.refreshed == 1 and client.joins[-1].position.epoch == after.epoch)
    assert not (await two.client("v", last)).joins[0].recovered


async def test_a_restarted_redis_is_not_believed_whatever_it_remembers(start: Start, redis_server: RedisServer) -> None:
    one = await start()
    await one.client("u")
    last = await one.say("a")
    async with redis_server.client() as redis:
        key = f"test:{{{ROOM}}}:meta"
        kept = await redis.hgetall(key)
    await redis_server.kill()
    await until(lambda: not one.mirror.is_up)
    await redis_server.start()
    async with redis_server.client() as redis:
        if not await redis.exists(key):
            await redis.hset(key, mapping=kept)  # as from an old snapshot
    await all_up(one)
    assert (await one.say("b")).epoch != last.epoch


async def test_a_hole_is_filled_from_the_stream(start: Start, redis_server: RedisServer) -> None:
    one, two = await start(), await start()
    client = await two.client("u")
    hear = two.mirror._hear
    two.mirror._hear = lambda name, data: None if b"missed" in data else hear(name, data)
    await one.say("first")
    await one.say("missed")
    await one.say("last")
    await until(lambda: client.said == [(1, "first"), (2, "missed"), (3, "last")])
    assert client.refreshed == 0


async def test_a_hole_that_the_stream_has_lost_is_told_and_a_fresh_page_follows(
    start: Start, redis_server: RedisServer
) -> None:
    one, two = await start(), await start()
    client = await two.client("u")
    hear = two.mirror._hear
    two.mirror._hear = lambda name, data: None if b"missed" in data else hear(name, data)
    await one.say("missed")
    async with redis_server.client() as redis:
        await redis.delete(f"test:{{{ROOM}}}:stream")
    await one.say("last")
    await until(lambda: client.refreshed)
    await until(lambda: client.joins[-1].position.seq == 2)
    assert client.of_type("gap")


async def test_an_epoch_that_begins_while_a_hole_is_being_filled_is_followed(
    start: Start, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = await start(), await start()
    client = await two.client("u")
    hear = two.mirror._hear
    two.mirror._hear = lambda name, data: None if b"missed" in data else hear(name, data)
    monkeypatch.setattr(redis_mirror, "HOLE_S", 0.2)
    await one.say("missed")
    await one.say("last")
    await until(lambda: two.mirror._lines[ROOM].mending is not None)
    async with redis_server.client() as redis:
        await redis.flushall()
    begun = await one.say("anew")
    await until(lambda: client.refreshed and client.joins[-1].position.epoch == begun.epoch)
    await one.say("after")
    await until(lambda: client.texts[-1:] == ["after"])


async def test_clause_26_a_subscription_that_goes_silent_is_found_and_rebuilt(
    start: Start, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_mirror, "BEAT_S", 0.05)
    monkeypatch.setattr(redis_mirror, "SILENT_S", 0.3)
    monkeypatch.setattr(redis_mirror, "RETRY_S", 0.02)
    one = await start()
    async with (
        Proxy(redis_server.port).running() as line,
        Instance(f"redis://127.0.0.1:{line.port}", PATIENT_S).running() as two,
    ):
        client = await two.client("u")
        line.mute(b"SUBSCRIBE")  # the socket stays open, every publish is taken, and nothing comes back
        await one.say("unheard")
        await until(lambda: not two.mirror.is_up)
        line.unmute()
        await all_up(two)
        await until(lambda: client.texts == ["unheard"])
        await one.say("heard")
        await until(lambda: client.said == [(1, "unheard"), (2, "heard")])
    assert client.refreshed == 0


async def test_an_instance_that_goes_without_a_word_is_noticed_and_one_that_stops_is_not(
    start: Start, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_mirror, "BEAT_S", 0.05)
    monkeypatch.setattr(redis_mirror, "GONE_S", 0.3)
    survivor = await start()
    async with Instance(redis_server.url, PATIENT_S).running() as stops:
        await until(lambda: stops.mirror.node in survivor.mirror._beats)
        await stops.mirror.say_goodbye()
        await until(lambda: stops.mirror.node not in survivor.mirror._beats)
    before = len(survivor.swept_since)
    async with Instance(redis_server.url, PATIENT_S).running() as killed:
        await until(lambda: killed.mirror.node in survivor.mirror._beats)
    await until(lambda: len(survivor.swept_since) == before + 1)


async def test_without_redis_at_the_start_the_room_is_alone_and_joins_the_others_later(
    start: Start, redis_server: RedisServer
) -> None:
    await redis_server.kill()
    one = await start()
    assert not one.mirror.is_up
    one.hub.degrade()
    client = await one.client("u")
    await one.say("alone")
    await redis_server.start()
    two = await start()
    await all_up(one, two)
    other = await two.client("v")
    await until(lambda: client.refreshed and client.joins[-1].position.epoch == other.joins[-1].position.epoch)
    await two.say("together")
    await until(lambda: client.texts == ["alone", "together"])
