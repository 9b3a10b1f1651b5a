"""A title's page: what it says to crawlers and to who shares its address, and that nobody's words break out of it."""

import json
from html.parser import HTMLParser

from tests.api.test_snapshot_follows import a_document
from tests.conftest import StartServer
from tests.support.server import RunningServer
from tests.support.wait import until

PUBLIC = "https://phim.example"


class Page(HTMLParser):
    """A page as a browser reads it: its elements with their attributes, and the text of its scripts."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self._in_script = False
        self.feed(body.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._in_script = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self.scripts.append(data)

    def links(self, rel: str) -> dict[str | None, str | None]:
        """Addresses by hreflang."""
        found = [attrs for tag, attrs in self.elements if tag == "link" and attrs.get("rel") == rel]
        return {attrs.get("hreflang"): attrs["href"] for attrs in found}

    def meta(self, name: str) -> str | None:
        found = [attrs for tag, attrs in self.elements if name in (attrs.get("name"), attrs.get("property"))]
        return found[0]["content"] if found else None


async def read(server: RunningServer, path: str, language: str = "") -> Page:
    headers = {"Accept-Language": language} if language else {}
    answer = await server.api.call("GET", path, headers=headers)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    return Page(answer.body)


async def test_it_embeds_what_the_api_says(server: RunningServer) -> None:
    for slug, language in (("spirited-away", "vi"), ("breaking-bad", "en")):
        page = await read(server, f"/movies/{slug}", language)
        shown = (await server.api.get(f"/movies/{slug}", headers={"Accept-Language": language})).json
        assert [json.loads(script) for script in page.scripts] == [shown["structured_data"]]


async def test_words_cannot_break_out_of_it(start: StartServer) -> None:
    server = await start(public_url=PUBLIC)
    hostile = "</script><script>alert(1)</script><!-- <script> ]]> \u2028 \"' onerror=x &lt;"
    words = {"vi": {"title": hostile, "description": hostile}}
    await server.runtime.db.movies.insert_one(
        a_document(
            1, title=hostile, translations=words, original_title=hostile, trailer='/"><script>alert(2)</script>',
            cast=[{"person_id": "p", "name": hostile}],
        )
    )  # fmt: skip
    await until(lambda: "phim-1" in server.runtime.catalog.snapshot.by_slug)
    page = await read(server, "/movies/phim-1")
    shown = (await server.api.get("/movies/phim-1")).json
    assert [attrs for tag, attrs in page.elements if tag == "script"] == [
        {"src": "/static/site/reels.js", "defer": None},
        {"type": "application/ld+json"},
    ]
    assert [json.loads(script) for script in page.scripts] == [shown["structured_data"]]
    assert page.meta("og:title") == hostile
    assert not [attrs for _, attrs in page.elements if "onerror" in attrs]


async def test_each_language_has_an_address_of_its_own(server: RunningServer) -> None:
    plain, english = f"{server.url}/movies/spirited-away", f"{server.url}/movies/spirited-away?lang=en"
    for path, language, canonical, name in (
        ("/movies/spirited-away", "", plain, "Vùng đất linh hồn"),  # crawlers name none
        ("/movies/spirited-away", "en", english, "Spirited Away"),
        ("/movies/spirited-away?lang=en", "vi", english, "Spirited Away"),
        ("/movies/spirited-away?lang=vi", "en", plain, "Vùng đất linh hồn"),
    ):
        page = await read(server, path, language)
        assert page.links("canonical") == {None: canonical}
        assert page.links("alternate") == {"vi": plain, "en": english, "x-default": plain}
        assert (page.meta("og:title"), page.meta("og:url")) == (name, canonical)


async def test_it_is_not_sent_again_until_the_title_changes(start: StartServer) -> None:
    server = await start(public_url=PUBLIC)
    await server.runtime.db.movies.insert_one(a_document(1))
    await until(lambda: "phim-1" in server.runtime.catalog.snapshot.by_slug)
    first = await server.api.call("GET", "/movies/phim-1")
    asked = {"If-None-Match": first.headers["etag"]}
    assert (await server.api.call("GET", "/movies/phim-1", headers=asked)).status == 304
    await server.runtime.db.movies.update_one({"_id": "title1"}, {"$set": {"title": "Tên mới"}})
    await until(lambda: "Tên mới".encode() in server.runtime.catalog.snapshot.by_slug["phim-1"].cards["vi"])
    again = await server.api.call("GET", "/movies/phim-1", headers=asked)
    assert again.status == 200
    assert "Tên mới".encode() in again.body


async def test_what_is_not_there_has_none(server: RunningServer) -> None:
    assert (await server.api.call("GET", "/movies/no-such-title")).status == 404
    assert (await server.api.call("GET", "/movies/spirited-away?lang=fr")).status == 422
