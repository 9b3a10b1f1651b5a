"""Which titles stand on the rails that everybody sees: what trends, what is new, the genres with most titles.

Each title stands on one of them at most. The largest genres would fill up with what everybody has seen above, or with
the same titles each; so a title of several goes to the rail of the rarest, and all are filled in one walk.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from smovie.catalog.queries import MOVIES_PATH
from smovie.catalog.snapshot import Entry, Snapshot
from smovie.discovery.trending import TRENDING_PATH
from smovie.models.catalog import Tag
from smovie.models.home import MOST_ON_RAIL, RailKind

NEW_PATH = f"{MOVIES_PATH}?sort=-release_date"
GENRES, FEWEST_ON_RAIL = 6, 4
_WALKED = 4_000  # titles looked at, so that a rail which does not fill up costs little


@dataclass(frozen=True)
class Rail:
    """A row of titles; a genre's has its tag."""

    kind: RailKind
    entries: list[Entry]
    more: str
    genre: Tag | None = None


def public_rails(snapshot: Snapshot, trending: Iterable[str], today: str) -> list[Rail]:
    """The rails of a day (ISO date), with what trends as ids; one with too few titles is left out.

    A catalogue that fills none has all its titles on one: its home page is not empty.
    """
    taken: set[str] = set()
    trends = _first((i for i in trending if i in snapshot.entries), taken)
    new = _first(_released(snapshot, today), taken)
    rails = [
        Rail("trending", _entries(snapshot, trends), TRENDING_PATH),
        Rail("new", _entries(snapshot, new), NEW_PATH),
        *_genre_rails(snapshot, taken),
    ]
    full = [rail for rail in rails if len(rail.entries) >= FEWEST_ON_RAIL]
    return full or ([Rail("new", _whole(snapshot), NEW_PATH)] if snapshot.entries else [])


def _genre_rails(snapshot: Snapshot, taken: set[str]) -> list[Rail]:
    counts = {genre: snapshot.count(("genre", genre)) for genre in snapshot.tags["genres"]}
    chosen = sorted(counts, key=lambda genre: (-counts[genre], genre))[:GENRES]
    rarest_first = [(snapshot.members(("genre", genre)), genre) for genre in reversed(chosen)]
    found: dict[str, list[str]] = {genre: [] for genre in chosen}
    full = 0
    for movie_id in islice(snapshot.most_viewed(), _WALKED):
        if movie_id in taken:
            continue
        for members, genre in rarest_first:
            if movie_id in members and len(found[genre]) < MOST_ON_RAIL:
                found[genre].append(movie_id)
                full += len(found[genre]) == MOST_ON_RAIL
                break
        if full == len(chosen):
            break
    return [
        Rail(
            "genre", _entries(snapshot, ids), f"{MOVIES_PATH}?genre={genre}&sort=-views", snapshot.tags["genres"][genre]
        )
        for genre, ids in found.items()
    ]


def _released(snapshot: Snapshot, today: str) -> Iterator[str]:
    """Ids of what is out, newest first: what is announced cannot be watched yet."""
    for movie_id in islice(snapshot.newest(), _WALKED):
        if str(snapshot.entries[movie_id].keys["release_date"]) <= today:
            yield movie_id


def _whole(snapshot: Snapshot) -> list[Entry]:
    """What there is, undated titles last."""
    return snapshot.select({}, "release_date", descending=True, start=0, size=MOST_ON_RAIL)[1]


def _first(ids: Iterator[str], taken: set[str]) -> list[str]:
    chosen = list(islice((movie_id for movie_id in ids if movie_id not in taken), MOST_ON_RAIL))
    if len(chosen) >= FEWEST_ON_RAIL:  # else its titles are free for the others
        taken.update(chosen)
    return chosen


def _entries(snapshot: Snapshot, ids: Iterable[str]) -> list[Entry]:
    return [snapshot.entries[movie_id] for movie_id in ids]
