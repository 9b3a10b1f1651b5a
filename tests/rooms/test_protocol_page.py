"""docs/rooms.md is true: its frames are those that a server takes and sends, down to their members."""

import asyncio
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import orjson

from handlers.live import wire
from hub.hub import STUCK
from smovie import new_episodes
from smovie.models.base import now
from tests.conftest import StartServer
from tests.rooms.test_verify import waiting
from tests.support.notified import in_own_room, say
from tests.support.room import WITHIN_S, Frame, RoomClient, in_room
from tests.support.server import Member, RunningServer

PAGE = (Path(__file__).parents[2] / "docs" / "rooms.md").read_text(encoding="utf-8")


def shown(whose: str) -> list[Frame]:
    """The page's frames that one side sends."""
    return [orjson.loads(block) for block in re.findall(rf"^```json {whose}\n(.*?)^```$", PAGE, re.M | re.S)]


class Heard:
    """What a server has said, by type."""

    def __init__(self) -> None:
        self.frames: dict[str, list[Frame]] = defaultdict(list)

    async def until_type(self, client: RoomClient, kind: str) -> Frame:
        async with asyncio.timeout(WITHIN_S):
            while True:
                frame = await client.hear()
                self.frames[frame["type"]].append(frame)
                if frame["type"] == kind:
                    return frame

    def has(self, wanted: Frame) -> bool:
        return any(members(frame) == members(wanted) for frame in self.frames[wanted["type"]])


def members(value: Any) -> Any:
    """The names in an object, and in the objects in it; what a list holds is left out."""
    return {name: members(inner) for name, inner in value.items()} if isinstance(value, dict) else None


async def comment_of(server: RunningServer, author: Member, episode: str) -> str:
    posted = await server.api.post(f"/episodes/{episode}/comments", {"message": "một"}, access=author.access)
    assert posted.status == 201, posted.json
    return str(posted.json["comment"]["id"])


async def change_comments(heard: Heard, server: RunningServer, room: RoomClient) -> None:
    (comment,) = (await server.api.get(f"/episodes/{room.joined['room']}/comments?limit=1")).json["results"]
    about = {"comment_id": comment["id"]}
    for act, told in (
        ({"type": "typing"}, "typing"),
        ({"type": "edit", "message": "khác", **about}, "edited"),
        ({"type": "react", "emoji": "👍", **about}, "reaction"),
        ({"type": "delete", **about}, "deleted"),
    ):
        await room.say(**act)
        await heard.until_type(room, told)


async def moderate(heard: Heard, server: RunningServer, room: RoomClient, moderator: Member) -> None:
    """A moderator's acts on a room, as somebody in it hears them."""
    comment = await comment_of(server, moderator, room.joined["room"])
    about, whom = {"comment_id": comment}, {"user_id": room.joined["me"]["id"]}
    async with in_room(server, room.joined["room"], moderator.access) as staff:
        for act, told in (
            ({"type": "pin", **about}, "pinned"),
            ({"type": "unpin", **about}, "unpinned"),
            ({"type": "slow_mode", "seconds": 5}, "slow_mode"),
            ({"type": "close"}, "closed"),
            ({"type": "mute", "seconds": 60, "reason": "spam", **whom}, "muted"),
            ({"type": "unmute", **whom}, "unmuted"),
        ):
            await staff.say(**act)
            await heard.until_type(room, told)


async def hear_of_ones_own(heard: Heard, server: RunningServer) -> None:
    """What somebody's own room says of an answer to a comment of theirs and of a new episode, up to its being read."""
    author, other, episode = await server.a_member(), await server.a_member(), server.an_episode_apart()
    async with in_own_room(server, author) as own:
        heard.frames["joined"].append(own.joined)
        await say(server, other, episode, "tôi xem rồi", await say(server, author, episode, "có ai xem chưa?"))
        await heard.until_type(own, "notification")
        desk, title = server.runtime.notifications, server.runtime.catalog.snapshot.by_episode[episode]
        await server.api.send("PUT", f"/me/watchlist/{title.slug}", {}, access=author.access)
        noted = {"fresh": [episode], "noted_at": now(), "due_at": now()}
        await desk.db.announcements.update_one({"_id": title.id}, {"$set": noted})
        await new_episodes.tell_next(desk)
        told = await heard.until_type(own, "notification")
        (frame,) = shown("own")
        await own.say(**{**frame, "upto": told["id"]})
        await heard.until_type(own, "read")


async def stay_for_everything(heard: Heard, server: RunningServer) -> None:
    """A visit in which a server says all that it has to say; its last word is that it stops."""
    member, episode = await server.a_member(), server.an_episode_apart()
    hub = server.runtime.hub
    async with in_room(server, episode, member.access) as room:
        heard.frames["joined"].append(room.joined)
        async with in_room(server, episode, (await server.a_member()).access):
            await heard.until_type(room, "presence")
        await room.say(type="comment", message="một", cmid="c", id=8)
        await heard.until_type(room, "ack")
        await change_comments(heard, server, room)
        await moderate(heard, server, room, await server.a_moderator())
        for number in range(5):
            await room.say(type="comment", message="nữa", cmid=str(number), id=number)
        await heard.until_type(room, "error")
        await room.say(type="history", id=7)
        await heard.until_type(room, "history")
        fresh = (await server.api.post("/auth/refresh", {"refresh": member.refresh})).json["access"]
        await room.say(type="auth", token=fresh, id=9)
        await heard.until_type(room, "auth_ok")
        await server.runtime.db.users.update_one({"_id": member.id}, {"$set": {"username": f"{member.username} Anh"}})
        await heard.until_type(room, "account_changed")
        hub._rooms[f"comments:{episode}"].sent_at -= 25
        await heard.until_type(room, "sync")
        hub.degrade()
        await heard.until_type(room, "degraded")
        hub._refresh(hub._rooms[f"comments:{episode}"])
        await heard.until_type(room, "gap")
        await server.runtime.live.drain()
        await heard.until_type(room, "reconnect")


async def test_every_frame_of_the_page_is_one_that_the_server_sends_and_none_is_left_out(
    start: StartServer, demo_database: str
) -> None:
    server = await start(mongo_database=demo_database)
    registered = await server.register()
    link = await server.proof_for(registered)
    async with waiting(server, registered["uid"], registered["access"]) as client:
        new_user = Heard()
        await new_user.until_type(client, "joined")
        await server.api.post_to(link)
        await new_user.until_type(client, "email_verified")
    heard = Heard()
    await hear_of_ones_own(heard, server)
    await stay_for_everything(heard, server)
    for kind, frames in new_user.frames.items():
        heard.frames[kind].extend(frames)
    assert [frame for frame in shown("server") if not heard.has(frame)] == []
    assert heard.frames.keys() == {frame["type"] for frame in shown("server")}


async def test_every_frame_of_the_page_is_one_that_the_server_takes(server: RunningServer) -> None:
    member, moderator, episode = await server.a_member(), await server.a_moderator(), server.an_episode_apart()
    async with in_room(server, episode, member.access) as room, in_room(server, episode, moderator.access) as staff:
        known = {"token": member.access, "user_id": member.id}
        for client, frame in [*((room, one) for one in shown("client")), *((staff, one) for one in shown("moderator"))]:
            if frame["type"] == "typing":  # it is not answered
                await client.say(**frame)
                continue
            if "comment_id" in frame:
                known["comment_id"] = await comment_of(server, await server.a_member(), episode)
            if frame["type"] in ("edit", "delete"):
                known["comment_id"] = await comment_of(server, member, episode)
            given = {name: value for name, value in known.items() if name in frame}
            if frame["type"] == "unpin":
                await server.api.call(
                    "PUT", f"/api/v1/rooms/{episode}/pins/{known['comment_id']}", access=moderator.access
                )
            await client.say(**{**frame, **given, "id": "asked"})
            answer = await client.hear_until(lambda heard: heard.get("id") == "asked")
            assert answer["type"] in ("auth_ok", "ack", "history"), (frame, answer)


def test_every_close_code_of_ours_is_explained() -> None:
    ours = {wire.UNAUTHENTICATED, wire.FORBIDDEN, wire.NOT_FOUND, wire.FLOODING, wire.POLICY, wire.TOO_BIG, STUCK}
    others = {wire.UNSUPPORTED, wire.INVALID_TEXT, wire.PROTOCOL_ERROR, wire.INTERNAL_ERROR, wire.RESTART}
    table = PAGE.partition("## When the socket closes")[2].partition("\n## ")[0]
    explained = {int(code) for row in re.findall(r"^\| ([\d, ]+) \|", table, re.M) for code in row.split(",")}
    assert ours | others | {wire.TRY_AGAIN_LATER} <= explained


def test_every_blocked_frame_is_marked_with_who_sends_it() -> None:
    assert len(re.findall(r"^```json", PAGE, re.M)) == sum(
        len(shown(whose)) for whose in ("client", "server", "moderator", "own")
    )
