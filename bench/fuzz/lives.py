"""Lives of sockets: each connects, sends what one kind of bad client sends, and checks what it got for that."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from random import Random
from urllib.parse import quote

import orjson

from bench.fuzz.messages import MALFORMED_ALLOWED, OF_A_ROOM, OF_A_USER, one_message
from bench.fuzz.socket import FuzzSocket
from bench.fuzz.stage import Person, Stage
from bench.fuzz.wire import a_frame, one_attempt
from bench.websocket import TEXT, Frame

Life = Callable[[Stage, Random, str], Awaitable[None]]
MOST_WIRE_FRAMES = 80
MOST_MESSAGES = 200
FLOOD = 40
_CHOPPED = 0.05  # of the lives send in many small pieces
_NOBODY_CLOSES: frozenset[int] = frozenset()
_FLOODING = frozenset((4429,))


async def dial(stage: Stage, life: str, path: str, *headers: str) -> FuzzSocket | None:
    """A socket after its handshake; None, and a violation, when that was refused."""
    socket = FuzzSocket(life, stage.findings, stage.parser)
    try:
        await socket.open(stage.port, path, *headers, host=stage.host)
    except OSError as refused:
        stage.findings.violation(life, f"no handshake: {refused}")
        return None
    return socket


async def join(
    stage: Stage, dice: Random, life: str, place: str, person: Person, since: Frame | None = None
) -> FuzzSocket | None:
    """A socket in a room, by one of the three ways to bring the token; None, and a violation, when it is not."""
    way = dice.randrange(3)
    asked = {"token": person.access} if way == 0 else {}
    if since and way < 2:
        asked |= {name: str(value) for name, value in since.items()}
    query = "&".join(f"{name}={quote(value)}" for name, value in asked.items())
    headers = [f"Sec-WebSocket-Protocol: smovie.v1, bearer.{person.access}"] if way == 1 else []
    socket = await dial(stage, life, f"{place}?{query}" if query else place, *headers)
    if socket and way == 2:
        say(stage, dice, socket, {"type": "auth", "token": person.access, **(since or {})})
    if socket is None or await socket.has_joined():
        return socket
    stage.findings.closed(life, await socket.ending(), _NOBODY_CLOSES)
    return None


def say(stage: Stage, dice: Random, socket: FuzzSocket, *messages: Frame) -> None:
    """Send messages, all in one write."""
    socket.write(b"".join(a_frame(dice, TEXT, orjson.dumps(message)) for message in messages))
    stage.findings.frames["sequence"] += len(messages)


async def write(socket: FuzzSocket, dice: Random, data: bytes) -> None:
    """Send bytes: at once, or in pieces that the network would cut."""
    if dice.random() >= _CHOPPED:
        socket.write(data)
        return
    edges = sorted(dice.randrange(len(data) + 1) for _ in range(30))
    for start, end in itertools.pairwise([0, *edges, len(data)]):
        socket.write(data[start:end])
        await asyncio.sleep(0)


async def leave(stage: Stage, socket: FuzzSocket) -> None:
    """Say goodbye, and hear it said."""
    socket.close()
    stage.findings.closed(socket.life, await socket.ending(), frozenset((1000,)))


async def settle(stage: Stage, socket: FuzzSocket) -> bool:
    """Wait for all answers; a socket that was closed instead was, without limits, for no reason."""
    if await socket.has_settled():
        return True
    stage.findings.closed(socket.life, await socket.ending(), _FLOODING if stage.is_limited else _NOBODY_CLOSES)
    return False


# -- the lives ---------------------------------------------------------------------------------------------------------


async def break_the_wire(stage: Stage, dice: Random, life: str) -> None:
    """Frames that keep RFC 6455, then mostly one that does not."""
    person = dice.choice(stage.people)
    room = f"/ws/comments/{stage.room}"
    place = dice.choice((room, room, room, "/ws/notifications", f"/ws/verify/{person.id}"))
    joined = dice.random() < 0.5
    socket = await (join(stage, dice, life, place, person) if joined else dial(stage, life, place))
    if socket is None:
        return
    attempt = one_attempt(dice, MOST_WIRE_FRAMES, joined=joined)
    stage.findings.frames["wire"] += attempt.frames
    await write(socket, dice, attempt.data)
    if attempt.is_rubbish:
        socket.end_stream()
    if attempt.codes:
        stage.findings.closed(f"{life}, {attempt.what}", await socket.ending(), attempt.codes)
    elif not joined or await settle(stage, socket):
        if joined and socket.answers != attempt.answers:
            stage.findings.violation(life, f"{socket.answers} answers to {attempt.answers} messages")
        await leave(stage, socket)
    if not attempt.is_rubbish and socket.pongs != attempt.pongs:
        stage.findings.violation(life, f"{len(socket.pongs)} pongs to {len(attempt.pongs)} pings, or not the same")


async def talk(stage: Stage, dice: Random, life: str) -> None:
    """Messages of every type, right and wrong: each has its answer, and nine malformed ones are forgiven."""
    chance = dice.random()
    ruled = chance < 0.2 and stage.moderator is not None
    person = stage.moderator if ruled and stage.moderator else dice.choice(stage.people)
    place, types = f"/ws/comments/{stage.ruled_room if ruled else stage.room}", list(OF_A_ROOM)
    if chance > 0.9:
        place, types = "/ws/notifications", list(OF_A_USER)
    socket = await join(stage, dice, life, place, person)
    if socket is None:
        return
    known, sent, quiet, malformed = stage.what_is_known(), 0, 0, 0
    while sent < MOST_MESSAGES and malformed < MALFORMED_ALLOWED:
        frames = []
        for _ in range(dice.randrange(1, 30)):
            message = one_message(dice, known, sent, types)
            sent, quiet = sent + 1, quiet + message.is_quiet
            malformed += message.may_be_malformed
            if message.number is not None and not message.is_quiet:
                socket.awaited.add(message.number)
            frames.append(a_frame(dice, TEXT, message.text.encode()))
            if malformed == MALFORMED_ALLOWED:
                break
        stage.findings.frames["talk"] += len(frames)
        await write(socket, dice, b"".join(frames))
    if await settle(stage, socket):
        if not sent - quiet <= socket.answers <= sent:
            stage.findings.violation(life, f"{socket.answers} answers to {sent} messages, {quiet} of them quiet")
        elif socket.awaited:
            stage.findings.violation(life, f"no answer by its id to {sorted(socket.awaited)}")
        await _part(stage, dice, socket)
    stage.remember(socket.said.values(), ruled=ruled)


async def _part(stage: Stage, dice: Random, socket: FuzzSocket) -> None:
    """End a life in one of the ways in which lives end."""
    way = dice.random()
    if way < 0.2:
        socket.cut()
    elif way < 0.5:
        count = MALFORMED_ALLOWED + 1 - socket.malformed
        stage.findings.frames["talk"] += count
        socket.write(b"".join(a_frame(dice, TEXT, b"no JSON") for _ in range(count)))
        stage.findings.closed(socket.life, await socket.ending(), frozenset((1008,)))
    else:
        await leave(stage, socket)


async def repeat(stage: Stage, dice: Random, life: str) -> None:
    """One comment under one cmid, many times at once: it is one comment."""
    person = dice.choice(stage.people)
    socket = await join(stage, dice, life, f"/ws/comments/{stage.room}", person)
    if socket is None:
        return
    comment = {"type": "comment", "message": f"nói lại {life}", "cmid": f"{life} {dice.randrange(10**9)}"}
    say(stage, dice, socket, *[comment] * dice.randrange(2, 20))
    if await settle(stage, socket):
        if len(socket.said) > 1 or not (socket.said or stage.is_limited):
            stage.findings.violation(life, f"one comment said again and again is {list(socket.said)}")
        await leave(stage, socket)
    stage.remember(socket.said.values(), ruled=False)


async def flood(stage: Stage, dice: Random, life: str) -> None:
    """Whole pages of history asked for all at once; some do not wait for them."""
    person = dice.choice(stage.people)
    socket = await join(stage, dice, life, f"/ws/comments/{stage.room}", person)
    if socket is None:
        return
    say(stage, dice, socket, *[{"type": "history", "limit": 100, "id": number} for number in range(FLOOD)])
    if dice.random() < 0.5:
        socket.cut()
    elif await settle(stage, socket):
        if socket.answers != FLOOD:
            stage.findings.violation(life, f"{socket.answers} answers to {FLOOD} questions")
        await leave(stage, socket)


async def resume(stage: Stage, dice: Random, life: str) -> None:
    """Come back with positions that never were: a room recovers from one that it gave, or gives a fresh page."""
    place, person = f"/ws/comments/{stage.room}", dice.choice(stage.people)
    first = await join(stage, dice, life, place, person)
    if first is None:
        return
    given = first.joined.result()
    first.cut()
    epoch = dice.choice((given["epoch"], given["epoch"], "x", given["epoch"].upper() + " ", "é" * 200, "\0"))
    seq = given["seq"] + dice.choice((0, 0, -1, -5, 1, 10**6, -(10**6), 2**62))
    again = await join(stage, dice, life, place, person, {"epoch": epoch, "seq": seq})
    if again is None:
        return
    joined = again.joined.result()
    if joined["recovered"] and not (epoch == joined["epoch"] and seq == joined["seq"] >= 0):
        stage.findings.violation(life, f"recovered from {epoch!r} {seq} to {joined['epoch']!r} {joined['seq']}")
    if not joined["recovered"] and "comments" not in joined:
        stage.findings.violation(life, "neither recovered nor a fresh page")
    if await settle(stage, again):
        await leave(stage, again)


async def renew(stage: Stage, dice: Random, life: str) -> None:
    """Sign in again and again on an open socket; in the end with a token that is not one's own, or none."""
    person, other = dice.sample(stage.people, 2)
    socket = await join(stage, dice, life, f"/ws/comments/{stage.room}", person)
    if socket is None:
        return
    times = dice.randrange(1, 15)
    say(stage, dice, socket, *[{"type": "auth", "token": person.access, "epoch": "x", "seq": 1}] * times)
    if not await settle(stage, socket):
        return
    if socket.answers != times:
        stage.findings.violation(life, f"{socket.answers} answers to {times} tokens")
    token, code = dice.choice(
        ((other.access, 4403), ("", 4401), (None, 4401), (["x"], 4401), (person.access[:-9], 4401))
    )
    say(stage, dice, socket, {"type": "auth", "token": token})
    stage.findings.closed(life, await socket.ending(), frozenset((code,)))


async def be_a_stranger(stage: Stage, dice: Random, life: str) -> None:
    """Talk before signing in, in a room that may not be there."""
    place = dice.choice((stage.room, "x", "%20", "..%2f..", "%00", "x" * 500))
    socket = await dial(stage, life, f"/ws/{dice.choice(('comments', 'verify'))}/{place}")
    if socket is None:
        return
    say(stage, dice, socket, *[{"type": "comment", "message": "ai đó"}] * dice.randrange(1, 30))
    stage.findings.closed(life, await socket.ending(), frozenset((4401,)))


LIVES: dict[Life, int] = {
    break_the_wire: 100, talk: 80, repeat: 4, flood: 1, resume: 5, renew: 5, be_a_stranger: 5,
}  # fmt: skip
