"""Deleting one's account: what is personal goes, what was said stays as nobody's, and no crash leaves half of it."""

import asyncio
import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from smovie import departures
from smovie.departures import finish_next
from smovie.errors import Unavailable
from smovie.ids import new_id
from smovie.models.base import now
from smovie.store import avatars
from smovie.store.comments import CommentWriter
from tests.api.test_avatars import put
from tests.api.test_bad_input import assert_problem
from tests.api.test_email_change import CONFIRM, an_address, ask, links_to
from tests.api.test_reauthentication import a_member_without_a_password, signed_in_ago
from tests.api.test_sessions import assert_is_out, sign_in
from tests.conftest import StartServer
from tests.support import pictures
from tests.support.api import Answer
from tests.support.mailbox import letters_to, text_of
from tests.support.room import in_room
from tests.support.server import Member, RunningServer
from tests.support.wait import until


async def leave(server: RunningServer, member: Member, body: Any = None, language: str = "vi") -> Answer:
    sent = {"password": member.password} if body is None else body
    return await server.api.delete("/me", sent, access=member.access, headers={"Accept-Language": language})


async def say(server: RunningServer, member: Member, episode: str, message: str, **given: str) -> Any:
    posted = await server.api.post(f"/episodes/{episode}/comments", {"message": message, **given}, access=member.access)
    assert posted.status == 201, posted.json
    return posted.json["comment"]


async def traces_of(server: RunningServer, *wanted: str) -> list[str]:
    """The collections that still hold any of these texts, anywhere in a document."""
    db, found = server.runtime.db, []
    for name in await db._database.list_collection_names():
        async for row in db.__getattr__(name).find({}):
            if any(text in str(row) for text in wanted):
                found.append(name)
    return sorted(set(found))


async def take_up(server: RunningServer, member: Member) -> None:
    """Let the departure of somebody be due, and be finished by whoever finds it."""
    of_member = {"_id": member.id}
    await server.runtime.db.departures.update_one(of_member, {"$set": {"due_at": now()}})

    async def is_done() -> bool:
        await finish_next(server.runtime.accounts)
        row = await server.runtime.db.departures.find_one(of_member)
        return row is None or (row["is_erased"] and row["due_at"] > now())

    await until(is_done)


async def nothing_is_left(server: RunningServer, *wanted: str) -> None:
    """Wait until only mails that are on their way could hold any of these texts, and none does."""

    async def is_clean() -> bool:
        return await traces_of(server, *wanted) == []

    await until(is_clean)


async def test_everything_personal_goes_and_what_was_said_stays_as_nobodys(server: RunningServer) -> None:
    member, other, episode = await server.a_member(), await server.a_member(), server.an_episode_apart()
    said_under = secrets.token_hex(8)
    said = await say(server, member, episode, "phim hay quá", cmid=said_under)
    answered = await say(server, other, episode, "đúng vậy", parent_id=said["id"])
    said_first = f"trước khi sửa {secrets.token_hex(8)}"
    edited = await say(server, member, episode, said_first)
    assert (await server.api.patch(f"/comments/{edited['id']}", {"message": "sửa rồi"}, access=member.access)).json
    emoji = f"/comments/{answered['id']}/reactions/{quote('👍')}"
    assert (await server.api.send("PUT", emoji, access=member.access)).json["reactions"]["👍"] == 1
    for author, one in ((member, answered), (other, said)):
        report = f"/comments/{one['id']}/report"
        assert (await server.api.post(report, {"reason": "thô tục"}, access=author.access)).status == 204
    assert (await put(server, member, pictures.plain())).status == 200
    reviewed = await server.api.send(
        "PUT", "/movies/parasite/review", {"rating": 8, "text": "hay"}, access=member.access
    )
    assert reviewed.status == 200
    await server.runtime.db.social_accounts.insert_one(
        {"_id": f"facebook:{member.id}", "user_id": member.id, "provider": "facebook"}
    )
    assert (await ask(server, member, an_address())).status == 202

    gone = await leave(server, member)
    assert (gone.status, gone.body) == (204, b"")
    await until(lambda: [one for one in letters_to(server.outbox, member.email) if "đã được xóa" in text_of(one)])
    await assert_is_out(server, {"access": member.access, "refresh": member.refresh})
    login = {"email": member.email, "password": member.password}
    assert (await server.api.post("/auth/login", login)).status == 401

    shown = (await server.api.get(f"/episodes/{episode}/comments")).json["results"]
    assert [(one["id"], one["message"], one["parent_id"]) for one in shown] == [
        (said["id"], "phim hay quá", None), (answered["id"], "đúng vậy", said["id"]), (edited["id"], "sửa rồi", None)
    ]  # fmt: skip
    assert (shown[0]["username"], shown[0]["user"]) == ("", {"id": "", "username": "", "avatar": None})
    assert (shown[1]["user"]["id"], shown[1]["reactions"]) == (other.id, {})
    assert (await server.api.call("GET", f"/avatars/{member.id}")).headers["content-type"] == "image/svg+xml"

    async def only_the_wish_is_left() -> bool:
        return await traces_of(server, member.id, member.email, member.username, said_under, said_first) == [
            "departures"
        ]

    await until(only_the_wish_is_left)
    await take_up(server, member)
    await nothing_is_left(server, member.id, member.email, member.username)


async def test_the_name_and_the_address_are_free_again(server: RunningServer) -> None:
    member = await server.a_member()
    assert (await leave(server, member)).status == 204
    again = await server.a_member(email=member.email, username=member.username)
    assert again.id != member.id


async def test_sockets_end_within_a_second_on_every_instance(start: StartServer, demo_database: str) -> None:
    one, two = await start(mongo_database=demo_database), await start(mongo_database=demo_database)
    member, other = await one.a_member(), await one.a_member()
    phone, episode = await sign_in(one, member), one.an_episode_apart()
    async with (
        in_room(one, episode, member.access) as here,
        in_room(two, episode, phone["access"]) as there,
        in_room(two, episode, other.access) as others,
    ):
        assert (await leave(one, member)).status == 204
        async with asyncio.timeout(1):
            assert await here.closed() in (4401, 4403)
            assert await there.closed() in (4401, 4403)
        await others.say(type="comment", message="tôi ở lại", cmid="stay")
        await others.hear_type("ack")
    await assert_is_out(two, phone)


@pytest.mark.parametrize("body", [{}, {"password": None}, {"password": "not the password"}, {"password": 7}])
async def test_the_password_is_asked_for(server: RunningServer, body: Any) -> None:
    member = await server.a_member()
    assert_problem(await leave(server, member, body), 422, "invalid", "/password")
    assert (await server.api.get("/me", access=member.access)).status == 200


async def test_without_a_password_a_fresh_sign_in_is_asked_for(server: RunningServer) -> None:
    member = await a_member_without_a_password(server)
    await signed_in_ago(server, member, timedelta(minutes=11))
    assert_problem(await leave(server, member, {}), 403, "reauthentication-required")
    await signed_in_ago(server, member, timedelta(minutes=1))
    assert (await leave(server, member, {})).status == 204


async def test_a_body_is_needed_and_nothing_else_is_in_it(server: RunningServer) -> None:
    member = await server.a_member()
    assert (await server.api.call("DELETE", "/api/v1/me", access=member.access)).status == 415
    refused = await leave(server, member, {"password": member.password, "sure": True})
    assert_problem(refused, 422, "invalid", "/sure")


async def test_a_registration_may_be_taken_back_and_nobody_else_loses_mail_by_it(server: RunningServer) -> None:
    owner, email = await server.a_member(), an_address()
    assert (await ask(server, owner, email)).status == 202
    stranger = await server.register(email=email)
    body = {"password": stranger["password"]}
    assert (await server.api.delete("/me", body, access=stranger["access"])).status == 204
    assert (await server.api.get("/me", access=stranger["access"])).status == 401
    await until(lambda: links_to(server, email, CONFIRM))
    assert not [letter for letter in letters_to(server.outbox, email) if "đã được xóa" in text_of(letter)]


@pytest.mark.parametrize(("language", "words"), [("vi", "đã được xóa"), ("en", "has been deleted")])
async def test_the_goodbye_is_in_the_language_asked_for(server: RunningServer, language: str, words: str) -> None:
    member = await server.a_member()
    assert (await leave(server, member, language=language)).status == 204
    await until(lambda: [one for one in letters_to(server.outbox, member.email) if words in text_of(one)])


async def test_letters_that_wait_for_a_mail_server_are_not_sent_to_who_has_left(
    server: RunningServer,
) -> None:
    member = await server.a_member()
    letter = {"to": member.email, "subject": "", "text": "", "html": "", "tries": 1}
    later = now() + timedelta(hours=1)
    await server.runtime.db.mails.insert_one({"_id": f"waits-{member.id}", "due_at": later, **letter})
    assert (await leave(server, member)).status == 204
    assert await server.runtime.db.mails.find_one({"_id": f"waits-{member.id}"}) is None


# -- the last admin ----------------------------------------------------------------------------------------------------


async def make_admin(server: RunningServer, member: Member) -> None:
    await server.runtime.db.users.update_one({"_id": member.id}, {"$set": {"role": "admin"}})


async def test_the_last_admin_stays(start: StartServer) -> None:
    server = await start()
    first, second = await server.a_member(), await server.a_member()
    await make_admin(server, first)
    refused = await leave(server, first)
    assert_problem(refused, 409, "last-admin")
    assert (await server.api.get("/me", access=first.access)).status == 200
    assert await server.runtime.db.departures.count_documents({}) == 0
    await make_admin(server, second)
    await server.runtime.db.users.update_one({"_id": second.id}, {"$set": {"is_active": False}})
    assert_problem(await leave(server, first), 409, "last-admin")
    await server.runtime.db.users.update_one({"_id": second.id}, {"$set": {"is_active": True}})
    assert (await leave(server, first)).status == 204


async def test_of_the_last_two_admins_who_leave_at_once_one_stays(start: StartServer) -> None:
    server = await start()
    for _ in range(5):
        admins = [await server.a_member() for _ in range(2)]
        for admin in admins:
            await make_admin(server, admin)
        answers = await asyncio.gather(*(leave(server, admin) for admin in admins))
        left = await server.runtime.db.users.count_documents({"role": "admin"})
        assert left >= 1
        assert [answer.status for answer in answers].count(409) == left
        await server.runtime.db.users.delete_many({"role": "admin"})


async def test_who_crashed_before_it_was_decided_stays(start: StartServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server = await start()
    admin = await server.a_member()
    await make_admin(server, admin)

    async def crash(*_: object) -> None:
        raise Unavailable

    monkeypatch.setattr("smovie.store.users.other_admins", crash)
    assert (await leave(server, admin)).status == 503
    await take_up(server, admin)
    assert (await server.api.get("/me", access=admin.access)).status == 200
    assert await server.runtime.db.departures.count_documents({}) == 0


# -- crashes and races -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["the account", *range(len(departures._LEFT_BEHIND)), "mails"])
async def test_a_crash_at_any_step_is_made_good_by_whoever_finds_it(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch, step: int | str
) -> None:
    member, episode = await server.a_member(), server.an_episode_apart()
    await say(server, member, episode, "phim hay quá")
    assert (await put(server, member, pictures.plain())).status == 200

    async def crash(*_: object) -> None:
        raise Unavailable

    with monkeypatch.context() as broken:
        if isinstance(step, int):
            left = list(departures._LEFT_BEHIND)
            left[step] = crash
            broken.setattr(departures, "_LEFT_BEHIND", tuple(left))
        else:
            broken.setattr(f"smovie.store.{'users.delete' if step == 'the account' else 'mails.delete_to'}", crash)
        assert (await leave(server, member)).status == 503
    await take_up(server, member)
    assert (await server.api.get("/me", access=member.access)).status == 401
    await nothing_is_left(server, member.username)
    await until(lambda: [one for one in letters_to(server.outbox, member.email) if "đã được xóa" in text_of(one)])
    await take_up(server, member)
    await nothing_is_left(server, member.id)
    goodbyes = [one for one in letters_to(server.outbox, member.email) if "đã được xóa" in text_of(one)]
    assert len(goodbyes) == 1


async def test_a_server_takes_up_by_itself_what_another_left_unfinished(
    start: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await start()
    member = await server.a_member()
    departure = {
        "_id": member.id, "email": member.email, "language": "en", "is_decided": True, "is_erased": False,
        "due_at": now() - timedelta(minutes=1),
    }  # fmt: skip
    await server.runtime.db.departures.insert_one(departure)
    other = await start(mongo_database=server.settings.mongo_database)
    await until(lambda: [one for one in letters_to(other.outbox, member.email) if "has been deleted" in text_of(one)])
    assert (await server.api.get("/me", access=member.access)).status == 401


async def test_a_comment_that_was_being_written_does_not_keep_the_name(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    member, episode = await server.a_member(), server.an_episode_apart()
    written, may_go_on = asyncio.Event(), asyncio.Event()
    store = CommentWriter.store

    async def wait(self: CommentWriter, comment: Any) -> Any:
        written.set()
        await may_go_on.wait()
        return await store(self, comment)

    monkeypatch.setattr(CommentWriter, "store", wait)
    saying = asyncio.ensure_future(say(server, member, episode, "khoan đã"))
    await written.wait()
    assert (await leave(server, member)).status == 204
    may_go_on.set()
    await saying
    departure = await server.runtime.db.departures.find_one({"_id": member.id})
    assert timedelta(minutes=1) < departure["due_at"] - now() <= timedelta(minutes=2)
    await take_up(server, member)
    await nothing_is_left(server, member.id, member.username)


async def test_somebody_with_very_many_comments_leaves_all_of_them(server: RunningServer) -> None:
    member, other = await server.a_member(), await server.a_member()
    rows = [
        {"_id": new_id(), "episode_id": member.id, "user_id": author.id, "username": author.username, "message": "m",
         "cmid": f"{number}", "created_at": now()}
        for number in range(3_000) for author in [member if number % 3 else other]
    ]  # fmt: skip
    await server.runtime.db.comments.insert_many(rows)
    assert (await leave(server, member)).status == 204
    count = server.runtime.db.comments.count_documents
    assert await count({"episode_id": member.id, "user_id": "", "username": "", "cmid": {"$exists": False}}) == 2_000
    assert await count({"user_id": other.id, "username": other.username, "cmid": {"$type": "string"}}) == 1_000


async def test_a_picture_that_was_being_made_does_not_stay(server: RunningServer) -> None:
    member = await server.a_member()
    assert (await leave(server, member)).status == 204
    await avatars.replace(server.runtime.db, member.id, pictures.made(), now())
    await take_up(server, member)
    await nothing_is_left(server, member.id)
