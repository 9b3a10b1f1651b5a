"""Mail by a real mail server: what arrives, and that a mail server which is away or in a mood delays only the mail."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from smovie.mail.mailer import BACK_OFF, smtp_sender
from smovie.models.base import now
from tests.conftest import StartServer
from tests.support.mailbox import link_in, text_of
from tests.support.server import RunningServer, start_server, test_settings
from tests.support.smtp import MailServer
from tests.support.wait import until

Names = Iterator[str]
Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def was_tried(server: RunningServer, times: int = 1) -> bool:
    """Whether sending the one letter has failed so often, and it waits; while it is being sent it waits for longer."""
    letter = await server.runtime.db.mails.find_one({})
    if not letter or letter["tries"] != times:
        return False
    return bool(timedelta() < letter["due_at"] - now() <= timedelta(seconds=BACK_OFF[times - 1]))


async def make_due(server: RunningServer) -> None:
    """Let the time pass that a letter waits after a failed try, and wake the mailer."""
    await server.runtime.db.mails.update_many({}, {"$set": {"due_at": now()}})
    server.runtime.accounts.letters.written.set()


async def is_done(server: RunningServer) -> bool:
    return bool(await server.runtime.db.mails.count_documents({}) == 0)


@pytest.mark.parametrize(
    ("language", "subject", "greeting"),
    [
        ("vi", "Xác nhận địa chỉ e-mail của bạn – SMovie", "Chào bạn,"),
        ("en", "Confirm your e-mail address – SMovie", "Hello,"),
    ],
)
async def test_a_registrations_mail_arrives_as_text_and_html(
    start: StartServer, mail: MailServer, language: str, subject: str, greeting: str
) -> None:
    server = await start(
        mail_url=mail.url, mail_from="SMovie <films@smovie.example>", public_url="https://smovie.example"
    )
    body = {"email": "reader@example.com", "username": "Người xem", "password": "long enough"}
    registered = await server.api.post("/auth/register", body, headers={"Accept-Language": language})
    letter = (await until(lambda: mail.letters_to("reader@example.com")))[0]
    assert (letter["Subject"], letter["From"]) == (subject, "SMovie <films@smovie.example>")
    assert (letter["To"], letter["Auto-Submitted"]) == ("reader@example.com", "auto-generated")
    assert letter.get_content_type() == "multipart/alternative"
    page = letter.get_body(("html",))
    assert page is not None
    for words in (text_of(letter), page.get_content()):
        assert greeting in words
        assert "https://smovie.example" + link_in(letter) in words
        assert "Người xem" not in words
    assert f'<html lang="{language}">' in page.get_content()
    assert (await server.api.post_to(link_in(letter))).status == 200
    assert registered.status == 201
    await until(lambda: is_done(server))


async def test_a_mail_server_that_is_down_delays_the_mail_not_the_registration(
    start: StartServer, mail: MailServer
) -> None:
    await mail.down()
    server = await start(mail_url=mail.url)
    registered = await server.register()
    await until(lambda: was_tried(server))
    await make_due(server)
    await until(lambda: was_tried(server, 2))
    await mail.up()
    await make_due(server)
    letter = (await until(lambda: mail.letters_to(registered["email"])))[0]
    assert (await server.api.post_to(link_in(letter))).status == 200
    await until(lambda: is_done(server))
    assert len(mail.envelopes) == 1


async def test_a_mail_that_waits_survives_a_restart(
    mongod: str, database_names: Names, mail: MailServer, tmp_path: Path
) -> None:
    settings = test_settings(
        mongo_url=mongod, mongo_database=next(database_names), data_dir=tmp_path, mail_url=mail.url
    )
    await mail.down()
    async with start_server(settings) as before:
        registered = await before.register()
        await until(lambda: was_tried(before))
    await mail.up()
    async with start_server(settings) as after:
        await make_due(after)
        letter = (await until(lambda: mail.letters_to(registered["email"])))[0]
        assert (await after.api.post_to(link_in(letter))).status == 200


async def test_two_instances_send_a_mail_once(start: StartServer, database_names: Names, mail: MailServer) -> None:
    name = next(database_names)
    one, two = [await start(mail_url=mail.url, mongo_database=name) for _ in range(2)]
    people = await asyncio.gather(*(server.register() for server in (one, two) * 5))
    for _ in range(3):
        two.runtime.accounts.letters.written.set()
    await until(lambda: is_done(one))
    for registered in people:
        assert len(mail.letters_to(registered["email"])) == 1


@pytest.mark.parametrize("answer", ["450 try again later", "451 greylisted", "452 mailbox is full"])
async def test_an_address_refused_for_now_is_tried_again(start: StartServer, mail: MailServer, answer: str) -> None:
    mail.answers = [answer]
    server = await start(mail_url=mail.url)
    registered = await server.register()
    await until(lambda: was_tried(server))
    await make_due(server)
    await until(lambda: mail.letters_to(registered["email"]))


async def test_an_address_refused_for_good_is_given_up_and_others_are_served(
    start: StartServer, mail: MailServer
) -> None:
    mail.answers = ["550 no such mailbox"]
    server = await start(mail_url=mail.url)
    await server.register()
    await until(lambda: mail.refused)
    await until(lambda: is_done(server))
    registered = await server.register()
    await until(lambda: mail.letters_to(registered["email"]))


@pytest.mark.parametrize("address", ["đức@example.com", "o'hara+films@example.com", "reader@ví-dụ.vn"])
async def test_an_unusual_address_gets_its_mail(start: StartServer, mail: MailServer, address: str) -> None:
    server = await start(mail_url=mail.url)
    await server.register(email=address)
    await until(lambda: mail.envelopes)
    assert [envelope.rcpt_tos for envelope in mail.envelopes] == [[address]]


@asynccontextmanager
async def a_server_that(behave: Behaviour) -> AsyncIterator[int]:
    """Something that listens where a mail server should; its port."""
    server = await asyncio.start_server(behave, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize(
    "says", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"554 go away\r\n", b"\xff\x00\r\n", b"220\r\n221\r\n"]
)
async def test_something_that_is_no_mail_server_only_delays(start: StartServer, says: bytes) -> None:
    async def behave(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(says)
        await writer.drain()
        writer.close()

    async with a_server_that(behave) as port:
        server = await start(mail_url=f"smtp://127.0.0.1:{port}")
        await server.register()
        await until(lambda: was_tried(server))
        assert (await server.api.call("GET", "/healthz")).status == 200


@pytest.mark.parametrize("url", ["mail.example:25", "http://mail.example", "smtp://", "smtp://:25"])
def test_a_mail_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="SMOVIE_MAIL_URL"):
        smtp_sender(url)
