"""The catalogue through the front door, on the demo catalogue."""

import pytest

from tests.support.server import RunningServer


async def test_a_page_says_where_it_stands(server: RunningServer) -> None:
    first = (await server.api.get("/movies?page_size=20")).json
    assert first["count"] >= 80
    assert len(first["results"]) == first["page_size"] == 20
    assert first["previous"] is None
    second = (await server.api.call("GET", first["next"])).json
    assert second["page"] == 2
    assert (await server.api.call("GET", second["previous"])).json["results"] == first["results"]


async def test_walking_all_pages_meets_every_title_once(server: RunningServer) -> None:
    slugs, path = [], "/api/v1/movies?page_size=7&sort=title"
    while path:
        page = (await server.api.call("GET", path)).json
        slugs += [card["slug"] for card in page["results"]]
        path = page["next"]
    assert len(slugs) == len(set(slugs)) == page["count"]


async def test_a_link_to_another_page_asks_all_that_was_asked(server: RunningServer) -> None:
    asked = "kind=movie&genre=drama&genre=war&nation=vn&year_from=1900&year_to=2100&sort=title&page_size=1"
    page = (await server.api.get(f"/movies?page=2&{asked}")).json
    assert (page["previous"], page["next"]) == (f"/api/v1/movies?{asked}&page=1", f"/api/v1/movies?{asked}&page=3")


async def test_a_page_past_the_end_is_empty(server: RunningServer) -> None:
    page = (await server.api.get("/movies?page=9999")).json
    assert page["results"] == []
    assert page["next"] is None


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("kind=series", lambda card: card["kind"] == "series"),
        ("genre=war", lambda card: "war" in [genre["id"] for genre in card["genres"]]),
        ("genre=war&genre=romance", lambda card: {"war", "romance"} & {genre["id"] for genre in card["genres"]}),
        ("nation=vn", lambda card: card["nation"]["id"] == "vn"),
        ("nation=vn&kind=series", lambda card: card["nation"]["id"] == "vn" and card["kind"] == "series"),
        ("year=1993", lambda card: card["year"] == 1993),
        ("year_from=2000&year_to=2010", lambda card: 2000 <= card["year"] <= 2010),
        ("year_to=1960", lambda card: card["year"] <= 1960),
        ("exclusivity=festival", lambda card: (card["exclusivity"] or {}).get("id") == "festival"),
        ("q_letter=d", lambda card: card["title"][0] in "dDđĐ"),
    ],
)
async def test_a_filter_lets_through_what_it_names_and_all_of_it(server: RunningServer, query: str, holds) -> None:  # type: ignore[no-untyped-def]
    everything = (await server.api.get("/movies?page_size=100")).json["results"]
    everything += (await server.api.get("/movies?page_size=100&page=2")).json["results"]
    wanted = {card["slug"] for card in everything if holds(card)}
    page = (await server.api.get(f"/movies?page_size=100&{query}")).json
    assert {card["slug"] for card in page["results"]} == wanted
    assert wanted
    assert page["count"] == len(wanted)


async def test_a_person_filters_and_has_a_page(server: RunningServer) -> None:
    movie = (await server.api.get("/movies/spirited-away")).json
    director = movie["directors"][0]
    page = (await server.api.get(f"/people/{director['id']}")).json
    assert page["name"] == director["name"]
    listed = (await server.api.get(f"/movies?person={director['id']}&page_size=100")).json
    both = {card["slug"] for card in page["directed"] + page["acted"]}
    assert {card["slug"] for card in listed["results"]} == both
    assert "spirited-away" in both


@pytest.mark.parametrize("sort", ["release_date", "views", "rating", "title", "created_at"])
async def test_each_order_can_be_reversed(server: RunningServer, sort: str) -> None:
    upwards = (await server.api.get(f"/movies?sort={sort}&page_size=100&nation=vn")).json["results"]
    downwards = (await server.api.get(f"/movies?sort=-{sort}&page_size=100&nation=vn")).json["results"]
    with_key = [card["slug"] for card in upwards if sort != "rating" or card["rating"] is not None]
    reversed_key = [card["slug"] for card in downwards if sort != "rating" or card["rating"] is not None]
    assert with_key == reversed_key[::-1]


async def test_titles_sort_as_in_a_vietnamese_dictionary(server: RunningServer) -> None:
    titles = [
        card["title"] for card in (await server.api.get("/movies?sort=title&page_size=100&nation=vn")).json["results"]
    ]
    assert titles.index("Dòng máu anh hùng") < titles.index("Đất rừng phương Nam")


async def test_a_title_shows_all_of_itself(server: RunningServer) -> None:
    movie = (await server.api.get("/movies/breaking-bad", headers={"Accept-Language": "en"})).json
    assert movie["kind"] == "series"
    assert [season["number"] for season in movie["seasons"]] == [1, 2, 3, 4, 5]
    assert movie["seasons"][0]["episodes"][0]["title"] == "Pilot"
    assert movie["cast"][0]["role"]
    assert movie["stats"]["rating"] is None
    assert "import_key" not in movie


async def test_a_film_has_one_episode_to_talk_about(server: RunningServer) -> None:
    film = (await server.api.get("/movies?kind=movie&page_size=1")).json["results"][0]["slug"]
    movie = (await server.api.get(f"/movies/{film}")).json
    assert [len(season["episodes"]) for season in movie["seasons"]] == [1]


async def test_words_follow_the_language(server: RunningServer) -> None:
    vietnamese = await server.api.get("/movies/spirited-away", headers={"Accept-Language": "vi-VN,vi;q=0.9,en;q=0.5"})
    english = await server.api.get("/movies/spirited-away", headers={"Accept-Language": "en-GB"})
    assert vietnamese.json["title"] == "Vùng đất linh hồn"
    assert english.json["title"] == "Spirited Away"
    assert vietnamese.json["description"] != english.json["description"]
    assert vietnamese.headers["content-language"] == "vi"
    assert "Accept-Language" in vietnamese.headers["vary"]
    assert vietnamese.headers["etag"] != english.headers["etag"]


@pytest.mark.parametrize("collection", ["genres", "nations", "exclusivities"])
async def test_tags_say_how_many_titles_carry_them(server: RunningServer, collection: str) -> None:
    tags = (await server.api.get(f"/{collection}")).json["results"]
    name = {"genres": "genre", "nations": "nation", "exclusivities": "exclusivity"}[collection]
    tag = max(tags, key=lambda tag: tag["count"])
    assert (await server.api.get(f"/movies?{name}={tag['id']}")).json["count"] == tag["count"] > 0


@pytest.mark.parametrize("path", ["/movies", "/movies/spirited-away", "/genres", "/nations", "/exclusivities"])
async def test_what_a_client_has_is_not_sent_again(server: RunningServer, path: str) -> None:
    first = await server.api.get(path)
    etag = first.headers["etag"]
    assert etag.startswith('"')
    again = await server.api.get(path, headers={"If-None-Match": f'"other", {etag}'})
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == etag
    changed = await server.api.get(path, headers={"If-None-Match": '"other"'})
    assert changed.body == first.body
    head = await server.api.call("HEAD", "/api/v1" + path)
    assert (head.status, head.body) == (200, b"")
    assert head.headers["etag"] == etag
    assert int(head.headers["content-length"]) == len(first.body)


@pytest.mark.parametrize("path", ["/movies/no-such-title", "/people/nobody", "/nothing/here", "/movies/"])
async def test_what_is_not_there_is_a_problem(server: RunningServer, path: str) -> None:
    answer = await server.api.get(path)
    assert answer.status == 404
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json["request_id"] == answer.headers["x-request-id"]


async def test_every_demo_title_has_a_poster_we_drew(server: RunningServer) -> None:
    for card in (await server.api.get("/movies?page_size=100")).json["results"]:
        poster = await server.api.call("GET", card["poster"])
        assert poster.headers["content-type"] == "image/svg+xml"
        assert poster.body.startswith(b"<svg")
