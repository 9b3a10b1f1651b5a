"""Watching: how far somebody is, what they have seen, and what they go on with (docs/watching.md)."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson

from smovie.bounded_cache import BoundedCache
from smovie.catalog.episodes import Episodes
from smovie.catalog.feed import CatalogFeed
from smovie.catalog.render import Json
from smovie.catalog.snapshot import Entry
from smovie.errors import NotFound, Unavailable
from smovie.models.accounts import Identity
from smovie.models.base import iso_z, now
from smovie.models.catalog import Language
from smovie.models.watching import (
    DONE_AT,
    HistoryQuery,
    LastWatched,
    Progress,
    ProgressAnswer,
    ProgressDraft,
    StepKind,
)
from smovie.next_up import Place, Step, Watched, find_following, find_step
from smovie.slices import in_slices
from smovie.store import progress as store
from smovie.store.mongo import Database
from smovie.store.progress_writer import ProgressWriter
from smovie.throttles import Throttle, Throttles

MOST_LOOKED_AT = 500  # titles, those watched last: what is older is in the history only
MOST_HALF_SEEN = 200  # episodes, likewise
_KNOWN = 20_000  # users


@dataclass(frozen=True)
class WatchingDesk:
    """What the verbs of watching work with. `count_view` is told of (user, title) more than once; `follow` too, and
    whether all of it was watched."""

    db: Database
    catalog: CatalogFeed
    writer: ProgressWriter
    throttles: Throttles
    count_view: Callable[[str, str], None]
    follow: Callable[[str, str, bool], None]
    known: BoundedCache[Progress] = field(default_factory=lambda: BoundedCache(_KNOWN))  # by user, what they told last


@dataclass(frozen=True)
class _Candidate:
    """What somebody may go on with."""

    episodes: Episodes
    step: Step
    watched_at: datetime

    @property
    def episode_id(self) -> str:
        return self.step.place.episode_id


async def note_progress(desk: WatchingDesk, caller: Identity, episode_id: str, draft: ProgressDraft) -> Progress:
    """Take where the caller's player stands; what is known now, which may be of another player and a later time.

    Errors: NotFound, TooMany, Unavailable when too much waits to be stored.
    """
    await desk.throttles.take(Throttle.PROGRESS_PER_USER, caller.user_id)
    entry = desk.catalog.snapshot.by_episode.get(episode_id)
    if entry is None:
        raise NotFound("episode_not_found")
    known = await _known(desk, caller.user_id, episode_id)
    place = Place(known.season, known.number, episode_id) if known else Episodes(entry).place_of(episode_id)
    told = _to_progress(caller.user_id, entry.id, place, draft, known)
    waiting = desk.writer.put(told)
    newest = known if known and known.watched_at > waiting.watched_at else waiting
    desk.known.put(caller.user_id, newest, 1)
    if newest.watched_at == told.watched_at and told.is_view:
        desk.count_view(caller.user_id, entry.id)
        desk.follow(caller.user_id, entry.id, told.done and _is_last(entry, place))
    return newest


async def find_resume_position(desk: WatchingDesk, user_id: str, episode_id: str) -> float | None:
    """Where somebody goes on in an episode; None when they did not begin it or are through. Errors: Unavailable."""
    progress = await _newest(desk, user_id, episode_id)
    return progress.resume_position_s if progress else None


async def read_history(desk: WatchingDesk, caller: Identity, query: HistoryQuery, language: Language) -> Json:
    """A page of what the caller watched, newest first. Shape: `HistoryPage`."""
    await desk.writer.settle(caller.user_id)
    found = await store.page(desk.db, caller.user_id, query)
    shown = found[: query.limit]
    entries, titles = desk.catalog.snapshot.entries, {progress.movie_id for progress in shown}
    episodes = {movie_id: Episodes(entries[movie_id]) async for movie_id in in_slices(titles) if movie_id in entries}
    return {
        "results": [_show_watched(progress, episodes.get(progress.movie_id), language) for progress in shown],
        "next": store.cursor_of(shown[-1]) if len(found) > len(shown) else None,
    }


async def forget_episode(desk: WatchingDesk, caller: Identity, episode_id: str) -> None:
    """Let it be as if the caller had not watched an episode; one they did not is no error."""
    desk.known.drop(caller.user_id)
    await desk.writer.settle(caller.user_id)
    await store.forget_episode(desk.db, caller.user_id, episode_id)


async def forget_all(desk: WatchingDesk, caller: Identity) -> None:
    """Let it be as if the caller had watched nothing."""
    desk.known.drop(caller.user_id)
    await desk.writer.forget(caller.user_id)
    await store.delete_of_user(desk.db, caller.user_id)


async def remove_from_row(desk: WatchingDesk, caller: Identity, movie_id: str) -> None:
    """Take a title out of the caller's row until they watch something of it again; their history stays."""
    await desk.writer.settle(caller.user_id)
    await store.remove_from_row(desk.db, caller.user_id, movie_id, now())


async def continue_row(desk: WatchingDesk, caller_user_id: str, language: Language, limit: int) -> list[Json]:
    """What somebody goes on with: half seen first, then what comes next, each newest first.

    Shape: `ContinueRow`; the card is encoded already (`orjson.Fragment`). Cost: two queries by index, and one more
    where anything comes next.
    """
    await desk.writer.settle(caller_user_id)
    last_watched, begun_episodes = await asyncio.gather(
        store.last_watched(desk.db, caller_user_id, MOST_LOOKED_AT),
        store.half_seen(desk.db, caller_user_id, MOST_HALF_SEEN),
    )
    lines: dict[str, list[LastWatched]] = {}
    for last in last_watched:
        lines.setdefault(last.movie_id, []).append(last)
    half_seen: dict[str, list[Progress]] = {}
    for progress in begun_episodes:
        half_seen.setdefault(progress.movie_id, []).append(progress)
    found: dict[StepKind, list[_Candidate]] = {"resume": [], "next_up": []}
    async for movie_id, of_title in in_slices(lines.items()):
        entry, begun = desk.catalog.snapshot.entries.get(movie_id), half_seen.get(movie_id, [])
        if entry is None or all(last.is_removed for last in of_title) or _is_done_film(entry, of_title):
            continue
        for candidate in _candidates(Episodes(entry), of_title, begun):
            found[candidate.step.kind].append(candidate)
        if sum(one.watched_at >= of_title[0].watched_at for one in found["resume"]) >= limit:
            break  # nothing of the titles that follow is newer
    found["resume"].sort(key=lambda one: one.watched_at, reverse=True)
    rows = (found["resume"] + found["next_up"])[:limit]
    progress_of = {progress.episode_id: progress for progress in begun_episodes}
    if others := [row.episode_id for row in rows if row.episode_id not in progress_of]:
        progress_of |= await store.of_episodes(desk.db, caller_user_id, others)
    return [_show_row(row, progress_of.get(row.episode_id), language) for row in rows]


def _candidates(episodes: Episodes, lines: list[LastWatched], half_seen: list[Progress]) -> Iterator[_Candidate]:
    """What of a title can be gone on with: every episode that is half seen, and what comes after the last watched."""
    resumed = {one.episode_id: one for one in half_seen if one.episode_id in episodes}
    for progress in resumed.values():
        step = Step("resume", episodes.place_of(progress.episode_id))
        yield _Candidate(episodes, step, progress.watched_at)
    step_on = find_step(episodes.places, map(_to_watched, lines))
    if step_on and step_on.place.episode_id not in resumed:
        yield _Candidate(episodes, step_on, lines[0].watched_at)


def show_progress(progress: Progress) -> ProgressAnswer:
    """What a player is told."""
    return ProgressAnswer(
        resume_position_s=progress.resume_position_s,
        **progress.model_dump(include=ProgressAnswer.model_fields.keys() - {"resume_position_s"}),
    )


def _to_progress(user_id: str, movie_id: str, place: Place, draft: ProgressDraft, known: Progress | None) -> Progress:
    at = now()
    watched_at = min(draft.client_time, at).astimezone(UTC)
    watched_at = watched_at.replace(microsecond=watched_at.microsecond // 1000 * 1000)  # as MongoDB keeps it
    position_s = min(draft.position_s, draft.duration_s)
    done = position_s >= DONE_AT * draft.duration_s
    return Progress(
        id=store.progress_id(user_id, place.episode_id), user_id=user_id, movie_id=movie_id,
        episode_id=place.episode_id, season=place.season, number=place.number, position_s=position_s,
        duration_s=draft.duration_s, state=draft.state, done=done,
        done_at=watched_at if done else known.done_at if known else None, watched_at=watched_at, told_at=at,
    )  # fmt: skip


async def _known(desk: WatchingDesk, user_id: str, episode_id: str) -> Progress | None:
    """What is known of somebody and an episode here; the database is asked once, and only where it answers."""
    known = desk.known.get(user_id)
    if known and known.episode_id == episode_id:
        return known
    if desk.writer.is_behind:
        return desk.writer.waiting(user_id, episode_id)
    try:
        return await _newest(desk, user_id, episode_id)
    except Unavailable:
        return None


async def _newest(desk: WatchingDesk, user_id: str, episode_id: str) -> Progress | None:
    stored = (await store.of_episodes(desk.db, user_id, [episode_id])).get(episode_id)
    waiting = desk.writer.waiting(user_id, episode_id)
    return max((one for one in (stored, waiting) if one), key=_when, default=None)


def _when(progress: Progress) -> datetime:
    return progress.watched_at


def _to_watched(last: LastWatched) -> Watched:
    return Watched(Place(last.season, last.number, last.episode_id), last.done)


def _is_done_film(entry: Entry, lines: list[LastWatched]) -> bool:
    """Most of what somebody watched; its episodes need not be read."""
    return lines[0].done and entry.episode_ids == (lines[0].episode_id,)


def _is_last(entry: Entry, place: Place) -> bool:
    """Whether who has seen an episode is through with the title; specials are beside it."""
    return not place.is_special and find_following(Episodes(entry).places, place) is None


def _show_watched(progress: Progress, episodes: Episodes | None, language: Language) -> Json:
    episode = episodes.list(progress.episode_id) if episodes and progress.episode_id in episodes else None
    return {
        "movie_id": progress.movie_id,
        "episode_id": progress.episode_id,
        "movie": orjson.Fragment(episodes.entry.cards[language]) if episodes else None,
        "episode": episode.model_dump() if episode else None,
        "position_s": progress.position_s,
        "duration_s": progress.duration_s,
        "done": progress.done,
        "done_at": iso_z(progress.done_at) if progress.done_at else None,
        "watched_at": iso_z(progress.watched_at),
    }


def _show_row(row: _Candidate, progress: Progress | None, language: Language) -> Json:
    episode = row.episodes.list(row.episode_id)
    is_begun = progress is not None and progress.resume_position_s is not None
    return {
        "kind": row.step.kind,
        "movie": orjson.Fragment(row.episodes.entry.cards[language]),
        "episode": episode.model_dump(),
        "position_s": progress.position_s if progress and is_begun else 0,
        "duration_s": progress.duration_s if progress else episode.runtime_s,
        "progress": progress.part if progress and is_begun else 0,
        "watched_at": iso_z(row.watched_at),
    }
