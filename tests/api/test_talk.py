"""API.md "Talk": editing, deleting, reacting, reporting and ruling a room over REST, by the socket's rules."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.conftest import StartServer
from tests.support.api import Answer
from tests.support.room import in_room
from tests.support.server import Member, RunningServer


async def call(server: RunningServer, method: str, path: str, value: Any = None, *, by: Member | None) -> Answer:
    """A request below /api/v1, with a JSON body where one is given."""
    return await server.api.send(method, path, value, access=by.access if by else None)


async def a_comment(server: RunningServer, author: Member, episode: str, text: str = "lời bình") -> str:
    answer = await server.api.post(f"/episodes/{episode}/comments", {"message": text}, access=author.access)
    return str(answer.json["comment"]["id"])


async def test_an_edit_and_a_deletion_reach_the_room(watched: RunningServer) -> None:
    author, episode = await watched.a_member(), watched.an_episode_apart()
    async with in_room(watched, episode, author.access) as room:
        comment = await a_comment(watched, author, episode)
        edited = await call(watched, "PATCH", f"/comments/{comment}", {"message": " sửa "}, by=author)
        assert (edited.status, edited.json["message"], edited.json["id"]) == (200, "sửa", comment)
        assert edited.json["edited_at"] == (await room.hear_type("edited"))["edited_at"]
        assert (await call(watched, "DELETE", f"/comments/{comment}", by=author)).status == 204
        assert (await room.hear_type("deleted"))["id"] == comment
    assert (await call(watched, "DELETE", f"/comments/{comment}", by=author)).status == 404
    assert (await call(watched, "PATCH", f"/comments/{comment}", {"message": "x"}, by=author)).status == 404


async def test_only_its_author_edits_and_only_they_and_moderators_delete(watched: RunningServer) -> None:
    author, stranger, moderator = await watched.a_member(), await watched.a_member(), await watched.a_moderator()
    comment = await a_comment(watched, author, watched.an_episode_apart())
    for who in (stranger, moderator):
        assert (await call(watched, "PATCH", f"/comments/{comment}", {"message": "x"}, by=who)).status == 403
    assert (await call(watched, "PATCH", f"/comments/{comment}", {"message": ""}, by=author)).status == 422
    assert (await call(watched, "PATCH", f"/comments/{comment}", {"text": "x"}, by=author)).status == 422
    assert (await call(watched, "DELETE", f"/comments/{comment}", by=stranger)).status == 403
    assert (await call(watched, "DELETE", f"/comments/{comment}", by=moderator)).status == 204


async def test_reactions_are_put_and_deleted(watched: RunningServer) -> None:
    author, reader, episode = await watched.a_member(), await watched.a_member(), watched.an_episode_apart()
    comment = await a_comment(watched, author, episode)
    path = f"/comments/{comment}/reactions/"
    for _ in range(2):
        given = await call(watched, "PUT", path + quote("❤️"), by=reader)
        assert (given.status, given.json["comment_id"], given.json["reactions"]["❤️"]) == (200, comment, 1)
    (shown,) = (await watched.api.get(f"/episodes/{episode}/comments")).json["results"]
    assert shown["reactions"] == {"❤️": 1}
    taken = await call(watched, "DELETE", path + quote("❤️"), by=reader)
    assert (taken.status, taken.json["reactions"]["❤️"]) == (200, 0)
    unknown = await call(watched, "PUT", path + quote("🍜"), by=reader)
    assert (unknown.status, unknown.json["errors"][0]["pointer"]) == (422, "/emoji")
    assert (await call(watched, "PUT", f"/comments/{'0' * 20}/reactions/{quote('👍')}", by=reader)).status == 404


async def test_a_report_is_kept_once_for_each_user_and_comment(watched: RunningServer) -> None:
    author, reader, episode = await watched.a_member(), await watched.a_member(), watched.an_episode_apart()
    comment = await a_comment(watched, author, episode, "chửi bậy")
    path = f"/comments/{comment}/report"
    for reason in ("thô tục", "vẫn thô tục"):
        assert (await call(watched, "POST", path, {"reason": reason}, by=reader)).status == 204
    (kept,) = [row async for row in watched.runtime.db.reports.find({"comment_id": comment})]
    assert (kept["reporter_id"], kept["author_id"], kept["reason"]) == (reader.id, author.id, "thô tục")
    assert (kept["message"], kept["episode_id"]) == ("chửi bậy", episode)
    assert (await call(watched, "POST", path, {"reason": " "}, by=reader)).status == 422
    assert (await call(watched, "POST", path, {"reason": "x" * 501}, by=reader)).status == 422
    assert (await call(watched, "POST", f"/comments/{'0' * 20}/report", {"reason": "x"}, by=reader)).status == 404


async def test_reports_and_reactions_are_throttled(start: StartServer, demo_database: str) -> None:
    server = await start(
        mongo_database=demo_database, limit_reports_per_user="2/minute", limit_reactions_per_user="2/minute"
    )
    author, episode = await server.a_member(), server.an_episode_apart()
    comment = await a_comment(server, author, episode)
    reported = [await call(server, "POST", f"/comments/{comment}/report", {"reason": "x"}, by=author) for _ in "123"]
    reacted = [await call(server, "PUT", f"/comments/{comment}/reactions/{quote('👍')}", by=author) for _ in "123"]
    assert [answer.status for answer in reported] == [204, 204, 429]
    assert [answer.status for answer in reacted] == [200, 200, 429]
    assert 1 <= int(reacted[-1].headers["retry-after"]) <= 60


async def test_a_moderator_rules_a_room(watched: RunningServer) -> None:
    member, moderator, episode = await watched.a_member(), await watched.a_moderator(), watched.an_episode_apart()
    path = f"/rooms/{episode}"
    assert (await watched.api.get(path)).json == {
        "episode_id": episode, "slow_mode_s": 0, "closed": False, "pinned": [],
    }  # fmt: skip
    assert (await call(watched, "PATCH", path, {"closed": True}, by=member)).status == 403
    assert (await call(watched, "PATCH", path, {"slow_mode_s": 3601}, by=moderator)).status == 422
    ruled = await call(watched, "PATCH", path, {"slow_mode_s": 30}, by=moderator)
    assert (ruled.status, ruled.json["slow_mode_s"], ruled.json["closed"]) == (200, 30, False)
    ruled = await call(watched, "PATCH", path, {"closed": True}, by=moderator)
    assert (ruled.json["slow_mode_s"], ruled.json["closed"]) == (30, True)
    refused = await watched.api.post(f"/episodes/{episode}/comments", {"message": "x"}, access=member.access)
    assert (refused.status, refused.json["type"]) == (403, "/problems/room-closed")
    await call(watched, "PATCH", path, {"closed": False, "slow_mode_s": 0}, by=moderator)
    assert await a_comment(watched, member, episode)
    acts = [row["facts"] async for row in watched.runtime.db.audit.find({"target": episode}).sort("_id", 1)]
    assert acts == [{"slow_mode_s": 30}, {"closed": True}, {"slow_mode_s": 0, "closed": False}]
    assert (await watched.api.get("/rooms/nowhere")).status == 404
    assert (await call(watched, "PATCH", "/rooms/nowhere", {"closed": True}, by=moderator)).status == 404


async def test_a_moderator_pins_comments(watched: RunningServer) -> None:
    moderator, episode = await watched.a_moderator(), watched.an_episode_apart()
    comment = await a_comment(watched, moderator, episode)
    elsewhere = await a_comment(watched, moderator, watched.an_episode_apart())
    path = f"/rooms/{episode}/pins/"
    for _ in range(2):
        assert (await call(watched, "PUT", path + comment, by=moderator)).status == 204
    assert [found["id"] for found in (await watched.api.get(f"/rooms/{episode}")).json["pinned"]] == [comment]
    assert (await call(watched, "PUT", path + elsewhere, by=moderator)).status == 404
    for _ in range(2):
        assert (await call(watched, "DELETE", path + comment, by=moderator)).status == 204
    assert (await watched.api.get(f"/rooms/{episode}")).json["pinned"] == []
    others = [await a_comment(watched, moderator, episode, f"số {number}") for number in range(3)]
    author = await watched.a_member()
    others += [await a_comment(watched, author, episode, f"số {number}") for number in range(3)]
    statuses = [(await call(watched, "PUT", path + other, by=moderator)).status for other in others]
    assert statuses == [204] * 5 + [409]


async def test_a_moderator_mutes_people(watched: RunningServer) -> None:
    member, moderator, episode = await watched.a_member(), await watched.a_moderator(), watched.an_episode_apart()
    path = f"/rooms/{episode}/mutes"
    muted = await call(watched, "PUT", f"{path}/{member.id}", {"seconds": 600, "reason": "ồn"}, by=moderator)
    assert (muted.status, muted.json["user_id"], muted.json["by"]) == (200, member.id, moderator.id)
    assert (await call(watched, "GET", path, by=moderator)).json["results"] == [muted.json]
    refused = await watched.api.post(f"/episodes/{episode}/comments", {"message": "x"}, access=member.access)
    assert refused.status == 403
    assert 590 < int(refused.headers["retry-after"]) <= 600
    assert (await call(watched, "DELETE", f"{path}/{member.id}", by=moderator)).status == 204
    assert (await call(watched, "DELETE", f"{path}/{member.id}", by=moderator)).status == 404
    assert await a_comment(watched, member, episode)
    acts = [row["act"] async for row in watched.runtime.db.audit.find({"target": member.id}).sort("_id", 1)]
    assert acts[:2] == ["user.muted", "user.unmuted"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "/comments/{comment}"),
        ("DELETE", "/comments/{comment}"),
        ("PUT", "/comments/{comment}/reactions/%F0%9F%91%8D"),
        ("DELETE", "/comments/{comment}/reactions/%F0%9F%91%8D"),
        ("POST", "/comments/{comment}/report"),
        ("PATCH", "/rooms/{episode}"),
        ("PUT", "/rooms/{episode}/pins/{comment}"),
        ("DELETE", "/rooms/{episode}/pins/{comment}"),
        ("GET", "/rooms/{episode}/mutes"),
        ("PUT", "/rooms/{episode}/mutes/{user}"),
        ("DELETE", "/rooms/{episode}/mutes/{user}"),
    ],
)
async def test_nobody_talks_or_rules_without_signing_in_and_confirming(
    watched: RunningServer, method: str, path: str
) -> None:
    known = {"comment": "0" * 20, "episode": watched.an_episode_apart(), "user": "0" * 20}
    assert (await watched.api.send(method, path.format(**known))).status == 401
    registered = await watched.register()
    assert (await watched.api.send(method, path.format(**known), access=registered["access"])).status == 403
