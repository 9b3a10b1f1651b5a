"""From a row to a title, new or with what it had before. Pure: people and tags come resolved, time comes in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from smovie.ids import new_id
from smovie.importing.rows import EpisodeRow, SeasonRow, TitleRow
from smovie.models.catalog import CastMember, Episode, Kind, Movie, PersonRef, Season, Tag, Translation
from smovie.models.media import Intro, Source, Subtitle


class Unresolved(Exception):
    """The row names a genre, nation or exclusivity that the vocabulary does not have; the text says which."""


@dataclass(frozen=True, slots=True)
class Known:
    """What names in a row stand for: ids of people by name, tags by id."""

    people: Mapping[str, str]
    genres: Mapping[str, Tag]
    nations: Mapping[str, Tag]
    exclusivities: Mapping[str, Tag]


def to_new_movie(row: TitleRow, known: Known, *, slug: str, key: str, at: datetime) -> Movie:
    """The title of a row that was never imported. Errors: Unresolved."""
    return Movie(
        id=new_id(), slug=slug, import_key=key, created_at=at, updated_at=at, seasons=_seasons(row, ()),
        poster=row.poster, backdrop=row.backdrop, trailer=row.trailer, trailer_s=row.trailer_s,
        **_plain_members(row, known),
    )  # fmt: skip


def to_changed_movie(row: TitleRow, known: Known, earlier: Movie, *, at: datetime) -> Movie:
    """The stored title with what the row says now: identity, address, figures and life stay as they are.

    Seasons and episodes keep their ids by number, for rooms, progress and links hang on them; those the row does not
    have any more are gone. A picture or trailer the row leaves out stays, since editors add them. Errors: Unresolved.
    """
    changed: dict[str, Any] = {
        **_plain_members(row, known),
        "seasons": _seasons(row, earlier.seasons),
        "poster": row.poster or earlier.poster,
        "backdrop": row.backdrop or earlier.backdrop,
        "trailer": row.trailer or earlier.trailer,
        "trailer_s": row.trailer_s or (earlier.trailer_s if row.trailer in (None, earlier.trailer) else None),
        "updated_at": at,
        "version": earlier.version + 1,
    }
    return Movie(**{**dict(earlier), **changed})


def _plain_members(row: TitleRow, known: Known) -> dict[str, Any]:
    """The members that the row alone decides, each time."""
    people = known.people
    return {
        "kind": row.kind,
        "title": row.title,
        "original_title": row.original_title,
        "aliases": row.aliases,
        "translations": {
            language: Translation(title=words.title, description=words.description)
            for language, words in row.translations.items()
        },
        "release_date": row.release_date,
        "year": row.year or (int(row.release_date[:4]) if row.release_date else None),
        "runtime_min": row.runtime_min,
        "nation": _tag("nation", row.nation, known.nations),
        "exclusivity": _tag("exclusivity", row.exclusivity, known.exclusivities),
        "genres": tuple(_tag("genre", genre, known.genres) for genre in row.genres),
        "directors": tuple(PersonRef(person_id=people[name], name=name) for name in row.directors),
        "cast": tuple(CastMember(person_id=people[m.name], name=m.name, role=m.role) for m in row.cast),
        "import_digest": row.digest(),
    }


def _tag(what: str, tag_id: str | None, known: Mapping[str, Tag]) -> Tag | None:
    if tag_id is None:
        return None
    if tag := known.get(tag_id):
        return tag
    raise Unresolved(f'{what}: "{tag_id}" is not in the vocabulary')


def _seasons(row: TitleRow, earlier: tuple[Season, ...]) -> tuple[Season, ...]:
    rows = row.seasons
    if row.kind is Kind.MOVIE:  # one season with one episode, so that all that plays is an episode
        only = EpisodeRow(number=1, sources=row.sources, subtitles=row.subtitles, intro=row.intro)
        rows = (SeasonRow(number=1, episodes=(only,)),)
    before = {season.number: season for season in earlier}
    ordered = sorted(rows, key=lambda season: season.number)
    return tuple(_season(season, before.get(season.number), row.runtime_min) for season in ordered)


def _season(row: SeasonRow, earlier: Season | None, typical_min: int | None) -> Season:
    before = {episode.number: episode for episode in earlier.episodes} if earlier else {}
    listed = {episode.number: episode for episode in row.episodes}
    typical_min = row.episode_runtime_min or typical_min
    episodes = tuple(
        _episode(listed.get(number) or EpisodeRow(number=number), before.get(number), typical_min)
        for number in sorted({*range(1, row.episode_count + 1), *listed})
    )
    members = {"number": row.number, "title": row.title or "", "year": row.year, "episodes": episodes}
    return Season(**{"id": new_id(), **(dict(earlier) if earlier else {}), **members})


def _episode(row: EpisodeRow, earlier: Episode | None, typical_min: int | None) -> Episode:
    minutes = row.runtime_min or typical_min
    members = {
        "number": row.number,
        "title": row.title,
        "description": row.description,
        "runtime_s": minutes * 60 if minutes else None,
        "air_date": row.air_date,
        **_media(row),
    }
    # Over the earlier one: media the row leaves out stay, since editors add them.
    return Episode(**{"id": new_id(), **(dict(earlier) if earlier else {}), **members})


def _media(row: EpisodeRow) -> dict[str, Any]:
    """The media that the row names, as they are stored."""
    named: dict[str, Any] = {
        "sources": tuple(Source(**dict(source)) for source in row.sources),
        "subtitles": tuple(Subtitle(**dict(subtitle)) for subtitle in row.subtitles),
        "intro": Intro(**dict(row.intro)) if row.intro else None,
    }
    return {member: value for member, value in named.items() if value}
