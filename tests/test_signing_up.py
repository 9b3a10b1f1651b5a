"""Signing up from the first request to the signed-in client, by a real mail server, as a front end lives it."""

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from smovie.models.base import now
from smovie.store.mongo import open_database
from tests.conftest import StartServer
from tests.rooms.test_verify import waiting
from tests.support.api import Api
from tests.support.mailbox import link_in
from tests.support.process import Programs
from tests.support.smtp import MailServer
from tests.support.wait import until

SENT = {"email": "lan@example.com", "username": "Lan", "password": "một mật khẩu dài"}


async def open_in_a_browser(api: Api, link: str) -> None:
    """Open the link of a mail and do what the page's script does."""
    page = await api.call("GET", link, headers={"Accept": "text/html"})
    script = re.search(r'<script src="([^"]+)"', page.body.decode())
    assert page.status == 200 and script
    assert b'method: "POST"' in (await api.call("GET", script.group(1))).body
    confirmed = await api.call("POST", link, body=b"", headers={"Accept": "application/json"})
    assert confirmed.status == 200, confirmed.json


async def test_a_client_that_waits_is_signed_in_within_a_second_of_opening_the_mailed_link(
    start: StartServer, mail: MailServer
) -> None:
    server = await start(mail_url=mail.url)
    registered = (await server.api.post("/auth/register", SENT)).json
    async with waiting(server, registered["uid"], registered["access"]) as client:
        assert (await client.hear_type("joined"))["email_verified"] is False
        letter = (await until(lambda: mail.letters_to(SENT["email"])))[0]

        opened = time.perf_counter()
        await open_in_a_browser(server.api, link_in(letter))
        event = await client.hear_type("email_verified")
        me = await server.api.get("/me", access=event["access"])
        took_s = time.perf_counter() - opened

    assert (me.json["username"], me.json["email_verified"]) == ("Lan", True)
    assert (await server.api.get("/me/sessions", access=event["access"])).status == 200
    assert (await server.api.post("/auth/refresh", {"refresh": event["refresh"]})).status == 200
    print(f"signed in {took_s * 1e3:.0f} ms after the link was opened")
    assert took_s < 1


async def test_a_mail_whose_server_was_down_arrives_though_smovie_was_killed_meanwhile(
    mongod: str, database_names: Iterator[str], tmp_path: Path, mail: MailServer
) -> None:
    await mail.down()
    name = next(database_names)
    env = {"SMOVIE_MONGO_URL": mongod, "SMOVIE_MONGO_DATABASE": name, "SMOVIE_MAIL_URL": mail.url}
    async with open_database(mongod, name) as db:
        with Programs(tmp_path) as programs:
            first = await programs.serve(env=env)
            registered = await first.api.post("/auth/register", SENT)
            assert registered.status == 201
            await until(lambda: first.logged("a mail was not sent, trying again"))
            await first.kill()
            await db.mails.update_many({}, {"$set": {"due_at": now() - timedelta(seconds=1)}})  # it waits for 10 s

            await mail.up()
            second = await programs.serve(data_dir=first.data_dir, env=env)
            letter = (await until(lambda: mail.letters_to(SENT["email"])))[0]
            await open_in_a_browser(second.api, link_in(letter))
            assert (await second.api.get("/me", access=registered.json["access"])).json["email_verified"] is True
            assert len(mail.envelopes) == 1
        await db.drop()
