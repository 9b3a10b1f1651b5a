"""One title's entry in a sitemap, as XML.

Source: sitemaps.org 0.9, Google's video extension 1.1. Its schema fixes the order of the members of a video.
"""

import re
from xml.sax.saxutils import escape

from smovie.catalog.snapshot import Entry
from smovie.models.base import iso_z
from smovie.models.catalog import Movie
from smovie.seo.site import Site
from smovie.seo.trailers import Trailer, trailer_of

_LONGEST_TITLE, _LONGEST_DESCRIPTION = 100, 2_048
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def home_entry(site: Site) -> bytes:
    """The first page. Without a lastmod: it shows what is new, and no moment of its own is kept."""
    return f"<url>{_element('loc', site.absolute('/'))}</url>\n".encode()


def title_entry(entry: Entry, site: Site) -> bytes:
    """A title's page, and its trailer where anybody may watch it."""
    video = _video(entry.outline(), site) if entry.has_trailer else ""
    page = _element("loc", site.title_page(entry.slug)) + _element("lastmod", entry.changed_at)
    return f"<url>{page}{video}</url>\n".encode()


def _video(movie: Movie, site: Site) -> str:
    trailer = trailer_of(movie, "vi", site)
    if trailer is None:
        return ""
    members = "".join(_element(f"video:{name}", value) for name, value in _members(movie, trailer) if value is not None)
    return f"<video:video>{members}</video:video>"


def _members(movie: Movie, trailer: Trailer) -> list[tuple[str, str | None]]:
    rating = movie.stats.rating
    return [
        ("thumbnail_loc", trailer.thumbnail),
        ("title", _fitting(trailer.name, _LONGEST_TITLE)),
        ("description", _fitting(trailer.description, _LONGEST_DESCRIPTION) or _fitting(trailer.name, _LONGEST_TITLE)),
        ("content_loc" if trailer.is_file else "player_loc", trailer.address),
        ("duration", str(trailer.duration_s) if trailer.duration_s else None),
        ("rating", f"{rating / 2:.1f}" if rating is not None else None),  # ours goes to 10, theirs to 5
        ("view_count", str(movie.stats.views)),
        ("publication_date", iso_z(movie.created_at)),
        ("family_friendly", "yes" if trailer.is_family_friendly else "no"),
        ("requires_subscription", "no"),
        ("live", "no"),
    ]


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"


def _fitting(text: str, most: int) -> str:
    """At most so many characters, ended by an ellipsis where there were more; none that XML forbids."""
    text = _NOT_IN_XML.sub("", text).strip()
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
