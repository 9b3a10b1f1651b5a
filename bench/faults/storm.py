"""Everybody loses the line at once, and comes back with the position at once, as after a break of the network."""

import asyncio
import tempfile
import time
from pathlib import Path

from bench.checking import Check, open_room
from bench.faults.rounds import Bench, Outcome, Round
from bench.front_door import episode_ids, register_users
from bench.instances import Instance
from bench.proc import cpus_for_bench, pin
from bench.processes import UNBOUNDED, ServerProcess, running_server
from bench.rest_probe import probe
from tests.support.api import Api

CLIENTS = 5_000
PER_SECOND = 5.0  # comments, each to all
MOST_AWAY_S = 30.0
_TALKERS = 10
_PAGE = "/api/v1/movies?page_size=20"
_ASKED_PER_S = 50.0
_ASKED_S = 8.0


async def run_storm(
    folder: Path, clients: int, *, users: int = 8, asked_s: float = _ASKED_S, per_second: float = PER_SECOND
) -> Outcome:
    """Talk, drop every line at once, and judge what everybody has seen. REST is asked for `asked_s` meanwhile."""
    server = ServerProcess(folder / "data", UNBOUNDED)
    async with running_server(server):
        server.pin_apart()
        pin(server.mongod_pid, cpus_for_bench()[1])
        api = Api(server.port)
        tokens = [account.access for account in await register_users(server, api, users)]
        (episode,) = await episode_ids(api, 1)
        api.close()
        at = Instance(f"http://127.0.0.1:{server.port}")
        check = Check([at], [await open_room(at, episode)], tokens, clients)
        async with check.running():
            pages = sum(client.fresh_pages for client in check.clients)
            talking = asyncio.create_task(check.talk(per_second, asked_s * 1.25, _TALKERS))
            await asyncio.sleep(asked_s / 8)
            asking = asyncio.gather(
                *(probe(server.port, _PAGE, _ASKED_PER_S, asked_s, fresh=fresh) for fresh in (False, True))
            )
            await asyncio.sleep(asked_s / 8)
            half_s, last_s = await _storm(check)
            asked, newcomers = await asking
            await talking
            verdict = (await check.settle())[at.url]
            fresh = sum(client.fresh_pages for client in check.clients) - pages
            resumed = sum(client.recovered for client in check.clients)
    violations = [f"{kind}: {example}" for kind, found in vars(verdict).items() for example in found]
    if last_s > MOST_AWAY_S:
        violations.append(f"not all were back within {MOST_AWAY_S:g} s")
    if fresh or resumed < clients:
        violations.append(f"{resumed} of {clients} were brought up to date by a resume, {fresh} by a fresh page")
    if failed := asked.errors + newcomers.errors:
        violations.append(f"{failed} of {asked.asked + newcomers.asked} REST requests failed")
    figures = {
        "clients": clients, "resumed": resumed, "half back s": half_s, "last back s": last_s,
        "joins/s": clients / last_s,
        **{kind: len(found) for kind, found in vars(verdict).items()}, "REST asked": asked.asked,
        "REST p50 ms": asked.p50_ms, "REST p99 ms": asked.p99_ms, "REST max ms": asked.max_ms,
        "on a fresh line p50 ms": newcomers.p50_ms, "… p99 ms": newcomers.p99_ms,
    }  # fmt: skip
    return Outcome(figures, violations)


async def _storm(check: Check) -> tuple[float, float]:
    """Cut every line; seconds until half of the clients, and until all of them, are back."""
    comings = {client: client.recovered + client.fresh_pages for client in check.clients}
    began = time.perf_counter()
    for client in check.clients:
        client.cut()
    half_s, away = 0.0, list(check.clients)
    while away and time.perf_counter() < began + MOST_AWAY_S:
        await asyncio.sleep(0.02)
        away = [client for client in away if client.recovered + client.fresh_pages == comings[client]]
        if not half_s and len(away) <= len(check.clients) / 2:
            half_s = time.perf_counter() - began
    return half_s, time.perf_counter() - began if not away else float("inf")


async def _run(bench: Bench) -> Outcome:
    return await run_storm(Path(tempfile.mkdtemp(prefix="storm-", dir=bench.folder)), CLIENTS)


ROUNDS = (Round("reconnect-storm", "5,000 lose their lines at once and come back at once", _run),)
