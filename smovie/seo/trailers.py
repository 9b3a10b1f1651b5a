"""The one video of a title that anybody may watch, and so the only one that search engines are told of.

What is played itself has addresses signed for a session (docs/decisions/0007), which must not leave it.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from smovie.catalog.render import backdrop_path
from smovie.models.catalog import Language, Movie
from smovie.seo.site import Site

# What Google takes for a video file; anything else is a page with a player.
_VIDEO_FILES = re.compile(
    r".+\.(3g2|3gp|asf|avi|divx|m2v|m3u8?|m4v|mkv|mov|mp4|mpe?g|ogv|qvt|ram|rm|vob|webm|wmv)", re.IGNORECASE
)
_NEEDS_SESSION = ("/media/", "/api/")
_NOT_FOR_FAMILIES = frozenset({"erotic"})


@dataclass(frozen=True)
class Trailer:
    """A video as sitemaps and structured data describe it. `is_file`: the address is the video itself, not a player."""

    name: str
    description: str
    address: str
    is_file: bool
    thumbnail: str
    duration_s: int | None
    is_family_friendly: bool


def trailer_of(movie: Movie, language: Language, site: Site) -> Trailer | None:
    """The trailer in a language; None where there is none that anybody may watch."""
    if not movie.trailer:
        return None
    address = site.absolute(movie.trailer)
    below = address.removeprefix(site.public_url)
    if address == site.title_page(movie.slug) or (below != address and below.startswith(_NEEDS_SESSION)):
        return None
    return Trailer(
        name=f"{movie.title_in(language)} (trailer)",
        description=summary_of(movie, language),
        address=address,
        is_file=bool(_VIDEO_FILES.fullmatch(urlsplit(address).path)),
        thumbnail=site.absolute(backdrop_path(movie)),
        duration_s=movie.trailer_s,
        is_family_friendly=_NOT_FOR_FAMILIES.isdisjoint(genre.id for genre in movie.genres),
    )


def summary_of(movie: Movie, language: Language) -> str:
    """What the title is about, never empty: its description, else its name and year."""
    title = movie.title_in(language)
    return movie.description_in(language).strip() or (f"{title} ({movie.year})" if movie.year else title)
