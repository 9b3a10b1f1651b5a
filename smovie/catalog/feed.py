"""Keeps the snapshot current: read once at start, then follow MongoDB's change stream.

An edit on any instance, or by hand in the database, comes this way and no other. MongoDB away: reads go on from what
is held, and the stream resumes where it was. Too long away for that: everything is read anew beside what is served,
in slices, and swapped in.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any, cast

import structlog

from smovie.catalog.snapshot import Entry, Snapshot
from smovie.errors import Unavailable
from smovie.models.catalog import Tag
from smovie.slices import in_slices
from smovie.store import banners, movies, vocabulary
from smovie.store.changes import Change, StreamLost, latest, open_changes
from smovie.store.mongo import Database
from smovie.store.vocabulary import TAG_COLLECTIONS, TagCollection

log = structlog.get_logger("catalog")

RETRY_S = 1.0
_WATCHED = ("movies", "people", "banners", *TAG_COLLECTIONS)
_EMBEDDED_AS = {"genres": "genres", "nations": "nation", "exclusivities": "exclusivity"}


class CatalogFeed:
    """Owns the snapshot that is served: `snapshot`; `is_following` says whether edits arrive at present.

    `grown` are titles that have come to be shown with episodes that were not: whoever wants to know takes them out.
    """

    def __init__(self, db: Database) -> None:
        self.snapshot = Snapshot()
        self.is_following = False
        self.grown: set[str] = set()
        self._db = db
        self._loaded = asyncio.Event()

    async def wait_loaded(self) -> None:
        """Return when the first full snapshot is there."""
        await self._loaded.wait()

    async def run(self) -> None:
        """Follow until cancelled."""
        resume_token: Any | None = None
        while True:
            try:
                async with open_changes(self._db, _WATCHED, resume_token, [movies.ONLY_FIGURES]) as changes:
                    if resume_token is None:  # the stream stands open first, so that no edit falls in between
                        await self._load()
                    async for batch in self._following(changes.batches()):
                        await self._apply(batch)
                        resume_token = changes.resume_token
            except StreamLost as exc:
                log.warning("catalogue changes lost, reading everything anew", problem=str(exc)[:300])
                resume_token = None
            except Exception as exc:  # MongoDB away, in whichever of the driver's words
                log.warning("catalogue changes interrupted, trying again", problem=str(exc)[:300], retry_s=RETRY_S)
            self.is_following = False
            await asyncio.sleep(RETRY_S)

    async def _following(self, batches: AsyncIterator[list[Change]]) -> AsyncIterator[list[Change]]:
        self.is_following = True
        async for batch in batches:
            yield batch

    async def _load(self) -> None:
        started = time.monotonic()
        fresh = Snapshot()
        for collection in TAG_COLLECTIONS:
            fresh.tags[collection] = await vocabulary.read_tags(self._db, collection)
        for document in await banners.read_all(self._db):
            _put_banner(fresh, document)
        async for documents in movies.read_all(self._db):
            async for document in in_slices(documents):
                _put(fresh, document, sort=False)
        for _ in fresh.sort_in_steps():
            await asyncio.sleep(0)
        fresh.version = self.snapshot.version
        fresh.commit()
        self.snapshot = fresh
        self._loaded.set()
        log.info("catalogue loaded", titles=len(fresh.entries), seconds=round(time.monotonic() - started, 2))

    async def _apply(self, changes: list[Change]) -> None:
        only_figures = True  # have changed since the last commit

        def commit() -> None:
            nonlocal only_figures
            self.snapshot.commit(only_figures=only_figures)
            only_figures = True

        async for change in in_slices(latest(changes), after_slice=commit):
            if change.collection == "movies" and (stats := movies.stats_alone(change)):
                self.snapshot.put_stats(change.id, stats)
                continue
            only_figures = False
            if change.collection == "banners":
                self._apply_banner(change)
            elif change.collection != "movies":
                await self._apply_name(change)
            elif change.document is None:
                self.snapshot.remove(change.id)
            else:
                before = self.snapshot.entries.get(change.id)
                _put(self.snapshot, change.document)
                self._look_for_episodes(before, self.snapshot.entries.get(change.id))
        commit()

    def _apply_banner(self, change: Change) -> None:
        if change.document is None:
            self.snapshot.banners.remove(change.id)
        else:
            _put_banner(self.snapshot, change.document)

    def _look_for_episodes(self, before: Entry | None, after: Entry | None) -> None:
        known = before.episode_ids if before else ()
        if after and after.episode_ids != known and not set(known).issuperset(after.episode_ids):
            self.grown.add(after.id)

    async def _apply_name(self, change: Change) -> None:
        """Take a tag's or person's new name, and carry it into the titles that embed it."""
        try:
            if change.collection == "people":
                # Nothing carries the name of somebody new yet, and a large import brings thousands of them.
                if change.document and not change.is_new and isinstance(name := change.document.get("name"), str):
                    await movies.carry_person_rename(self._db, change.id, name)
                return
            collection = cast(TagCollection, change.collection)
            tag: Tag | None = vocabulary.to_tag(change.document) if change.document else None
            if tag is None:
                self.snapshot.tags[collection].pop(change.id, None)
            elif self.snapshot.tags[collection].get(tag.id) != tag:
                self.snapshot.tags[collection][tag.id] = tag
                await movies.carry_tag_rename(self._db, _EMBEDDED_AS[collection], tag)
        except Unavailable:
            log.warning("a rename was not carried into the titles", collection=change.collection, id=change.id)


def _put(snapshot: Snapshot, document: dict[str, Any], *, sort: bool = True) -> None:
    movie = movies.to_movie(document)
    if movie is None:
        snapshot.remove(str(document.get("_id")))
        log.warning("a stored document is not a title and is not shown", id=str(document.get("_id")))
    else:
        snapshot.put(movie, sort=sort)


def _put_banner(snapshot: Snapshot, document: dict[str, Any]) -> None:
    banner = banners.to_banner(document)
    if banner is None:
        snapshot.banners.remove(str(document.get("_id")))
        log.warning("a stored document is not a banner and is not shown", id=str(document.get("_id")))
    else:
        snapshot.banners.put(banner)
