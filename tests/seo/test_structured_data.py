"""Structured data says of a title what the API says, in the terms of schema.org and with all that Google requires."""

import re
from typing import Any

import pytest

from tests.api.test_snapshot_follows import a_document
from tests.conftest import StartServer
from tests.support.server import RunningServer
from tests.support.wait import until

PUBLIC = "https://phim.example"
# By type: what Google's lists call required, and what its checkers insist on beside.
REQUIRED = {
    "Movie": {"name", "image", "url"},
    "TVSeries": {"name", "image", "url", "numberOfSeasons", "numberOfEpisodes", "containsSeason"},
    "TVSeason": {"@id", "seasonNumber", "partOfSeries", "numberOfEpisodes"},
    "TVEpisode": {"episodeNumber", "partOfSeason", "partOfSeries"},
    "VideoObject": {"name", "description", "thumbnailUrl", "uploadDate"},
    "BreadcrumbList": {"itemListElement"},
    "ListItem": {"position", "name", "item"},
    "AggregateRating": {"ratingValue", "ratingCount", "bestRating", "worstRating"},
    "InteractionCounter": {"interactionType", "userInteractionCount"},
    "Person": {"name"},
    "Country": {"name"},
    "WatchAction": set(),
}
ADDRESSES = {"url", "image", "item", "thumbnailUrl", "contentUrl", "embedUrl"}
DATE = re.compile(r"\d{4}(-\d\d-\d\d(T\d\d:\d\d:\d\d\.\d{3}Z)?)?")
DURATION = re.compile(r"PT\d+[MS]")


def nodes_in(value: Any) -> list[dict[str, Any]]:
    """Every node that states what it is, at any depth."""
    if isinstance(value, list):
        return [node for item in value for node in nodes_in(item)]
    if not isinstance(value, dict):
        return []
    return [*([value] if "@type" in value else []), *nodes_in(list(value.values()))]


def check(data: dict[str, Any]) -> None:
    """Judge structured data as a whole."""
    assert data["@context"] == "https://schema.org"
    nodes = nodes_in(data)
    ids = [node["@id"] for node in nodes if "@id" in node]
    assert len(ids) == len(set(ids))
    for node in nodes:
        assert REQUIRED[node["@type"]] <= node.keys(), node
        assert not [name for name, value in node.items() if value in (None, "", [], {})], node
        for name, value in node.items():
            if name in ADDRESSES:
                addresses = value if isinstance(value, list) else [value]
                assert all(address.startswith(("https://", "http://")) for address in addresses)
            elif name in ("datePublished", "dateCreated", "uploadDate"):
                assert DATE.fullmatch(value)
            elif name == "duration":
                assert DURATION.fullmatch(value)
            elif isinstance(value, dict) and "@type" not in value:
                assert value["@id"] in ids, "it refers to what is not there"
    for node in of_type(data, "AggregateRating"):
        assert node["worstRating"] <= node["ratingValue"] <= node["bestRating"]
        assert node["ratingCount"] > 0
    for node in of_type(data, "VideoObject"):
        assert {"contentUrl", "embedUrl"} & node.keys()
    (crumbs,) = of_type(data, "BreadcrumbList")
    positions = [item["position"] for item in crumbs["itemListElement"]]
    assert positions == list(range(1, len(positions) + 1))
    assert len(positions) >= 2


def of_type(data: Any, kind: str) -> list[dict[str, Any]]:
    return [node for node in nodes_in(data) if node["@type"] == kind]


async def title(server: RunningServer, slug: str, language: str = "vi") -> dict[str, Any]:
    return dict((await server.api.get(f"/movies/{slug}", headers={"Accept-Language": language})).json)


async def a_title(server: RunningServer, **members: Any) -> dict[str, Any]:
    """Store title 1 and wait until it is shown."""
    await server.runtime.db.movies.insert_one(a_document(1, **members))
    await until(lambda: "phim-1" in server.runtime.catalog.snapshot.by_slug)
    return await title(server, "phim-1")


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_every_title_is_described_with_all_that_is_required(server: RunningServer, language: str) -> None:
    for slug in server.runtime.catalog.snapshot.by_slug:
        check((await title(server, slug, language))["structured_data"])


async def test_a_film_is_described_in_the_language_asked_for(server: RunningServer) -> None:
    film = await title(server, "spirited-away", "en")
    (movie,) = of_type(film["structured_data"], "Movie")
    page = f"{server.url}/movies/spirited-away?lang=en"
    assert (movie["name"], movie["url"], movie["description"]) == ("Spirited Away", page, film["description"])
    assert "Vùng đất linh hồn" in movie["alternateName"]
    assert (movie["datePublished"], movie["duration"]) == (film["release_date"], f"PT{film['runtime_min']}M")
    assert [person["name"] for person in movie["director"]] == [person["name"] for person in film["directors"]]
    assert [person["name"] for person in movie["actor"]] == [member["name"] for member in film["cast"]]
    assert movie["genre"] == [genre["name"] for genre in film["genres"]]
    assert movie["image"] == [f"{server.url}{film['poster']}", f"{server.url}{film['backdrop']}"]
    vietnamese = await title(server, "spirited-away")
    (movie,) = of_type(vietnamese["structured_data"], "Movie")
    assert (movie["name"], movie["url"]) == ("Vùng đất linh hồn", f"{server.url}/movies/spirited-away")


async def test_a_series_is_described_with_its_seasons_and_episodes(server: RunningServer) -> None:
    shown = await title(server, "breaking-bad", "en")
    (series,) = of_type(shown["structured_data"], "TVSeries")
    assert series["numberOfSeasons"] == len(shown["seasons"]) == 5
    assert series["numberOfEpisodes"] == sum(len(season["episodes"]) for season in shown["seasons"])
    for described, season in zip(series["containsSeason"], shown["seasons"], strict=True):
        assert described["seasonNumber"] == season["number"]
        assert described["partOfSeries"] == {"@id": series["@id"]}
        assert all(episode["partOfSeason"] == {"@id": described["@id"]} for episode in described["episode"])
        assert [(episode["episodeNumber"], episode.get("name", "")) for episode in described["episode"]] == [
            (episode["number"], episode["title"]) for episode in season["episodes"]
        ]


async def test_a_series_without_end_lists_a_thousand_episodes_and_counts_all(start: StartServer) -> None:
    server = await start(public_url=PUBLIC)
    seasons = [
        {"id": f"s{n}", "number": n, "episodes": [{"id": f"e{n}-{m}", "number": m} for m in range(1, 701)]}
        for n in range(3)
    ]
    shown = await a_title(server, kind="series", seasons=seasons)
    check(shown["structured_data"])
    (series,) = of_type(shown["structured_data"], "TVSeries")
    assert (series["numberOfSeasons"], series["numberOfEpisodes"]) == (2, 2_100)  # number 0 holds specials
    assert [season["numberOfEpisodes"] for season in series["containsSeason"]] == [700, 700, 700]
    assert [len(season.get("episode", ())) for season in series["containsSeason"]] == [700, 300, 0]


async def test_a_rating_is_said_only_where_there_is_one(start: StartServer) -> None:
    server = await start(public_url=PUBLIC)
    shown = await a_title(server)
    assert not of_type(shown["structured_data"], "AggregateRating")
    assert not of_type(shown["structured_data"], "InteractionCounter")
    stats = {"views": 5, "rating_sum": 25, "rating_count": 3}
    await server.runtime.db.movies.update_one({"_id": "title1"}, {"$set": {"stats": stats}})
    await until(lambda: b'"views":5' in server.runtime.catalog.snapshot.by_slug["phim-1"].cards["vi"])
    data = (await title(server, "phim-1"))["structured_data"]
    check(data)
    (rating,) = of_type(data, "AggregateRating")
    assert (rating["ratingValue"], rating["ratingCount"]) == (8.3, 3)
    assert of_type(data, "InteractionCounter")[0]["userInteractionCount"] == 5


async def test_a_trailer_is_a_video_of_its_own(start: StartServer) -> None:
    server = await start(public_url=PUBLIC)
    shown = await a_title(server, trailer="/static/trailer 1.mp4", trailer_s=90, year=2001)
    check(shown["structured_data"])
    (video,) = of_type(shown["structured_data"], "VideoObject")
    said = {
        "name": "Phim 1 (trailer)",
        "description": "Phim 1 (2001)",
        "contentUrl": f"{PUBLIC}/static/trailer%201.mp4",
        "duration": "PT90S",
        "thumbnailUrl": [f"{PUBLIC}/backdrops/phim-1.svg"],
        "isFamilyFriendly": True,
    }
    assert {name: video[name] for name in said} == said
    assert of_type(shown["structured_data"], "Movie")[0]["trailer"] == {"@id": video["@id"]}


async def test_its_addresses_open(server: RunningServer) -> None:
    data = (await title(server, "spirited-away"))["structured_data"]
    (movie,), (crumbs,) = of_type(data, "Movie"), of_type(data, "BreadcrumbList")
    for address in [*movie["image"], *(item["item"] for item in crumbs["itemListElement"])]:
        assert (await server.api.call("GET", address.removeprefix(server.url))).status == 200
