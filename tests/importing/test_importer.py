"""Imports into a real MongoDB."""

import asyncio
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from smovie.importing.demo import load_demo
from smovie.importing.importer import ImportReport, Progress, import_titles
from smovie.importing.vocabulary import packaged_vocabulary
from smovie.models.catalog import Movie
from smovie.store import movies
from smovie.store.mongo import Database
from smovie.store.movies import to_movie

FILM = {
    "kind": "movie", "title": "The Kid", "year": 1921, "runtime_min": 68, "nation": "us", "genres": ["comedy"],
    "directors": ["Charlie Chaplin"], "cast": [{"name": "Charlie Chaplin", "role": "The Tramp"}],
}  # fmt: skip
SERIES = {
    "kind": "series", "slug": "pilot", "title": "Pilot",
    "seasons": [{"number": 1, "episode_count": 2}, {"number": 2, "episode_count": 1}],
}  # fmt: skip


@pytest.fixture
def run(db: Database, tmp_path: Path) -> Any:
    """Import these rows (objects, or bytes as they are)."""

    async def import_rows(*rows: dict[str, Any] | bytes, dry_run: bool = False) -> ImportReport:
        lines = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
        path = tmp_path / "titles.jsonl"
        path.write_bytes(b"\n".join(lines))
        return await import_titles(db, path, dry_run=dry_run, on_progress=lambda _: None)

    return import_rows


def figures(report: ImportReport) -> tuple[int, int, int, int]:
    assert report.read == report.created + report.changed + report.unchanged + report.bad_count
    return report.created, report.changed, report.unchanged, report.bad_count


async def stored(db: Database, slug: str) -> Movie:
    movie = to_movie(await db.movies.find_one({"slug": slug}))
    assert movie is not None
    return movie


async def everything(db: Database) -> dict[str, list[Any]]:
    """All that an import may write."""
    collections = ("movies", "people", "genres", "nations", "exclusivities")
    return {name: await db.__getattr__(name).find({}).sort("_id", 1).to_list(None) for name in collections}


async def test_the_demo_has_no_bad_row_and_loads_once(db: Database) -> None:
    first = await load_demo(db)
    assert first.bad == []
    assert figures(first) == (first.read, 0, 0, 0)
    before = await everything(db)
    assert figures(await load_demo(db)) == (0, 0, first.read, 0)
    assert await everything(db) == before
    assert all(to_movie(row) for row in before["movies"])
    assert len(before["movies"]) == first.read


async def test_two_instances_that_load_the_demo_at_once_store_it_once(db: Database) -> None:
    one, two = await asyncio.gather(load_demo(db), load_demo(db))
    assert one.bad == two.bad == []
    assert one.created + two.created == one.read == await db.movies.count_documents({})
    names = [row["name"] for row in (await everything(db))["people"]]
    assert len(set(names)) == len(names)


async def test_both_drivers_import(both_drivers: str, db: Database, run: Any) -> None:
    assert figures(await run(FILM, SERIES)) == (2, 0, 0, 0)
    assert figures(await run({**FILM, "runtime_min": 60}, SERIES)) == (0, 1, 1, 0)


async def test_a_changed_row_updates_its_title_and_keeps_what_is_not_its_own(db: Database, run: Any) -> None:
    await run(FILM, SERIES)
    before = await stored(db, "pilot")
    await db.movies.update_one({"_id": before.id}, {"$set": {"stats.views": 7, "is_active": False}})
    grown = {**SERIES, "title": "The Pilot", "seasons": [{"number": 1, "title": "One", "episode_count": 3}]}
    assert figures(await run(FILM, grown)) == (0, 1, 1, 0)

    after = await stored(db, "pilot")
    assert (after.title, after.version, after.id) == ("The Pilot", 2, before.id)
    assert (after.stats.views, after.is_active, after.created_at) == (7, False, before.created_at)
    assert after.updated_at >= before.updated_at
    (season,) = after.seasons
    assert season.id == before.seasons[0].id
    assert [e.id for e in season.episodes[:2]] == [e.id for e in before.seasons[0].episodes]
    assert len(season.episodes) == 3
    assert figures(await run(FILM, grown)) == (0, 0, 2, 0)


async def test_a_title_that_moved_on_since_it_was_read_is_not_overwritten(db: Database, run: Any) -> None:
    await run(FILM)
    read = await stored(db, "the-kid")
    await db.movies.update_one({"_id": read.id}, {"$set": {"title": "By an editor"}, "$inc": {"version": 1}})
    change = movies.to_import_change(read.model_copy(update={"version": 2}), if_version=1)
    assert await movies.write_bulk(db, [change]) == {0}
    assert (await stored(db, "the-kid")).title == "By an editor"


async def test_a_title_that_an_editor_saves_meanwhile_is_planned_anew(
    db: Database, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await run(FILM)
    write_bulk = movies.write_bulk
    edited = False

    async def write_after_an_editor(db: Database, operations: Any) -> set[int]:
        nonlocal edited
        if not edited:
            edited = True
            await db.movies.update_one({"slug": "the-kid"}, {"$set": {"trailer": "/kid.mp4"}, "$inc": {"version": 1}})
        return await write_bulk(db, operations)

    monkeypatch.setattr(movies, "write_bulk", write_after_an_editor)
    assert figures(await run({**FILM, "runtime_min": 60})) == (0, 1, 0, 0)
    movie = await stored(db, "the-kid")
    assert (movie.runtime_min, movie.trailer, movie.version) == (60, "/kid.mp4", 3)


async def test_how_long_a_trailer_is_stays_as_long_as_the_trailer(db: Database, run: Any) -> None:
    await run({**FILM, "trailer": "/kid.mp4", "trailer_s": 90})
    await run({**FILM, "runtime_min": 60})
    assert ((movie := await stored(db, "the-kid")).trailer, movie.trailer_s) == ("/kid.mp4", 90)
    await run({**FILM, "trailer": "/other.mp4"})
    assert ((movie := await stored(db, "the-kid")).trailer, movie.trailer_s) == ("/other.mp4", None)


async def test_what_an_editor_changed_stays_while_the_row_is_the_same(db: Database, run: Any) -> None:
    await run(FILM)
    await db.movies.update_one({"slug": "the-kid"}, {"$set": {"title": "By an editor"}})
    assert figures(await run(FILM)) == (0, 0, 1, 0)
    assert (await stored(db, "the-kid")).title == "By an editor"


async def test_bad_rows_are_listed_by_line_and_the_others_come_in(db: Database, run: Any) -> None:
    report = await run(
        b"{",
        FILM,
        {**FILM, "title": "B", "nation": "zz"},
        b"",
        {**FILM, "title": "C", "genres": ["opera"]},
        b"[]",
        SERIES,
    )
    assert figures(report) == (2, 0, 0, 4)
    assert [line for line, _ in report.bad] == [1, 3, 5, 6]
    assert report.bad[1][1] == 'nation: "zz" is not in the vocabulary'
    assert await db.movies.count_documents({}) == 2


async def test_a_title_beyond_12_mib_is_refused(db: Database, run: Any) -> None:
    seasons = [{"number": n, "episode_count": 10_000, "episode_runtime_min": 47} for n in range(12)]
    report = await run({**SERIES, "seasons": seasons}, FILM)
    assert figures(report) == (1, 0, 0, 1)
    assert "at most 12,582,912" in report.bad[0][1]


async def test_more_than_a_thousand_bad_rows_are_counted_only(run: Any) -> None:
    report = await run(*[b"{"] * 2_345)
    assert (report.bad_count, len(report.bad), report.bad[-1][0]) == (2_345, 1_000, 1_000)


async def test_a_gzipped_file_of_wikipedia_comes_in_with_genres_it_brings(db: Database, tmp_path: Path) -> None:
    film = {"title": "The Kid", "year": 1921, "cast": ["Charlie Chaplin"], "genres": ["Silent", "Space Opera"]}
    path = tmp_path / "films.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(json.dumps(film) for _ in range(2)).encode()))
    seen: list[Progress] = []
    report = await import_titles(db, path, dry_run=False, on_progress=seen.append)
    assert figures(report) == (2, 0, 0, 0)
    assert (seen[-1].read, seen[-1].created, seen[-1].bytes_read) == (2, 2, path.stat().st_size)
    movie = await stored(db, "the-kid-1921")
    assert [genre.name.vi for genre in movie.genres] == ["Phim câm", "Space Opera"]
    assert (await db.genres.find_one({"_id": "space-opera"}))["name"] == {"vi": "Space Opera", "en": "Space Opera"}
    assert figures(await import_titles(db, path, dry_run=False, on_progress=seen.append)) == (0, 0, 2, 0)


async def test_addresses_are_told_apart_by_year_then_by_number(db: Database, run: Any) -> None:
    def film(**members: Any) -> dict[str, Any]:
        return {"kind": "movie", "title": "The Kid", **members}

    await run(film(year=1910), film(year=1921), film(year=1921, slug="the-kid"), film(title="千と千尋の神隠し"))
    await run(film(year=1921, slug="the-kid-1910"))
    slugs = {row["slug"] for row in (await everything(db))["movies"]}
    assert slugs == {"the-kid", "the-kid-1921", "the-kid-1921-2", "movie", "the-kid-1910"}


async def test_a_dry_run_writes_nothing_and_says_what_would_be(db: Database, run: Any) -> None:
    await run(FILM)
    before = await everything(db)
    wikipedia = {"title": "New", "year": 2001, "cast": ["Nobody Yet"], "genres": ["Space Opera"]}
    report = await run({**FILM, "runtime_min": 60}, SERIES, wikipedia, b"{", dry_run=True)
    assert report.dry_run
    assert figures(report) == (2, 1, 0, 1)
    assert await everything(db) == before


async def test_a_dry_run_on_an_empty_database_leaves_it_empty(db: Database, run: Any) -> None:
    assert figures(await run(FILM, dry_run=True)) == (1, 0, 0, 0)
    assert not any((await everything(db)).values())


async def test_a_tag_that_an_editor_renamed_keeps_its_name(db: Database, run: Any) -> None:
    await run(FILM)
    await db.genres.update_one({"_id": "comedy"}, {"$set": {"name.vi": "Hài hước"}})
    await run(FILM, {**FILM, "title": "Another"})
    assert (await stored(db, "another")).genres[0].name.vi == "Hài hước"
    assert await db.genres.count_documents({}) == len(packaged_vocabulary()["genres"])


async def test_a_stored_title_that_nobody_can_read_is_a_bad_row(db: Database, run: Any) -> None:
    await run(FILM)
    await db.movies.update_one({"slug": "the-kid"}, {"$set": {"seasons": "broken"}})
    report = await run({**FILM, "runtime_min": 60})
    assert figures(report) == (0, 0, 0, 1)
    assert "cannot be read" in report.bad[0][1]


async def test_a_file_that_is_not_there_raises(db: Database, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await import_titles(db, tmp_path / "none", dry_run=True, on_progress=lambda _: None)
