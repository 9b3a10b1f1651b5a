"""The pictures we draw of titles, kept until the catalogue changes. Errors: NotFound for an unknown title."""

from collections.abc import Callable

from smovie.catalog.queries import Body, find_movie, kept
from smovie.catalog.snapshot import Snapshot
from smovie.models.catalog import Language
from smovie.posters import draw_backdrop, draw_poster


def poster(snapshot: Snapshot, slug: str, language: Language) -> Body:
    """A poster with the title in a language. Shape: (SVG, strong ETag)."""
    return _picture(snapshot, "poster", slug, language, draw_poster)


def backdrop(snapshot: Snapshot, slug: str, language: Language) -> Body:
    """A backdrop, without lettering. Shape: (SVG, strong ETag)."""
    return _picture(snapshot, "backdrop", slug, language, draw_backdrop)


def _picture(snapshot: Snapshot, shape: str, slug: str, language: Language, draw: Callable[..., str]) -> Body:
    def make() -> bytes:
        movie = find_movie(snapshot, slug)
        title = movie.title_in(language)
        subtitle = movie.original_title if movie.original_title != title else ""
        genres = [genre.id for genre in movie.genres]
        return draw(title, year=movie.year, kind=movie.kind.value, genres=genres, subtitle=subtitle).encode()

    return kept(snapshot, (shape, slug, language), make, shows_figures=False)
