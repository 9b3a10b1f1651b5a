"""A title as schema.org describes it, in JSON-LD: for `structured_data` of the API, and for the page that embeds it.

Source: schema.org Movie, TVSeries, VideoObject, BreadcrumbList, and what Google requires of each.
"""

from collections.abc import Iterable
from typing import Any

from smovie.catalog.render import Json, backdrop_path, poster_path
from smovie.models.base import iso_z
from smovie.models.catalog import Episode, Kind, Language, Movie, PersonRef, Season, Stats
from smovie.seo.site import Site
from smovie.seo.trailers import Trailer, summary_of, trailer_of

MOST_EPISODES = 1_000  # listed of a series; there may be a hundred times as many, and no crawler reads them
_SITE_NAME = "SMovie"


def describe_title(movie: Movie, language: Language, site: Site) -> Json:
    """The title, its trailer and its place on the site. Absolute addresses; members without a value are left out."""
    page = site.title_page(movie.slug, language)
    trailer = trailer_of(movie, language, site)
    work = _work(movie, language, site, page, trailer)
    video = _video(trailer, movie, page) if trailer else None
    return {"@context": "https://schema.org", "@graph": _present([work, video, _breadcrumbs(work["name"], site, page)])}


def _work(movie: Movie, language: Language, site: Site, page: str, trailer: Trailer | None) -> Json:
    is_series = movie.kind is Kind.SERIES
    name = movie.title_in(language)
    released = movie.release_date or (str(movie.year) if movie.year else None)
    return _known(
        {
            "@type": "TVSeries" if is_series else "Movie",
            "@id": f"{page}#title",
            "url": page,
            "name": name,
            "alternateName": [other for other in _other_names(movie) if other != name],
            "description": summary_of(movie, language),
            "image": [site.absolute(poster_path(movie)), site.absolute(backdrop_path(movie))],
            "datePublished": released,
            "dateCreated": released,
            "duration": None if is_series or not movie.runtime_min else f"PT{movie.runtime_min}M",
            "genre": [genre.name.in_language(language) for genre in movie.genres],
            "countryOfOrigin": movie.nation and {"@type": "Country", "name": movie.nation.name.in_language(language)},
            "director": _people(movie.directors),
            "actor": _people(movie.cast),
            "aggregateRating": _rating(movie.stats),
            "interactionStatistic": _views(movie.stats),
            "trailer": trailer and {"@id": f"{page}#trailer"},
            **(_seasons(movie, page) if is_series else {}),
        }
    )


def _seasons(movie: Movie, page: str) -> Json:
    left, seasons = MOST_EPISODES, []
    for season in movie.seasons:
        listed = season.episodes[:left]
        left -= len(listed)
        seasons.append(_season(season, listed, page))
    return {
        "numberOfSeasons": sum(1 for season in movie.seasons if season.number > 0),
        "numberOfEpisodes": sum(len(season.episodes) for season in movie.seasons),
        "containsSeason": seasons,
    }


def _season(season: Season, listed: tuple[Episode, ...], page: str) -> Json:
    own_id = f"{page}#season-{season.number}"
    return _known(
        {
            "@type": "TVSeason",
            "@id": own_id,
            "seasonNumber": season.number,
            "name": season.title,
            "datePublished": str(season.year) if season.year else None,
            "numberOfEpisodes": len(season.episodes),
            "partOfSeries": {"@id": f"{page}#title"},
            "episode": [
                _known(
                    {
                        "@type": "TVEpisode",
                        "episodeNumber": episode.number,
                        "name": episode.title,
                        "datePublished": episode.air_date,
                        "duration": f"PT{episode.runtime_s}S" if episode.runtime_s else None,
                        "partOfSeason": {"@id": own_id},
                        "partOfSeries": {"@id": f"{page}#title"},
                    }
                )
                for episode in listed
            ],
        }
    )


def _video(trailer: Trailer, movie: Movie, page: str) -> Json:
    return _known(
        {
            "@type": "VideoObject",
            "@id": f"{page}#trailer",
            "name": trailer.name,
            "description": trailer.description,
            "thumbnailUrl": [trailer.thumbnail],
            "uploadDate": iso_z(movie.created_at),
            "duration": f"PT{trailer.duration_s}S" if trailer.duration_s else None,
            "contentUrl" if trailer.is_file else "embedUrl": trailer.address,
            "isFamilyFriendly": trailer.is_family_friendly,
        }
    )


def _breadcrumbs(name: str, site: Site, page: str) -> Json:
    steps = [(_SITE_NAME, f"{site.public_url}/"), (name, page)]
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": called, "item": address}
            for position, (called, address) in enumerate(steps, 1)
        ],
    }


def _other_names(movie: Movie) -> Iterable[str]:
    translated = (words.title for words in movie.translations.values())
    return dict.fromkeys(name for name in (movie.title, movie.original_title, *movie.aliases, *translated) if name)


def _people(people: Iterable[PersonRef]) -> list[Json]:
    return [{"@type": "Person", "name": person.name} for person in people]


def _rating(stats: Stats) -> Json | None:
    """None before the first rating: a mean of nothing is refused by who reads it."""
    if stats.rating is None:
        return None
    scale = {"bestRating": 10, "worstRating": 1}
    return {"@type": "AggregateRating", "ratingValue": stats.rating, "ratingCount": stats.rating_count, **scale}


def _views(stats: Stats) -> Json | None:
    if not stats.views:
        return None
    watching = {"@type": "WatchAction"}
    return {"@type": "InteractionCounter", "interactionType": watching, "userInteractionCount": stats.views}


def _known(members: Json) -> Json:
    return {name: value for name, value in members.items() if value not in (None, "", [])}


def _present(nodes: Iterable[Any]) -> list[Json]:
    return [node for node in nodes if node is not None]
