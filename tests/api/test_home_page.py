"""The pages `/` and `/movies/{slug}` as a browser reads them: banners, rails, what is like a title, and why."""

from tests.api.test_banners import a_row
from tests.api.test_snapshot_follows import a_document
from tests.conftest import StartServer
from tests.seo.test_title_pages import Page, read
from tests.support.server import RunningServer
from tests.support.wait import until

HOSTILE = "</h2><script>alert(1)</script>\" onerror='x' <b>&lt;"


def pictures(page: Page) -> list[str | None]:
    return [attrs["src"] for tag, attrs in page.elements if tag == "img"]


def links(page: Page) -> list[str | None]:
    return [attrs["href"] for tag, attrs in page.elements if tag == "a"]


async def test_it_shows_the_banners_and_every_title_of_every_rail(server: RunningServer) -> None:
    page = await read(server, "/", "en")
    home = (await server.api.get("/home", headers={"Accept-Language": "en"})).json
    cards = [card for rail in home["rails"] for card in rail["results"]]
    assert sorted(map(str, pictures(page))) == sorted(
        [*(card["poster"] for card in cards), *(banner["image"] for banner in home["banners"])]
    )
    assert {f"/movies/{card['slug']}" for card in cards} <= set(links(page))
    assert {banner["target"] for banner in home["banners"]} <= set(links(page))


async def test_each_rail_is_named_and_scrolls_by_keyboard(server: RunningServer) -> None:
    page = await read(server, "/")
    ids = {attrs["id"] for tag, attrs in page.elements if tag == "h2"}
    lists = [attrs for tag, attrs in page.elements if tag == "ul"]
    assert lists
    assert all(attrs["tabindex"] == "0" for attrs in lists)
    assert {attrs["aria-labelledby"] for attrs in lists if "aria-labelledby" in attrs} == ids
    buttons = [attrs for tag, attrs in page.elements if tag == "button"]
    assert all("hidden" in attrs and attrs["aria-label"] for attrs in buttons), "without a script they do nothing"


async def test_nothing_in_it_needs_a_looser_policy(server: RunningServer) -> None:
    for path in ("/", "/movies/spirited-away"):
        answer = await server.api.call("GET", path)
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        page = Page(answer.body)
        assert not [tag for tag, attrs in page.elements if tag == "style" or "style" in attrs]
        sources = [attrs.get("src") for tag, attrs in page.elements if tag == "script" and "type" not in attrs]
        assert sources == ["/static/site/reels.js"]
        assert (await server.api.call("GET", "/static/site/reels.js")).status == 200


async def test_it_is_not_sent_again_until_something_changes(start: StartServer) -> None:
    server = await start()
    first = await server.api.call("GET", "/")
    asked = {"If-None-Match": first.headers["etag"]}
    assert (await server.api.call("GET", "/", headers=asked)).status == 304
    await server.runtime.db.banners.insert_one(a_row("one"))
    await until(lambda: server.runtime.catalog.snapshot.version > 1)
    again = await server.api.call("GET", "/", headers=asked)
    assert (again.status, b"one vi" in again.body) == (200, True)


async def test_words_cannot_break_out_of_it(start: StartServer) -> None:
    server = await start()
    movies = [a_document(number, title=HOSTILE, poster='https://x.example/"><script>') for number in range(1, 6)]
    await server.runtime.db.movies.insert_many(movies)
    names = {"vi": HOSTILE, "en": HOSTILE}
    rows = [a_row(place, placement=place, title=names, subtitle=names) for place in ("home_hero", "title_bottom")]
    await server.runtime.db.banners.insert_many(rows)
    await until(lambda: len(server.runtime.catalog.snapshot.entries) == 5)
    await until(lambda: server.runtime.catalog.snapshot.banners._banners)
    for path in ("/", "/movies/phim-1"):
        page = await read(server, path)
        ours = [attrs for tag, attrs in page.elements if tag == "script" and "type" not in attrs]
        assert [attrs.get("src") for attrs in ours] == ["/static/site/reels.js"]
        assert not [attrs for tag, attrs in page.elements if "onerror" in attrs or tag == "b"]


async def test_a_title_has_a_row_of_what_is_like_it_with_why(server: RunningServer) -> None:
    path = "/movies/mui-du-du-xanh"
    for language in ("vi", "en"):
        page = await server.api.call("GET", path, headers={"Accept-Language": language})
        asked = await server.api.get(f"{path}/similar?limit=16", headers={"Accept-Language": language})
        similar = asked.json["results"]
        assert pictures(Page(page.body)) == [
            "/posters/mui-du-du-xanh.svg", *(card["poster"] for card in similar)
        ]  # fmt: skip
        for card in similar:
            assert card["because"][0]["text"] in page.body.decode()
