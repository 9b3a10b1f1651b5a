"""Proves a deployment: many clients talk in rooms of one or several instances, and everything said is accounted for.

    export SMOVIE_ROOMS_USERS='an@example.com:password binh@example.com:password …'
    python -m bench.checker --url https://one.example --url https://two.example [--episode ID] [--seconds 30]

Kill, stop and cut what you like while it talks: its clients come back with their position and repeat, with the same
cmid, what was not acknowledged. Comments stay in the room. Ends with 1 when a room broke its word, with 2 when the
check cannot be run.
"""

import asyncio
import os
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import uvloop

from bench.checking import Check, open_room
from bench.instances import Instance, NoAnswer, ask
from bench.proc import allow_many_files
from bench.room_client import Room
from bench.table import show_table
from bench.verdict import Verdict
from tests.support.api import Api

MOST_SECONDS = 600  # a token holds 900
_SAY_EVERY_S = 5.0
_SHARE_OF_LIMIT = 0.8  # of what a user may say, so that a retry now and then is within it too
_SHOWN = 10  # violations of each instance
_COLUMNS = (
    "instance", "clients", "said", "acknowledged", "heard", "repeated", "resumed", "fresh pages", "told again", "lost",
    "doubled", "reordered", "phantom",
)  # fmt: skip


class CannotCheck(click.ClickException):
    """What was given, or what answers there, does not do; the text says why."""

    exit_code = 2


def _to_instances(_context: click.Context, _option: click.Parameter, urls: Sequence[str]) -> list[Instance]:
    try:
        return [Instance.at(url) for url in urls]
    except ValueError as exc:
        raise click.BadParameter(f"{exc}: {' '.join(urls)}") from None


@click.command()
@click.option(
    "--url",
    "instances",
    multiple=True,
    required=True,
    envvar="SMOVIE_ROOMS_URL",
    callback=_to_instances,
    help="Of an instance; give it again for the next one. Else SMOVIE_ROOMS_URL.",
)
@click.option(
    "--users",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with email:password on each line, of verified users. Else SMOVIE_ROOMS_USERS.",
)
@click.option("--episode", "episodes", multiple=True, help="Whose room is used; may be given again. Else any.")
@click.option("--rooms", default=1, type=click.IntRange(1, 100), help="How many rooms, where no --episode is given.")
@click.option("--clients", default=50, type=click.IntRange(1, 5_000), help="Over all rooms and instances in turn.")
@click.option(
    "--per-second",
    default=200.0,
    type=click.FloatRange(0, 10_000, min_open=True),
    help="Comments of all; fewer where the server's limits allow its users fewer.",
)
@click.option("--seconds", default=30.0, type=click.FloatRange(0, MOST_SECONDS, min_open=True), help="Of talk.")
@click.option("--cuts", default=10, type=click.IntRange(0), help="Lines that are cut meanwhile, at random moments.")
@click.option("--during", help="A command that is run after a third of the time: kill something, stop something.")
def main(
    instances: list[Instance], users: Path | None, episodes: tuple[str, ...], rooms: int, clients: int,
    per_second: float, seconds: float, cuts: int, during: str | None,
) -> None:  # fmt: skip
    """Talk in the rooms of running instances, and account for everything that was said."""
    allow_many_files()
    given = users.read_text().splitlines() if users else os.environ.get("SMOVIE_ROOMS_USERS", "").split()
    accounts = _accounts([line for line in given if line.strip()])
    try:
        verdicts = uvloop.run(_check(instances, accounts, episodes, rooms, clients, per_second, seconds, cuts, during))
    except NoAnswer as exc:
        raise CannotCheck(str(exc)) from None
    for url, verdict in verdicts.items():
        for kind, found in vars(verdict).items():
            for example in found[:_SHOWN]:
                click.echo(f"  {url}, {kind}: {example}")
    clean = all(verdict.is_clean for verdict in verdicts.values())
    click.echo(f"\n{'Nothing was lost, doubled, reordered or made up.' if clean else 'The rooms broke their word.'}")
    sys.exit(0 if clean else 1)


def _accounts(words: Sequence[str]) -> list[tuple[str, str]]:
    pairs = [word.partition(":") for word in words]
    accounts = [(email, password) for email, _, password in pairs if password]
    if not accounts or len(accounts) < len(pairs):
        raise CannotCheck('no users: give --users FILE or SMOVIE_ROOMS_USERS="email:password email:password …"')
    return accounts


async def _check(
    instances: list[Instance], accounts: list[tuple[str, str]], episodes: Sequence[str], count: int, clients: int,
    per_second: float, seconds: float, cuts: int, during: str | None,
) -> dict[str, Verdict]:  # fmt: skip
    rooms = [await open_room(instances[0], episode) for episode in episodes or await _any_episodes(instances[0], count)]
    for other in instances[1:]:
        await open_room(other, rooms[0].episode_id)
    tokens = await _sign_in(instances[0], accounts)
    needed = clients + 2 * len(rooms) * len(instances)  # and those that ask for replays
    per_second = await _allowed(instances, rooms[0], tokens, needed, per_second)
    check = Check(instances, rooms, tokens, clients)
    try:
        async with check.running():
            place = f"{_count(len(rooms), 'room')} of {_count(len(instances), 'instance')}"
            click.echo(f"{_count(clients, 'client')} of {_count(len(tokens), 'user')} in {place}")
            loop = asyncio.get_running_loop()
            for client in random.choices(check.clients, k=cuts):
                loop.call_later(random.uniform(0.1, 0.9) * seconds, client.cut)
            beside = [asyncio.create_task(_say_progress(check))]
            if during:
                beside.append(asyncio.create_task(_run_command(during, seconds / 3)))
            await check.talk(per_second, seconds)
            verdicts = await check.settle()
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
    except PermissionError as exc:
        raise NoAnswer(f"a client cannot be in its room: {exc}") from None
    except TimeoutError:
        raise NoAnswer("not all clients could join within 30 s") from None
    show_table("Said and heard", _COLUMNS, [_row(check, at, verdicts[at.url]) for at in instances])
    return verdicts


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' if number != 1 else ''}"


async def _any_episodes(instance: Instance, count: int) -> list[str]:
    api = Api(instance.url)
    try:
        found: list[str] = []
        listed = await ask(api, instance.url, "/movies?kind=series&page_size=50")
        if listed.status != 200:
            raise NoAnswer(f"{instance.url} answers {listed.status} when it is asked for series: is it SMovie?")
        for slug in (card["slug"] for card in listed.json["results"]):
            detail = (await ask(api, instance.url, f"/movies/{slug}")).json
            found += [episode["id"] for season in detail["seasons"] for episode in season["episodes"]]
            if len(found) >= count:
                return found[:count]
    except (ValueError, KeyError):
        raise NoAnswer(f"{instance.url} does not answer as SMovie does") from None
    finally:
        api.close()
    raise NoAnswer(f"{instance.url} has only {len(found)} episodes of series: {count} rooms are wanted")


async def _sign_in(instance: Instance, accounts: list[tuple[str, str]]) -> list[str]:
    """Access tokens; a server that limits sign-ins is waited for."""
    api, tokens = Api(instance.url), []
    try:
        for email, password in accounts:
            credentials = {"email": email, "password": password}
            while (answer := await ask(api, instance.url, "/auth/login", credentials)).status in (429, 503):
                wait_s = int(answer.headers.get("retry-after", "1"))
                click.echo(f"sign-ins are limited: waiting {wait_s} s")
                await asyncio.sleep(wait_s)
            if answer.status != 200:
                raise NoAnswer(f"{email} cannot sign in: {answer.json.get('detail', answer.status)}")
            tokens.append(str(answer.json["access"]))
    finally:
        api.close()
    return tokens


async def _allowed(
    instances: Sequence[Instance], room: Room, tokens: Sequence[str], sockets: int, per_second: float
) -> float:
    """The rate that the server's limits allow. Errors: NoAnswer when they allow its users fewer sockets."""
    look = Check(instances, [room], tokens, len(instances))
    try:
        async with look.running():
            limits = look.clients[0].limits
    except PermissionError as exc:
        raise NoAnswer(f"a client cannot be in its room: {exc}") from None
    except TimeoutError:
        raise NoAnswer("not every instance lets a client join its room within 30 s") from None
    each = limits["connections_per_user"]
    if each and sockets > each * len(tokens):
        raise NoAnswer(
            f"the server allows a user {each} connections: {len(tokens)} users may have {each * len(tokens)} sockets, "
            f"not {sockets}; give more users, fewer --clients, or lift SMOVIE_LIMIT_CONNECTIONS_PER_USER"
        )
    allowed: float = limits["comments_per_10s"] / 10 * len(tokens) * _SHARE_OF_LIMIT
    if not allowed or per_second <= allowed:
        return per_second
    click.echo(
        f"the server allows a user {limits['comments_per_10s']} comments in 10 s: {len(tokens)} users say "
        f"{allowed:g} a second, not {per_second:g}; give more users or lift SMOVIE_LIMIT_COMMENTS_PER_10S"
    )
    return allowed


async def _say_progress(check: Check) -> None:
    while True:
        await asyncio.sleep(_SAY_EVERY_S)
        clients = check.clients
        click.echo(
            f"  {sum(client.sent for client in clients):,} said, "
            f"{sum(len(client.pending) for client in clients):,} wait for an answer, "
            f"{sum(client.has_joined for client in clients)} of {len(clients)} clients are in"
        )


async def _run_command(command: str, after_s: float) -> None:
    await asyncio.sleep(after_s)
    click.echo(f"  running {command}")
    process = await asyncio.create_subprocess_shell(command)
    click.echo(f"  … ended with {await process.wait()}")


def _row(check: Check, instance: Instance, verdict: Verdict) -> list[object]:
    clients = check.of(instance)
    return [
        instance.url, len(clients), sum(c.sent for c in clients), sum(len(c.acknowledged) for c in clients),
        sum(c.heard for c in clients), sum(c.retries for c in clients), sum(c.recovered for c in clients),
        sum(c.fresh_pages for c in clients), sum(c.view.told_again for c in clients),
        *(len(found) for found in vars(verdict).values()),
    ]  # fmt: skip


if __name__ == "__main__":
    main()
