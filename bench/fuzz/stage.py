"""Where a run takes place, and whose it is."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.fuzz.messages import Known
from bench.fuzz.rules import Findings
from bench.websocket import FrameParser

_KNOWN = 300  # comments that lives speak of


@dataclass(frozen=True)
class Person:
    """Somebody signed in."""

    id: str
    access: str


@dataclass
class Stage:
    """A server, two of its rooms, and people. The moderator rules the second room: nobody else is harmed by that."""

    port: int
    room: str
    ruled_room: str
    people: list[Person]
    moderator: Person | None
    host: str = "127.0.0.1"
    is_limited: bool = False  # the server's limits are not lifted
    findings: Findings = field(default_factory=Findings)
    said: list[str] = field(default_factory=list)  # ids of all comments of the room that were acknowledged
    known: deque[str] = field(default_factory=lambda: deque(maxlen=_KNOWN))  # … of both, the newest
    parser: FrameParser = field(default_factory=FrameParser)

    def what_is_known(self) -> Known:
        """What messages may speak of."""
        return Known(list(self.known), [person.id for person in self.people])

    def remember(self, comments: Iterable[str], *, ruled: bool) -> None:
        """Comments were acknowledged."""
        for comment_id in comments:
            self.known.append(comment_id)
            if not ruled:
                self.said.append(comment_id)
