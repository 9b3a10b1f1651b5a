"""Every index, beside the query it serves. Created at start; creating one that exists costs nothing."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field

from smovie.store.mongo import Database, Document, IndexModel
from smovie.store.views import COUNTS_KEPT_S, VIEWS_KEPT_S


@dataclass(frozen=True)
class Index:
    """One index: `serves` says which query would scan without it."""

    collection: str
    keys: tuple[tuple[str, int], ...]
    serves: str
    unique: bool = False
    only: Document = field(default_factory=dict)
    expire_after_s: int | None = None

    @property
    def name(self) -> str:
        return "_".join(f"{key}_{direction}" for key, direction in self.keys)


INDEXES = (
    Index("movies", (("slug", 1),), "one address a title", unique=True),
    Index("movies", (("import_key", 1),), "an import finds its earlier row", unique=True,
          only={"import_key": {"$type": "string"}}),
    Index("movies", (("genres.id", 1),), "a genre's rename is carried through"),
    Index("movies", (("nation.id", 1),), "a nation's rename is carried through"),
    Index("movies", (("cast.person_id", 1),), "a person's rename is carried through"),
    Index("movies", (("directors.person_id", 1),), "a person's rename is carried through"),
    Index("people", (("name", 1),), "an import finds a person by name", unique=True),
    Index("users", (("email_key", 1),), "login; one verified account an address", unique=True,
          only={"email_verified": True}),
    Index("users", (("username_key", 1),), "one verified account a name", unique=True, only={"email_verified": True}),
    Index("users", (("email_key", 1), ("email_verified", -1), ("_id", -1)), "an address's owner, or who waits"),
    Index("users", (("pending_until", 1),), "registrations nobody confirmed leave by themselves", expire_after_s=0),
    Index("users", (("role", 1),), "whether another admin is left", only={"role": "admin"}),
    Index("departures", (("due_at", 1),), "accounts whose deletion somebody began and did not finish"),
    Index("sessions", (("user_id", 1),), "a user's devices; ending all of them"),
    Index("sessions", (("expires_at", 1),), "ended sessions leave by themselves", expire_after_s=0),
    Index("social_accounts", (("user_id", 1), ("provider", 1)), "whom an account is linked with; one of each provider",
          unique=True),
    Index("avatars", (("digest", 1),), "a picture by its address"),
    Index("comments", (("episode_id", 1), ("_id", -1)), "a page of a room's comments"),
    Index("comments", (("user_id", 1), ("_id", 1)), "all that somebody wrote: to export it, to take their name off it"),
    Index("comments", (("user_id", 1), ("cmid", 1)), "a retry finds the stored comment", unique=True,
          only={"cmid": {"$type": "string"}}),
    Index("comments", (("untold_since", 1),), "edits and deletions whose instance was killed before it told of them",
          only={"untold_since": {"$type": "date"}}),
    Index("reactions", (("comment_id", 1), ("emoji", 1)), "how many gave a comment each emoji"),
    Index("reactions", (("user_id", 1), ("_id", 1)), "all that somebody gave: to export it, to take it back"),
    Index("reports", (("reporter_id", 1), ("_id", 1)), "all that somebody reported: to export it, to forget it"),
    Index("reports", (("author_id", 1),), "what a deleted account leaves"),
    Index("mutes", (("episode_id", 1), ("until", 1)), "who is muted in a room"),
    Index("mutes", (("user_id", 1),), "what a deleted account leaves"),
    Index("mutes", (("until", 1),), "mutes that have ended leave by themselves", expire_after_s=0),
    Index("notifications", (("user_id", 1), ("_id", -1)), "a page of a user's notifications"),
    Index("notifications", (("user_id", 1), ("read", 1), ("_id", -1)), "what a user has not read"),
    Index("notifications", (("user_id", 1), ("kind", 1), ("comment_id", 1)), "nobody is told of one comment twice",
          unique=True, only={"comment_id": {"$type": "string"}}),
    Index("notifications", (("user_id", 1), ("kind", 1), ("episode_id", 1)), "nobody is told of one episode twice",
          unique=True, only={"kind": "new_episode"}),
    Index("notifications", (("created_at", 1),), "old ones leave by themselves", expire_after_s=90 * 86_400),
    Index("reviews", (("movie_id", 1), ("user_id", 1)), "somebody's review of a title; one of each", unique=True),
    Index("reviews", (("movie_id", 1), ("_id", -1)), "a page of a title's reviews", only={"text": {"$gt": ""}}),
    Index("reviews", (("movie_id", 1), ("rating", 1)), "how many gave a title each rating"),
    Index("reviews", (("uncounted", 1), ("movie_id", 1)), "changes that the title's figures miss",
          only={"uncounted": {"$type": "string"}}),
    Index("reviews", (("user_id", 1), ("_id", 1)), "all that somebody reviewed: to export it, to delete it"),
    Index("progress", (("user_id", 1), ("watched_at", -1), ("_id", -1)), "a page of somebody's history"),
    Index("progress", (("user_id", 1), ("movie_id", 1), ("watched_at", -1)), "what somebody watched last of a title"),
    Index("progress", (("user_id", 1), ("watched_at", -1)), "what somebody has half seen", only={"done": False}),
    Index("last_watched", (("user_id", 1), ("watched_at", -1)), "the titles that somebody watched last"),
    Index("last_watched", (("done", 1), ("watched_at", -1), ("user_id", 1), ("movie_id", 1)),
          "what is watched by the same people", only={"done": True}),
    Index("views", (("user_id", 1), ("movie_id", 1), ("day", 1)), "a user's views; one a title and day", unique=True,
          only={"user_id": {"$type": "string"}}),
    Index("views", (("uncounted", 1),), "views that are not counted yet", only={"uncounted": {"$type": "string"}}),
    Index("views", (("source", 1), ("movie_id", 1), ("day", 1), ("hour", 1)), "counting what a process left"),
    Index("views", (("at", 1),), "who saw what leaves by itself", expire_after_s=VIEWS_KEPT_S),
    Index("views_hourly", (("hour", 1), ("movie_id", 1), ("count", 1)), "what is viewed most of late"),
    Index("views_hourly", (("hour", 1),), "old counts leave by themselves", expire_after_s=COUNTS_KEPT_S),
    Index("views_daily", (("day", 1), ("movie_id", 1), ("count", 1)), "what is viewed most these weeks"),
    Index("views_daily", (("unshown", 1), ("day", 1)), "counts that titles do not show yet", only={"unshown": True}),
    Index("views_daily", (("day", 1),), "old counts leave by themselves", expire_after_s=COUNTS_KEPT_S),
    Index("announcements", (("due_at", 1),), "titles with new episodes that are to be told",
          only={"due_at": {"$type": "date"}}),
    Index("watchlist", (("movie_id", 1), ("user_id", 1)), "how a title stands in somebody's list; one of each",
          unique=True),
    Index("watchlist", (("movie_id", 1), ("state", 1)), "how many lists a title stands in"),
    Index("watchlist", (("user_id", 1), ("change", -1)), "a page of a user's list"),
    Index("watchlist", (("user_id", 1), ("_id", 1)), "a user's whole list: to export it, to delete it"),
    Index("watchlist", (("uncounted", 1), ("movie_id", 1)), "changes that the title's figure misses",
          only={"uncounted": {"$type": "string"}}),
    Index("searches_daily", (("day", 1),), "what was searched for in a time; old days leave by themselves",
          expire_after_s=400 * 86_400),
    Index("mails", (("due_at", 1),), "the mailer takes what is due"),
)  # fmt: skip


# Of earlier versions, in the way of what is stored now.
OUTLIVED = (("notifications", "user_id_1_comment_id_1_kind_1"),)


async def create_indexes(db: Database) -> None:
    """Make the database have every index of this file, and none that it has outlived."""
    for collection, name in OUTLIVED:
        if name in await db.__getattr__(collection).index_information():
            await db.__getattr__(collection).drop_index(name)
    of_collections: defaultdict[str, list[IndexModel]] = defaultdict(list)
    for index in INDEXES:
        of_collections[index.collection].append(_to_model(index))
    # A command each, not one for every index: so many at once would wait for a connection longer than one may.
    await asyncio.gather(*(db.__getattr__(name).create_indexes(some) for name, some in of_collections.items()))


def _to_model(index: Index) -> IndexModel:
    options: Document = {"name": index.name, "unique": index.unique}
    if index.only:
        options["partialFilterExpression"] = index.only
    if index.expire_after_s is not None:
        options["expireAfterSeconds"] = index.expire_after_s
    return IndexModel(list(index.keys), **options)
