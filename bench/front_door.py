"""Users and rooms, got the way a front end gets them: registered, the mail opened, the link followed."""

from dataclasses import dataclass

from bench.processes import ServerProcess
from tests.support.api import Api
from tests.support.mailbox import letters_to, link_in
from tests.support.wait import until

PASSWORD = "mật khẩu để đo"


@dataclass(frozen=True)
class Account:
    """A verified, signed-in user."""

    email: str
    access: str


async def register_users(server: ServerProcess, api: Api, count: int) -> list[Account]:
    """Verified accounts, one after another: the server hashes only few passwords at once."""
    return [await _register(server, api, number) for number in range(count)]


async def sign_in(api: Api, account: Account) -> Account:
    """The account with a fresh token."""
    answer = await api.post("/auth/login", {"email": account.email, "password": PASSWORD})
    assert answer.status == 200, answer.body
    return Account(account.email, answer.json["access"])


async def episode_ids(api: Api, count: int) -> list[str]:
    """Episodes of the catalogue, each a room of its own."""
    found: list[str] = []
    listed = (await api.get("/movies?kind=series&page_size=50")).json["results"]
    for card in listed:
        detail = (await api.get(f"/movies/{card['slug']}")).json
        found += [episode["id"] for season in detail["seasons"] for episode in season["episodes"]]
        if len(found) >= count:
            return found[:count]
    raise LookupError(f"the catalogue has only {len(found)} episodes")


async def _register(server: ServerProcess, api: Api, number: int) -> Account:
    email = f"bench{number}@example.com"
    sent = {"email": email, "username": f"Người đo {number}", "password": PASSWORD}
    answer = await api.post("/auth/register", sent)
    assert answer.status == 201, answer.body
    letters = await until(lambda: letters_to(server.outbox, email))
    confirmed = await api.post_to(link_in(letters[-1]))
    assert confirmed.status == 200, confirmed.body
    return Account(email, confirmed.json["access"])
