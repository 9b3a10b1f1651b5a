"""What changes in some collections, as MongoDB's change stream tells it."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from smovie.store.mongo import ChangeStreamLost, Database, Document

_MOST_WAITING = 5_000  # events read ahead of the reader; past it MongoDB waits, not our memory


@dataclass(frozen=True, slots=True)
class Change:
    """A document as it is now; `document` is None when it is gone, `is_new` says that it was not there before.

    `updated` names what an update has set, with dots; it is empty where the document was written as a whole, or
    something was taken out.
    """

    collection: str
    id: str
    document: Document | None
    is_new: bool
    updated: frozenset[str] = frozenset()


class StreamLost(Exception):
    """The stream cannot go on from where it was: everything must be read anew."""


class Changes:
    """An open stream; `resume_token` is where a later one goes on."""

    def __init__(self, stream: Any, resume_token: Any | None) -> None:
        self._stream = stream
        self.resume_token = resume_token
        self._arrived: asyncio.Queue[Document | Exception] = asyncio.Queue(_MOST_WAITING)

    async def _read(self) -> None:
        try:
            async for event in self._stream:
                await self._arrived.put(event)
            raise StreamLost("the change stream ended")
        except Exception as exc:  # whatever ended it is told where the events are read
            await self._arrived.put(exc)

    async def batches(self) -> AsyncIterator[list[Change]]:
        """Changes as they come: all that have arrived together, at least one. Errors: StreamLost, the driver's."""
        reader = asyncio.create_task(self._read())
        try:
            while True:
                arrivals = [await self._arrived.get()]
                while not self._arrived.empty():
                    arrivals.append(self._arrived.get_nowait())
                events = [arrival for arrival in arrivals if not isinstance(arrival, Exception)]
                if events:
                    yield [_to_change(event) for event in events]
                    self.resume_token = events[-1]["_id"]
                if isinstance(arrivals[-1], Exception):
                    raise arrivals[-1]
        except ChangeStreamLost as exc:
            raise StreamLost(str(exc)) from exc
        finally:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)


def _to_change(event: Document) -> Change:
    kind = event["operationType"]
    if kind in ("insert", "update", "replace", "delete"):
        # An update whose document is gone again when it is looked up has none: the delete follows.
        document, is_new = event.get("fullDocument"), kind == "insert"
        update = event.get("updateDescription") or {}
        updated = frozenset() if update.get("removedFields") else frozenset(update.get("updatedFields", ()))
        return Change(event["ns"]["coll"], str(event["documentKey"]["_id"]), document, is_new, updated)
    raise StreamLost(f"the collection was changed as a whole ({kind})")


def latest(changes: Iterable[Change]) -> Iterable[Change]:
    """Of each document its last change, as one that says all that was updated."""
    found: dict[tuple[str, str], Change] = {}
    for change in changes:
        before = found.get(key := (change.collection, change.id))
        found[key] = _joined(before, change) if before else change
    return found.values()


def _joined(before: Change, change: Change) -> Change:
    if before.document is None or change.document is None:
        return replace(change, updated=frozenset())
    both = before.updated | change.updated if before.updated and change.updated else frozenset()
    return replace(change, document={**before.document, **change.document}, updated=both)


@asynccontextmanager
async def open_changes(
    db: Database, collections: Sequence[str], resume_token: Any | None, stages: Sequence[Document] = ()
) -> AsyncIterator[Changes]:
    """Changes from `resume_token` on, or from now on; `stages` keep what nobody needs in MongoDB.

    Errors: StreamLost, and the driver's when MongoDB is away."""
    try:
        async with db.watch(collections, resume_token, stages) as stream:
            yield Changes(stream, resume_token)
    except ChangeStreamLost as exc:
        raise StreamLost(str(exc)) from exc
