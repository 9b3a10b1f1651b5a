"""Progress is written behind: a player tells every few seconds where it is, and only the last of it has to be stored.

What is told waits at most `WRITE_EVERY_S` and goes to MongoDB together with what others told. So a killed server loses
less than a second; one that stops stores everything; and while MongoDB is away it is kept and tried again.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import structlog

from smovie.errors import Unavailable
from smovie.models.watching import LastWatched, Progress
from smovie.store import progress as store
from smovie.store.mongo import Database

log = structlog.get_logger("watching")

WRITE_EVERY_S = 0.4
RETRY_S = 1.0
MOST_WAITING = 20_000  # episodes of users: some 30 MB; past it a clear refusal
MOST_TOGETHER = 200  # in one write: encoding it holds everybody else, and MongoDB has 2 s for it


@dataclass
class _Own:
    """What waits of one user: the newest of each episode, and of each line of a title."""

    episodes: dict[str, Progress] = field(default_factory=dict)
    last: dict[str, LastWatched] = field(default_factory=dict)

    def add(self, progress: Progress) -> None:
        known = self.episodes.get(progress.episode_id)
        if known is not None:
            done_at = max((one.done_at for one in (known, progress) if one.done_at), default=None)
            newer = progress if progress.watched_at >= known.watched_at else known
            progress = newer.model_copy(update={"done_at": done_at})
        self.episodes[progress.episode_id] = progress

    def add_last(self, last: LastWatched) -> None:
        known = self.last.get(last.id)
        if known is None or last.watched_at >= known.watched_at:
            self.last[last.id] = last

    def drop(self, episode_id: str) -> None:
        self.episodes.pop(episode_id, None)
        self.last = {key: last for key, last in self.last.items() if last.episode_id != episode_id}


class ProgressWriter:
    """Stores progress, many at a time, the newest of each user and episode."""

    def __init__(self, db: Database) -> None:
        self.is_behind = False  # the last write failed: what is stored is not what is known
        self._db = db
        self._waiting: dict[str, _Own] = {}
        self._under_way: dict[str, _Own] = {}
        self._count = 0  # of episodes that wait
        self._turn = asyncio.Lock()
        self._has_some = asyncio.Event()

    def put(self, progress: Progress) -> Progress:
        """Take what a player tells; the newest that waits of this user and episode. Errors: Unavailable when too much
        waits."""
        if self._count >= MOST_WAITING and self.waiting(progress.user_id, progress.episode_id) is None:
            raise Unavailable("busy", retry_after_s=1)
        self._add(progress.user_id, [progress], [store.last_of(progress)] if progress.is_begun else [])
        return self._waiting[progress.user_id].episodes[progress.episode_id]

    def waiting(self, user_id: str, episode_id: str) -> Progress | None:
        """What is told of somebody and an episode and not stored yet."""
        for users in (self._waiting, self._under_way):
            if (own := users.get(user_id)) and (progress := own.episodes.get(episode_id)):
                return progress
        return None

    async def settle(self, user_id: str) -> None:
        """Return when all that somebody told is stored. Errors: Unavailable."""
        while user_id in self._waiting or user_id in self._under_way:
            async with self._turn:
                if self.is_behind:  # `run` tries again; who reads is not made to wait for that
                    raise Unavailable("database_away")
                if user_id in self._waiting:
                    await self._write_all()

    async def forget(self, user_id: str, episode_id: str | None = None) -> None:
        """Leave out what waits of somebody, or of them and an episode; when this returns nothing of it is under way."""
        self._drop(user_id, episode_id)
        async with self._turn:
            self._drop(user_id, episode_id)  # a write that failed has put it back

    async def run(self) -> None:
        """Store what is told, until cancelled."""
        while True:
            await self._has_some.wait()
            await asyncio.sleep(RETRY_S if self.is_behind else WRITE_EVERY_S)
            try:
                async with self._turn:
                    await self._write_all()
            except Unavailable:
                log.warning("progress waits for the database", episodes=self._count)
            except Exception as exc:
                log.error("progress was not stored", episodes=self._count, exc_info=exc)

    async def close(self) -> None:
        """Store all that waits; what the database does not take now is lost."""
        try:
            async with self._turn:
                await self._write_all()
        except Exception as exc:
            log.error("progress is lost", episodes=self._count, exc_info=exc)

    async def _write_all(self) -> None:
        """Whoever calls has the turn. Errors: those of the store; what was not stored then waits again."""
        self._has_some.clear()
        self._under_way, self._waiting, self._count = self._waiting, {}, 0
        try:
            for together in _portions(list(self._under_way.items())):
                episodes = [progress for _, own in together for progress in own.episodes.values()]
                last = [one for _, own in together for one in own.last.values()]
                await store.put(self._db, episodes)
                if last:
                    await store.put_last(self._db, last)
                for user_id, _ in together:
                    del self._under_way[user_id]
            self.is_behind = False
        except BaseException:
            self.is_behind = True
            raise
        finally:
            for user_id, own in self._under_way.items():
                self._add(user_id, own.episodes.values(), own.last.values())
            self._under_way = {}

    def _add(self, user_id: str, episodes: Iterable[Progress], last: Iterable[LastWatched]) -> None:
        own = self._waiting.setdefault(user_id, _Own())
        self._count -= len(own.episodes)
        for progress in episodes:
            own.add(progress)
        for one in last:
            own.add_last(one)
        self._count += len(own.episodes)
        self._has_some.set()

    def _drop(self, user_id: str, episode_id: str | None) -> None:
        if own := self._waiting.get(user_id):
            self._count -= len(own.episodes)
            if episode_id is not None:
                own.drop(episode_id)
            if episode_id is None or not own.episodes:
                del self._waiting[user_id]
            else:
                self._count += len(own.episodes)


def _portions(users: Sequence[tuple[str, _Own]]) -> Iterator[list[tuple[str, _Own]]]:
    """Users whose episodes go together, about so many at once."""
    portion: list[tuple[str, _Own]] = []
    count = 0
    for user_id, own in users:
        portion.append((user_id, own))
        count += len(own.episodes)
        if count >= MOST_TOGETHER:
            yield portion
            portion, count = [], 0
    if portion:
        yield portion
