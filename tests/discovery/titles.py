"""Titles made up for tests of what is like what."""

from collections.abc import Iterable

from smovie.catalog.snapshot import Entry, Snapshot
from smovie.models.base import now
from smovie.models.catalog import CastMember, Kind, LocalName, Movie, PersonRef, Stats, Tag

AT = now()


def tag(id_: str) -> Tag:
    return Tag(id=id_, name=LocalName(vi=id_, en=id_))


def a_movie(
    slug: str, *, title: str = "", directors: Iterable[str] = (), cast: Iterable[str] = (),
    genres: Iterable[str] = ("drama",), nation: str = "", year: int | None = 2000, views: int = 0,
    kind: Kind = Kind.MOVIE, is_active: bool = True, release_date: str | None = None,
) -> Movie:  # fmt: skip
    return Movie(
        id=slug, slug=slug, kind=kind, title=title or slug, year=year, release_date=release_date,
        genres=tuple(map(tag, genres)), nation=tag(nation) if nation else None,
        directors=tuple(PersonRef(person_id=name, name=name) for name in directors),
        cast=tuple(CastMember(person_id=name, name=name) for name in cast),
        stats=Stats(views=views), is_active=is_active, created_at=AT, updated_at=AT,
    )  # fmt: skip


def a_snapshot(movies: Iterable[Movie]) -> Snapshot:
    snapshot = Snapshot()
    for movie in movies:
        snapshot.put(movie)
    snapshot.commit()
    return snapshot


def entry(snapshot: Snapshot, slug: str) -> Entry:
    return snapshot.by_slug[slug]
