"""A title as JSON: the small card of lists and the whole of a detail page, one encoding per language."""

from typing import Any

import orjson

from smovie.models.catalog import Language, Movie, PersonRef, Season, Stats, Tag
from smovie.models.catalog_answers import EpisodeAnswer

Json = dict[str, Any]

_SHOWN_OF_EPISODES = set(EpisodeAnswer.model_fields)  # never where their media lie


def render_tag(tag: Tag | None, language: Language) -> Json | None:
    """A genre, nation or exclusivity with its name in a language."""
    return {"id": tag.id, "name": tag.name.in_language(language)} if tag else None


def poster_path(movie: Movie) -> str:
    """The title's own poster, else the one we draw."""
    return movie.poster or f"/posters/{movie.slug}.svg"


def backdrop_path(movie: Movie) -> str:
    """The title's own wide picture, else the one we draw."""
    return movie.backdrop or f"/backdrops/{movie.slug}.svg"


def card(movie: Movie, language: Language) -> Json:
    """What a list shows of a title: shape `MovieCard` of the API."""
    return {
        "id": movie.id,
        "kind": movie.kind.value,
        "slug": movie.slug,
        "title": movie.title_in(language),
        "original_title": movie.original_title,
        "year": movie.year,
        "release_date": movie.release_date,
        "runtime_min": movie.runtime_min,
        "nation": render_tag(movie.nation, language),
        "exclusivity": render_tag(movie.exclusivity, language),
        "genres": [render_tag(genre, language) for genre in movie.genres],
        "poster": poster_path(movie),
        "seasons_count": sum(1 for season in movie.seasons if season.number > 0),
        **_figures(movie.stats),  # last, so that they can be exchanged
    }


def with_figures(shown: bytes, before: Stats, after: Stats) -> bytes:
    """An encoded card whose title has other figures now, which costs less than encoding it anew."""
    end = len(encode(_figures(before))) - 1
    return shown[:-end] + encode(_figures(after))[1:]


def detail(movie: Movie, language: Language) -> Json:
    """All that the public may know of a title: shape `MovieDetail` of the API."""
    return {
        **card(movie, language),
        "description": movie.description_in(language),
        "aliases": list(movie.aliases),
        "translations": {name: words.model_dump() for name, words in movie.translations.items()},
        "directors": [_person(person) for person in movie.directors],
        "cast": [{**_person(member), "role": member.role} for member in movie.cast],
        "backdrop": backdrop_path(movie),
        "trailer": movie.trailer,
        "trailer_s": movie.trailer_s,
        "seasons": [_season(season) for season in movie.seasons],
        "stats": {
            "views": movie.stats.views,
            "rating": movie.stats.rating,
            "rating_count": movie.stats.rating_count,
            "ratings": {str(rating): movie.stats.ratings.get(str(rating), 0) for rating in range(1, 11)},
            "comments": movie.stats.comments,
            "watchlisted": movie.stats.watchlisted,
        },
        "updated_at": movie.model_dump(mode="json", include={"updated_at"})["updated_at"],
        "version": movie.version,
    }


def encode(value: Any) -> bytes:
    """JSON bytes, UTF-8, to be kept.

    orjson hands out the buffer it wrote into, 8 KiB for a card of 400 bytes; the copy is as long as its content.
    """
    return memoryview(orjson.dumps(value)).tobytes()


def _figures(stats: Stats) -> Json:
    return {"rating": stats.rating, "rating_count": stats.rating_count, "views": stats.views}


def _person(person: PersonRef) -> Json:
    return {"id": person.person_id, "name": person.name}


def _season(season: Season) -> Json:
    return {
        "id": season.id,
        "number": season.number,
        "title": season.title,
        "year": season.year,
        "episodes": [episode.model_dump(include=_SHOWN_OF_EPISODES) for episode in season.episodes],
    }
