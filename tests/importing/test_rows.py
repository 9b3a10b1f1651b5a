"""Rows of the import format, and the titles made of them."""

import unicodedata
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from smovie.importing.rows import MOST_EPISODES, TitleRow
from smovie.importing.titles import Known, Unresolved, to_changed_movie, to_new_movie
from smovie.importing.vocabulary import packaged_vocabulary
from smovie.models.catalog import Movie, Stats

AT = datetime(2026, 11, 23, tzinfo=UTC)
LATER = datetime(2026, 11, 24, tzinfo=UTC)

OUTSIDE = [
    "/a.mp4",
    "../a.mp4",
    "a/../b.mp4",
    "a//b.mp4",
    "./a.mp4",
    "a\\b.mp4",
    "a\x00.mp4",
    "a\n.mp4",
    "a" * 497 + ".mp4",
]
SOURCE = {"type": "hls", "path": "phố/hls/master.m3u8"}
SUBTITLE = {"language": "vi", "label": "Tiếng Việt", "path": "phố/vi.vtt", "forced": True}


def a_row(**members: Any) -> TitleRow:
    return TitleRow.model_validate({"kind": "movie", "title": "Mùi đu đủ xanh", **members})


def a_series(*seasons: dict[str, Any], **members: Any) -> TitleRow:
    return a_row(kind="series", seasons=seasons, **members)


def known(row: TitleRow) -> Known:
    tags = packaged_vocabulary()
    return Known({name: f"id of {name}" for name in row.people}, tags["genres"], tags["nations"], tags["exclusivities"])


def made(row: TitleRow) -> Movie:
    return to_new_movie(row, known(row), slug="a-slug", key="smovie:a-slug", at=AT)


@pytest.mark.parametrize(
    "members",
    [
        {"colour": "red"},
        {"cast": [{"name": "A", "rôle": "B"}]},
        {"kind": "play"},
        {"title": "   "},
        {"title": "x" * 301},
        {"title": "bell\x07"},
        {"slug": "Mùi"},
        {"slug": "a--b"},
        {"release_date": "1993-02-30"},
        {"release_date": "1993"},
        {"year": 1492},
        {"runtime_min": 0},
        {"nation": "VN"},
        {"aliases": ["a"] * 9},
        {"genres": ["drama", "drama"]},
        {"cast": [{"name": "x" * 201}]},
        {"translations": {"fr": {"title": "L'Odeur"}}},
        {"poster": "javascript:alert(1)"},
        {"seasons": [{"number": 1}]},
        {"sources": [{"type": "hls", "path": "pho/master.m3u8", "url": "https://a.example"}]},
        {"sources": [{"type": "dash", "path": "pho/manifest.mpd"}]},
        {"sources": [{"type": "hls", "path": "pho/1080.mp4"}]},
        {"sources": [{"type": "mp4", "path": "pho/master.m3u8"}]},
        {"sources": [{"type": "hls", "path": "master.m3u8"}]},
        *({"sources": [{"type": "mp4", "path": path}]} for path in OUTSIDE),
        *({"subtitles": [{"language": "vi", "label": "Việt", "path": path}]} for path in ("vi.srt", "../vi.vtt")),
        {"sources": [{"type": "mp4", "path": "1.mp4", "height": 0}]},
        {"sources": [{"type": "mp4", "path": "1.mp4"}] * 21},
        {"subtitles": [{"language": "Vietnamese", "label": "Việt", "path": "vi.vtt"}]},
        {"subtitles": [{"language": "vi", "label": "", "path": "vi.vtt"}]},
        {"subtitles": [{"language": "vi", "label": "Việt", "path": "vi.vtt", "defualt": True}]},
        *({"intro": {"start_s": start, "end_s": end}} for start, end in [(5, 5), (9, 1), (-1, 5), (0, 90_000)]),
        {"intro": {"start_s": 0}},
        {"intro": {"start_s": 0, "end_s": float("nan")}},
        {"kind": "series", "sources": [{"type": "mp4", "path": "1.mp4"}]},
    ],
)
def test_what_the_format_does_not_have_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        a_row(**members)


@pytest.mark.parametrize(
    "seasons",
    [
        [{"number": 1}, {"number": 1}],
        [{"number": 1, "episodes": [{"number": 3}, {"number": 3}]}],
        [{"number": n, "episode_count": 10_000} for n in range(MOST_EPISODES // 10_000 + 1)],
    ],
)
def test_numbers_are_unique_in_a_title_and_episodes_bounded(seasons: list[dict[str, Any]]) -> None:
    with pytest.raises(ValidationError):
        a_series(*seasons)


def test_names_that_look_the_same_are_the_same() -> None:
    composed = "Trần Anh Hùng"
    apart = unicodedata.normalize("NFD", composed)
    assert composed != apart
    assert a_row(directors=[f" {apart} "]).directors == (composed,)


def test_the_digest_follows_what_is_said_and_not_how() -> None:
    assert a_row(year=1993, runtime_min=104).digest() == a_row(runtime_min=104, year=1993, aliases=[]).digest()
    assert a_row(year=1993).digest() != a_row(year=1994).digest()


def test_a_film_is_one_season_with_one_episode() -> None:
    (season,) = made(a_row(runtime_min=104)).seasons
    (episode,) = season.episodes
    assert (season.number, episode.number, episode.title, episode.runtime_s) == (1, 1, "", 6_240)
    assert made(a_row()).seasons[0].episodes[0].runtime_s is None


def test_what_plays_is_that_of_the_film_or_of_the_episode() -> None:
    media = {"sources": [SOURCE], "subtitles": [SUBTITLE], "intro": {"start_s": 1, "end_s": 2.5}}
    (film,) = made(a_row(**media)).seasons[0].episodes
    series = made(a_series({"number": 1, "episode_count": 2, "episodes": [{"number": 2, **media}]}))
    bare, episode = series.seasons[0].episodes
    for playable in (film, episode):
        assert [(source.type, source.path, source.height) for source in playable.sources] == [
            ("hls", "phố/hls/master.m3u8", None)
        ]
        assert [(subtitle.path, subtitle.forced) for subtitle in playable.subtitles] == [("phố/vi.vtt", True)]
        assert playable.intro and (playable.intro.start_s, playable.intro.end_s) == (1, 2.5)
    assert (bare.sources, bare.subtitles, bare.intro) == ((), (), None)


def test_media_that_a_changed_row_leaves_out_stay_and_named_ones_replace_them() -> None:
    before = made(a_row(sources=[SOURCE], subtitles=[SUBTITLE], intro={"start_s": 1, "end_s": 2}))
    row = a_row(title="Another", sources=[{"type": "mp4", "path": "phố/1080.mp4"}])
    (episode,) = to_changed_movie(row, known(row), before, at=LATER).seasons[0].episodes
    (earlier,) = before.seasons[0].episodes
    assert [source.path for source in episode.sources] == ["phố/1080.mp4"]
    assert (episode.id, episode.subtitles, episode.intro) == (earlier.id, earlier.subtitles, earlier.intro)


def test_counted_episodes_are_numbered_and_listed_ones_take_their_place() -> None:
    row = a_series(
        {"number": 2, "title": None, "episode_count": 3, "episode_runtime_min": 47,
         "episodes": [{"number": 2, "title": "Grilled", "air_date": "2009-03-15", "runtime_min": 58}, {"number": 9}]},
        {"number": 1, "episode_count": 1},
        runtime_min=45,
    )  # fmt: skip
    first, second = made(row).seasons
    assert (first.number, [e.runtime_s for e in first.episodes]) == (1, [45 * 60])
    assert [(e.number, e.title, e.air_date, e.runtime_s) for e in second.episodes] == [
        (1, "", None, 2_820),
        (2, "Grilled", "2009-03-15", 3_480),
        (3, "", None, 2_820),
        (9, "", None, 2_820),
    ]
    ids = [e.id for season in (first, second) for e in season.episodes] + [first.id, second.id]
    assert len(set(ids)) == len(ids)


def test_people_tags_and_the_year_are_resolved() -> None:
    movie = made(
        a_row(
            release_date="1993-06-08", nation="vn", genres=["drama"], exclusivity="festival",
            directors=["Trần Anh Hùng"], cast=[{"name": "Trần Nữ Yên Khê", "role": "Mùi"}],
        )
    )  # fmt: skip
    assert movie.year == 1993
    assert movie.nation is not None
    assert movie.nation.name.vi == "Việt Nam"
    assert movie.genres[0].name.en == "Drama"
    assert movie.directors[0].person_id == "id of Trần Anh Hùng"
    assert (movie.cast[0].name, movie.cast[0].role) == ("Trần Nữ Yên Khê", "Mùi")


@pytest.mark.parametrize("members", [{"nation": "zz"}, {"genres": ["opera"]}, {"exclusivity": "gold"}])
def test_a_tag_outside_the_vocabulary_is_named(members: dict[str, Any]) -> None:
    with pytest.raises(Unresolved, match=r"zz|opera|gold"):
        made(a_row(**members))


def test_a_changed_row_keeps_identity_figures_and_ids_by_number() -> None:
    before = made(a_series({"number": 1, "episode_count": 2}, {"number": 2, "episode_count": 1}))
    before = before.model_copy(update={"stats": Stats(views=7), "is_active": False, "poster": "/media/edited.webp"})
    row = a_series({"number": 1, "title": "One", "episode_count": 3}, title="Another")
    after = to_changed_movie(row, known(row), before, at=LATER)

    kept = ("id", "slug", "stats", "is_active", "created_at", "deleted_at", "import_key", "poster")
    assert {name: getattr(after, name) for name in kept} == {name: getattr(before, name) for name in kept}
    assert (after.title, after.version, after.updated_at) == ("Another", 2, LATER)
    (season,) = after.seasons
    assert (season.id, season.title) == (before.seasons[0].id, "One")
    assert [e.id for e in season.episodes[:2]] == [e.id for e in before.seasons[0].episodes]
    assert season.episodes[2].number == 3
