"""robots.txt lets crawlers read what sitemaps and pages lead to, and nothing else."""

from urllib.robotparser import RobotFileParser

import pytest

from tests.support.server import RunningServer


async def rules(server: RunningServer) -> RobotFileParser:
    answer = await server.api.call("GET", "/robots.txt")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    parser = RobotFileParser()
    parser.parse(answer.body.decode().splitlines())
    return parser


@pytest.mark.parametrize(
    "path", ["/", "/movies/spirited-away", "/movies/x?lang=en", "/posters/x.svg", "/backdrops/x.svg", "/sitemap-1.xml"]
)
async def test_pages_and_their_pictures_may_be_read(server: RunningServer, path: str) -> None:
    assert (await rules(server)).can_fetch("Googlebot", server.url + path)


@pytest.mark.parametrize("path", ["/api/v1/movies", "/api/v1/auth/verify/a/b", "/media/a/b.mp4", "/admin/", "/ws/x"])
async def test_what_is_for_programs_or_for_one_person_may_not(server: RunningServer, path: str) -> None:
    assert not (await rules(server)).can_fetch("Googlebot", server.url + path)


async def test_it_names_the_sitemap(server: RunningServer) -> None:
    assert (await rules(server)).site_maps() == [f"{server.url}/sitemap.xml"]
    assert (await server.api.call("GET", "/sitemap.xml")).status == 200
