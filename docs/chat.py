"""Talk in a live room from the terminal: chat.py http://127.0.0.1:8888 EMAIL PASSWORD [EPISODE_ID].

The reference client of docs/rooms.md, to copy from; it needs nothing but Tornado. It signs in over REST and joins over
WebSocket. When the line breaks it comes back with its position and says again what was not acknowledged, so that
nothing is lost and nothing stands there twice. Its token is renewed in place.
"""

import asyncio
import json
import random
import sys
import threading
import uuid
from collections import deque
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.httputil import url_concat
from tornado.websocket import WebSocketClientConnection, WebSocketClosedError, websocket_connect

UNAUTHENTICATED, FORBIDDEN, NO_ROOM = 4401, 4403, 4404
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
SILENT_S = 60.0  # the server says something every 25 s
RENEW_BEFORE_S = 60.0
NAMES_A_SEQ = ("joined", "ack", "sync", "gap", "degraded")  # … of an event, but is none

Frame = dict[str, Any]


async def ask(url: str, body: Frame | None = None) -> Frame:
    """One REST call."""
    method, data = ("GET", None) if body is None else ("POST", json.dumps(body))
    answer = await AsyncHTTPClient().fetch(url, method=method, body=data, headers={"Content-Type": "application/json"})
    found: Frame = json.loads(answer.body)
    return found


class Room:
    """A place in a room that outlives its connections."""

    def __init__(self, base: str, episode: str, tokens: Frame) -> None:
        self.base = base
        self.episode = episode
        self.tokens = tokens
        self.unsaid: deque[Frame] = deque()  # oldest first; sent one after another, so that their order stays
        self.socket: WebSocketClientConnection | None = None  # while joined
        self.position: tuple[str, int] | None = None  # epoch and seq of the last event taken
        self.seen: set[str] = set()  # ids of comments
        self.asked_wait_s = 0.0
        self.tasks: dict[str, asyncio.Task[None]] = {}

    def say(self, message: str) -> None:
        """Queue a comment; its `cmid` makes it the same one however often it is sent."""
        self.unsaid.append({"type": "comment", "message": message, "cmid": str(uuid.uuid4())})
        if len(self.unsaid) == 1:
            self.say_next()

    async def stay(self) -> int:
        """Connect again and again; the close code after which that has no sense any more."""
        wait_s, was_refused = FIRST_WAIT_S, False
        while True:
            try:
                if was_refused:
                    await self.refresh()
                code, joined = await self.visit()
            except (OSError, HTTPClientError) as exc:  # away, or not ready yet
                if was_refused and isinstance(exc, HTTPClientError) and exc.code == 401:
                    return UNAUTHENTICATED  # signed out: there is no other token
                code, joined = None, False
            if code in (FORBIDDEN, NO_ROOM) or (code == UNAUTHENTICATED and was_refused and not joined):
                return code
            was_refused = code == UNAUTHENTICATED or (was_refused and code is None)
            wait_s = FIRST_WAIT_S if joined else wait_s
            await asyncio.sleep(self.asked_wait_s + wait_s * random.uniform(0.5, 1))
            wait_s, self.asked_wait_s = min(wait_s * 2, LONGEST_WAIT_S), 0.0

    async def visit(self) -> tuple[int | None, bool]:
        """One connection, until it ends: its close code, and whether we were in."""
        url = f"{self.base.replace('http', 'ws', 1)}/ws/comments/{self.episode}"
        since = {"epoch": self.position[0], "seq": str(self.position[1])} if self.position else {}
        request = HTTPRequest(url_concat(url, since))
        socket = await websocket_connect(request, subprotocols=["smovie.v1", f"bearer.{self.tokens['access']}"])
        joined = False
        try:
            while (text := await asyncio.wait_for(socket.read_message(), SILENT_S)) is not None:
                frame = json.loads(text)
                if frame["type"] == "joined":
                    self.socket, joined = socket, True
                if not self.hear(frame):
                    break
        except TimeoutError:
            pass  # the line is dead, though nobody said so
        finally:
            self.socket = None
            for task in self.tasks.values():
                task.cancel()
            socket.close()
        return socket.close_code, joined

    def hear(self, frame: Frame) -> bool:
        """Take a frame; False when we are behind and must come back with our position."""
        kind = frame["type"]
        if kind == "joined":
            self.join(frame)
        elif kind == "ack":
            self.settle(frame.get("cmid"))
        elif kind == "error":
            self.refused(frame)
        elif kind == "sync":
            return self.position is not None and frame["seq"] <= self.position[1]
        elif kind == "reconnect":
            self.asked_wait_s = frame["after_ms"] / 1_000
        elif kind == "auth_ok":
            self.start("renewal", self.renew(frame["expires_in"]))
        elif kind == "degraded" and "epoch" in frame:  # the server goes on alone, and numbers anew
            self.position = frame["epoch"], frame["seq"]
        elif kind not in NAMES_A_SEQ:
            self.take(frame)
        return True

    def join(self, frame: Frame) -> None:
        if self.position and not frame["recovered"]:
            print("-- back after a while; older comments may be missing here")
        self.position = frame["epoch"], frame["seq"]
        print(f"-- joined, {frame['presence']['count']} here")
        for comment in frame.get("comments", []):
            self.take({**comment, "type": "comment"})
        self.start("renewal", self.renew(frame["expires_in"]))
        self.say_next()

    def take(self, event: Frame) -> None:
        """An event, or a comment of a page; whatever came before is passed over."""
        if "seq" in event and self.position:
            if event["seq"] <= self.position[1]:
                return
            self.position = self.position[0], event["seq"]
        if event["type"] == "comment" and event["id"] not in self.seen:
            self.seen.add(event["id"])
            print(f"{event['username']}: {event['message']}")

    def say_next(self) -> None:
        if self.unsaid and self.socket:
            self.start("saying", self.send(self.socket, self.unsaid[0]))

    async def send(self, socket: WebSocketClientConnection, frame: Frame, after_s: float = 0.0) -> None:
        await asyncio.sleep(after_s)
        with suppress(WebSocketClosedError):  # it is sent again on the next one
            await socket.write_message(json.dumps(frame))

    def settle(self, cmid: str | None) -> None:
        """The server has answered for a comment."""
        if self.unsaid and self.unsaid[0]["cmid"] == cmid:
            self.unsaid.popleft()
            self.say_next()

    def refused(self, error: Frame) -> None:
        if error["temporary"] and self.unsaid and self.socket and error.get("cmid") == self.unsaid[0]["cmid"]:
            after_s = error.get("retry_after_ms", 1_000) / 1_000
            self.start("saying", self.send(self.socket, self.unsaid[0], after_s))
        else:
            print(f"-- {error['message']}")
            self.settle(error.get("cmid"))

    async def renew(self, expires_in: float) -> None:
        """Bring a new token before the old one ends. Without one the server closes 4401, and we try once more."""
        await asyncio.sleep(max(expires_in - RENEW_BEFORE_S, 1))
        try:
            await self.refresh()
        except (OSError, HTTPClientError):
            return
        if self.socket:
            await self.send(self.socket, {"type": "auth", "token": self.tokens["access"]})

    async def refresh(self) -> None:
        self.tokens = await ask(f"{self.base}/api/v1/auth/refresh", {"refresh": self.tokens["refresh"]})

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Run something until it is done, replaced by its like, or the connection ends."""
        if name in self.tasks and self.tasks[name] is not asyncio.current_task():
            self.tasks[name].cancel()
        self.tasks[name] = asyncio.create_task(work)


def type_lines(loop: asyncio.AbstractEventLoop, room: Room) -> None:
    """Say what is typed, until the input ends."""
    for line in sys.stdin:
        if line.strip():
            loop.call_soon_threadsafe(room.say, line.strip())


async def main(base: str, email: str, password: str, episode: str | None = None) -> None:
    tokens = await ask(f"{base}/api/v1/auth/login", {"email": email, "password": password})
    if episode is None:
        slug = (await ask(f"{base}/api/v1/movies?kind=series&sort=title"))["results"][0]["slug"]
        episode = str((await ask(f"{base}/api/v1/movies/{slug}"))["seasons"][0]["episodes"][0]["id"])
        print(f"-- the first episode of {slug}: {episode}")
    room = Room(base, episode, tokens)
    # Its own thread, since reading a terminal or a file waits; it goes with the process.
    threading.Thread(target=type_lines, args=(asyncio.get_running_loop(), room), daemon=True).start()
    print(f"-- closed: {await room.stay()}")


if __name__ == "__main__":
    try:
        asyncio.run(main(*sys.argv[1:]))
    except KeyboardInterrupt:
        print()
    except HTTPClientError as exc:
        sys.exit(f"refused: {exc}")
