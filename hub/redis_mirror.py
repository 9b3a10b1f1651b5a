"""Mirrors rooms over Redis, so that all instances show one order (ROOMS.md 24 to 26, DESIGN.md 7).

One script gives an event its position, keeps it in the room's stream and publishes it. Two connections: one asks, one
listens. Neither ever tries again by itself, for what was sent meanwhile would be missing without a word: a broken line,
a late answer or a subscription that has gone silent is a loss, said to the hub at once; then both are made anew.
"""

import asyncio
import contextlib
import itertools
import math
import random
import secrets
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import structlog
from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from hub import scripts
from hub.mirror import Door, MirrorLost
from hub.parcel import Parcel
from hub.patience import Patience
from hub.position import Position
from hub.sequencer import Sequencer

log = structlog.get_logger("mirror")

CONNECT_WITHIN_S = 1.0
RETRY_S = 0.5
CALM_S = 10.0  # a mirror that was up for less is tried again after longer and longer, up to …
MOST_RETRY_S = 2.0
HOLE_S = 0.02  # how long what is missing may still be on its way, before it is fetched
BEAT_S = 1.0
SILENT_S = 3.5  # without hearing our own beat: the subscription is dead, whatever the socket says
GONE_S = 2.6  # without hearing another instance's beat
MOST_WAITING = 20_000  # commands; past it the mirror is given up for all rooms, so that none is in two orders
MOST_TOGETHER = 200  # … in one go
ROOM_KEPT_S = 86_400
STREAM_KEPT_S = 3_600
LEASE_S = 30
NAMES_SENT = 50  # while the room is that small
LEFT_BEHIND_S = 60.0  # how far before our start an instance that was killed may have left something untold
_NODES = "nodes"


def _as_it_is(answer: Any) -> Any:
    return answer


@dataclass
class _Command:
    """A command on its way; `answered` makes of its answer what whoever waits is given, before they go on."""

    words: tuple[Any, ...]
    answered: Callable[[Any], Any]
    done: "asyncio.Future[Any]"


@dataclass(frozen=True)
class _Asked:
    """What was asked in one go, and when (`time.monotonic`)."""

    answer: "asyncio.Task[list[Any]]"
    at: float


@dataclass
class _Line:
    """A room that is followed."""

    sequencer: Sequencer = field(default_factory=Sequencer)
    subscribed: asyncio.Event = field(default_factory=asyncio.Event)
    mending: "asyncio.Task[None] | None" = None
    heard_epochs: set[str] = field(default_factory=set)  # while it was being read


class RedisMirror:
    """A hub's mirror. `sweep(since)` is called when an instance went without a word, or we were away ourselves: what
    was stored since then (seconds since 1970) and is in no log must be told."""

    def __init__(
        self, url: str, door: Door, *, prefix: str = "smovie", patience_s: float = 0.08, most_events: int = 2_000,
        sweep: Callable[[float], Awaitable[None]] | None = None,
    ) -> None:  # fmt: skip
        self.is_up = False
        self.node = secrets.token_hex(4)
        self._door = door
        self._prefix = prefix
        self._patience = Patience(patience_s, time.monotonic)
        self._most_events = most_events
        self._sweep = sweep
        self._pool = ConnectionPool.from_url(
            url, protocol=2, retry=Retry(NoBackoff(), 0), socket_timeout=None,
            socket_connect_timeout=CONNECT_WITHIN_S, client_name=f"smovie-{self.node}",
        )  # fmt: skip
        self._listening: AbstractConnection | None = None
        self._run_id = ""
        self._hashes: dict[str, str] = {}
        self._lines: dict[str, _Line] = {}
        self._late: _Asked | None = None
        self._outbox: list[_Command] = []
        self._under_way: list[_Command] = []
        self._filled = asyncio.Event()
        self._numbers = itertools.count()
        self._mine: dict[str, asyncio.Future[Position | None]] = {}
        self._tried = asyncio.Event()
        self._beats: dict[str, float] = {}
        self._own_beat = 0.0
        self._lost_at = time.time() - LEFT_BEHIND_S
        self._tasks: set[asyncio.Task[None]] = set()

    # -- being up, and not -----------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Keep the mirror up until cancelled."""
        flaps = 0
        try:
            while True:
                began = time.monotonic()
                try:
                    await self._serve()
                except (RedisError, OSError, TimeoutError, MirrorLost) as exc:
                    if self.is_up or not self._tried.is_set():
                        log.warning("mirror lost, rooms go on here alone", problem=str(exc)[:200] or type(exc).__name__)
                    flaps = flaps + 1 if self.is_up and time.monotonic() - began < CALM_S else 0
                finally:
                    self._lose()
                    self._tried.set()
                wait_s = min(RETRY_S * 2 ** min(flaps, 4), MOST_RETRY_S)
                await asyncio.sleep(wait_s * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._pool.aclose()

    async def wait_tried(self) -> None:
        """Return when the first attempt has succeeded or failed."""
        await self._tried.wait()

    async def _serve(self) -> None:
        asking, listening = await self._connect(), await self._connect()
        work: list[asyncio.Task[None]] = []
        try:
            await self._prepare(asking, listening)
            self._listening, self.is_up = listening, True
            self._patience.begin()
            self._own_beat, self._beats = time.monotonic(), {}
            log.info("mirror is up", node=self.node)
            self._tried.set()
            self._door.restore()
            work = [asyncio.create_task(part) for part in (self._ask(asking), self._listen(listening), self._beat())]
            self._sweep_soon(self._lost_at)
            done, _ = await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            late, self._late = self._late, None
            if late:
                self._spawn(self._listen_for(late, asking))
            for connection in (listening,) if late else (asking, listening):
                await connection.disconnect(nowait=True)

    async def _connect(self) -> AbstractConnection:
        connection = cast(AbstractConnection, self._pool.make_connection())  # type: ignore[no-untyped-call]
        async with asyncio.timeout(CONNECT_WITHIN_S):
            await connection.connect()  # type: ignore[no-untyped-call]
        return connection

    async def _prepare(self, asking: AbstractConnection, listening: AbstractConnection) -> None:
        async with asyncio.timeout(CONNECT_WITHIN_S):
            told = await _exchange(asking, [("INFO", "server")])
            facts = dict(line.split(":", 1) for line in told[0].decode().splitlines() if ":" in line)
            self._run_id = facts["run_id"]
            sources = (scripts.APPEND, scripts.OPEN, scripts.FILL, scripts.PRESENCE)
            hashes = await _exchange(asking, [("SCRIPT", "LOAD", source) for source in sources])
            self._hashes = {source: sha.decode() for source, sha in zip(sources, hashes, strict=True)}
            await _exchange(listening, [("SUBSCRIBE", self._channel(_NODES))])

    def _lose(self) -> None:
        was_up, self.is_up, self._listening = self.is_up, False, None
        for line in self._lines.values():
            line.subscribed.set()  # whoever waits looks again, and sees that we are down
            if line.mending:
                line.mending.cancel()
        self._lines.clear()
        if was_up:
            self._lost_at = time.time()
            self._door.degrade()
        waiting, self._under_way, self._outbox = [*self._under_way, *self._outbox], [], []
        self._filled.clear()
        for command in waiting:
            if not command.done.done():
                command.done.set_exception(MirrorLost())
                command.done.exception()  # seen: nobody may be waiting

    # -- asking ----------------------------------------------------------------------------------------------------

    async def _ask(self, connection: AbstractConnection) -> None:
        """Send what is to be asked, everything that has gathered in one go."""
        while True:
            await self._filled.wait()
            if len(self._outbox) > MOST_WAITING:
                raise MirrorLost("more is asked than Redis answers")
            self._under_way, self._outbox = self._outbox[:MOST_TOGETHER], self._outbox[MOST_TOGETHER:]
            if not self._outbox:
                self._filled.clear()
            answers = await self._in_time(_exchange(connection, [command.words for command in self._under_way]))
            under_way, self._under_way = self._under_way, []
            for command, answer in zip(under_way, answers, strict=True):
                result = command.answered(answer)
                if not command.done.done():
                    command.done.set_result(result)

    async def _in_time(self, asking: Coroutine[Any, Any, list[Any]]) -> list[Any]:
        asked, patience_s = _Asked(asyncio.create_task(asking), time.monotonic()), self._patience.seconds
        try:
            done, _ = await asyncio.wait([asked.answer], timeout=patience_s)
            if not done:  # when it was our own loop that stood still, the answer lies ready
                done, _ = await asyncio.wait([asked.answer], timeout=patience_s / 4)
            if not done:
                self._patience.give_up()
                self._late = asked
                raise MirrorLost("Redis does not answer in time")
            return asked.answer.result()
        finally:
            if self._late is not asked:
                await _cancel(asked.answer)

    async def _listen_for(self, late: _Asked, connection: AbstractConnection) -> None:
        """See whether an answer that was given up on comes after all: then it is slow, and does not hang."""
        try:
            done, _ = await asyncio.wait([late.answer], timeout=late.at + self._patience.most_s - time.monotonic())
            if done and not late.answer.exception():
                after_s = time.monotonic() - late.at
                self._patience.came_late(after_s)
                patience_ms = 1e3 * self._patience.seconds
                log.info("Redis is slow, it does not hang", answered_after_ms=1e3 * after_s, patience_ms=patience_ms)
        finally:
            await _cancel(late.answer)
            await connection.disconnect(nowait=True)

    def _send(self, *words: Any, answered: Callable[[Any], Any] = _as_it_is) -> "asyncio.Future[Any]":
        if not self.is_up:
            raise MirrorLost
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._outbox.append(_Command(words, answered, done))
        self._filled.set()
        return done

    def _script(
        self, source: str, keys: Sequence[str], *words: Any, answered: Callable[[Any], Any] = _as_it_is
    ) -> "asyncio.Future[Any]":
        return self._send("EVALSHA", self._hashes[source], len(keys), *keys, *words, answered=answered)

    async def append(self, name: str, parcel: Parcel, *, once: bool) -> Position | None:
        """Give an event its position and send it to everybody who follows the room. Errors: MirrorLost."""
        mine = f"{self.node}.{next(self._numbers)}"

        def answered(answer: Any) -> Position | None:
            position = Position(answer[0].decode(), int(answer[1])) if answer else None
            if position:
                self._take(name, position, parcel)
            return position

        try:
            told = self._mine[mine] = self._script(
                scripts.APPEND, self._keys(name), self._run_id, secrets.token_hex(5), ROOM_KEPT_S, self._channel(name),
                mine, parcel.subject, int(parcel.redacts), int(once), self._most_events, STREAM_KEPT_S, parcel.body,
                answered=answered,
            )  # fmt: skip
            return cast(Position | None, await told)  # heard by the subscription before the answer, or instead of it
        finally:
            self._mine.pop(mine, None)

    # -- following rooms -------------------------------------------------------------------------------------------

    async def open(self, name: str, *, renew: bool) -> None:
        """Follow a room: subscribe first, then read where it stands. Errors: MirrorLost."""
        if not self.is_up or self._listening is None:
            raise MirrorLost
        line = self._lines[name] = _Line()
        try:
            await self._listening.send_command("SUBSCRIBE", self._channel(name))
        except (RedisError, OSError) as exc:
            raise MirrorLost(str(exc)) from exc
        await line.subscribed.wait()
        await self._read(name, line, renew=renew)

    def close(self, name: str) -> None:
        """Follow a room no longer."""
        line = self._lines.pop(name, None)
        if line and line.mending:
            line.mending.cancel()
        if line and self._listening:
            self._spawn(self._listening.send_command("UNSUBSCRIBE", self._channel(name)))

    async def _read(self, name: str, line: _Line, *, renew: bool) -> None:
        def answered(answer: Any) -> None:
            if self._lines.get(name) is not line:
                return
            epoch, seq = answer[0].decode(), int(answer[1])
            position = Position(epoch, seq)
            self._door.begin(name, position, _contiguous(answer[2], answer[3], seq))
            for told, parcel in line.sequencer.begin(position):
                self._door.deliver(name, told, parcel)
            if line.heard_epochs - {epoch}:  # begun after what we were just answered, or before: Redis knows
                self._spawn(self._read_anew(name, line))

        line.heard_epochs.clear()
        await self._script(
            scripts.OPEN, self._keys(name), self._run_id, secrets.token_hex(5), ROOM_KEPT_S, self._channel(name),
            int(renew), answered=answered,
        )  # fmt: skip

    def _take(self, name: str, position: Position, parcel: Parcel) -> None:
        line = self._lines.get(name)
        if line is None:
            return
        for told, following in line.sequencer.take(position, parcel):
            self._door.deliver(name, told, following)
        if line.sequencer.is_overfull:
            self._mend(name, line, self._read_anew(name, line))
        elif line.sequencer.hole:
            self._mend(name, line, self._fill(name, line))

    def _mend(self, name: str, line: _Line, how: Any) -> None:
        if line.mending is not None and not line.mending.done():
            how.close()
            return
        line.mending = self._spawn(how)

    async def _fill(self, name: str, line: _Line) -> None:
        """Fetch what is missing, when it has not come by itself; what the stream has lost is a new beginning."""
        await asyncio.sleep(HOLE_S)
        while (hole := line.sequencer.hole) and self._lines.get(name) is line:
            (first, last), epoch = hole, line.sequencer.epoch
            found = await self._script(scripts.FILL, self._keys(name), epoch, first, last)
            if line.sequencer.epoch != epoch:
                continue
            parcels = _contiguous(found[0], found[1], last) if found else []
            if len(parcels) < last - first + 1:
                await self._read_anew(name, line)
                return
            for told, parcel in line.sequencer.take_all(first - 1, parcels):
                self._door.deliver(name, told, parcel)

    async def _read_anew(self, name: str, line: _Line) -> None:
        line.sequencer.pause()
        await self._read(name, line, renew=False)

    # -- listening -------------------------------------------------------------------------------------------------

    async def _listen(self, connection: AbstractConnection) -> None:
        start = len(self._channel(""))
        while True:
            kind, channel, data = await connection.read_response(timeout=math.inf)
            name = channel.decode()[start:]
            if kind == b"message":
                self._hear(name, data)
            elif kind == b"subscribe" and (line := self._lines.get(name)):
                line.subscribed.set()

    def _hear(self, name: str, data: bytes) -> None:
        head, _, body = data.partition(b"\n")
        words = head.decode().split(" ", 5)
        if words[0] == "e":
            _, epoch, seq, publisher, redacts, subject = words
            self._hear_event(name, Position(epoch, int(seq)), Parcel(body, subject, redacts == "1"), publisher)
        elif words[0] == "n":
            self._hear_epoch(name, words[1])
        elif words[0] == "p":
            people = [line.partition(" ")[2] for line in body.decode().split("\n")] if body else None
            count = int(words[1])
            self._door.hear_presence(name, count, people if count else [])
        elif words[0] == "t":
            self._door.hear_typing(name, body.decode())
        elif words[0] == "w":
            self._door.hear_written(name, body.decode())
        elif words[0] == "b":
            self._hear_beat(words[1], is_leaving=len(words) > 2)

    def _hear_event(self, name: str, position: Position, parcel: Parcel, publisher: str) -> None:
        self._hear_epoch(name, position.epoch)
        self._take(name, position, parcel)
        if (told := self._mine.get(publisher)) and not told.done():
            told.set_result(position)

    def _hear_epoch(self, name: str, epoch: str) -> None:
        """Somebody has begun another epoch (only the subscription tells: an answer may be older than what we know)."""
        line = self._lines.get(name)
        if line and line.sequencer.epoch is None:
            line.heard_epochs.add(epoch)
        elif line and line.sequencer.epoch != epoch:
            line.sequencer.pause()
            self._spawn(self._read_anew(name, line))  # whatever is being mended: nothing else ends the pause

    # -- instances -------------------------------------------------------------------------------------------------

    async def _beat(self) -> None:
        """Say that we live, and hear it: that proves the subscription. Notice who has stopped saying so."""
        while True:
            begun = time.monotonic()
            self._send("PUBLISH", self._channel(_NODES), f"b {self.node}")
            await asyncio.sleep(BEAT_S)
            at = time.monotonic()
            if at - begun > 2 * BEAT_S:  # it was we who stood still
                self._own_beat = at
                self._beats = dict.fromkeys(self._beats, at)
            if at - self._own_beat > SILENT_S:
                raise MirrorLost("the subscription has gone silent")
            for node in [node for node, heard in self._beats.items() if at - heard > GONE_S]:
                silent_s = at - self._beats.pop(node)
                log.warning("another instance has gone without a word", node=node)
                self._sweep_soon(time.time() - silent_s)

    def _hear_beat(self, node: str, *, is_leaving: bool) -> None:
        if node == self.node:
            self._own_beat = time.monotonic()
        elif is_leaving:
            self._beats.pop(node, None)
        else:
            self._beats[node] = time.monotonic()

    def _sweep_soon(self, since: float) -> None:
        if self._sweep is not None:
            self._spawn(self._sweep(since))

    async def say_goodbye(self) -> None:
        """Tell the others that we stop, so that nobody looks for what we might have left."""
        with contextlib.suppress(MirrorLost):
            await self._send("PUBLISH", self._channel(_NODES), f"b {self.node} leaves")

    # -- volatile --------------------------------------------------------------------------------------------------

    def announce(self, name: str, came: Mapping[str, str], left: Mapping[str, str]) -> None:
        """People whom this instance has in a room, on a lease of 30 s, and who are no longer there."""
        tag = self._tag(name)
        arrivals, leavers = ([f"{user} {username}" for user, username in some.items()] for some in (came, left))
        with contextlib.suppress(MirrorLost):
            self._script(
                scripts.PRESENCE, (f"{tag}:nodes", f"{tag}:people:{self.node}"), self._channel(name), self.node,
                f"{tag}:people:", NAMES_SENT, LEASE_S, len(arrivals), *arrivals, *leavers,
            )  # fmt: skip

    def say_typing(self, name: str, username: str) -> None:
        """Somebody writes."""
        with contextlib.suppress(MirrorLost):
            self._send("PUBLISH", self._channel(name), f"t\n{username}")

    def say_written(self, name: str, username: str) -> None:
        """Who wrote does not any more."""
        with contextlib.suppress(MirrorLost):
            self._send("PUBLISH", self._channel(name), f"w\n{username}")

    # -- names -----------------------------------------------------------------------------------------------------

    def _tag(self, name: str) -> str:
        return f"{self._prefix}:{{{name}}}"

    def _keys(self, name: str) -> tuple[str, str, str]:
        tag = self._tag(name)
        return f"{tag}:meta", f"{tag}:stream", f"{tag}:redactions"

    def _channel(self, name: str) -> str:
        return f"{self._prefix}:live:{name}"

    def _spawn(self, work: Any) -> "asyncio.Task[None]":
        """A task that ends by itself; when it fails by the mirror's loss, that is told elsewhere."""

        async def carried() -> None:
            with contextlib.suppress(MirrorLost, RedisError, OSError):
                await work

        task = asyncio.create_task(carried())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


async def _cancel(task: "asyncio.Task[list[Any]]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _exchange(connection: AbstractConnection, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
    """Send commands in one go; their answers in order. Errors: MirrorLost when Redis refuses one."""
    await connection.send_packed_command(connection.pack_commands(commands), check_health=False)
    answers = []
    for _ in commands:
        try:
            answers.append(await connection.read_response(timeout=math.inf))
        except ResponseError as exc:
            raise MirrorLost(f"Redis refused: {exc}") from exc
    return answers


def _contiguous(entries: Sequence[Any], redactions: Sequence[bytes], last: int) -> list[Parcel]:
    """The parcels that lead to `last` without a hole, from what a script gave of a stream and its redactions."""
    by_seq: dict[int, Parcel] = {}
    for entry_id, fields in entries:
        by_seq[int(entry_id.partition(b"-")[0])] = Parcel(fields[5], fields[1].decode(), fields[3] == b"1")
    for seq, text in zip(redactions[::2], redactions[1::2], strict=True):
        subject, _, body = text.partition(b"\n")
        by_seq[int(seq)] = Parcel(body, subject.decode())
    held: list[Parcel] = []
    while (parcel := by_seq.get(last - len(held))) is not None:
        held.append(parcel)
    return held[::-1]
