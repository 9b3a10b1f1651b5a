"""ROOMS.md 14: what was said is changed, or taken back, for everybody and for good."""

import asyncio
from datetime import timedelta
from typing import Any

import orjson
import pytest

from smovie import comments
from smovie.models.base import now
from smovie.models.comments import Comment
from smovie.store import comment_changes
from smovie.talk import editing
from tests.support.room import in_room, replay
from tests.support.server import Member, RunningServer
from tests.support.wait import until


async def shown(server: RunningServer, episode: str) -> list[dict[str, Any]]:
    """A room's comments as its page shows them."""
    found: list[dict[str, Any]] = (await server.api.get(f"/episodes/{episode}/comments")).json["results"]
    return found


async def grow_old(server: RunningServer, comment_id: str, minutes: float) -> None:
    """Let a comment be older than it is."""
    stored = await server.runtime.db.comments.find_one({"_id": comment_id})
    change = {"$set": {"created_at": stored["created_at"] - timedelta(minutes=minutes)}}
    await server.runtime.db.comments.update_one({"_id": comment_id}, change)


@pytest.mark.parametrize("text", ["đã sửa 👍🏽", "$message", "$$ROOT", "{}"])
async def test_clause_14_an_edit_reaches_everybody_and_later_pages(server: RunningServer, text: str) -> None:
    author, reader, episode = await server.a_member(), await server.a_member(), server.an_episode_apart()
    async with in_room(server, episode, author.access) as room, in_room(server, episode, reader.access) as other:
        comment = await room.comment("viết nhầm", at_s=3.5)
        said = await other.hear_type("comment")
        ack = await room.ask("edit", comment_id=comment, message=f"  {text} ")
        edited = await other.hear_type("edited")
    assert ack == {"type": "ack", "id": ack["id"], "comment_id": comment, "seq": edited["seq"]}
    assert edited["seq"] == said["seq"] + 1
    assert edited.pop("edited_at") >= said["created_at"]
    assert edited == {**said, "type": "edited", "message": text, "seq": said["seq"] + 1}
    (page,) = await shown(server, episode)
    assert page["message"] == text
    assert page["edited_at"] is not None


async def test_clause_14_what_a_comment_said_before_is_kept_but_not_shown(server: RunningServer) -> None:
    author, episode = await server.a_member(), server.an_episode_apart()
    async with in_room(server, episode, author.access) as room:
        comment = await room.comment("bản một")
        await room.ask("edit", comment_id=comment, message="bản hai")
        await room.ask("delete", comment_id=comment)
    stored = await server.runtime.db.comments.find_one({"_id": comment})
    assert [revision["message"] for revision in stored["revisions"]] == ["bản một", "bản hai"]
    assert stored["message"] == ""


async def test_clause_14_only_its_author_edits_a_comment(server: RunningServer) -> None:
    author, stranger, episode = await server.a_member(), await server.a_moderator(), server.an_episode_apart()
    async with in_room(server, episode, author.access) as room, in_room(server, episode, stranger.access) as other:
        comment = await room.comment("của tôi")
        refused = await other.ask("edit", comment_id=comment, message="của anh")
    assert (refused["type"], refused["code"]) == ("error", "forbidden")
    assert (await shown(server, episode))[0]["message"] == "của tôi"


async def test_clause_14_an_edit_comes_within_five_minutes(server: RunningServer) -> None:
    author, episode = await server.a_member(), server.an_episode_apart()
    async with in_room(server, episode, author.access) as room:
        assert room.joined["limits"]["edit_within_s"] == 300
        comment = await room.comment("xưa")
        await grow_old(server, comment, 4.5)
        assert (await room.ask("edit", comment_id=comment, message="còn kịp"))["type"] == "ack"
        await grow_old(server, comment, 0.6)
        assert (await room.ask("edit", comment_id=comment, message="muộn"))["code"] == "forbidden"
    assert (await shown(server, episode))[0]["message"] == "còn kịp"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"message": "x" * 2001}, "too_long"),
        ({"message": " "}, "invalid"),
        ({"message": "a\x00"}, "invalid"),
        ({}, "invalid"),
        ({"message": "x", "comment_id": "0" * 20}, "not_found"),
        ({"message": "x", "comment_id": 7}, "invalid"),
    ],
)
async def test_clause_14_what_is_no_edit_is_refused_and_the_socket_stays(
    server: RunningServer, frame: dict[str, Any], code: str
) -> None:
    author, episode = await server.a_member(), server.an_episode_apart()
    async with in_room(server, episode, author.access) as room:
        comment = await room.comment("giữ nguyên")
        assert (await room.ask("edit", **{"comment_id": comment, **frame}))["code"] == code
        assert (await room.ask("edit", comment_id=comment, message="vẫn sửa được"))["type"] == "ack"


async def test_clause_14_a_deleted_comment_is_gone_from_pages_and_replays(server: RunningServer) -> None:
    author, reader, episode = await server.a_member(), await server.a_member(), server.an_episode_apart()
    async with in_room(server, episode, reader.access) as other:
        async with in_room(server, episode, author.access) as room:
            comment = await room.comment("bí mật thứ nhất")
            await room.ask("edit", comment_id=comment, message="bí mật thứ hai")
            reply = await room.comment("trả lời", parent_id=comment)
            ack = await room.ask("delete", comment_id=comment)
        deleted = await other.hear_type("deleted")
        assert deleted == {"type": "deleted", "seq": ack["seq"], "id": comment, "by": "author"}
        told = await replay(server, other, episode, reader.access)
    first = other.joined["seq"] + 1
    assert [frame["seq"] for frame in told] == list(range(first, ack["seq"] + 1))
    assert [frame["type"] for frame in told] == ["deleted", "deleted", "comment", "deleted"]
    assert "bí mật" not in orjson.dumps(told).decode()
    (left,) = await shown(server, episode)
    assert (left["id"], left["parent_id"]) == (reply, comment)


async def test_clause_14_a_moderator_deletes_and_it_is_on_record(server: RunningServer) -> None:
    author, moderator, episode = await server.a_member(), await server.a_moderator(), server.an_episode_apart()
    async with in_room(server, episode, author.access) as room, in_room(server, episode, moderator.access) as staff:
        comment = await room.comment("quá đáng")
        await staff.ask("delete", comment_id=comment)
        assert (await room.hear_type("deleted"))["by"] == "moderator"
    assert await shown(server, episode) == []
    entry = await server.runtime.db.audit.find_one({"target": comment})
    assert (entry["act"], entry["actor_id"], entry["room"]) == ("comment.deleted", moderator.id, episode)
    assert entry["facts"] == {"author": author.id}


async def test_clause_14_a_stranger_deletes_nothing(server: RunningServer) -> None:
    author, stranger, episode = await server.a_member(), await server.a_member(), server.an_episode_apart()
    async with in_room(server, episode, author.access) as room, in_room(server, episode, stranger.access) as other:
        comment = await room.comment("ở lại")
        assert (await other.ask("delete", comment_id=comment))["code"] == "forbidden"
    assert [found["id"] for found in await shown(server, episode)] == [comment]


async def test_clause_14_nothing_brings_a_deleted_comment_back(server: RunningServer) -> None:
    author, episode = await server.a_member(), server.an_episode_apart()
    async with in_room(server, episode, author.access) as room:
        comment = await room.comment("đã xoá", cmid="gone")
        await room.ask("delete", comment_id=comment)
        frames: list[dict[str, Any]] = [
            {"kind": "edit", "comment_id": comment, "message": "sống lại"},
            {"kind": "delete", "comment_id": comment},
            {"kind": "react", "comment_id": comment, "emoji": "👍"},
            {"kind": "report", "comment_id": comment, "reason": "x"},
            {"kind": "comment", "parent_id": comment, "message": "trả lời"},
        ]
        assert {(await room.ask(**frame)).get("code") for frame in frames} == {"not_found"}
        assert await room.comment("đã xoá", cmid="gone") == comment  # a retry, whose answer was late
    assert await shown(server, episode) == []


async def test_clause_14_an_edit_and_a_deletion_at_once_end_without_the_text(server: RunningServer) -> None:
    author, moderator, episode = await server.a_member(), await server.a_moderator(), server.an_episode_apart()
    async with in_room(server, episode, author.access) as room, in_room(server, episode, moderator.access) as staff:
        texts = [await room.comment(f"bí mật {number}") for number in range(2)]
        await asyncio.gather(
            *(room.say(type="edit", comment_id=comment, message="bí mật mới") for comment in texts),
            *(staff.say(type="delete", comment_id=comment, id=comment) for comment in texts),
        )
        for comment in texts:
            await staff.hear_until(lambda frame, wanted=comment: frame.get("id") == wanted and "comment_id" in frame)
        await room.ask("history")
        told = await replay(server, room, episode, author.access)
    assert await shown(server, episode) == []
    assert "bí mật" not in orjson.dumps(told).decode()
    assert {frame["type"] for frame in told} == {"deleted"}


async def stored_but_not_told(server: RunningServer, author: Member, episode: str) -> Comment:
    """A comment on its way to its room, or of an instance that was killed in between."""
    writer = server.runtime.comments.writer
    return await writer.store(
        Comment(
            id=writer.next_id(),
            episode_id=episode,
            user_id=author.id,
            username=author.username,
            message="bí mật",
            created_at=now(),
        )
    )


async def test_clause_14_a_comment_deleted_on_its_way_to_the_room_is_gone_too(server: RunningServer) -> None:
    author, episode = await server.a_member(), server.an_episode_apart()
    async with in_room(server, episode, author.access) as room:
        stored = await stored_but_not_told(server, author, episode)
        deleting = asyncio.create_task(room.ask("delete", comment_id=stored.id))
        await until(lambda: is_deleted(server, stored.id))
        await comments._tell_room(server.runtime.comments, stored)
        await deleting
        told = await replay(server, room, episode, author.access)
    assert [frame["type"] for frame in told] == ["deleted", "deleted"]


async def test_clause_27_a_sweep_tells_of_deletions_and_not_of_what_was_deleted(server: RunningServer) -> None:
    author, episode = await server.a_member(), server.an_episode_apart()
    desk, since = server.runtime.comments, now().timestamp()
    async with in_room(server, episode, author.access) as room:
        stored = await stored_but_not_told(server, author, episode)
        edited = await room.comment("một")
        await comment_changes.delete(desk.db, stored.id, "author", now())
        await comment_changes.edit(desk.db, edited, "hai", now())
        await comments.tell_untold(desk, since)
        told: list[dict[str, Any]] = []

        async def is_told() -> bool:
            await editing.tell_untold(desk)
            told[:] = await replay(server, room, episode, author.access)
            return len(told) == 3

        await until(is_told)  # what is changed at this moment is left to whoever changed it
        assert {(frame["type"], frame.get("message")) for frame in told} == {
            ("comment", "một"), ("deleted", None), ("edited", "hai"),
        }  # fmt: skip
        await editing.tell_untold(desk)
        assert await replay(server, room, episode, author.access) == told


async def is_deleted(server: RunningServer, comment_id: str) -> bool:
    stored = await server.runtime.db.comments.find_one({"_id": comment_id})
    return stored["message"] == ""


async def test_clause_14_a_comment_of_another_room_is_out_of_reach(server: RunningServer) -> None:
    author = await server.a_member()
    async with in_room(server, server.an_episode_apart(), author.access) as room:
        comment = await room.comment("ở đây")
    async with in_room(server, server.an_episode_apart(), author.access) as elsewhere:
        for kind in ("edit", "delete", "react", "report"):
            members = {"message": "x", "emoji": "👍", "reason": "x"}
            assert (await elsewhere.ask(kind, comment_id=comment, **members))["code"] == "not_found"
