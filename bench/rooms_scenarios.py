"""What is asked of a server's rooms, and the floors that SMovie has to keep."""

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.contenders import Contender, Ours, our_place
from bench.faults.deployment import running_deployment
from bench.http_load import LoadFigures, drive, request
from bench.proc import cpus_for_bench, pin, rss_bytes
from bench.rooms_load import Crowd, Figures, Place
from bench.store import a_document
from bench.table import percentile
from smovie.ids import new_id
from smovie.store.indexes import create_indexes
from smovie.store.mongo import open_database

MOST_P99_MS = 250.0  # of what counts as sustained
_CLOSER_THAN = 1.12  # between the last rate that was sustained and the first that was not
_MOST_STEPS = 9
_SETTLE_S = 1.5
_WARM_SOCKETS = 50  # so that what a server loads on its first sockets is not billed to those that are weighed


@dataclass(frozen=True)
class Bench:
    """What every scenario needs."""

    folder: Path
    seconds: float
    deliveries: int  # that two instances are judged by


@dataclass(frozen=True)
class Scenario:
    """One question. `measure` starts the server itself, so that no memory of an earlier crowd is used again."""

    title: str
    columns: Sequence[str]
    measure: Callable[[Bench, Contender], Awaitable[Figures]]
    ours_alone: bool = False


_CPU = ("server CPU", "load CPU", "db CPU")
_INSERTS = ("insert_one p50 ms", "insert_one p99 ms")
_HEARD = ("p50 ms", "p95 ms", "p99 ms", "max ms", "deliveries/s", "lost", "doubled", *_CPU)


def _heard(got: Figures) -> Figures:
    """A run's figures under the names of the tables."""
    return {
        "p50 ms": got["p50_ms"], "p95 ms": got["p95_ms"], "p99 ms": got["p99_ms"], "max ms": got["max_ms"],
        "deliveries/s": got["deliveries_per_s"], "lost": max(got["lost"], got["skipped"], 0),
        "doubled": max(got["doubled"], -got["lost"], 0), "errors": got["errors"], "gaps": got["gaps"],
        "closed": got["closed_early"], "server CPU": got["server_cpu"], "load CPU": got["client_cpu"],
        "db CPU": got["db_cpu"],
    }  # fmt: skip


async def _small(bench: Bench, contender: Contender) -> Figures:
    """… and a bare insert at the same pace: what comes now and then finds every thread asleep, the database's too."""
    async with contender.running() as place, Crowd(place, bench.folder) as crowd:
        await crowd.join(100)
        await asyncio.sleep(_SETTLE_S)
        got = _heard(await crowd.talk(10, 20, bench.seconds))
        return {**got, **await _bare_inserts(contender, bench.seconds, per_second=20)}


async def _large(bench: Bench, contender: Contender) -> Figures:
    async with contender.running() as place, Crowd(place, bench.folder) as crowd:
        await crowd.join(1_000)
        await asyncio.sleep(_SETTLE_S)
        return _heard(await crowd.talk(20, 50, bench.seconds))


async def _most(bench: Bench, contender: Contender) -> Figures:
    """Doubles the rate until it is not sustained, then closes in. A server that failed is started anew."""
    rate, sustained, failed, best, peak = 40.0, 0.0, 0.0, {}, 0.0
    for _ in range(_MOST_STEPS):
        async with contender.running() as place, Crowd(place, bench.folder) as crowd:
            await crowd.join(1_000)
            await asyncio.sleep(_SETTLE_S)
            while True:
                got = _heard(await crowd.talk(20, rate, bench.seconds / 2))
                peak = max(peak, got["deliveries/s"])
                kept = not (got["lost"] or got["doubled"] or got["closed"] or got["gaps"])
                if not kept or not 0 <= got["p99 ms"] <= MOST_P99_MS:
                    break
                sustained, best = rate, got
                if failed and failed / sustained < _CLOSER_THAN:
                    break
                rate = (sustained * failed) ** 0.5 if failed else rate * 2
        if sustained != rate:
            failed = rate
        if not failed or (sustained and failed / sustained < _CLOSER_THAN):
            break
        rate = (sustained * failed) ** 0.5 if sustained else rate / 4
    return {**best, "sustained messages/s": sustained, "sustained deliveries/s": sustained * 1_000, "peak seen": peak}


async def _persist(bench: Bench, contender: Contender) -> Figures:
    async with contender.running() as place, Crowd(place, bench.folder) as crowd:
        await crowd.join(500, rooms=50)
        await asyncio.sleep(_SETTLE_S)
        got = await crowd.talk_in_turn(250, bench.seconds, warm_up=2.0)
        return {**_heard(got), "comments/s": got["own_per_s"]}


async def _lone(bench: Bench, contender: Contender) -> Figures:
    """One person in a room, the next comment when the last is back; and bare inserts, one after another."""
    async with contender.running() as place, Crowd(place, bench.folder) as crowd:
        await crowd.join(1)
        got = _heard(await crowd.talk_in_turn(1, bench.seconds / 2))
        return {**got, **await _bare_inserts(contender, bench.seconds / 2)}


async def _bare_inserts(contender: Contender, seconds: float, per_second: float = 0) -> Figures:
    """What SMovie's mongod takes for one comment, indexes and all, asked from the server's CPU as the server does;
    nothing of a peer's."""
    if not isinstance(contender, Ours):
        return {}
    took, (server_cpu, load_cpu) = [], cpus_for_bench()
    url = f"mongodb://127.0.0.1:{contender.server.mongod_port}/?replicaSet=smovie"
    pin(os.getpid(), server_cpu)
    async with open_database(url, "bench_inserts") as db:
        await create_indexes(db)
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            comment = a_document(new_id())
            began = time.perf_counter()
            await db.comments.insert_one(comment)
            took.append((time.perf_counter() - began) * 1e3)
            await asyncio.sleep(1 / per_second if per_second else 0)
    pin(os.getpid(), load_cpu)
    took.sort()
    return {"insert_one p50 ms": percentile(took, 0.5), "insert_one p99 ms": percentile(took, 0.99)}


async def _rest(bench: Bench, contender: Contender) -> Figures:
    """A page of the catalogue, asked by 8 clients without pause, while a room of 1,000 gets 50 comments/s."""
    answers: list[LoadFigures] = []
    async with contender.running() as place, Crowd(place, bench.folder) as crowd:

        async def ask() -> None:
            page = request("/api/v1/movies?page_size=20")
            answers.append(await drive(place.port, [page], connections=8, seconds=bench.seconds - 1))

        await crowd.join(1_000)
        await asyncio.sleep(_SETTLE_S)
        got = _heard(await crowd.talk(20, 50, bench.seconds, beside=ask))
    (asked,) = answers
    return {
        **got, "REST/s": asked.requests_per_s, "REST p50 ms": asked.p50_ms, "REST p99 ms": asked.p99_ms,
        "REST errors": asked.errors,
    }  # fmt: skip


async def _idle(bench: Bench, contender: Contender) -> Figures:
    return await _weigh(bench, contender, 5_000)


async def _idle_10k(bench: Bench, contender: Contender) -> Figures:
    return await _weigh(bench, contender, 10_000)


async def _weigh(bench: Bench, contender: Contender, sockets: int) -> Figures:
    """What so many sockets in 50 rooms weigh, how fast they came, and that all of them are served."""
    async with contender.running() as place:
        async with Crowd(place, bench.folder) as first:
            await first.join(_WARM_SOCKETS, rooms=50)
        await asyncio.sleep(_SETTLE_S)
        before = rss_bytes(place.processes["server"])
        async with Crowd(place, bench.folder) as crowd:
            came = await crowd.join(sockets, rooms=50)
            await asyncio.sleep(_SETTLE_S)
            grown = rss_bytes(place.processes["server"]) - before
            got = await crowd.talk(50, 20, 3.0)
    return {
        "sockets": came["opened"], "failed": came["failed"], "joins/s": came["opened"] / came["connect_s"],
        "MB grown": grown / 1e6, "KB/socket": grown / came["opened"] / 1e3, "lost": max(got["lost"], got["skipped"]),
        "closed": got["closed_early"], "server CPU": came["server_cpu"], "load CPU": came["client_cpu"],
        "db CPU": came["db_cpu"],
    }  # fmt: skip


async def _two(bench: Bench, _contender: Contender) -> Figures:
    """A room on two instances, people talk on both; for as long as it takes to deliver `bench.deliveries`."""
    sockets, per_second = 1_000, 50
    async with _on_two_instances(bench) as place, Crowd(place, bench.folder) as crowd:
        await crowd.join(sockets)
        await asyncio.sleep(_SETTLE_S)
        got = await crowd.talk(20, per_second, bench.deliveries / (sockets * per_second), drain=15.0)
    return _heard_across(got)


async def _pair(bench: Bench, _contender: Contender) -> Figures:
    """Two people, one on each instance, who talk in turn; each hears the other's comments by Redis."""
    async with _on_two_instances(bench) as place, Crowd(place, bench.folder) as crowd:
        await crowd.join(2)
        await asyncio.sleep(_SETTLE_S)
        return _heard_across(await crowd.talk(2, 20, bench.seconds))


@asynccontextmanager
async def _on_two_instances(bench: Bench) -> AsyncIterator[Place]:
    folder = Path(tempfile.mkdtemp(prefix="two-", dir=bench.folder))
    async with running_deployment(folder, by_lines=False) as both:
        first_cpu, second_cpu = cpus_for_bench()
        processes = {"server": both.one.pid, "second": both.two.pid, "db": both.mongod.pid, "redis": both.redis.pid}
        for name, pid in processes.items():
            pin(pid, first_cpu if name == "server" else second_cpu)
        room, tokens = await both.a_room(), await both.tokens()
        yield our_place([both.one.port, both.two.port], [room.episode_id], tokens, processes)


def _heard_across(got: Figures) -> Figures:
    return {
        **_heard(got), "across p50 ms": got["across_p50_ms"], "across p99 ms": got["across_p99_ms"],
        "judged": got["received"], "other order": got["other"],
        "wrong": sum((abs(got["lost"]), got["skipped"], got["doubled"], got["other"], got["errors"])),
        "second CPU": got["second_cpu"], "redis CPU": got["redis_cpu"],
    }  # fmt: skip


_MAX_COLUMNS = ("sustained messages/s", "sustained deliveries/s", "peak seen", "p50 ms", "p99 ms", *_CPU)
_IDLE_COLUMNS = ("sockets", "failed", "joins/s", "MB grown", "KB/socket", "lost", "closed", *_CPU)
_TWO = (
    "p50 ms", "p99 ms", "across p50 ms", "across p99 ms", "max ms", "deliveries/s", "judged", "lost", "doubled",
    "other order", *_CPU, "second CPU", "redis CPU",
)  # fmt: skip
SCENARIOS: Mapping[str, Scenario] = {
    "small": Scenario("100 sockets in a room, 20 comments/s", (*_HEARD, *_INSERTS), _small),
    "large": Scenario("1,000 sockets in a room, 50 comments/s", _HEARD, _large),
    "max": Scenario(f"1,000 sockets in a room, the most at p99 ≤ {MOST_P99_MS:g} ms, none lost", _MAX_COLUMNS, _most),
    "persist": Scenario("50 rooms of 10, 250 people talk in turn", ("comments/s", *_HEARD), _persist),
    "lone": Scenario(
        "one socket talks to itself", (*_HEARD, *_INSERTS), _lone, ours_alone=True
    ),
    "rest": Scenario(
        "REST list beside 1,000 sockets with 50 comments/s",
        ("REST/s", "REST p50 ms", "REST p99 ms", "REST errors", *_HEARD), _rest, ours_alone=True,
    ),
    "two": Scenario(
        "1,000 sockets in a room on two instances, one on each CPU; 50 comments/s by people on both", _TWO, _two,
        ours_alone=True,
    ),
    "pair": Scenario(
        "two sockets in a room, one on each instance; 20 comments/s", _TWO, _pair, ours_alone=True
    ),
    "idle": Scenario("5,000 sockets in 50 rooms", _IDLE_COLUMNS, _idle),
    "idle10k": Scenario("10,000 sockets in 50 rooms", _IDLE_COLUMNS, _idle_10k),
}  # fmt: skip


@dataclass(frozen=True)
class Floor:
    """A bound on one figure of a scenario."""

    name: str
    scenario: str
    column: str
    bound: float
    at_least: bool = False
    times: str = ""  # of this peer's figure in the same run

    def value(self, figures: Mapping[str, Mapping[str, Figures]]) -> Any:
        """What was measured; None where it was not."""
        rows = figures.get(self.scenario, {})
        ours = rows.get(Ours.name, {}).get(self.column)
        if not self.times or ours is None:
            return ours
        theirs = rows.get(self.times, {}).get(self.column)
        return ours / theirs if theirs else None


FLOORS = (
    Floor("p50 at 2,000 deliveries/s, ms", "small", "p50 ms", 2.0),
    Floor("p99 at 50,000 deliveries/s, ms", "large", "p99 ms", 13.0),
    Floor("server CPU at 50,000 deliveries/s", "large", "server CPU", 0.45),
    Floor("sustained deliveries/s", "max", "sustained deliveries/s", 600_000, at_least=True),
    Floor("comments/s stored and delivered", "persist", "comments/s", 10_000, at_least=True),
    Floor("REST list p99 beside 50,000 deliveries/s, ms", "rest", "REST p99 ms", 50.0),
    Floor("p99 across two instances at 50,000 deliveries/s, ms", "two", "across p99 ms", 30.0),
    Floor("of that run's deliveries lost, doubled or in another order", "two", "wrong", 0),
    Floor("median of a comment across two instances, ms", "pair", "across p50 ms", 10.0),
    Floor("5,000 idle sockets, MB", "idle", "MB grown", 50.0),
    Floor("10,000 sockets connected", "idle10k", "sockets", 10_000, at_least=True),
    Floor("… of which lost a comment", "idle10k", "lost", 0),
    Floor("joins/s, times FastAPI's", "idle", "joins/s", 2.0, at_least=True, times="FastAPI"),
)
