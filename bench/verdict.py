"""Whether rooms kept their word: every acknowledged comment stored once, and shown to everybody once and in order.

It knows nothing of sockets or of how a room was disturbed; the checker and the benchmarks bring it the same facts.

A client passes over comments that it knows by `id` (ROOMS.md 6): an instance that was taken for dead, and is not, tells
again what another has told for it. So a comment under two ids is doubled, and so is a seq that comes twice; one that is
told again under its own id is counted apart.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field


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


class Order:
    """Which comment stands at which position of a room, as whoever was told first was told; shared by all who hear."""

    def __init__(self) -> None:
        self._ids: dict[tuple[str, int], str] = {}

    def objects(self, epoch: str, seq: int, comment_id: str) -> str:
        """What others were told instead of this comment at this position; nothing when they were told the same."""
        other_id = self._ids.setdefault((epoch, seq), comment_id)
        return "" if other_id == comment_id else f"{comment_id} at {seq} of {epoch}, where others had {other_id}"

    def later(self, epoch: str, seq: int) -> set[str]:
        """The comments after a position, as far as anybody was told."""
        return {comment_id for (of, at), comment_id in self._ids.items() if of == epoch and at > seq}


@dataclass
class View:
    """What one client has come to see of a room, live or by replays: texts by comment id."""

    name: str
    comments: dict[str, str] = field(default_factory=dict)
    track: SeqTrack = field(default_factory=SeqTrack)
    told_again: int = 0
    disagreed: list[str] = field(default_factory=list)  # where a comment is for it, and where for others


@dataclass
class Facts:
    """What one instance showed of a room."""

    acknowledged: list[tuple[str, str]] = field(default_factory=list)  # texts and comment ids, every time
    never_acknowledged: list[str] = field(default_factory=list)
    views: list[View] = field(default_factory=list)
    stored: dict[str, str] = field(default_factory=dict)  # by REST: texts by id


@dataclass
class Verdict:
    """Violations, each a text that shows it; a room that kept its word has none."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    reordered: list[str] = field(default_factory=list)
    phantom: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not any(vars(self).values())

    def add(self, other: "Verdict") -> None:
        """Count another's violations too."""
        for kind, found in vars(self).items():
            found += getattr(other, kind)


def judge(said: Set[str], facts: Mapping[str, Facts]) -> dict[str, Verdict]:
    """A verdict for each instance, by its name, on one room in which just these texts were said, each once."""
    stored = {comment_id: text for each in facts.values() for comment_id, text in each.stored.items()}
    return {name: _judge_instance(said, each, stored) for name, each in facts.items()}


def _judge_instance(said: Set[str], facts: Facts, stored: Mapping[str, str]) -> Verdict:
    verdict = Verdict(
        lost=[
            *(f"acknowledged as {id}, not stored: {text}" for text, id in facts.acknowledged if stored.get(id) != text),
            *(f"never acknowledged: {text}" for text in facts.never_acknowledged),
            *(f"REST lacks: {stored[id]}" for id in stored.keys() - facts.stored.keys()),
        ],
        doubled=[
            *_twice("REST", facts.stored.values()),
            *_twice("acknowledged with two ids", (text for text, _ in set(facts.acknowledged))),
        ],
        phantom=[f"REST: nobody said {text}" for text in facts.stored.values() if text not in said],
    )
    for view in facts.views:
        verdict.add(_judge_view(view, stored))
    return verdict


def _judge_view(view: View, stored: Mapping[str, str]) -> Verdict:
    name, seen, track = view.name, view.comments, view.track
    return Verdict(
        lost=[
            *(f"{name}: never shown {stored[id]}" for id in stored.keys() - seen.keys()),
            *[f"{name}: a seq was passed over"] * track.lost,
        ],
        doubled=[*_twice(name, seen.values()), *[f"{name}: a seq came twice"] * track.doubled],
        reordered=[
            *[f"{name}: a seq came late"] * track.reordered,
            *(f"{name}: {where}" for where in view.disagreed),
        ],
        phantom=[f"{name}: shown, not stored: {text}" for id, text in seen.items() if stored.get(id) != text],
    )


def _twice(whose: str, texts: Iterable[str]) -> list[str]:
    return [f"{whose}, twice: {text}" for text, times in Counter(texts).items() for _ in range(times - 1)]
