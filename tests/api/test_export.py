"""All of one's own data as a file: complete, without secrets, and no burden however much it is."""

import asyncio
from typing import Any
from urllib.parse import quote

import pytest

from smovie import exports
from smovie.errors import Unavailable
from smovie.exports import ROWS_TOGETHER
from smovie.ids import IdSource
from smovie.models.base import now
from smovie.store import comments
from tests.api.test_avatars import put
from tests.api.test_bad_input import assert_problem
from tests.api.test_email_change import an_address, link_for
from tests.api.test_openapi import DESCRIBED, validator_of
from tests.api.test_sessions import sign_in
from tests.conftest import StartServer
from tests.support import pictures
from tests.support.raw import raw, request_of
from tests.support.server import Member, RunningServer
from tests.support.wait import until


async def write_many(server: RunningServer, member: Member, number: int, message: str = "phim hay") -> None:
    ids = IdSource()
    rows = [
        {"_id": ids.next(), "episode_id": "x", "user_id": member.id, "username": member.username, "spoiler": False,
         "message": f"{message} {index}", "created_at": now()}
        for index in range(number)
    ]  # fmt: skip
    if rows:
        await server.runtime.db.comments.insert_many(rows)


async def test_the_file_holds_all_that_is_ones_own_and_no_secret(server: RunningServer) -> None:
    member, other, episode = await server.a_member(), await server.a_member(), server.an_episode_apart()
    await sign_in(server, member, "Điện thoại/1.0".encode().decode("latin1"))
    picture = (await put(server, member, pictures.plain())).json["avatar"]
    assert (await server.api.post_to(await link_for(server, member, an_address()))).status == 200
    said: list[Any] = []
    for author in (other, member):
        body = {"message": f"của {author.id}", "at_s": 12.5}
        said.append((await server.api.post(f"/episodes/{episode}/comments", body, access=author.access)).json)
    others_id, own_id = (one["comment"]["id"] for one in said)
    assert (await server.api.patch(f"/comments/{own_id}", {"message": "sửa rồi"}, access=member.access)).status == 200
    emoji = f"/comments/{others_id}/reactions/{quote('👍')}"
    assert (await server.api.send("PUT", emoji, access=member.access)).status == 200
    report = f"/comments/{others_id}/report"
    assert (await server.api.post(report, {"reason": "thô tục"}, access=member.access)).status == 204
    social = {
        "_id": f"facebook:{member.id}", "user_id": member.id, "provider": "facebook", "provider_id": member.id,
        "sealed_token": "sealed", "scopes": ["email"], "created_at": now(), "last_used_at": now(),
    }  # fmt: skip
    await server.runtime.db.social_accounts.insert_one(social)

    answer = await server.api.get("/me/export", access=member.access)
    assert answer.status == 200
    assert answer.headers["content-disposition"] == 'attachment; filename="smovie-export.json"'
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"].startswith("application/json")
    data = answer.json
    described = DESCRIBED["paths"]["/api/v1/me/export"]["get"]["responses"]["200"]["content"]["application/json"]
    validator_of(described["schema"]).validate(data)
    (former,) = data["former_addresses"]
    assert former["email"] == member.email
    assert data["account"] == (await server.api.get("/me", access=member.access)).json
    assert data["account"]["avatar"] == picture
    assert len(data["sessions"]) == 3
    (comment,) = data["comments"]
    assert (comment["message"], comment["at_s"], comment["episode_id"]) == ("sửa rồi", 12.5, episode)
    assert [earlier["message"] for earlier in comment["revisions"]] == [f"của {member.id}"]
    (reaction,) = data["reactions"]
    assert (reaction["comment_id"], reaction["emoji"]) == (others_id, "👍")
    (sent,) = data["reports"]
    assert (sent["comment_id"], sent["reason"]) == (others_id, "thô tục")
    (linked,) = data["social_accounts"]
    assert (linked["provider"], linked["provider_id"]) == ("facebook", member.id)
    for secret in ("hash", "sealed", "token", other.id, "refresh"):
        assert secret not in answer.body.decode()


@pytest.mark.parametrize("number", [0, 1, ROWS_TOGETHER, ROWS_TOGETHER + 1, 5 * ROWS_TOGETHER + 7])
async def test_every_comment_is_there_once_in_the_order_of_writing(server: RunningServer, number: int) -> None:
    member = await server.a_member()
    await write_many(server, member, number)
    data = (await server.api.get("/me/export", access=member.access)).json
    assert [comment["message"] for comment in data["comments"]] == [f"phim hay {index}" for index in range(number)]


async def test_a_reader_that_is_slow_is_waited_for(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    member, pages = await server.a_member(), 0
    await write_many(server, member, 100 * ROWS_TOGETHER, "x" * 2_000)

    async def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal pages
        pages += 1
        return await comments.of_user(*args, **kwargs)

    monkeypatch.setattr(exports, "_GROWING", (("comments", counted),))
    asked = request_of("GET", "/api/v1/me/export", f"Authorization: Bearer {member.access}", "Connection: close")
    async with raw(server.port) as client:
        await client.send(asked)
        await until(lambda: pages > 0)
        seen = -1
        while seen != pages:  # until what lies between us is full
            seen = pages
            for _ in range(20):
                assert (await server.api.call("GET", "/healthz")).status == 200
        assert pages < 80, "20 MB are not read ahead"
        read = await client.rest()
    assert pages == 101
    assert read.endswith(b"}\r\n0\r\n\r\n")
    await until(lambda: server.runtime.traffic.under_way == 0)


async def test_who_leaves_in_the_middle_ends_the_reading(watched: RunningServer) -> None:
    member = await watched.a_member()
    await write_many(watched, member, 100 * ROWS_TOGETHER, "x" * 2_000)
    asked = request_of("GET", "/api/v1/me/export", f"Authorization: Bearer {member.access}")
    async with raw(watched.port) as client:
        await client.send(asked)
        await client.reader.readuntil(b"\r\n\r\n")
    await until(lambda: watched.runtime.traffic.under_way == 0)


async def test_a_file_that_could_not_be_finished_does_not_look_whole(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = await server.a_member()
    await write_many(server, member, 3 * ROWS_TOGETHER)

    async def away_later(db: Any, user_id: str, *, after: str, limit: int) -> Any:
        if after:
            raise Unavailable
        return await comments.of_user(db, user_id, after=after, limit=limit)

    monkeypatch.setattr(exports, "_GROWING", (("comments", away_later),))
    asked = request_of("GET", "/api/v1/me/export", f"Authorization: Bearer {member.access}")
    async with raw(server.port) as client:
        await client.send(asked)
        read = await client.rest()
    assert read.startswith(b"HTTP/1.1 200") and b"phim hay 99" in read
    assert not read.endswith(b"0\r\n\r\n"), "the last chunk says that all is there"
    await until(lambda: server.runtime.traffic.under_way == 0)


async def test_what_fails_before_the_first_byte_is_a_problem(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = await server.a_member()

    async def away(*_: object) -> None:
        raise Unavailable

    monkeypatch.setattr("smovie.store.social_accounts.of_user", away)
    refused = await server.api.get("/me/export", access=member.access)
    assert_problem(refused, 503, "unavailable")
    assert "content-disposition" not in refused.headers


async def test_a_registration_may_see_its_own_and_a_stranger_nothing(server: RunningServer) -> None:
    registered = await server.register()
    data = (await server.api.get("/me/export", access=registered["access"])).json
    assert (data["account"]["email"], data["comments"]) == (registered["email"], [])
    assert_problem(await server.api.get("/me/export"), 401, "token-missing")


async def test_somebody_may_ask_so_often(start: StartServer) -> None:
    server = await start(limit_exports_per_user="2/hour")
    member = await server.a_member()
    answers = [await server.api.get("/me/export", access=member.access) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert int(answers[2].headers["retry-after"]) > 0


async def test_two_readers_get_a_file_each(server: RunningServer) -> None:
    members = [await server.a_member() for _ in range(2)]
    for member in members:
        await write_many(server, member, 2 * ROWS_TOGETHER, member.id)
    answers = await asyncio.gather(*(server.api.get("/me/export", access=member.access) for member in members))
    for member, answer in zip(members, answers, strict=True):
        assert all(comment["message"].startswith(member.id) for comment in answer.json["comments"])
