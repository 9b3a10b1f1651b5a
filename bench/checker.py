"""Whether a room kept its word: every acknowledged comment stored once, and seen by everybody once and in order.

It knows nothing of sockets or of how a room was disturbed; the benchmark and the fault runs bring it the same facts.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from tests.support.api import Api


class SeqTrack:
    """The durable events of one socket, by `seq`, under one epoch."""

    __slots__ = ("_missing", "doubled", "last", "reordered")

    def __init__(self) -> None:
        self.last = 0
        self.doubled = 0
        self.reordered = 0
        self._missing: set[int] = set()

    def begin(self, seq: int) -> None:
        """A new epoch, or a fresh page: from here on nothing may be missing."""
        self.last = seq

    def take(self, seq: int) -> None:
        """An event came."""
        if seq == self.last + 1:
            self.last = seq
        elif seq > self.last:
            self._missing.update(range(self.last + 1, seq))
            self.last = seq
        elif seq in self._missing:
            self._missing.remove(seq)
            self.reordered += 1
        else:
            self.doubled += 1

    @property
    def lost(self) -> int:
        """Events that later ones have overtaken for good."""
        return len(self._missing)


@dataclass
class View:
    """What one client has come to see of a room, live and by pages: texts by comment id."""

    name: str
    comments: dict[str, str] = field(default_factory=dict)
    track: SeqTrack = field(default_factory=SeqTrack)


@dataclass(frozen=True)
class Verdict:
    """Violations, each a list of what shows it; a room that kept its word has none."""

    lost: list[str]  # acknowledged, but not stored
    doubled: list[str]  # one comment stored, or seen, under two ids
    holes: list[str]  # stored, but not in somebody's view
    unstored: list[str]  # seen, but not stored
    out_of_order: list[str]  # a seq missing, twice or late on a socket

    @property
    def is_clean(self) -> bool:
        return not any((self.lost, self.doubled, self.holes, self.unstored, self.out_of_order))


def judge(acknowledged: Mapping[str, str], stored: Mapping[str, str], views: Collection[View]) -> Verdict:
    """Compare acknowledgements (ids by text), REST's comments (texts by id) and everybody's view."""
    return Verdict(
        lost=[text for text, comment_id in acknowledged.items() if stored.get(comment_id) != text],
        doubled=[
            *_twice("REST", stored),
            *(text for view in views for text in _twice(view.name, view.comments)),
        ],
        holes=[f"{view.name}: {stored[missing]}" for view in views for missing in stored.keys() - view.comments.keys()],
        unstored=[f"{view.name}: {view.comments[id]}" for view in views for id in view.comments.keys() - stored.keys()],
        out_of_order=[
            f"{view.name}: {track.lost} lost, {track.doubled} doubled, {track.reordered} late"
            for view in views
            if (track := view.track).lost or track.doubled or track.reordered
        ],
    )


def _twice(whose: str, texts_by_id: Mapping[str, str]) -> list[str]:
    return [f"{whose}: {text}" for text, times in Counter(texts_by_id.values()).items() if times > 1]


async def read_room(api: Api, episode_id: str) -> dict[str, str]:
    """Every comment of a room by REST, texts by id, page after page to its beginning."""
    found: dict[str, str] = {}
    before = ""
    while True:
        answer = await api.get(f"/episodes/{episode_id}/comments?limit=100{before}")
        assert answer.status == 200, answer.body
        page = answer.json
        for comment in page["results"]:
            assert comment["id"] not in found, f"{comment['id']} is on two pages"
            found[comment["id"]] = comment["message"]
        if page["next"] is None:
            return found
        before = f"&before={page['next']}"
