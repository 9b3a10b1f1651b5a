"""Sitemaps list what the catalogue shows, as sitemaps.org and Google want it, and follow it within a second."""

import asyncio
import gzip
import random
from datetime import timedelta
from typing import Any, cast

import pytest

from smovie.catalog.feed import CatalogFeed
from smovie.catalog.snapshot import Snapshot
from smovie.errors import NotFound
from smovie.models.base import now
from smovie.models.catalog import Movie
from smovie.seo.site import Site
from smovie.seo.sitemaps import SitemapFile, Sitemaps
from tests.api.test_snapshot_follows import WITHIN_S, a_document
from tests.conftest import StartServer
from tests.seo.crawler import Listed, crawl, fetch, read_index, read_sitemap
from tests.support.server import RunningServer
from tests.support.wait import until

PUBLIC = "https://phim.example"
HOME = f"{PUBLIC}/"


def content(file: SitemapFile) -> bytes:
    return b"".join(file.pieces())


def videos(listed: list[Listed]) -> dict[str, dict[str, str]]:
    """By slug."""
    return {page.page.rpartition("/")[2]: page.video for page in listed if page.video}


async def lists(server: RunningServer, *slugs: str) -> None:
    """Wait until exactly these titles are listed, no longer than is promised."""
    wanted = [HOME, *(f"{PUBLIC}/movies/{slug}" for slug in slugs)]

    async def does() -> bool:
        return [page.page for page in await crawl(server.api, PUBLIC)] == wanted

    await until(does, within_s=WITHIN_S)


async def test_every_title_is_listed_once_with_a_page_that_opens(server: RunningServer) -> None:
    pages = await crawl(server.api, server.url)
    slugs = server.runtime.catalog.snapshot.by_slug
    assert len(pages) == len({page.page for page in pages})
    assert {page.page for page in pages} == {f"{server.url}/", *(f"{server.url}/movies/{slug}" for slug in slugs)}
    for page in pages:
        answer = await server.api.call("GET", page.page.removeprefix(server.url))
        assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


async def test_a_page_says_when_its_title_changed_last(server: RunningServer) -> None:
    changed = {page.page: page.changed_at for page in await crawl(server.api, server.url)}
    title = (await server.api.get("/movies/spirited-away")).json
    assert changed[f"{server.url}/movies/spirited-away"] == title["updated_at"]
    assert changed[f"{server.url}/"] is None  # of the first page no such moment is known
    (part,) = read_index(await fetch(server.api, "/sitemap.xml"))
    assert part.changed_at == max(filter(None, changed.values()))


async def test_an_empty_catalogue_has_a_valid_sitemap(start: StartServer) -> None:
    server = await start(public_url=PUBLIC)
    assert await crawl(server.api, PUBLIC) == [Listed(HOME, None, None)]


async def test_a_title_created_renamed_hidden_restored_and_deleted_is_followed(start: StartServer) -> None:
    server = await start(public_url=PUBLIC)
    movies = server.runtime.db.movies
    await movies.insert_many([a_document(1), a_document(2)])
    await lists(server, "phim-1", "phim-2")
    await movies.update_one({"_id": "title1"}, {"$set": {"slug": "ten-moi"}})
    await lists(server, "ten-moi", "phim-2")
    await movies.update_one({"_id": "title1"}, {"$set": {"is_active": False}})
    await lists(server, "phim-2")
    await movies.update_one({"_id": "title1"}, {"$set": {"is_active": True}})
    await lists(server, "ten-moi", "phim-2")
    await movies.update_one({"_id": "title2"}, {"$set": {"deleted_at": now()}})
    await lists(server, "ten-moi")
    await movies.delete_one({"_id": "title1"})
    await lists(server)


async def test_two_instances_give_the_same_bytes_whatever_each_has_seen(start: StartServer) -> None:
    first = await start(public_url=PUBLIC)
    movies = first.runtime.db.movies
    moment = now()
    await movies.insert_many([a_document(number, created_at=moment, trailer="/a.mp4") for number in (3, 1, 2)])
    await lists(first, "phim-1", "phim-2", "phim-3")
    await movies.update_one({"_id": "title1"}, {"$set": {"is_active": False}})
    await lists(first, "phim-2", "phim-3")
    await movies.update_one({"_id": "title1"}, {"$set": {"is_active": True}})
    await lists(first, "phim-1", "phim-2", "phim-3")
    second = await start(first.runtime.db.name, public_url=PUBLIC + "/")
    for path in ("/sitemap.xml", "/sitemap-1.xml"):
        one, other = [await each.api.call("GET", path) for each in (first, second)]
        assert (one.body, one.headers["etag"]) == (other.body, other.headers["etag"])


async def test_a_view_counted_changes_no_date_and_without_a_trailer_nothing(start: StartServer) -> None:
    server = await start(public_url=PUBLIC)
    await server.runtime.db.movies.insert_one(a_document(1))
    await lists(server, "phim-1")
    before = await server.api.call("GET", "/sitemap-1.xml")
    version = server.runtime.catalog.snapshot.version
    await server.runtime.db.movies.update_one({"_id": "title1"}, {"$set": {"stats.views": 7}})
    await until(lambda: server.runtime.catalog.snapshot.version > version)
    after = await server.api.call("GET", "/sitemap-1.xml", headers={"If-None-Match": before.headers["etag"]})
    assert after.status == 304


# -- videos ------------------------------------------------------------------------------------------------------------


async def test_a_trailer_is_described_with_all_that_is_known_of_it(start: StartServer) -> None:
    server = await start(public_url=PUBLIC)
    words = {"vi": {"title": "Phố & phường", "description": "Chuyện <phố>."}, "en": {"title": "Streets"}}
    document = a_document(
        1, trailer="https://cdn.example/phố 1.mp4?a=1&b=2", trailer_s=95, translations=words,
        backdrop="https://cdn.example/1.jpg", stats={"views": 12, "rating_sum": 17, "rating_count": 2},
    )  # fmt: skip
    await server.runtime.db.movies.insert_one(document)
    await lists(server, "phim-1")
    title = (await server.api.get("/movies/phim-1")).json
    graph = title["structured_data"]["@graph"]
    video = videos(await crawl(server.api, PUBLIC))["phim-1"]
    assert list(video.items()) == [
        ("thumbnail_loc", "https://cdn.example/1.jpg"),
        ("title", "Phố & phường (trailer)"),
        ("description", "Chuyện <phố>."),
        ("content_loc", "https://cdn.example/ph%E1%BB%91%201.mp4?a=1&b=2"),
        ("duration", "95"),
        ("rating", "4.2"),
        ("view_count", "12"),
        ("publication_date", next(node["uploadDate"] for node in graph if node["@type"] == "VideoObject")),
        ("family_friendly", "yes"),
        ("requires_subscription", "no"),
        ("live", "no"),
    ]


async def test_a_trailer_is_a_file_or_a_player(start: StartServer) -> None:
    server = await start(public_url=PUBLIC)
    trailers = {
        "/static/a.WEBM": ("content_loc", f"{PUBLIC}/static/a.WEBM"),
        "https://video.example/watch?v=1.mp4": ("player_loc", "https://video.example/watch?v=1.mp4"),
        "https://cdn.example/media/a.mp4": ("content_loc", "https://cdn.example/media/a.mp4"),
    }
    await server.runtime.db.movies.insert_many(
        [a_document(number, trailer=trailer) for number, trailer in enumerate(trailers)]
    )
    await lists(server, "phim-0", "phim-1", "phim-2")
    found = videos(await crawl(server.api, PUBLIC))
    for number, (member, address) in enumerate(trailers.values()):
        places = {
            name: place for name, place in found[f"phim-{number}"].items() if name in ("content_loc", "player_loc")
        }
        assert places == {member: address}


async def test_nothing_that_needs_a_session_is_told_of(start: StartServer) -> None:
    server = await start(public_url=PUBLIC)
    source = {"type": "mp4", "path": "phim/1.mp4"}
    seasons = [{"id": "s", "number": 1, "episodes": [{"id": "e", "number": 1, "sources": [source]}]}]
    trailers = (None, "/media/abc/1.mp4", f"{PUBLIC}/media/abc/1.mp4", "/api/v1/movies", "/movies/phim-4")
    documents = [a_document(number, trailer=trailer) for number, trailer in enumerate(trailers)]
    documents[0]["seasons"] = seasons
    await server.runtime.db.movies.insert_many(documents)
    await lists(server, *(f"phim-{number}" for number in range(len(trailers))))
    assert videos(await crawl(server.api, PUBLIC)) == {}
    for number in range(len(trailers)):
        title = (await server.api.get(f"/movies/phim-{number}")).json
        assert "VideoObject" not in str(title["structured_data"])
        assert "/media/" not in str(title["structured_data"])


async def test_what_people_wrote_always_makes_a_valid_file(start: StartServer) -> None:
    server = await start(public_url=PUBLIC)
    hostile = "\x00\x01]]></loc>\x85&amp;<x>\x1f\ufffe\uffff 😀"
    long = {"vi": {"title": "Dài " * 70, "description": "é" * 3_999 + "."}}
    await server.runtime.db.movies.insert_many(
        [
            a_document(1, trailer="/a.mp4", title=hostile, translations={"vi": {"description": hostile}}),
            a_document(2, trailer="/a.mp4", translations=long),
            a_document(3, trailer="/a.mp4", translations={"vi": {"description": " \n "}}, year=1999),
            a_document(4, trailer="/a.mp4", genres=[{"id": "erotic", "name": {"vi": "Khiêu gợi", "en": "Erotic"}}]),
            a_document(5, trailer="/a.mp4", title="\x00", translations={"vi": {"description": "\x01"}}),
        ]
    )
    await lists(server, "phim-1", "phim-2", "phim-3", "phim-4", "phim-5")
    found = videos(await crawl(server.api, PUBLIC))
    assert found["phim-1"]["description"] == "]]></loc>\x85&amp;<x> 😀"
    assert (len(found["phim-2"]["title"]), len(found["phim-2"]["description"])) == (100, 2_048)
    assert found["phim-2"]["description"].endswith("é…")
    assert found["phim-3"]["description"] == "Phim 3 (1999)"
    assert [found[f"phim-{number}"]["family_friendly"] for number in (3, 4)] == ["yes", "no"]


# -- how they are sent -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/sitemap.xml", "/sitemap-1.xml"])
@pytest.mark.parametrize("coding", ["gzip", "identity"])
async def test_what_a_crawler_has_is_not_sent_again(server: RunningServer, path: str, coding: str) -> None:
    headers = {"Accept-Encoding": coding}
    first = await server.api.call("GET", path, headers=headers)
    assert first.status == 200
    assert first.headers.get("content-encoding") == (coding if coding == "gzip" else None)
    assert int(first.headers["content-length"]) == len(first.body)
    assert "Accept-Encoding" in first.headers["vary"]
    etag = first.headers["etag"]
    again = await server.api.call("GET", path, headers={**headers, "If-None-Match": etag})
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", etag)
    head = await server.api.call("HEAD", path, headers=headers)
    assert (head.status, head.body, head.headers["etag"]) == (200, b"", etag)
    assert head.headers["content-length"] == first.headers["content-length"]


async def test_either_coding_holds_the_same_and_has_a_tag_of_its_own(server: RunningServer) -> None:
    plain = await server.api.call("GET", "/sitemap-1.xml", headers={"Accept-Encoding": "br, gzip;q=0"})
    packed = await server.api.call("GET", "/sitemap-1.xml", headers={"Accept-Encoding": "br;q=1, gzip;q=0.5"})
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["etag"] != plain.headers["etag"]


@pytest.mark.parametrize("number", ["0", "2", "01", "-1", "1e0", "٣", "9" * 5_000])
async def test_a_part_that_is_not_there_is_not_found(server: RunningServer, number: str) -> None:
    path = "/sitemap-%D9%A3.xml" if number == "٣" else f"/sitemap-{number}.xml"
    assert (await server.api.call("GET", path)).status == 404


# -- many titles -------------------------------------------------------------------------------------------------------


def put(snapshot: Snapshot, document: dict[str, Any]) -> None:
    snapshot.put(Movie.model_validate({**document, "id": document["_id"]}))


def a_catalogue(titles: int, **members: Any) -> CatalogFeed:
    snapshot = Snapshot()
    for number in range(titles):
        put(snapshot, a_document(number, **members))
    feed = CatalogFeed(cast(Any, None))  # nothing is read: what it serves is given
    feed.snapshot = snapshot
    return feed


@pytest.mark.parametrize(
    "bounds", [{"most_entries": 10}, {"most_bytes": 1_500}, {"most_entries": 7, "most_bytes": 900}]
)
async def test_a_large_catalogue_is_split_within_both_bounds(bounds: dict[str, int]) -> None:
    sitemaps = Sitemaps(a_catalogue(95), Site(PUBLIC), **bounds)
    index = read_index(content(await sitemaps.index()))
    assert [part.page for part in index] == [f"{PUBLIC}/sitemap-{number}.xml" for number in range(1, len(index) + 1)]
    files = [await sitemaps.part(number) for number in range(1, len(index) + 1)]
    parts = [read_sitemap(content(file)) for file in files]
    pages = [page.page for part in parts for page in part]
    assert sorted(pages) == sorted([HOME, *(f"{PUBLIC}/movies/phim-{number}" for number in range(95))])
    assert all(len(part) <= bounds.get("most_entries", 50_000) for part in parts)
    assert all(len(content(file)) == file.size_bytes <= bounds.get("most_bytes", 50 << 20) for file in files)
    assert len(parts) >= 8
    with pytest.raises(NotFound):
        await sitemaps.part(len(index) + 1)


def test_the_bounds_are_those_of_the_protocol() -> None:
    sitemaps = Sitemaps(a_catalogue(0), Site(PUBLIC))
    assert (sitemaps.most_entries, sitemaps.most_bytes) == (50_000, 52_428_800)


async def test_a_new_title_leaves_earlier_parts_as_they_are() -> None:
    feed = a_catalogue(25)
    sitemaps = Sitemaps(feed, Site(PUBLIC), most_entries=10)
    before = [await sitemaps.part(number) for number in (1, 2, 3)]
    put(feed.snapshot, a_document(99))
    feed.snapshot.commit()
    after = [await sitemaps.part(number) for number in (1, 2, 3)]
    assert [file is earlier for file, earlier in zip(after, before, strict=True)] == [True, True, False]


async def test_what_is_made_step_by_step_is_what_would_be_made_at_once() -> None:
    dice = random.Random(5)
    feed = a_catalogue(0)
    sitemaps = Sitemaps(feed, Site(PUBLIC), most_entries=7)
    moments = [now() + timedelta(seconds=number) for number in range(5)]  # fewer than titles: some share one
    for _ in range(80):
        for number in dice.sample(range(40), dice.randint(1, 4)):
            if dice.random() < 0.3:
                feed.snapshot.remove(f"title{number}")
            else:
                trailer = dice.choice([None, "/a.mp4", "/b.mp4"])
                put(feed.snapshot, a_document(number, trailer=trailer, created_at=dice.choice(moments)))
        feed.snapshot.commit()
        anew = Sitemaps(feed, Site(PUBLIC), most_entries=7)
        index = content(await sitemaps.index())
        assert index == content(await anew.index())
        for number in range(1, len(read_index(index)) + 1):
            assert await sitemaps.part(number) == await anew.part(number)


async def test_others_are_served_while_a_sitemap_is_made() -> None:
    sitemaps = Sitemaps(a_catalogue(3_000, trailer="/a.mp4"), Site(PUBLIC))
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(others())
    assert len(read_sitemap(content(await sitemaps.part(1)))) == 3_001
    other.cancel()
    assert turns > 10  # some 100 ms of work in slices of 4


async def test_many_who_ask_at_once_get_the_same_file_made_once() -> None:
    sitemaps = Sitemaps(a_catalogue(50), Site(PUBLIC))
    files = await asyncio.gather(*(sitemaps.part(1) for _ in range(20)))
    assert all(file is files[0] for file in files)
