"""The doors: forged tokens by each of their three ways, handshakes that are none, and queries of the long poll."""

import base64
import itertools
from collections.abc import Sequence
from random import Random
from urllib.parse import quote

import orjson

from bench.fuzz.lives import Life, dial, say
from bench.fuzz.rules import STATUSES
from bench.fuzz.stage import Stage
from tests.support.api import Answer
from tests.support.raw import raw, request_of

POLLS = 20  # pipelined on one connection
_ODD = (
    "", "x", "-1", "0", "1", "1.5", "1e3", "nan", "inf", "9" * 30, "9" * 300, "²", "٣", "\0", "é" * 50, "x" * 101, "[]",
    "null", "a b", "%", "0x10", "+1", " 1", "1;2", "true",
)  # fmt: skip
_HEADERS = {
    "Upgrade": ("websocket", "h2c", ""), "Connection": ("Upgrade", "close", "keep-alive"),
    "Sec-WebSocket-Version": ("13", "8", "x"), "Sec-WebSocket-Key": ("dGhlIHNhbXBsZSBub25jZQ==", "x", ""),
    "Sec-WebSocket-Protocol": ("bearer.", "bearer.\xff", "," * 500, "smovie.v1"),
    "Sec-WebSocket-Extensions": ("permessage-deflate", ";;,", "\xff"),
    "Origin": ("http://[", "null", "\xff", "http://evil.example"), "Accept-Language": ("vi;q=x", "\xff", "," * 500),
    "X-Request-Id": ("\xff", "x" * 5_000), "Cookie": ("=;=;", "\xff"), "Content-Length": ("0", "-1", "x"),
}  # fmt: skip


def forged(dice: Random, token: str) -> str:
    """A token that is not right, as like a right one as can be."""
    parts = token.split(".")
    how = dice.randrange(8)
    if how == 0:  # a letter changed; not the last of a part, some of whose bits say nothing
        number = dice.randrange(3)
        place = dice.randrange(len(parts[number]) - 1)
        letter = dice.choice([each for each in "AQgw09-_z" if each != parts[number][place]])
        parts[number] = parts[number][:place] + letter + parts[number][place + 1 :]
    elif how == 1:  # another header over the old signature
        header = {"alg": dice.choice(("none", "HS256", "RS256", "", None, ["HS256"], 1)), "kid": _odd_kid(dice)}
        parts[0] = _encoded(orjson.dumps(header))
    elif how == 2:  # other claims
        claims = {"sub": dice.choice(("", "admin", {"$ne": ""})), "exp": dice.choice((2**40, -1, "x", 1e300))}
        parts[1] = _encoded(orjson.dumps(claims))
    elif how == 3:
        del parts[dice.randrange(3)]
    elif how == 4:
        parts[dice.randrange(3)] = ""
    elif how == 5:
        parts[dice.randrange(3)] = _encoded(dice.randbytes(dice.randrange(200)))
    elif how == 6:
        parts = ["".join(map(chr, dice.choices(range(33, 127), k=dice.randrange(1, 2_000))))]
    else:
        parts.insert(dice.randrange(4), _encoded(b"{}"))
    return ".".join(parts)


def _odd_kid(dice: Random) -> object:
    return dice.choice(("", "x", None, 1, [1], {"a": 1}, "../../dev/null", "k" * 3_000))


def _encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


async def forge(stage: Stage, dice: Random, life: str) -> None:
    """A forged token opens nothing, by whichever way it comes."""
    place = dice.choice((f"/ws/comments/{stage.room}", "/ws/notifications", f"/ws/verify/{stage.people[0].id}"))
    token, way = forged(dice, dice.choice(stage.people).access), dice.randrange(3)
    if way == 0:
        socket = await dial(stage, life, f"{place}?token={quote(token)}")
    elif way == 1 and "," not in token:
        socket = await dial(stage, life, place, f"Sec-WebSocket-Protocol: bearer.{token}, smovie.v1")
    else:
        socket = await dial(stage, life, place)
    if socket is None:
        return
    if way == 2 or not token or (way == 1 and "," in token):
        say(stage, dice, socket, {"type": "auth", "token": token})
    stage.findings.closed(f"{life}: {token[:60]}", await socket.ending(), frozenset((4401,)))


async def poll(stage: Stage, dice: Random, life: str) -> None:
    """Long polls with any query, many on one connection, some without a right token."""
    person, requests = dice.choice(stage.people), []
    for _ in range(POLLS):
        members: dict[str, Sequence[str]] = {"epoch": ("x",), "seq": ("0", "1", "9" * 15), "wait_s": ("0", "0.01")}
        if dice.random() < 0.7:
            members = {"epoch": _ODD, "seq": _ODD, "wait_s": ("0", "0.01", *_ODD), "x": _ODD, "token": _ODD}
        query = "&".join(
            f"{name}={quote(dice.choice(values), safe='%' if dice.random() < 0.1 else '')}"
            for name, values in members.items() if dice.random() < 0.5 or (name == "wait_s" and dice.random() < 0.9)
        )  # fmt: skip
        place = stage.room if dice.random() < 0.9 else quote(dice.choice(_ODD) or "x", safe="")
        token = person.access if dice.random() < 0.8 else quote(forged(dice, person.access), safe="")
        requests.append(request_of("GET", f"/api/v1/rooms/{place}/events?{query}", f"Authorization: Bearer {token}"))
    await _ask(stage, life, requests)


async def knock(stage: Stage, dice: Random, life: str) -> None:
    """Handshakes with headers that are not as they should be; each on a line of its own, since some are upgraded."""
    for _ in itertools.repeat(None, 5):
        headers = [f"{name}: {dice.choice(values)}" for name, values in _HEADERS.items() if dice.random() < 0.6]
        path = (
            f"/ws/comments/{stage.room}?{dice.choice(('token=%ff', 'epoch=x&seq=²', 'token=&token=x', '%', 'x' * 900))}"
        )
        await _ask(stage, life, [request_of(dice.choice(("GET", "GET", "POST")), quote(path, safe="/?=&%"), *headers)])


async def _ask(stage: Stage, life: str, requests: list[bytes]) -> None:
    """Send requests, and look at each answer until the server ends the line."""
    async with raw(stage.port, stage.host) as client:
        await client.send(b"".join(requests))
        for request in requests:
            try:
                answer = await client.answer()
            except (EOFError, ConnectionError):
                return  # after a refusal that ends the line
            stage.findings.statuses[answer.status] += 1
            if answer.status == 101:
                return
            if answer.status not in STATUSES or (answer.status >= 400 and not _is_problem(answer)):
                stage.findings.violation(life, f"{answer.status} to {request!r}: {answer.body[:200]!r}")


def _is_problem(answer: Answer) -> bool:
    """A refusal as REST words it, or Tornado's of what is no HTTP."""
    kind = answer.headers.get("content-type", "")
    return kind.startswith("application/problem+json") or (answer.status == 400 and not answer.body)


DOORS: dict[Life, int] = {forge: 8, poll: 2, knock: 2}
