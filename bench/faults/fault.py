"""A fault is one small thing, injected and taken back; the run is the same for all: two instances in full talk.

Clients talk over both instances, some lose their lines, the fault comes at a random moment. When all is acknowledged
the checker is the judge. Measured as well: the longest time in which a client heard nothing of what was said at its
own instance while comments were due every few milliseconds, and how long after the fault was taken back every client
heard everybody again, across instances.
"""

import asyncio
import itertools
import math
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import click

from bench.checking import Check
from bench.faults.beside import Beside
from bench.faults.deployment import Deployment, shared_deployment
from bench.faults.rounds import Bench, Outcome, Round
from bench.instances import Instance
from bench.room_client import RoomClient
from bench.verdict import Verdict

HEALED_WITHIN_S = 30.0  # or it is not waited for any longer
MOST_HEALING_S = 5.0  # of the issue
MOST_GAP_MS = 100.0  # of the issue, in local delivery when Redis dies; beyond what MongoDB or we ourselves stood still


@dataclass(frozen=True)
class Pace:
    """How many talk, how much, and how long around the fault; `cuts` clients lose their line once."""

    clients: int = 24
    talkers: int = 12
    per_second: float = 400.0
    cuts: int = 4
    before_s: tuple[float, float] = (1.0, 1.5)
    after_s: float = 0.5


Act = Callable[[Deployment], Awaitable[None]]


async def nothing(_deployment: Deployment) -> None:
    """A fault that needs no taking back."""


@dataclass(frozen=True)
class Fault:
    """`lasts_s` between `inject` and `restore`, `times` in one talk. `gap_is_bound`: one's own instance goes on."""

    name: str
    title: str
    inject: Act
    restore: Act = nothing
    lasts_s: float = 0.0
    times: int = 1
    gap_is_bound: bool = False

    def as_round(self) -> Round:
        """It, in full talk."""
        return Round(self.name, self.title, lambda bench: _run(bench, self))


class Hearing:
    """When clients heard what live; of those whose lines nobody cuts."""

    def __init__(self, check: Check, clients: Sequence[RoomClient]) -> None:
        (room,) = check.rooms
        self._said = check.said[room.episode_id]
        self._places = check.places
        self._heard: dict[RoomClient, list[tuple[float, str]]] = {client: [] for client in clients}
        self._newest = {(client, instance): 0.0 for client in clients for instance in check.instances}
        for client in clients:
            client.on_live = partial(self._take, client)

    def _take(self, client: RoomClient, text: str, at: float) -> None:
        self._heard[client].append((at, text))
        self._newest[client, self._places[text]] = self._said[text]

    def longest_gap_s(self, since: float, until: float) -> float:
        """The longest time of a span in which some client heard nothing said at its own instance."""
        longest = 0.0
        for client, heard in self._heard.items():
            own = [at for at, text in heard if since < at < until and self._places[text] == client.instance]
            longest = max([longest, *(b - a for a, b in itertools.pairwise([since, *own, until]))])
        return longest

    def is_whole_since(self, moment: float) -> bool:
        """Whether every client has heard something said after a moment at every instance."""
        return min(self._newest.values()) >= moment

    def whole_at(self, moment: float) -> float:
        """When that was so; inf when it is not."""
        return max(self._first(client, instance, moment) for client, instance in self._newest)

    def _first(self, client: RoomClient, instance: Instance, moment: float) -> float:
        said, places = self._said, self._places
        since = (at for at, text in self._heard[client] if said[text] >= moment and places[text] == instance)
        return next(since, math.inf)

    def deaf_since(self, moment: float) -> list[str]:
        """Who has heard nothing that was said after a moment, and at which instance."""
        return [
            f"{client.view.name} ({'in' if client.has_joined else 'not in'} the room) heard nothing of {instance.url}"
            for (client, instance), newest in self._newest.items()
            if newest < moment
        ]


@dataclass(frozen=True)
class Disturbed:
    """What became of a talk: verdicts by the URL of the instance, and what was measured, by column."""

    check: Check
    verdicts: Mapping[str, Verdict]
    measured: Mapping[str, float]

    @property
    def broken(self) -> list[str]:
        """Every broken word."""
        return [
            f"{url}, {kind}: {example}"
            for url, verdict in self.verdicts.items()
            for kind, found in vars(verdict).items()
            for example in found
        ]

    @property
    def figures(self) -> dict[str, object]:
        """A row of the table."""
        clients = self.check.clients
        return {
            "said": sum(c.sent for c in clients), "repeated": sum(c.retries for c in clients),
            "refused": sum(c.refusals for c in clients), "resumed": sum(c.recovered for c in clients),
            "fresh pages": sum(c.fresh_pages for c in clients),
            "told again": sum(c.view.told_again for c in clients),
            **{kind: sum(len(vars(verdict)[kind]) for verdict in self.verdicts.values()) for kind in vars(Verdict())},
            **self.measured,
        }  # fmt: skip


async def disturb(deployment: Deployment, fault: Fault, dice: random.Random, pace: Pace | None = None) -> Disturbed:
    """One talk with the fault in it."""
    pace = pace or Pace()
    check = Check(deployment.instances, [await deployment.a_room()], await deployment.tokens(), pace.clients)
    columns = ("gap before ms", "gap ms", "write then ms", "stall then ms", "gap at return ms", "healed s")
    measured = dict.fromkeys(columns, 0.0)
    async with check.running(), Beside().watching(deployment.mongod.url) as beside:
        loop = asyncio.get_running_loop()
        cut = dice.sample(check.clients, pace.cuts)
        hearing = Hearing(check, [client for client in check.clients if client not in cut])
        for client in cut:
            loop.call_later(dice.uniform(0.5, 2 * pace.before_s[1]), client.cut)
        talking = asyncio.create_task(check.talk(pace.per_second, math.inf, pace.talkers))
        try:
            began = time.perf_counter()
            await asyncio.sleep(dice.uniform(*pace.before_s))
            measured["gap before ms"] = 1e3 * hearing.longest_gap_s(began + pace.before_s[0] / 2, time.perf_counter())
            for _ in range(fault.times):
                for name, value in (await _inject(deployment, fault, hearing, beside, pace.after_s)).items():
                    measured[name] = max(measured[name], value)
        finally:
            talking.cancel()
            await asyncio.gather(talking, return_exceptions=True)
        return Disturbed(check, await check.settle(), measured)


async def _inject(
    deployment: Deployment, fault: Fault, hearing: Hearing, beside: Beside, after_s: float
) -> dict[str, float]:
    injected = time.perf_counter()
    await fault.inject(deployment)
    await asyncio.sleep(fault.lasts_s)
    restoring = time.perf_counter()
    await fault.restore(deployment)
    restored = time.perf_counter()
    while not hearing.is_whole_since(restored) and time.perf_counter() < restored + HEALED_WITHIN_S:
        await asyncio.sleep(0.01)
    for line in hearing.deaf_since(restored):
        click.echo(f"  {fault.name}: {line}")
    healed = hearing.whole_at(restored)
    await asyncio.sleep(after_s)
    return {
        "gap ms": 1e3 * hearing.longest_gap_s(injected, restoring),
        "write then ms": 1e3 * beside.longest_write_s(injected, restoring),
        "stall then ms": 1e3 * beside.longest_stall_s(injected, restoring),
        "gap at return ms": 1e3 * hearing.longest_gap_s(restoring, time.perf_counter()),
        "healed s": healed - restored,
    }


async def _run(bench: Bench, fault: Fault) -> Outcome:
    found = await disturb(await shared_deployment(bench), fault, bench.dice)
    violations = found.broken
    if (healed_s := found.measured["healed s"]) > MOST_HEALING_S:
        violations.append(f"healed after {healed_s:.1f} s, not within {MOST_HEALING_S:g} s")
    others_ms = max(found.measured["write then ms"], found.measured["stall then ms"])
    if fault.gap_is_bound and (gap_ms := found.measured["gap ms"]) > MOST_GAP_MS + others_ms:
        violations.append(f"nothing heard for {gap_ms:.0f} ms, not at most {MOST_GAP_MS:g} and {others_ms:.0f} ms")
    return Outcome(found.figures, violations)
