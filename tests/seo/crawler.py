"""A crawler: reads sitemaps as strictly as the published schemas and Google's lists of required members ask."""

import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from tests.support.api import Api

SCHEMAS = Path(__file__).parent / "schemas"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
VIDEO = "{http://www.google.com/schemas/sitemap-video/1.1}"
_INDEX_SCHEMA = etree.XMLSchema(file=str(SCHEMAS / "siteindex.xsd"))
_SCHEMA = etree.XMLSchema(file=str(SCHEMAS / "sitemap-with-videos.xsd"))


@dataclass(frozen=True)
class Listed:
    """A page as a sitemap lists it; `video` by the names of its members, in their order."""

    page: str
    changed_at: str | None
    video: dict[str, str] | None


def read_index(xml: bytes) -> list[Listed]:
    """The sitemaps of an index. Fails where a schema is broken."""
    root = etree.fromstring(xml)
    _INDEX_SCHEMA.assertValid(root)
    return [_listed(sitemap) for sitemap in root]


def read_sitemap(xml: bytes) -> list[Listed]:
    """The pages of a sitemap. Fails where a schema is broken, or a video lacks what Google requires."""
    root = etree.fromstring(xml)
    _SCHEMA.assertValid(root)
    listed = [_listed(url) for url in root]
    for page in listed:
        if page.video is not None:
            assert {"thumbnail_loc", "title", "description"} <= page.video.keys()
            places = [page.video[name] for name in ("content_loc", "player_loc") if name in page.video]
            assert places
            assert page.page not in places
            assert all(place.startswith(("http://", "https://")) for place in [*places, page.video["thumbnail_loc"]])
    return listed


def _listed(element: Any) -> Listed:
    videos = element.findall(f"{VIDEO}video")
    assert len(videos) <= 1
    video = {etree.QName(member).localname: member.text or "" for member in videos[0]} if videos else None
    return Listed(element.findtext(f"{SITEMAP}loc"), element.findtext(f"{SITEMAP}lastmod"), video)


async def crawl(api: Api, public_url: str) -> list[Listed]:
    """All pages that the site lists, read as crawlers do: compressed, from the index on."""
    found = []
    for part in read_index(await fetch(api, "/sitemap.xml")):
        assert part.page.startswith(f"{public_url}/sitemap-")  # no folder: a sitemap speaks for what lies beside it
        found += read_sitemap(await fetch(api, part.page.removeprefix(public_url)))
    return found


async def fetch(api: Api, path: str) -> bytes:
    answer = await api.call("GET", path, headers={"Accept-Encoding": "gzip"})
    assert (answer.status, answer.headers["content-encoding"]) == (200, "gzip")
    assert answer.headers["content-type"] == "application/xml; charset=utf-8"
    return gzip.decompress(answer.body)
