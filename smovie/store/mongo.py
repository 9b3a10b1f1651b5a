"""The one file that knows the MongoDB driver: Motor by default, PyMongo's own async client by setting.

Everything above sees `Database`, whose collections answer alike under both, and `smovie.errors`.
"""

import asyncio
import contextlib
import functools
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal, ParamSpec, TypeVar

from pymongo import AsyncMongoClient, DeleteOne, IndexModel, InsertOne, ReplaceOne, UpdateMany, UpdateOne
from pymongo import errors as driver_errors
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from smovie.errors import Unavailable

Driver = Literal["motor", "pymongo"]
Document = dict[str, Any]
Collection = Any  # the same coroutine methods under both drivers; neither shares a type with the other

BulkWriteError = driver_errors.BulkWriteError
DuplicateKeyError = driver_errors.DuplicateKeyError
ChangeStreamLost = driver_errors.OperationFailure
__all__ = [
    "BulkWriteError", "ChangeStreamLost", "Collection", "Database", "DeleteOne", "Document", "Driver",
    "DuplicateKeyError", "IndexModel", "InsertOne", "ReplaceOne", "UpdateMany", "UpdateOne", "open_database",
    "store_call",
]  # fmt: skip

ANSWER_WITHIN_S = 2.0  # DESIGN.md 9: with MongoDB away a write is refused within 2 s
_SELECTION_MS = 1_500
_EVENTS_AT_ONCE = 100
_DUPLICATE_KEY = 11000
_NOT_YET_INITIALIZED = 94
_MOTOR_THREADS = 32  # an open change stream keeps one; of Motor's own five a core few would be left on a small machine


class Database:
    """The collections of one SMovie database."""

    def __init__(self, client: Any, name: str, driver: Driver) -> None:
        self._client = client
        # What is acknowledged survives: majority, which journals (DESIGN.md 6).
        self._database = client.get_database(name, write_concern=WriteConcern(w="majority"))
        self.driver = driver
        self.name = name

    def __getattr__(self, collection: str) -> Collection:
        found = self._database[collection]
        self.__dict__[collection] = found  # asked for once: making one costs as much as a third of a query
        return found

    async def ping(self) -> None:
        """Ask the server for a sign of life. Errors: Unavailable."""
        await _call(self._database.command, "ping")

    async def drop(self) -> None:
        """Remove the whole database; for tests and tools."""
        await self._client.drop_database(self.name)

    async def aggregate(self, collection: Collection, stages: Sequence[Document], **options: Any) -> list[Document]:
        """What stages make of a collection: a few documents."""
        cursor = collection.aggregate(list(stages), **options)
        if self.driver == "pymongo":
            cursor = await cursor
        return [document async for document in cursor]

    def durable(self, collection: str) -> Collection:
        """A collection of which only is read what a majority has, and no failover takes back."""
        return self._database[collection].with_options(read_concern=ReadConcern("majority"))

    @asynccontextmanager
    async def watch(
        self, collections: Sequence[str], resume_after: Any | None, stages: Sequence[Document] = ()
    ) -> AsyncIterator[Any]:
        """A change stream over some collections, with the full document as it is now: from `resume_after` on, else from
        now on. `stages` let through less of it.

        Shape: an async iterator of MongoDB change events; `resume_token` is where to go on.
        Errors: the driver's own, since the caller decides between resuming and reloading.
        """
        pipeline = [{"$match": {"ns.coll": {"$in": list(collections)}}}, *stages]
        # Small batches: decoding one holds the interpreter, whichever thread does it, and with it the loop.
        stream = self._database.watch(
            pipeline, full_document="updateLookup", batch_size=_EVENTS_AT_ONCE, resume_after=resume_after
        )
        if self.driver == "pymongo":
            stream = await stream
        try:
            await stream.__aenter__()  # opens it; Motor would with the first event, and its way out closes on our loop
            yield stream
        finally:
            await stream.close()


@asynccontextmanager
async def open_database(
    url: str, name: str, *, driver: Driver = "motor", listeners: Sequence[Any] = ()
) -> AsyncIterator[Database]:
    """Connect to MongoDB for as long as the context lasts. Errors: Unavailable when nobody answers at first."""
    options: dict[str, Any] = {
        "tz_aware": True,
        "serverSelectionTimeoutMS": _SELECTION_MS,
        "connectTimeoutMS": _SELECTION_MS,
        "maxPoolSize": 50,
        "waitQueueTimeoutMS": _SELECTION_MS,
        "retryWrites": True,
        "event_listeners": list(listeners),
        "appname": "smovie",
    }
    client: Any
    if driver == "motor":
        os.environ.setdefault("MOTOR_MAX_WORKERS", str(_MOTOR_THREADS))  # read when Motor is imported
        from motor.motor_asyncio import AsyncIOMotorClient

        client = AsyncIOMotorClient(url, io_loop=asyncio.get_running_loop(), **options)
    else:
        client = AsyncMongoClient(url, **options)
    try:
        database = Database(client, name, driver)
        await database.ping()
        yield database
    finally:
        closing = client.close()
        if closing is not None:
            await closing


P = ParamSpec("P")
T = TypeVar("T")


async def _call(function: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            return await function(*args, **kwargs)
    except (driver_errors.ConnectionFailure, driver_errors.ExecutionTimeout, TimeoutError) as exc:
        raise Unavailable("database_away") from exc
    except driver_errors.WriteConcernError as exc:
        raise Unavailable("database_away") from exc


def store_call(function: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """Make a store function answer within 2 s or raise Unavailable, whatever the driver did."""

    @functools.wraps(function)
    async def bounded(*args: P.args, **kwargs: P.kwargs) -> T:
        return await _call(function, *args, **kwargs)

    return bounded


def duplicate_rows(error: driver_errors.BulkWriteError) -> tuple[set[int], set[int]]:
    """Which rows of a bulk insert were (duplicates, refused for another reason), by index."""
    duplicates: set[int] = set()
    others: set[int] = set()
    for problem in error.details.get("writeErrors", []):
        (duplicates if problem.get("code") == _DUPLICATE_KEY else others).add(problem["index"])
    return duplicates, others


def pack(values: Document) -> Document:
    """A noun's members as a document: `id` becomes `_id`."""
    return {"_id": values["id"], **{k: v for k, v in values.items() if k != "id"}}


def unpack(document: Document) -> Document:
    """A document as a noun's members: `_id` becomes `id`."""
    return {"id": document["_id"], **{k: v for k, v in document.items() if k != "_id"}}


async def make_primary(host: str, *, replica_set: str) -> None:
    """Turn the mongod at `host` ("127.0.0.1:port") into the only member, and primary, of its replica set.

    Also after its port changed: the stored configuration then names an address that nobody answers any more.
    Errors: Unavailable when it does not become primary in 30 s.
    """
    client: AsyncMongoClient[Document] = AsyncMongoClient(
        host, directConnection=True, serverSelectionTimeoutMS=_SELECTION_MS
    )
    member = {"_id": 0, "host": host}
    try:
        async with asyncio.timeout(30):
            await _until_answering(client)
            config = await _stored_config(client)
            if config is None:
                settings = {"electionTimeoutMillis": 1_000}
                fresh = {"_id": replica_set, "members": [member], "settings": settings}
                with contextlib.suppress(driver_errors.OperationFailure):  # it was still reading the stored one
                    await client.admin.command("replSetInitiate", fresh)
                config = await _stored_config(client)
            if config and config["members"][0]["host"] != host:
                config["members"] = [member]
                config["version"] += 1
                await client.admin.command("replSetReconfig", config, force=True)
            while not (await client.admin.command("hello")).get("isWritablePrimary"):
                await asyncio.sleep(0.02)
    except TimeoutError as exc:
        raise Unavailable("database_away") from exc
    finally:
        await client.close()


async def _stored_config(client: AsyncMongoClient[Document]) -> Document | None:
    """The replica set's configuration; None in a new folder, or while it is still being read."""
    try:
        config: Document = (await client.admin.command("replSetGetConfig"))["config"]
    except driver_errors.OperationFailure as exc:
        if exc.code != _NOT_YET_INITIALIZED:
            raise
        return None
    return config


async def _until_answering(client: AsyncMongoClient[Document]) -> None:
    while True:
        try:
            await client.admin.command("ping")
        except driver_errors.ConnectionFailure:
            await asyncio.sleep(0.05)
        else:
            return
