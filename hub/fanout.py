"""Brings a room's new events to everybody who listens live, at a pace that leaves the loop to others.

The cost of a crowd is its socket writes, not its messages: so everything that has happened in a room since its last
tick goes to a listener in one write. A tick is due at once. For what is written the loop owes the others a rest, and
past some debt it takes it: in a quiet room that is never, in a crowd ticks grow apart by themselves and carry more
each. A room too big to be written to at one go is written to in slices, in turn with the others (docs/decisions/0008).
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from hub.log import Entry
from hub.room import Room, Seat, State

SLICE_S = 0.008  # of writing, before the loop serves others
REST = 0.6  # seconds of rest owed for each second of writing: fan-out takes 5/8 of the loop at the most
DEBT_S = 0.01  # of rest that may be owed before it is taken, so that a big room's tick is not broken for its sake
_WRITES_BETWEEN_LOOKS = 64  # … at the clock


class Fanout:
    """The ticks of all rooms of a hub. `fall_behind` is told of a listener that no longer keeps up."""

    def __init__(
        self,
        *,
        call_soon: Callable[[Callable[[], None]], Any],
        call_later: Callable[[float, Callable[[], None]], Any],
        clock: Callable[[], float],
        hard_bytes: int,
        fall_behind: Callable[[Room, Seat], None],
    ) -> None:
        self._call_soon = call_soon
        self._call_later = call_later
        self._clock = clock
        self._hard_bytes = hard_bytes
        self._fall_behind = fall_behind
        self._due: deque[Room] = deque()
        self._is_scheduled = False
        self._even_at = clock()  # when what is owed will have been rested

    def send(self, room: Room, entry: Entry) -> None:
        """Let the next tick of the room carry an event."""
        room.pending.append(entry)
        if not room.flush_due:
            room.flush_due = True
            self._due.append(room)
            self._schedule()

    def _schedule(self) -> None:
        if self._is_scheduled or not self._due:
            return
        self._is_scheduled = True
        wait_s = self._even_at - self._clock()
        if wait_s <= DEBT_S:
            self._call_soon(self._run)
        else:
            self._call_later(wait_s, self._run)

    def _run(self) -> None:
        """One slice of writing, over as many rooms as it holds."""
        self._is_scheduled = False
        began = self._clock()
        until = began + SLICE_S
        while self._due:
            room = self._due[0]
            if not room.outgoing and room.pending:
                self._begin_tick(room)
            self._write(room, until)
            self._due.popleft()
            if room.outgoing or room.pending:
                self._due.append(room)  # the others first
            else:
                room.flush_due = False
                room.outgoing_data = b""
            if self._clock() >= until:
                break
        ended = self._clock()
        self._even_at = max(self._even_at, began) + (1 + REST) * (ended - began)
        self._schedule()

    def _begin_tick(self, room: Room) -> None:
        pending, room.pending = room.pending, []
        room.outgoing_data = pending[0].frame if len(pending) == 1 else b"".join([entry.frame for entry in pending])
        room.flushed += len(pending)
        room.sent_at = self._clock()
        room.outgoing = list(room.live)

    def _write(self, room: Room, until: float) -> None:
        """Write the tick to whoever has not had it, while there is time."""
        data, hard, waiting, live = room.outgoing_data, self._hard_bytes, room.outgoing, State.LIVE
        while waiting:
            together = waiting[-_WRITES_BETWEEN_LOOKS:]
            del waiting[-_WRITES_BETWEEN_LOOKS:]
            slow = [seat for seat in together if seat.state is live and seat.send(data) > hard]
            for seat in slow:
                self._fall_behind(room, seat)
            if self._clock() >= until:
                return
