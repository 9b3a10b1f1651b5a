"""Talk in a live room from the terminal: chat.py http://127.0.0.1:8888 EMAIL PASSWORD [EPISODE_ID].

A small client to copy from; it needs nothing but Tornado. It signs in over REST, joins over WebSocket with the token
as a subprotocol, resumes from its position when the line breaks, and prints what the room says.
"""

import asyncio
import json
import random
import sys
import threading
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

NEVER_AGAIN = (4401, 4403, 4404)  # a new token or place is needed first
NO_EVENTS = ("ack", "sync", "gap")  # they name the `seq` of an event; it comes by itself


async def ask(url: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """One REST call."""
    method, data = ("GET", None) if body is None else ("POST", json.dumps(body))
    answer = await AsyncHTTPClient().fetch(url, method=method, body=data, headers={"Content-Type": "application/json"})
    found: dict[str, Any] = json.loads(answer.body)
    return found


async def listen(socket: WebSocketClientConnection, position: dict[str, Any]) -> None:
    """Print what comes, and keep the position to resume from."""
    while (text := await socket.read_message()) is not None:
        frame = json.loads(text)
        if frame["type"] == "joined":
            position["epoch"] = frame["epoch"]
            print(f"-- joined, {frame['presence']['count']} here")
            for comment in frame.get("comments", []):
                print(f"{comment['username']}: {comment['message']}")
        elif frame["type"] == "comment":
            print(f"{frame['username']}: {frame['message']}")
        elif frame["type"] == "error":
            print(f"-- {frame['message']}")
        elif frame["type"] == "sync" and frame["seq"] > position["seq"]:
            socket.close()  # we are behind: come back with our position
        if "seq" in frame and frame["type"] not in NO_EVENTS:
            position["seq"] = frame["seq"]


async def speak(socket: WebSocketClientConnection, lines: "asyncio.Queue[str]") -> None:
    """Send what is typed."""
    while True:
        await socket.write_message(json.dumps({"type": "comment", "message": await lines.get()}))


def type_lines(loop: asyncio.AbstractEventLoop, lines: "asyncio.Queue[str]") -> None:
    """Queue what is typed, until the input ends."""
    for line in sys.stdin:
        if line.strip():
            loop.call_soon_threadsafe(lines.put_nowait, line.strip())


async def main(base: str, email: str, password: str, episode: str | None = None) -> None:
    signed_in = await ask(f"{base}/api/v1/auth/login", {"email": email, "password": password})
    if episode is None:
        slug = (await ask(f"{base}/api/v1/movies?kind=series&sort=title"))["results"][0]["slug"]
        episode = (await ask(f"{base}/api/v1/movies/{slug}"))["seasons"][0]["episodes"][0]["id"]
        print(f"-- the first episode of {slug}: {episode}")
    lines: asyncio.Queue[str] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    # Its own thread, since reading a terminal or a file waits; it goes with the process.
    threading.Thread(target=type_lines, args=(loop, lines), daemon=True).start()
    position: dict[str, Any] = {}
    wait_s = 0.5
    while True:
        since = f"?epoch={position['epoch']}&seq={position['seq']}" if position else ""
        request = HTTPRequest(f"{base.replace('http', 'ws', 1)}/ws/comments/{episode}{since}")
        try:
            socket = await websocket_connect(request, subprotocols=["smovie.v1", f"bearer.{signed_in['access']}"])
        except (OSError, HTTPClientError):
            pass  # away, or not ready yet
        else:
            wait_s = 0.5
            speaking = asyncio.create_task(speak(socket, lines))
            await listen(socket, position)
            speaking.cancel()
            if socket.close_code in NEVER_AGAIN:
                print(f"-- closed: {socket.close_code} {socket.close_reason}")
                return
        await asyncio.sleep(wait_s * random.uniform(0.5, 1))
        wait_s = min(wait_s * 2, 30)


if __name__ == "__main__":
    try:
        asyncio.run(main(*sys.argv[1:]))
    except KeyboardInterrupt:
        print()
    except HTTPClientError as exc:
        sys.exit(f"refused: {exc}")
