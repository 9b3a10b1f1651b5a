"""Bad clients of every kind at a real server: frames that break RFC 6455, JSON that is wrong in every member or none at
all, forged tokens, nonsense positions; and somebody in the same room who must notice nothing of it.

    python -m bench.fuzz [--frames 1000000] [--seed 1]
    SMOVIE_ROOMS_USERS='an@example.com:password …' python -m bench.fuzz --url http://127.0.0.1:8888

Nine tenths are sent to a server without limits, so that these do not hide what lies behind them; the rest to one with
the limits as delivered. Ends with 1 when an answer is not one that ROOMS.md allows, a message has none, a log holds an
error, or memory has grown. A server that is somewhere else keeps its log and its memory to itself, and its limits are
taken to be as delivered. A run has to end within the 15 minutes that its tokens live.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import orjson
import uvloop

from bench.front_door import episode_ids, register_users
from bench.fuzz.bystander import Bystander
from bench.fuzz.fuzzer import Plan, fuzz
from bench.fuzz.stage import Person, Stage
from bench.proc import allow_many_files, cpus_for_bench, pin, rss_bytes, say_machine
from bench.processes import UNBOUNDED, ServerProcess, running_server
from bench.table import percentile, show_table
from smovie.throttles import Throttle
from tests.support.api import Api

PEOPLE = 5  # the last of them is the bystander
LIMITED_SHARE = 0.1
GROWS_BY_MOST_MB = 20.0
LOOKED_AT = (0.1, 0.5, 1.0)  # shares of the frames
# Of the limits of rooms none is lifted; those of signing in are no part of this.
AS_DELIVERED = {**{f"SMOVIE_LIMIT_{throttle.upper()}": "0" for throttle in Throttle}, "SMOVIE_BCRYPT_COST": "4"}
_PAUSES_S = {False: 0.1, True: 2.5}  # of the bystander; with limits five comments in 10 s are allowed
_ADMIN = "admin@smovie.example"


@dataclass
class Part:
    """A part of a run, and what came of it."""

    name: str
    stage: Stage
    seat: Bystander
    took_s: float
    memory_mb: list[float]
    complaints: list[str] = field(default_factory=list)  # of the server's log

    @property
    def has_grown(self) -> bool:
        return bool(self.memory_mb) and self.memory_mb[-1] - self.memory_mb[0] > GROWS_BY_MOST_MB

    @property
    def is_clean(self) -> bool:
        return not (self.stage.findings.violated or self.complaints or self.has_grown)


@click.command()
@click.option("--frames", default=1_000_000, help="How many, all in all.")
@click.option("--seed", default="1", help="Of everything that is sent.")
@click.option("--url", help="A server that runs already, else one is started.")
@click.option("--only", type=int, help="Live this one life, to look at it again.")
def main(frames: int, seed: str, url: str | None, only: int | None) -> None:
    """Send what should not be sent."""
    allow_many_files()
    say_machine()
    click.echo(f"seed {seed}, {frames:,} frames")
    plan = Plan(seed, frames, only=only)
    parts = uvloop.run(_there(url, plan) if url else _here(plan))
    for part in parts:
        _show(part)
    sys.exit(0 if all(part.is_clean for part in parts) else 1)


async def _here(plan: Plan) -> list[Part]:
    """Both parts, each on a new server with a database of its own."""
    limited = round(plan.frames * LIMITED_SHARE)
    parts = []
    with tempfile.TemporaryDirectory(prefix="smovie-fuzz-") as folder:
        for name, settings, frames in (
            ("without limits", UNBOUNDED, plan.frames - limited), ("limits as delivered", AS_DELIVERED, limited)
        ):  # fmt: skip
            server = ServerProcess(Path(folder) / name.replace(" ", "_"), settings)
            async with running_server(server):
                server.pin_apart()
                pin(os.getpid(), cpus_for_bench()[1])
                stage = await _set_stage(server, is_limited=settings is AS_DELIVERED)
                people = [*stage.people, *([stage.moderator] if stage.moderator else [])]
                part = await _run(name, stage, Plan(plan.seed, frames, only=plan.only), server)
            part.complaints = _complaints(server.log_lines(), [person.access for person in people])
            parts.append(part)
    return parts


async def _there(url: str, plan: Plan) -> list[Part]:
    """One part, on a server that runs already."""
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise click.UsageError("--url takes http://host:port")
    api = Api(url.rstrip("/"))
    credentials = [word.split(":", 1) for word in os.environ.get("SMOVIE_ROOMS_USERS", "").split()]
    if len(credentials) < 3:
        raise click.UsageError("SMOVIE_ROOMS_USERS has to name three verified users, as email:password")
    people = [await _sign_in(api, email, password) for email, password in credentials[:PEOPLE]]
    room, ruled_room = await episode_ids(api, 2)
    api.close()
    stage = Stage(parts.port or 80, room, ruled_room, people, moderator=None, host=parts.hostname, is_limited=True)
    return [await _run("over there", stage, plan)]


async def _set_stage(server: ServerProcess, *, is_limited: bool) -> Stage:
    """People, the demo's admin as the moderator, and two rooms."""
    api = Api(server.port)
    accounts = await register_users(server, api, PEOPLE)
    people = [Person(await _id_of(api, account.access), account.access) for account in accounts]
    admin = await _sign_in(api, _ADMIN, (server.data_dir / "demo_admin_password").read_text().strip())
    room, ruled_room = await episode_ids(api, 2)
    api.close()
    return Stage(server.port, room, ruled_room, people, admin, is_limited=is_limited)


async def _sign_in(api: Api, email: str, password: str) -> Person:
    answer = await api.post("/auth/login", {"email": email, "password": password})
    if answer.status != 200:
        raise click.ClickException(f"{email} cannot sign in: {answer.body.decode()}")
    return Person(answer.json["user"]["id"], answer.json["access"])


async def _id_of(api: Api, access: str) -> str:
    return str((await api.get("/me", access=access)).json["id"])


async def _run(name: str, stage: Stage, plan: Plan, server: ServerProcess | None = None) -> Part:
    """One part; a server of our own is weighed on the way."""
    bystander, stage.people = stage.people[-1], stage.people[:-1]
    memory_mb: list[float] = []

    def look() -> None:
        while server and len(memory_mb) < len(LOOKED_AT):
            share, sent = LOOKED_AT[len(memory_mb)], stage.findings.sent
            if sent < share * plan.frames:
                return
            memory_mb.append(rss_bytes(server.pid) / 1e6)
            click.echo(f"{name}, {share:.0%}: {sent:,} frames, server's memory {memory_mb[-1]:.1f} MB")

    begun = time.perf_counter()
    seat = await fuzz(stage, bystander, Plan(plan.seed, plan.frames, _PAUSES_S[stage.is_limited], plan.only), look)
    return Part(name, stage, seat, time.perf_counter() - begun, memory_mb)


def _complaints(lines: Iterable[str], secrets: Iterable[str]) -> list[str]:
    """What a log should not hold: errors, tracebacks, answers of 500 and more, tokens."""
    found = []
    for line in lines:
        facts = orjson.loads(line) if line[:1] == "{" and line[-1:] == "}" else {}
        is_bad = facts.get("level") not in ("debug", "info", "warning") or "exception" in facts
        if is_bad or facts.get("status", 0) >= 500 or any(secret in line for secret in secrets):
            found.append(line)
    return found


def _show(part: Part) -> None:
    findings, seat = part.stage.findings, part.seat
    took_ms = [1e3 * each for each in sorted(seat.took_s)]
    show_table(
        part.name, ("frames", "s", "frames/s", "lives", "violations", "log", "memory MB at 10, 50, 100 %"),
        [[findings.sent, part.took_s, findings.sent / part.took_s, findings.lives.total(), findings.violated,
          len(part.complaints), " ".join(f"{each:.1f}" for each in part.memory_mb)]],
    )  # fmt: skip
    show_table(
        "bystander", ("said", "acked", "events of others seen", "p50 ms", "p99 ms", "max ms"),
        [[seat.sent, len(seat.took_s), len(seat.comments) - len(seat.took_s),
          *(percentile(took_ms, share) for share in (0.5, 0.99, 1.0))]],
    )  # fmt: skip
    for name, counted in (
        ("frames", findings.frames), ("lives", findings.lives), ("answers", findings.answers),
        ("refusals", findings.refusals), ("closed with", findings.closes), ("HTTP", findings.statuses),
    ):  # fmt: skip
        click.echo(f"  {name}: {_listed(counted)}")
    for words in (*findings.violations, *part.complaints[:20]):
        click.echo(f"  ! {words[:600]}")
    if part.has_grown:
        click.echo(f"  ! memory grew by more than {GROWS_BY_MOST_MB:g} MB")


def _listed(counted: Mapping[Any, int]) -> str:
    return ", ".join(f"{key} {count:,}" for key, count in sorted(counted.items(), key=lambda pair: -pair[1]))


if __name__ == "__main__":
    main()
