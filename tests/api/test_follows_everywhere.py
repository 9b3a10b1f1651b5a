"""What becomes of a title in the database shows within a second wherever titles are shown, on every instance."""

import asyncio
from typing import Any

from smovie.models.base import now
from tests.api.test_snapshot_follows import WITHIN_S, a_document
from tests.conftest import StartServer
from tests.support.server import RunningServer
from tests.support.wait import until

PUBLIC = "https://phim.example"
OLD, NEW = "Mùa hè chiều thẳng đứng", "Cánh đồng bất tận"


async def shown(server: RunningServer) -> dict[str, set[str]]:
    """The titles that each place shows: searches by the old name and the new one, without their marks."""
    found: dict[str, set[str]] = {"list": {card["title"] for card in (await server.api.get("/movies")).json["results"]}}
    for place, path, name in (("search", "/search?q=", "title"), ("suggest", "/search/suggest?q=", "text")):
        answers = [(await server.api.get(path + query)).json for query in ("mua%20he%20chieu", "canh%20dong%20bat")]
        found[place] = {item[name] for answer in answers for item in answer["results"]}
    sitemap = (await server.api.call("GET", "/sitemap-1.xml")).body.decode()
    found["sitemap"] = {title for title, slug in ((OLD, "ten-cu"), (NEW, "ten-moi")) if f"/movies/{slug}<" in sitemap}
    return found


async def is_shown_as(title: str | None, *servers: RunningServer) -> None:
    """Wait until every place of every instance shows it, or none does, no longer than is promised."""
    wanted = {title} if title else set()

    async def everywhere() -> bool:
        places = await asyncio.gather(*map(shown, servers))
        return all(found == wanted for place in places for found in place.values())

    await until(everywhere, within_s=WITHIN_S)


async def test_a_title_created_renamed_hidden_and_restored_is_shown_so_everywhere(start: StartServer) -> None:
    one = await start(public_url=PUBLIC)
    two = await start(one.runtime.db.name, public_url=PUBLIC)
    movies = one.runtime.db.movies

    async def become(**members: Any) -> None:
        await movies.update_one({"_id": "title1"}, {"$set": members})

    await is_shown_as(None, one, two)
    await movies.insert_one(a_document(1, title=OLD, slug="ten-cu"))
    await is_shown_as(OLD, one, two)
    await become(title=NEW, slug="ten-moi")
    await is_shown_as(NEW, one, two)
    await become(is_active=False)
    await is_shown_as(None, one, two)
    await become(is_active=True)
    await is_shown_as(NEW, one, two)
    await become(deleted_at=now())
    await is_shown_as(None, one, two)
    await become(deleted_at=None)
    await is_shown_as(NEW, one, two)
