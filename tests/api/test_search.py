"""Searching and suggesting through the front door."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.api.test_snapshot_follows import a_document, shows
from tests.support.server import RunningServer


async def search(server: RunningServer, text: str, language: str = "vi", **more: object) -> list[dict[str, Any]]:
    options = "".join(f"&{name}={value}" for name, value in more.items())
    answer = await server.api.get(f"/search?q={quote(text)}{options}", headers={"Accept-Language": language})
    assert answer.status == 200, answer.json
    assert answer.json["q"] == text
    results: list[dict[str, Any]] = answer.json["results"]
    return results


def parts(hit: dict[str, Any]) -> dict[str, list[str]]:
    """What is marked, by field."""
    return {one["field"]: [one["text"][start:end] for start, end in one["ranges"]] for one in hit["matched"]}


# -- hits --------------------------------------------------------------------------------------------------------------


async def test_a_hit_is_a_card_with_its_tier_its_score_and_what_matched(server: RunningServer) -> None:
    [hit, *_] = await search(server, "mat biec")
    card = (await server.api.get("/movies/mat-biec")).json
    assert {name: hit[name] for name in ("id", "slug", "title", "year", "poster", "genres")} == {
        name: card[name] for name in ("id", "slug", "title", "year", "poster", "genres")
    }
    assert (hit["tier"], hit["score"]) == ("exact", 100.0)
    assert parts(hit) == {"title": ["Mắt biếc"]}


async def test_each_tier_says_its_name(server: RunningServer) -> None:
    assert (await search(server, "spirited away"))[0]["tier"] == "exact"
    assert (await search(server, "spirted awy"))[0]["tier"] == "title"
    assert (await search(server, "miyazaki"))[0]["tier"] == "text"


async def test_a_name_in_the_other_language_is_shown_where_the_title_does_not_have_the_words(
    server: RunningServer,
) -> None:
    [hit, *_] = await search(server, "hố đen tử thần", "en")
    assert hit["title"] == "Interstellar"
    assert parts(hit) == {"other_title": ["Hố đen tử thần"]}


async def test_people_and_genres_are_marked_too(server: RunningServer) -> None:
    [hit, *_] = await search(server, "nolan interstellar", "en")
    assert parts(hit) == {"title": ["Interstellar"], "person": ["Nolan"], "original_title": ["Interstellar"]} or parts(
        hit
    ) == {"title": ["Interstellar"], "person": ["Nolan"]}
    assert any("genre" in parts(hit) for hit in await search(server, "phim kinh dị"))


async def test_left_over_telex_is_read_and_marked(server: RunningServer) -> None:
    [hit, *_] = await search(server, "ddaats rungwf")
    assert hit["slug"] == "dat-rung-phuong-nam"
    assert parts(hit)["title"] == ["Đất rừng"]


async def test_the_limit_bounds_what_is_answered(server: RunningServer) -> None:
    assert len(await search(server, "the", limit=3)) == 3
    assert len(await search(server, "the")) <= 20


async def test_a_search_carries_an_etag_and_words_follow_the_language(server: RunningServer) -> None:
    first = await server.api.get("/search?q=totoro", headers={"Accept-Language": "vi"})
    again = {"Accept-Language": "vi", "If-None-Match": first.headers["etag"]}
    assert (await server.api.get("/search?q=totoro", headers=again)).status == 304
    english = await server.api.get("/search?q=totoro", headers={"Accept-Language": "en"})
    assert english.json["results"][0]["title"] == "My Neighbor Totoro"
    assert english.headers["etag"] != first.headers["etag"]


# -- suggestions -------------------------------------------------------------------------------------------------------


async def suggested(server: RunningServer, text: str) -> list[dict[str, Any]]:
    answer = await server.api.get(f"/search/suggest?q={quote(text)}")
    assert answer.status == 200
    assert answer.json["q"] == text
    results: list[dict[str, Any]] = answer.json["results"]
    assert len(results) <= 8
    return results


async def test_a_suggested_title_says_where_it_leads(server: RunningServer) -> None:
    [item, *_] = await suggested(server, "mắt")
    assert (item["type"], item["text"], item["slug"], item["year"]) == ("title", "Mắt biếc", "mat-biec", 2019)
    assert item["poster"].endswith("mat-biec.svg")
    assert item["ranges"] == [[0, 3]]


async def test_people_and_genres_are_suggested_with_ids_that_filter_lists(server: RunningServer) -> None:
    [person] = [item for item in await suggested(server, "miyaz") if item["type"] == "person"]
    assert person["text"] == "Hayao Miyazaki"
    assert (await server.api.get(f"/people/{person['id']}")).status == 200
    [genre] = [item for item in await suggested(server, "chiến tr") if item["type"] == "genre"]
    assert (await server.api.get(f"/movies?genre={genre['id']}")).json["count"] > 0


async def test_nothing_typed_suggests_what_trends(server: RunningServer) -> None:
    trending = (await server.api.get("/trending?window=24h&limit=8")).json["results"]
    for path in ("/search/suggest", "/search/suggest?q=", "/search/suggest?q=%20"):
        assert [item["id"] for item in (await server.api.get(path)).json["results"]] == [one["id"] for one in trending]


async def test_every_letter_of_a_name_suggests_it(server: RunningServer) -> None:
    for length in range(2, len("spirited away") + 1):
        assert "spirited-away" in [item["slug"] for item in await suggested(server, "spirited away"[:length])]


async def test_suggestions_may_be_kept_for_a_moment_and_are_not_sent_again(server: RunningServer) -> None:
    first = await server.api.get("/search/suggest?q=b")
    assert first.headers["cache-control"] == "public, max-age=30"
    assert "Accept-Language" in first.headers["vary"]
    again = await server.api.get("/search/suggest?q=b", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


# -- any text ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "pointer"),
    [("", "/q"), ("q=", "/q"), ("q=%20%09", "/q"), (f"q={'a' * 201}", "/q"), (f"q={'%E1%BA%BF' * 1400}", "/q"),
     ("q=a&limit=0", "/limit"), ("q=a&limit=51", "/limit"), ("q=a&q=b", "/q"), ("q=a&other=1", "/other")],
)  # fmt: skip
async def test_what_cannot_be_searched_for_is_refused_with_the_reason(
    server: RunningServer, query: str, pointer: str
) -> None:
    answer = await server.api.get(f"/search?{query}")
    assert answer.status == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
    assert not answer.json["errors"][0]["detail"].startswith("invalid_")


@pytest.mark.parametrize(
    "text",
    ["%00", "%01%1f", "%ED%A0%80", "%ED%BF%BFabc", "%FF%FE", "%CC%81%CC%89", "%F0%9F%98%80", "%E2%80%8D" * 50, "'", '"',
     "%5C", "%25", "*", "?", "%EF%B7%BA" * 200, "the+" * 50, "a" * 200, "%E2%80%AE%D8%A7", "+a", "1" * 200],
)  # fmt: skip
async def test_any_other_text_is_an_answer(watched: RunningServer, text: str) -> None:
    for path in ("/search", "/search/suggest"):
        assert (await watched.api.get(f"{path}?q={text}")).status == 200


# -- following edits ---------------------------------------------------------------------------------------------------


def slugs_are(*slugs: str) -> Any:
    return lambda answer: [one["slug"] for one in answer.json["results"]] == list(slugs)


async def test_a_title_created_renamed_hidden_and_restored_is_found_so_within_a_second(start: Any) -> None:
    server = await start()
    movies = server.runtime.db.movies
    await movies.insert_one(a_document(1, title="Tên cũ"))
    for path in ("/search?q=ten%20cu", "/search/suggest?q=te"):
        await shows(server, path, slugs_are("phim-1"))
    await movies.update_one({"_id": "title1"}, {"$set": {"title": "Nhan đề mới"}})
    await shows(server, "/search?q=ten%20cu", slugs_are())
    await shows(server, "/search?q=nhan%20de", slugs_are("phim-1"))
    await movies.update_one({"_id": "title1"}, {"$set": {"is_active": False}})
    for path in ("/search?q=nhan%20de", "/search/suggest?q=nh", "/search/suggest"):
        await shows(server, path, slugs_are())
    await movies.update_one({"_id": "title1"}, {"$set": {"is_active": True}})
    for path in ("/search?q=nhan%20de", "/search/suggest?q=nh", "/search/suggest"):
        await shows(server, path, slugs_are("phim-1"))
    await movies.delete_one({"_id": "title1"})
    await shows(server, "/search?q=nhan%20de", slugs_are())


async def test_an_edit_shows_on_the_other_instance_too(start: Any) -> None:
    first = await start()
    other = await start(first.settings.mongo_database)
    await first.runtime.db.movies.insert_one(a_document(1, title="Hai nơi"))
    for server in (first, other):
        await shows(server, "/search?q=hai%20noi", slugs_are("phim-1"))
    await first.runtime.db.movies.update_one({"_id": "title1"}, {"$set": {"title": "Một nơi"}})
    for server in (first, other):
        await shows(server, "/search?q=mot%20noi", slugs_are("phim-1"))


async def test_more_views_change_what_is_suggested_to_who_has_typed_nothing(start: Any) -> None:
    server = await start()
    await server.runtime.db.movies.insert_many([a_document(1), a_document(2)])
    await server.runtime.db.movies.update_one({"_id": "title1"}, {"$set": {"stats.views": 5}})
    await shows(server, "/search/suggest", slugs_are("phim-1", "phim-2"))
    await server.runtime.db.movies.update_one({"_id": "title2"}, {"$set": {"stats.views": 9}})
    await shows(server, "/search/suggest", slugs_are("phim-2", "phim-1"))
