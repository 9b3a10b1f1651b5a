"""ROOMS.md 14 and 18: what moderators say about a room, and what it does to whom."""

from typing import Any

import pytest

from tests.support.room import in_room
from tests.support.server import RunningServer
from tests.support.wait import until

ACTS: list[dict[str, Any]] = [
    {"kind": "pin", "comment_id": "0" * 20},
    {"kind": "unpin", "comment_id": "0" * 20},
    {"kind": "slow_mode", "seconds": 5},
    {"kind": "close"},
    {"kind": "reopen"},
    {"kind": "mute", "user_id": "0" * 20, "seconds": 60},
    {"kind": "unmute", "user_id": "0" * 20},
]


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act["kind"])
async def test_clause_14_only_moderators_rule_a_room(server: RunningServer, act: dict[str, Any]) -> None:
    member = await server.a_member()
    async with in_room(server, server.an_episode_apart(), member.access) as room:
        assert "moderate" not in room.joined["me"]["can"]
        assert (await room.ask(**act))["code"] == "forbidden"
        await room.comment("phòng vẫn mở")


@pytest.mark.parametrize(
    ("act", "code"),
    [
        ({"kind": "pin", "comment_id": "0" * 20}, "not_found"),
        ({"kind": "unpin"}, "invalid"),
        ({"kind": "slow_mode", "seconds": -1}, "invalid"),
        ({"kind": "slow_mode", "seconds": 3601}, "invalid"),
        ({"kind": "slow_mode", "seconds": "5"}, "invalid"),
        ({"kind": "slow_mode"}, "invalid"),
        ({"kind": "mute", "user_id": "0" * 20, "seconds": 60}, "not_found"),
        ({"kind": "mute", "user_id": "0" * 20, "seconds": 0}, "invalid"),
        ({"kind": "mute", "user_id": "0" * 20, "seconds": 365 * 86_400 + 1}, "invalid"),
        ({"kind": "mute", "user_id": "0" * 20, "seconds": 60, "reason": "x" * 501}, "invalid"),
        ({"kind": "unmute", "user_id": "0" * 20}, "not_found"),
    ],
    ids=str,
)
async def test_clause_14_what_makes_no_sense_is_refused(server: RunningServer, act: dict[str, Any], code: str) -> None:
    moderator = await server.a_moderator()
    async with in_room(server, server.an_episode_apart(), moderator.access) as room:
        assert (await room.ask(**act))["code"] == code


async def test_clause_14_pins_are_told_and_shown_on_joining(server: RunningServer) -> None:
    author, moderator, episode = await server.a_member(), await server.a_moderator(), server.an_episode_apart()
    async with in_room(server, episode, author.access) as room, in_room(server, episode, moderator.access) as staff:
        first, second = await room.comment("một"), await room.comment("hai")
        ack = await staff.ask("pin", comment_id=first)
        told = await room.hear_type("pinned")
        assert (told["id"], told["comment"]["message"], told["seq"]) == (first, "một", ack["seq"])
        await staff.ask("pin", comment_id=second)
        await staff.ask("pin", comment_id=first)
        async with in_room(server, episode, author.access) as later:
            assert [comment["message"] for comment in later.joined["pinned"]] == ["một", "hai"]
        await staff.ask("unpin", comment_id=first)
        assert (await room.hear_type("unpinned"))["id"] == first
        async with in_room(server, episode, author.access) as later:
            assert [comment["id"] for comment in later.joined["pinned"]] == [second]


async def test_clause_14_a_few_comments_at_most_are_pinned(server: RunningServer) -> None:
    moderator, episode = await server.a_moderator(), server.an_episode_apart()
    async with in_room(server, episode, moderator.access) as staff:
        most = staff.joined["limits"]["pins"]
        pinned = [await staff.comment(str(number)) for number in range(most)]
        for comment in pinned:
            assert (await staff.ask("pin", comment_id=comment))["type"] == "ack"
    author = await server.a_member()
    async with in_room(server, episode, author.access) as room, in_room(server, episode, moderator.access) as staff:
        extra = await room.comment("thừa")
        assert (await staff.ask("pin", comment_id=extra))["code"] == "invalid"
        await staff.ask("delete", comment_id=pinned[0])  # which is pinned no longer
        assert (await staff.ask("pin", comment_id=extra))["type"] == "ack"
    async with in_room(server, episode, author.access) as room:
        assert [comment["id"] for comment in room.joined["pinned"]] == [*pinned[1:], extra]


async def test_clause_14_a_closed_room_is_for_listening(server: RunningServer) -> None:
    member, moderator, episode = await server.a_member(), await server.a_moderator(), server.an_episode_apart()
    async with in_room(server, episode, member.access) as room, in_room(server, episode, moderator.access) as staff:
        comment = await room.comment("trước khi đóng")
        await staff.ask("close")
        assert (await room.hear_type("closed"))["value"] is True
        for frame in (
            {"kind": "comment", "message": "x"},
            {"kind": "edit", "comment_id": comment, "message": "x"},
            {"kind": "react", "comment_id": comment, "emoji": "👍"},
            {"kind": "typing"},
        ):
            refused = await room.ask(**frame)
            assert (refused["code"], refused["temporary"]) == ("forbidden", False)
        assert len((await room.ask("history"))["comments"]) == 1
        async with in_room(server, episode, member.access) as later:
            assert later.joined["settings"] == {"slow_mode_s": 0, "closed": True}
        await staff.ask("reopen")
        assert (await room.hear_type("closed"))["value"] is False
        await room.comment("mở lại rồi")


async def test_clause_14_what_a_room_was_told_is_replayed_in_order(server: RunningServer) -> None:
    moderator, episode = await server.a_moderator(), server.an_episode_apart()
    async with in_room(server, episode, moderator.access) as room:
        for act in ("close", "reopen"):
            await room.ask(act)
        await room.ask("slow_mode", seconds=30)
        epoch, seq = room.joined["epoch"], room.joined["seq"]
    async with in_room(server, episode, moderator.access, f"&epoch={epoch}&seq={seq}") as again:
        told = [await again.hear_until(lambda frame: "seq" in frame) for _ in range(3)]
    assert [frame.get("value", frame.get("seconds")) for frame in told] == [True, False, 30]


async def test_clause_18_slow_mode_holds_for_a_user_over_tabs_and_doors(server: RunningServer) -> None:
    member, moderator, episode = await server.a_member(), await server.a_moderator(), server.an_episode_apart()
    async with (
        in_room(server, episode, moderator.access) as staff,
        in_room(server, episode, member.access) as room,
        in_room(server, episode, member.access) as tab,
    ):
        await staff.ask("slow_mode", seconds=60)
        assert (await room.hear_type("slow_mode"))["seconds"] == 60
        first = await room.comment("một", cmid="first")
        refused = await tab.ask("comment", message="hai", cmid="second")
        assert (refused["code"], refused["temporary"], refused["cmid"]) == ("slow_mode", True, "second")
        assert 50_000 < refused["retry_after_ms"] <= 60_000
        over_rest = await server.api.post(f"/episodes/{episode}/comments", {"message": "ba"}, access=member.access)
        assert over_rest.status == 429
        assert 50 < int(over_rest.headers["retry-after"]) <= 60
        assert await tab.comment("một", cmid="first") == first  # a retry says nothing new
        for number in range(2):
            await staff.comment(f"người điều hành {number}")
        await staff.ask("slow_mode", seconds=0)
        await room.hear_until(lambda frame: frame["type"] == "slow_mode" and frame["seconds"] == 0)
        await tab.comment("bốn")


async def test_clause_18_waiting_for_slow_mode_is_no_flood(server: RunningServer) -> None:
    member, moderator, episode = await server.a_member(), await server.a_moderator(), server.an_episode_apart()
    async with in_room(server, episode, moderator.access) as staff, in_room(server, episode, member.access) as room:
        await staff.ask("slow_mode", seconds=600)
        await room.hear_type("slow_mode")
        await room.comment("một")
        for _ in range(4):
            assert (await room.ask("comment", message="sốt ruột"))["code"] == "slow_mode"
        (session,) = (s for s in server.runtime.live._sessions.values() if s.user_id == member.id)
        assert not session._guard._floods  # type: ignore[attr-defined]


async def test_clause_16_somebody_muted_is_told_and_listens_on(server: RunningServer) -> None:
    member, moderator, episode = await server.a_member(), await server.a_moderator(), server.an_episode_apart()
    async with in_room(server, episode, moderator.access) as staff, in_room(server, episode, member.access) as room:
        comment = await staff.comment("trật tự nào")
        ack = await staff.ask("mute", user_id=member.id, seconds=600, reason="ồn ào")
        assert (ack["type"], ack["user_id"]) == ("ack", member.id)
        told = await room.hear_type("muted")
        assert (told["until"], told["reason"], told["me"]["can"]) == (ack["until"], "ồn ào", ["history"])
        refused = await room.ask("comment", message="x")
        assert (refused["code"], refused["temporary"]) == ("muted", True)
        assert 590_000 < refused["retry_after_ms"] <= 600_000
        for frame in ({"kind": "react", "comment_id": comment, "emoji": "👍"}, {"kind": "typing"}):
            assert (await room.ask(**frame))["code"] == "muted"
        over_rest = await server.api.post(f"/episodes/{episode}/comments", {"message": "x"}, access=member.access)
        assert (over_rest.status, over_rest.json["type"]) == (403, "/problems/muted")
        await staff.comment("còn nghe chứ?")
        await room.hear_type("comment")
        async with in_room(server, episode, member.access) as later:
            assert "comment" not in later.joined["me"]["can"]
        async with in_room(server, server.an_episode_apart(), member.access) as elsewhere:
            await elsewhere.comment("ở phòng khác thì được")
        await staff.ask("unmute", user_id=member.id)
        assert "comment" in (await room.hear_type("unmuted"))["me"]["can"]
        await room.comment("cảm ơn")


async def test_clause_16_a_mute_ends_by_itself(server: RunningServer) -> None:
    member, moderator, episode = await server.a_member(), await server.a_moderator(), server.an_episode_apart()
    async with in_room(server, episode, moderator.access) as staff, in_room(server, episode, member.access) as room:
        await staff.ask("mute", user_id=member.id, seconds=1)
        await room.hear_type("muted")
        refused = await room.ask("comment", message="chưa được")
        assert (refused["code"], refused["retry_after_ms"]) == ("muted", 1_000)

        async def may_comment() -> bool:
            async with in_room(server, episode, member.access) as again:
                return "comment" in again.joined["me"]["can"]

        await until(may_comment)
        await room.comment("được rồi")


async def test_clause_16_nobody_mutes_their_like_or_those_above(server: RunningServer) -> None:
    moderator, other = await server.a_moderator(), await server.a_moderator()
    async with in_room(server, server.an_episode_apart(), moderator.access) as staff:
        for user in (moderator, other):
            assert (await staff.ask("mute", user_id=user.id, seconds=60))["code"] == "forbidden"
