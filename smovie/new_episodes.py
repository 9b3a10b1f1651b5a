"""Telling who follows a title, by their watchlist, of its new episodes: once each, whoever crashes (ROOMS.md 28).

A title is followed since it first stood in a list, and what it had then is known. An episode that is shown and not
known is new, wherever it came from: an import, an editor, a title that was hidden, a day on which it airs. Every
instance sees it; all note it in the title's announcement, where each episode becomes known once. What was noted within
half a minute is told together: an import of fifty episodes is one thing to be told. Then one instance tells, slice by
slice of those who follow, and remembers how far it has come; where it is killed, another one goes on.
"""

import asyncio
import time
from collections.abc import Collection, Sequence
from datetime import timedelta

import structlog

from smovie.catalog.snapshot import Entry
from smovie.errors import Unavailable
from smovie.models.announcements import Announcement, Telling
from smovie.models.base import now
from smovie.models.notifications import Kind, Notification, event_of
from smovie.notifications import MOST_KEPT, NotificationDesk, room_of_user, trim
from smovie.slices import in_slices
from smovie.store import announcements, notifications, watchlist
from smovie.store.mongo import Database

log = structlog.get_logger("notifications")

LOOK_EVERY_S = 1.0
LOOK_AT_ALL_EVERY_S = 600.0  # for what airs, and for what nobody saw come
TOLD_AFTER = timedelta(seconds=30)  # together with what comes until then
TAKEN_UP_AFTER = timedelta(seconds=60)  # by somebody else, when who tells is not heard of
_TITLES_TOGETHER = 200
_USERS_TOGETHER = 100


async def begin_following(db: Database, entry: Entry) -> None:
    """Look for new episodes of a title from now on; nothing happens when they are looked for. Errors: Unavailable."""
    await announcements.begin(db, entry.id, _aired(entry, entry.episode_ids))


async def keep_told(desk: NotificationDesk) -> None:
    """Tell of new episodes, until cancelled."""
    look_at_all = time.monotonic()
    while True:
        try:
            if time.monotonic() >= look_at_all:
                await note_all(desk)
                look_at_all = time.monotonic() + LOOK_AT_ALL_EVERY_S
            await note_grown(desk)
            while await tell_next(desk):
                pass
        except Unavailable:
            log.warning("new episodes wait for the database to be told")
        except Exception as exc:  # the title that is at fault is taken up again later, others before it
            log.error("new episodes were not told", exc_info=exc)
        await asyncio.sleep(LOOK_EVERY_S)


async def note_grown(desk: NotificationDesk) -> None:
    """Note the new episodes of titles that have changed. Errors: Unavailable; they are looked at again."""
    grown, desk.catalog.grown = sorted(desk.catalog.grown), set()
    try:
        for start in range(0, len(grown), _TITLES_TOGETHER):
            await _note(desk, await announcements.among(desk.db, grown[start : start + _TITLES_TOGETHER]))
    except Unavailable:
        desk.catalog.grown.update(grown)
        raise


async def note_all(desk: NotificationDesk) -> None:
    """Note the new episodes of all titles that are followed. Errors: Unavailable."""
    after = ""
    while followed := await announcements.page(desk.db, after=after, limit=_TITLES_TOGETHER):
        await _note(desk, followed)
        after = followed[-1].id


async def tell_next(desk: NotificationDesk) -> bool:
    """Tell of a title's new episodes that are due; False when none are. Errors: Unavailable; somebody goes on later."""
    due = await announcements.take_due(desk.db, now(), until=now() + TAKEN_UP_AFTER)
    if due is None:
        return False
    if telling := due.telling or await _begin_telling(desk, due):
        await _tell(desk, due.id, telling)
    return True


async def _note(desk: NotificationDesk, followed: Sequence[Announcement]) -> None:
    async for one in in_slices(followed):
        entry = desk.catalog.snapshot.entries.get(one.id)
        if entry is None or (missing := set(entry.episode_ids).difference(one.known)) == set():
            continue
        if new := _aired(entry, missing):
            await announcements.note(desk.db, one.id, new, now(), now() + TOLD_AFTER)


def _aired(entry: Entry, wanted: Collection[str]) -> list[str]:
    """Those of a title's episodes that have no air date to come, in their order, specials last."""
    today, aired = now().date().isoformat(), []
    for season in entry.seasons():
        for episode in season.get("episodes", ()):
            if episode["id"] in wanted and (episode.get("air_date") or "") <= today:
                aired.append((season["number"] == 0, season["number"], episode["number"], episode["id"]))
    return [episode_id for *_, episode_id in sorted(aired)]


async def _begin_telling(desk: NotificationDesk, due: Announcement) -> Telling | None:
    """Decide what of the title's new episodes is told; None when it is hidden, or somebody else was faster."""
    entry = desk.catalog.snapshot.entries.get(due.id)
    there = _aired(entry, due.fresh) if entry else []
    if not there:
        await announcements.take_back(desk.db, due.id)
        return None
    telling = Telling(episode_id=there[0], episodes=len(there), noted_at=due.noted_at or now())
    return telling if await announcements.begin_telling(desk.db, due.id, due.fresh, telling) else None


async def _tell(desk: NotificationDesk, movie_id: str, telling: Telling) -> None:
    after = telling.after
    while True:
        user_ids = await watchlist.followers(
            desk.db, movie_id, after=after, upto=telling.noted_at, limit=_USERS_TOGETHER
        )  # fmt: skip
        if not user_ids:
            break
        await _tell_some(desk, movie_id, telling, user_ids)
        after = user_ids[-1]
        await announcements.go_on(desk.db, movie_id, telling, after=after, due_at=now() + TAKEN_UP_AFTER)
    await announcements.finish(desk.db, movie_id, telling, due_at=now() + TOLD_AFTER)


async def _tell_some(desk: NotificationDesk, movie_id: str, telling: Telling, user_ids: Sequence[str]) -> None:
    """Store it for each, then publish what is stored: an earlier teller may have been killed in between."""
    new = [
        Notification(
            id=desk.ids.next(), user_id=user_id, kind=Kind.NEW_EPISODE, episode_id=telling.episode_id,
            movie_id=movie_id, episodes=telling.episodes, created_at=now(),
        )
        for user_id in user_ids
    ]  # fmt: skip
    await notifications.insert_new(desk.db, new)
    for user_id in await notifications.with_more(desk.db, user_ids, MOST_KEPT):
        await trim(desk.db, user_id)
    told = await notifications.of_episode(desk.db, user_ids, telling.episode_id)
    await asyncio.gather(*(_publish(desk, one) for one in told if desk.rooms.may_return(room_of_user(one.user_id))))


async def _publish(desk: NotificationDesk, one: Notification) -> None:
    await desk.rooms.publish(room_of_user(one.user_id), event_of(one), subject=one.id, once=True)
