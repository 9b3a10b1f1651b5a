"""Watchlists: which titles somebody means to watch, watches, has watched or has given up (docs/watching.md).

How many lists a title stands in is counted from what is stored, as ratings are (docs/decisions/0011), but not at once:
a title's page is made anew with every change, and lists change far more often than anybody reads that figure. All that
waits is counted together once the oldest of it is 10 s old, on whichever instance looks first. So a title changes at
most every 10 s for it, however many put it into their lists, and a change from one state to another costs it nothing.
"""

import time
from dataclasses import dataclass, field
from datetime import timedelta

from smovie.catalog.feed import CatalogFeed
from smovie.catalog.queries import Body, find_title, tagged
from smovie.catalog.render import encode
from smovie.catalog.snapshot import Entry
from smovie.errors import Conflict, NotFound
from smovie.models.accounts import Identity
from smovie.models.base import iso_z, now
from smovie.models.catalog import Language
from smovie.models.watchlist import Listed, ListedAnswer, WatchlistDraft, WatchlistQuery, WatchState
from smovie.new_episodes import begin_following
from smovie.recounting import count_all, count_title, repeat
from smovie.store import watchlist
from smovie.store.mongo import Database
from smovie.store.watchlist import COUNTED
from smovie.throttles import Throttle, Throttles

MOST_TITLES = 5_000  # of a user
COUNTED_AFTER_S = 10.0
LOOK_EVERY_S = 1.0
WATCHED_AGAIN_AFTER = timedelta(hours=1)  # reports of one sitting may come late, or while the credits run
_READ_TOGETHER = 100


@dataclass(frozen=True)
class _Followed:
    """What a title becomes in the list, from which states at once, and from which only after a while."""

    now: WatchState
    running: tuple[WatchState, ...]
    over: tuple[WatchState, ...]


_BEGUN = _Followed("watching", running=("planned",), over=("completed", "dropped"))
_FINISHED = _Followed("completed", running=("planned", "watching"), over=("dropped",))


@dataclass(frozen=True)
class WatchlistDesk:
    """What the verbs of watchlists work with."""

    db: Database
    catalog: CatalogFeed
    throttles: Throttles
    followed: set[str] = field(default_factory=set)  # titles whose new episodes are looked for


async def put_title(desk: WatchlistDesk, caller: Identity, title: str, draft: WatchlistDraft) -> ListedAnswer:
    """Let a title, by id or slug, stand in the caller's list; the same again changes nothing.

    Errors: NotFound, Conflict for a list that is full, TooMany, Unavailable.
    """
    await desk.throttles.take(Throttle.WATCHLIST_CHANGES_PER_USER, caller.user_id)
    entry, at = find_title(desk.catalog.snapshot, title), now()
    movie_id = entry.id
    if movie_id not in desk.followed:
        await begin_following(desk.db, entry)
        desk.followed.add(movie_id)
    stored = await watchlist.put(desk.db, movie_id, caller.user_id, draft.state, at)
    is_new = stored.added_at == at
    # Looked at afterwards: of two tabs that add the last one at once, both see it, and neither gets past the bound.
    if is_new and await watchlist.count(desk.db, caller.user_id, MOST_TITLES + 1) > MOST_TITLES:
        await watchlist.take_off(desk.db, movie_id, caller.user_id)
        raise Conflict("watchlist_full", most=MOST_TITLES)
    return ListedAnswer(
        movie_id=movie_id, state=stored.state, added_at=stored.added_at, changed_at=stored.changed_at
    )  # fmt: skip


async def delete_title(desk: WatchlistDesk, caller: Identity, title: str) -> None:
    """Take a title off the caller's list; one that is not in it is no error. One that is hidden has only its id.

    Errors: NotFound for a title that neither is there nor was in the list; TooMany, Unavailable.
    """
    await desk.throttles.take(Throttle.WATCHLIST_CHANGES_PER_USER, caller.user_id)
    try:
        await watchlist.take_off(desk.db, find_title(desk.catalog.snapshot, title).id, caller.user_id)
    except NotFound:
        if not await watchlist.take_off(desk.db, title, caller.user_id):
            raise


async def read_page(desk: WatchlistDesk, caller: Identity, query: WatchlistQuery, language: Language) -> Body:
    """A `WatchlistPage` of the caller's, without titles that are hidden at present. Errors: Unavailable."""
    shown: list[tuple[Listed, Entry]] = []
    entries, start = desk.catalog.snapshot.entries, query
    while len(shown) <= query.limit:  # one more tells that there are more
        found = await watchlist.page(desk.db, caller.user_id, start, _READ_TOGETHER)
        shown += [(listed, entry) for listed in found if (entry := entries.get(listed.movie_id))]
        if len(found) < _READ_TOGETHER:
            break
        start = query.model_copy(update={"before": found[-1].change})
    following = shown[query.limit - 1][0].change if len(shown) > query.limit else None
    items = b",".join(_item(listed, entry, language) for listed, entry in shown[: query.limit])
    return tagged(b'{"results":[' + items + b'],"next":' + encode(following) + b"}")


async def follow_watching(desk: WatchlistDesk, user_id: str, movie_id: str, *, finished: bool) -> None:
    """Let the list follow what somebody watches: a title of theirs that was begun, or all of which was watched.

    What they planned they are watching, what they watched is completed. What they have dropped or completed stays so
    within the hour; later they watch it again. A title that is not in their list is not put there. Errors: Unavailable.
    """
    at, followed = now(), _FINISHED if finished else _BEGUN
    await watchlist.follow(
        desk.db, movie_id, user_id, followed.now, at,
        running=followed.running, over=followed.over, over_before=at - WATCHED_AGAIN_AFTER,
    )  # fmt: skip


async def keep_counted(desk: WatchlistDesk) -> None:
    """Let the titles' figures follow the lists, until cancelled."""
    await repeat(lambda: count_due(desk, time.time(), after_s=COUNTED_AFTER_S), every_s=LOOK_EVERY_S, what=COUNTED)


async def count_due(desk: WatchlistDesk, at: float, *, after_s: float) -> None:
    """Count all that was changed before a moment, if any of it had waited so long by then. Errors: Unavailable."""
    if await COUNTED.uncounted_titles(desk.db, at - after_s):
        while titles := await COUNTED.uncounted_titles(desk.db, at):
            await count_all(titles, lambda title: count_title(desk.db, COUNTED, title))


def _item(listed: Listed, entry: Entry, language: Language) -> bytes:
    said = {"state": listed.state, "added_at": iso_z(listed.added_at), "changed_at": iso_z(listed.changed_at)}
    return b'{"movie":' + entry.cards[language] + b"," + encode(said)[1:]
