"""Kills the server, or kills or stalls its MongoDB, in full talk, and checks that the room kept its word.

    python -m bench.faults [--rounds 10] [--what server|mongod|stall] [--seed N]

Each round is a room of its own: clients talk, lines are cut at random, the kill comes at a random moment. Clients come
back with their position and repeat what was not acknowledged. Afterwards every acknowledgement, every client's view
and REST have to agree. Ends with 1 on any violation.
"""

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import uvloop

from bench.checker import Verdict, judge, read_room
from bench.front_door import Account, episode_ids, register_users, sign_in
from bench.proc import allow_many_files, say_machine
from bench.processes import UNBOUNDED, ServerProcess, running_server
from bench.room_client import RoomClient, crowd, joined
from bench.table import show_table
from tests.support.api import Api

USERS = 8
CLIENTS = 24
TALKERS = 12
PER_SECOND = 200
TALK_S = 4.0
KILL_BETWEEN_S = (1.0, 3.0)
STALL_S = 3.0  # longer than the server waits for MongoDB's answer
CUTS = 6  # clients that lose their line once, at a random moment
ACKNOWLEDGED_WITHIN_S = 60.0
SEEN_WITHIN_S = 6.0  # ROOMS.md 27 gives a comment 5 s to reach the room after a crash
TITLES = {
    "server": "kill -9 of the server",
    "mongod": "kill -9 of mongod",
    "stall": f"mongod stopped for {STALL_S:g} s",
}
_SHOWN = 5  # examples of each kind of violation
_COLUMNS = (
    "round", "killed at s", "away s", "sent", "acked", "stored", "refused", "retried", "recovered", "fresh pages",
    "acked, lost", "doubled", "holes", "seen, not stored", "out of order", "",
)  # fmt: skip


@dataclass(frozen=True)
class Round:
    """What a round gave."""

    killed_at_s: float
    away_s: float
    stored: int
    clients: list[RoomClient]
    verdict: Verdict

    def row(self, number: int) -> list[object]:
        clients, verdict = self.clients, self.verdict
        return [
            number, self.killed_at_s, self.away_s, sum(c.sent for c in clients),
            _count_acknowledged(clients), self.stored, sum(c.refusals for c in clients),
            sum(c.retries for c in clients), sum(c.recovered for c in clients), sum(c.fresh_pages for c in clients),
            len(verdict.lost), len(verdict.doubled), len(verdict.holes), len(verdict.unstored),
            len(verdict.out_of_order), "ok" if verdict.is_clean else "VIOLATED",
        ]  # fmt: skip


@click.command()
@click.option("--rounds", default=10, help="How often to kill.")
@click.option("--what", type=click.Choice(list(TITLES)), default="server", help="Kill which, or stall mongod.")
@click.option("--seed", default=1, help="Of the moments at which things happen.")
def main(rounds: int, what: str, seed: int) -> None:
    """Kill in full talk, and check."""
    allow_many_files()
    say_machine()
    with tempfile.TemporaryDirectory(prefix="smovie-bench-") as folder:
        clean = uvloop.run(_run_rounds(Path(folder), rounds, what, random.Random(seed)))
    sys.exit(0 if clean else 1)


async def _run_rounds(folder: Path, rounds: int, what: str, dice: random.Random) -> bool:
    server = ServerProcess(folder / "data", UNBOUNDED)
    done: list[Round] = []
    async with running_server(server):
        api = Api(server.port)
        accounts = await register_users(server, api, USERS)
        for room in await episode_ids(api, rounds):
            accounts = [await sign_in(api, account) for account in accounts]
            done.append(await _run_round(server, api, room, accounts, what, dice))
            click.echo(f"round {len(done)} of {rounds}: {'ok' if done[-1].verdict.is_clean else 'VIOLATED'}")
        api.close()
    show_table(
        f"{TITLES[what]} at {PER_SECOND} comments/s from {TALKERS} of {CLIENTS} sockets",
        _COLUMNS,
        [each.row(number) for number, each in enumerate(done, 1)],
    )
    for number, each in enumerate(done, 1):
        _show_violations(number, each.verdict)
    return all(each.verdict.is_clean for each in done)


async def _run_round(
    server: ServerProcess, api: Api, room: str, accounts: Sequence[Account], what: str, dice: random.Random
) -> Round:
    clients = crowd(server.port, room, [account.access for account in accounts], CLIENTS)
    lives = [asyncio.create_task(client.live()) for client in clients]
    await joined(clients)
    killed_at_s = dice.uniform(*KILL_BETWEEN_S)
    loop = asyncio.get_running_loop()
    for client in dice.sample(clients, CUTS):
        loop.call_later(dice.uniform(0.2, TALK_S), client.cut)
    killing = asyncio.create_task(_kill(server, what, killed_at_s, clients))
    await _talk(clients[:TALKERS], room)
    away_s = await killing
    await _until(lambda: not any(client.pending for client in clients), ACKNOWLEDGED_WITHIN_S)
    stored = await _wait_seen(api, room, clients)
    for client in clients:
        client.leave()
    await asyncio.gather(*lives)
    verdict = _judge(clients, stored)
    return Round(killed_at_s, away_s, len(stored), clients, verdict)


async def _kill(server: ServerProcess, what: str, after_s: float, clients: Sequence[RoomClient]) -> float:
    """Kill, and bring back what does not come back by itself; seconds until a comment was acknowledged again."""
    await asyncio.sleep(after_s)
    killed = time.monotonic()
    if what == "server":
        server.kill()
    elif what == "mongod":
        server.kill_mongod()
    else:
        await server.stall_mongod(STALL_S)
    await asyncio.sleep(0.05)  # what the dead had sent before is still heard
    before = _count_acknowledged(clients)
    if what == "server":
        await server.start()
    await _until(lambda: _count_acknowledged(clients) > before, ACKNOWLEDGED_WITHIN_S)
    return time.monotonic() - killed


def _count_acknowledged(clients: Sequence[RoomClient]) -> int:
    return sum(len(client.acknowledged) for client in clients)


async def _talk(talkers: Sequence[RoomClient], room: str) -> None:
    """Comments at fixed times, whether anybody listens or not."""
    begun = time.perf_counter()
    for number in range(round(PER_SECOND * TALK_S)):
        if (wait_s := begun + number / PER_SECOND - time.perf_counter()) > 0:
            await asyncio.sleep(wait_s)
        talkers[number % len(talkers)].say(f"Câu số {number} ở {room}")  # a cmid is its author's in every room


async def _wait_seen(api: Api, room: str, clients: Sequence[RoomClient]) -> dict[str, str]:
    """REST's comments, once everybody has seen them, or could have."""
    deadline = time.monotonic() + SEEN_WITHIN_S
    while True:
        stored = await read_room(api, room)
        if all(client.view.comments.keys() == stored.keys() for client in clients) or time.monotonic() > deadline:
            return stored
        await asyncio.sleep(0.25)


def _judge(clients: Sequence[RoomClient], stored: dict[str, str]) -> Verdict:
    acknowledged = {text: comment_id for client in clients for text, comment_id in client.acknowledged.items()}
    verdict = judge(acknowledged, stored, [client.view for client in clients])
    verdict.doubled.extend(twice for client in clients for twice in client.contradictions)
    verdict.lost.extend(f"refused: {refusal}" for client in clients for refusal in client.refused_for_good)
    verdict.lost.extend(f"never acknowledged: {text}" for client in clients for text in client.pending)
    return verdict


def _show_violations(number: int, verdict: Verdict) -> None:
    for kind, found in vars(verdict).items():
        for example in found[:_SHOWN]:
            click.echo(f"  round {number}, {kind}: {example}")


async def _until(condition: Callable[[], bool], within_s: float) -> None:
    """Wait for a condition; what is still missing then is the checker's to tell."""
    deadline = time.monotonic() + within_s
    while not condition() and time.monotonic() < deadline:
        await asyncio.sleep(0.02)


if __name__ == "__main__":
    main()
