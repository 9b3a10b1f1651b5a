"""A check of rooms, from joining to the verdict: many clients over one or several instances, whatever happens to those.

check = Check(instances, rooms, tokens, count)
async with check.running():
    await check.talk(per_second, seconds)      # meanwhile anything may be killed, stopped and cut
    verdicts = await check.settle()            # by the URL of the instance
"""

import asyncio
import itertools
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from bench.instances import Instance, NoAnswer, ask, read_room
from bench.room_client import Room, RoomClient, joined
from bench.verdict import Facts, Verdict, judge
from tests.support.api import Api

NO_ANSWER_FOR_S = 30.0  # on an overloaded machine the last question stands behind all that was repeated before it
NOTHING_SEEN_FOR_S = 8.0  # ROOMS.md 27 gives a comment 5 s to reach the room after a crash


class Check:
    """Clients over all instances and rooms in turn, each with the next token."""

    def __init__(self, instances: Sequence[Instance], rooms: Sequence[Room], tokens: Sequence[str], count: int) -> None:
        self.instances = instances
        self.rooms = rooms
        self._tokens = itertools.cycle(tokens)
        places = itertools.cycle(itertools.product(rooms, instances))
        turns = zip(range(count), places, self._tokens, strict=False)
        self.clients = [
            RoomClient(f"client {number} at {instance.url}", instance, room, token)
            for number, (room, instance), token in turns
        ]
        self._replays: list[RoomClient] = []
        self.said: dict[str, dict[str, float]] = {
            room.episode_id: {} for room in rooms
        }  # texts, and when by perf_counter
        self.places: dict[str, Instance] = {}  # where a text was said
        self._lives: list[asyncio.Task[None]] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Check"]:
        """All are in their rooms; on leaving all have gone. Errors: those of `joined`."""
        try:
            await self._enter(self.clients)
            yield self
        finally:
            for client in [*self.clients, *self._replays]:
                client.leave()
            await asyncio.gather(*self._lives)

    async def _enter(self, clients: Sequence[RoomClient]) -> None:
        self._lives += [asyncio.create_task(client.live()) for client in clients]
        await joined(clients)

    def of(self, instance: Instance) -> list[RoomClient]:
        """The clients of one instance."""
        return [client for client in self.clients if client.instance == instance]

    async def talk(self, per_second: float, seconds: float, talkers: int | None = None) -> None:
        """Comments at fixed times by the first `talkers`, or all, in turn, whether anybody listens or not."""
        begun = time.perf_counter()
        speaking = itertools.cycle(self.clients[:talkers])
        for number in itertools.takewhile(lambda number: number < per_second * seconds, itertools.count()):
            if (wait_s := begun + number / per_second - time.perf_counter()) > 0:
                await asyncio.sleep(wait_s)
            self._say(next(speaking))

    def _say(self, client: RoomClient) -> None:
        said = self.said[client.room.episode_id]
        text = f"{client.room.mark} câu số {len(said)}"
        said[text] = time.perf_counter()
        self.places[text] = client.instance
        client.say(text)

    async def settle(self, patience_s: float = NOTHING_SEEN_FOR_S) -> dict[str, Verdict]:
        """Wait until all is acknowledged and seen, or could have been; replay, read and judge. By the instances' URLs.

        Errors: NoAnswer when an instance is not there any more."""
        await _until_none(lambda: sum(len(client.pending) for client in self.clients), lambda: NO_ANSWER_FOR_S)
        stored = {(at.url, room.episode_id): await _read(at, room) for at in self.instances for room in self.rooms}
        try:
            await self._replay(stored)
        except TimeoutError:
            raise NoAnswer("not every room can be joined any more") from None
        for client in self.clients:
            client.read_back()
        await _until_none(
            lambda: sum(self._unseen(client, stored) for client in self._everybody),
            lambda: NO_ANSWER_FOR_S if any(client.waits_for_older for client in self._everybody) else patience_s,
        )
        verdicts = {at.url: Verdict() for at in self.instances}
        for room in self.rooms:
            facts = {at.url: self._facts(at, room, stored[at.url, room.episode_id]) for at in self.instances}
            for url, verdict in judge(self.said[room.episode_id].keys(), facts).items():
                verdicts[url].add(verdict)
        return verdicts

    @property
    def _everybody(self) -> list[RoomClient]:
        return [*self.clients, *self._replays]

    async def _replay(self, stored: Mapping[tuple[str, str], Mapping[str, str]]) -> None:
        """To every room of every instance comes one who was never there, and one who was there when its epoch began."""
        places = [(at, room) for at in self.instances for room in self.rooms]
        fresh = [RoomClient(f"the history at {at.url}", at, room, next(self._tokens)) for at, room in places]
        await self._enter(fresh)
        resumed = []
        for new, (at, room) in zip(fresh, places, strict=True):
            new.read_back()
            there = [client.position for client in self.clients if client.room is room]
            epoch, seq = min((position for position in there if position[0] == new.position[0]), default=new.position)
            back = RoomClient(f"a resume from {seq} at {at.url}", at, room, next(self._tokens))
            back.come_from(epoch, seq)
            resumed.append(back)
        await self._enter(resumed)
        for back, (at, room) in zip(resumed, places, strict=True):
            if back.recovered:  # what was before is not its to tell
                later = room.order.later(*back.position)
                texts = stored[at.url, room.episode_id]
                back.view.comments.update({id: text for id, text in texts.items() if id not in later})
            else:
                back.read_back()
        self._replays += [*fresh, *resumed]

    @staticmethod
    def _unseen(client: RoomClient, stored: Mapping[tuple[str, str], Mapping[str, str]]) -> int:
        return len(stored[client.instance.url, client.room.episode_id].keys() - client.view.comments.keys())

    def _facts(self, at: Instance, room: Room, stored: dict[str, str]) -> Facts:
        clients = [client for client in self.of(at) if client.room is room]
        everybody = [client for client in self._everybody if client.instance == at and client.room is room]
        return Facts(
            acknowledged=[each for client in clients for each in client.acknowledged],
            never_acknowledged=[each for c in clients for each in (*c.pending, *c.refused_for_good)],
            views=[client.view for client in everybody],
            stored=stored,
        )


async def open_room(instance: Instance, episode_id: str) -> Room:
    """The room of an episode, ready to be checked. Errors: NoAnswer."""
    api = Api(instance.url)
    try:
        answer = await ask(api, instance.url, f"/episodes/{episode_id}/comments?limit=1")
        if answer.status == 404:
            raise NoAnswer(f"{instance.url} has no episode {episode_id}")
        if answer.status != 200 or "results" not in answer.json:
            raise NoAnswer(f"{instance.url} answers {answer.status} when it is asked for comments: is it SMovie?")
    except ValueError:
        raise NoAnswer(f"{instance.url} does not answer in JSON: is it SMovie?") from None
    finally:
        api.close()
    newest = [comment["id"] for comment in answer.json["results"]]
    return Room(episode_id, mark=f"[{secrets.token_hex(4)}]", older=newest[-1] if newest else "")


async def _read(instance: Instance, room: Room) -> dict[str, str]:
    """What the checker's clients said there, by REST."""
    api = Api(instance.url)
    try:
        texts = await read_room(api, room.episode_id, newer_than=room.older)
    except (AssertionError, OSError) as exc:
        raise NoAnswer(f"{instance.url} does not answer: {exc}") from None
    finally:
        api.close()
    return {comment_id: text for comment_id, text in texts.items() if text.startswith(room.mark)}


async def _until_none(left: Callable[[], int], patience_s: Callable[[], float]) -> None:
    """Wait while there is less and less left; what then still is, is the verdict's to tell."""
    least, since = left(), time.monotonic()
    while least and time.monotonic() < since + patience_s():
        await asyncio.sleep(0.05)
        if (now := left()) < least:
            least, since = now, time.monotonic()
