"""What a batch of rows would change: compared with what is stored, with people, tags and addresses resolved."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from smovie.ids import new_id
from smovie.importing.formats import BadLine, Entry
from smovie.importing.slugs import choose_slugs
from smovie.importing.titles import Known, Unresolved, to_changed_movie, to_new_movie
from smovie.importing.vocabulary import packaged_vocabulary, stored_vocabulary
from smovie.models.base import now
from smovie.models.catalog import LocalName, Movie, Tag
from smovie.store import movies, vocabulary
from smovie.store.mongo import Database


@dataclass(frozen=True, slots=True)
class Step:
    """A title to write; `replaces` is the version it was made from, None for a new one."""

    entry: Entry
    movie: Movie
    replaces: int | None


@dataclass(slots=True)
class Plan:
    """What a batch comes to."""

    steps: list[Step] = field(default_factory=list)
    unchanged: int = 0
    bad: list[BadLine] = field(default_factory=list)


async def make_plan(db: Database, entries: Sequence[Entry], *, dry_run: bool) -> Plan:
    """Compare rows with what is stored. Unless `dry_run`, people and genres they need are stored; titles never are."""
    stored = await movies.known_imports(db, [entry.key for entry in entries])
    digests = {key: digest for key, (_, digest) in stored.items()}
    new = [entry for entry in entries if entry.key not in stored]
    changed = [entry for entry in entries if entry.key in stored and digests[entry.key] != entry.row.digest()]
    plan = Plan(unchanged=len(entries) - len(new) - len(changed))
    if not new and not changed:
        return plan
    earlier = await movies.read_by_ids(db, [stored[entry.key][0] for entry in changed])
    slugs = await choose_slugs(db, [entry.row for entry in new])
    known = await _resolve(db, [*new, *changed], dry_run=dry_run)
    # In a thread: a thousand titles take some 100 ms to make, and a server's loop may be the one that waits.
    await asyncio.to_thread(_add_new, plan, new, slugs, known)
    await asyncio.to_thread(_add_changed, plan, changed, {e.key: earlier.get(stored[e.key][0]) for e in changed}, known)
    return plan


def _add_new(plan: Plan, entries: Sequence[Entry], slugs: Sequence[str], known: Known) -> None:
    at = now()
    for entry, slug in zip(entries, slugs, strict=True):
        try:
            movie = to_new_movie(entry.row, known, slug=slug, key=entry.key, at=at)
            _refuse_too_large(entry, movie)
        except (Unresolved, _TooLarge) as exc:
            plan.bad.append(BadLine(entry.line, str(exc)))
        else:
            plan.steps.append(Step(entry, movie, None))


def _add_changed(plan: Plan, entries: Sequence[Entry], earlier: Mapping[str, Movie | None], known: Known) -> None:
    at = now()
    for entry in entries:
        before = earlier[entry.key]
        if before is None:
            plan.bad.append(BadLine(entry.line, "its stored title cannot be read; repair or remove it first"))
            continue
        try:
            movie = to_changed_movie(entry.row, known, before, at=at)
            _refuse_too_large(entry, movie)
        except (Unresolved, _TooLarge) as exc:
            plan.bad.append(BadLine(entry.line, str(exc)))
        else:
            plan.steps.append(Step(entry, movie, before.version))


class _TooLarge(Exception):
    pass


def _refuse_too_large(entry: Entry, movie: Movie) -> None:
    if entry.weight < movies.MOST_BYTES // 4:  # far off: spare it the encoding, which is done again for the write
        return
    if (size := movies.size_bytes(movie)) > movies.MOST_BYTES:
        raise _TooLarge(f"takes {size:,} bytes as a title; at most {movies.MOST_BYTES:,} are stored")


async def _resolve(db: Database, entries: Sequence[Entry], *, dry_run: bool) -> Known:
    tags = await stored_vocabulary(db)  # anew for each batch: an editor may rename one while a long import runs
    packaged = packaged_vocabulary()
    genres = packaged["genres"] | tags["genres"]
    foreign = {
        genre_id: Tag(id=genre_id, name=LocalName(vi=name, en=name))
        for entry in entries
        for genre_id, name in entry.genre_names.items()
        if genre_id not in genres
    }
    names = {name for entry in entries for name in entry.row.people}
    people = await vocabulary.people_by_name(db, list(names))
    if unknown := names - people.keys():
        made = {name: new_id() for name in sorted(unknown)}
        if not dry_run:
            await vocabulary.add_people(db, [(person_id, name) for name, person_id in made.items()])
            made = await vocabulary.people_by_name(db, list(unknown))  # another import may have been first
        people |= made
    if not dry_run:
        await vocabulary.add_tags(db, "genres", foreign.values())
    return Known(
        people=people,
        genres=genres | foreign,
        nations=packaged["nations"] | tags["nations"],
        exclusivities=packaged["exclusivities"] | tags["exclusivities"],
    )
