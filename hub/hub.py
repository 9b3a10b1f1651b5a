"""The hub: rooms of live listeners, gapless positions, recovery, and fan-out whose cost is bounded by budgets.

It knows nothing of HTTP, WebSockets, MongoDB or comments. An event enters by `publish`, gets its position, is encoded
once, and leaves in one write per listener and tick together with whatever else the tick brought. A listener that reads
too slowly costs others nothing: it falls back to the log, and is given up when it stands still (ROOMS.md 19).

    hub = Hub(encode=..., call_soon=loop.call_soon, clock=time.monotonic)
    joined = hub.join("room", listener, since=Position(epoch, seq))     # from here on nothing is missed
    ...send the listener its first page...
    hub.start("room", listener)                                         # what happened meanwhile, then live
    position = hub.publish("room", {"type": "comment", ...})
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.log import RoomLog
from hub.position import Position
from hub.room import Listener, Room, Seat, State

Encode = Callable[[Mapping[str, Any]], bytes]

_SWEEP_COUNTS_S = 1.0  # at most, of the time since the sweep before
STUCK = 4408  # close code of a listener that stands still


@dataclass(frozen=True)
class HubLimits:
    """Bounds of every queue the hub holds. Bytes, seconds, events."""

    soft_bytes: int = 256 << 10  # unsent bytes past which volatile events stop
    hard_bytes: int = 512 << 10  # … past which durable ones wait in the log
    node_bytes: int = 64 << 20  # unsent bytes of all listeners together, past which the fullest are given up
    stuck_s: float = 10.0
    log_events: int = 2_000
    log_bytes: int = 1 << 20
    sync_s: float = 25.0
    presence_s: float = 1.0
    idle_room_s: float = 300.0
    names_shown: int = 50


@dataclass(frozen=True)
class Joined:
    """Where a listener stands after joining; `missed` events follow when it recovered."""

    position: Position
    recovered: bool
    missed: int
    present: int


class Hub:
    """All rooms of this process. Every method is synchronous and bounded; only the event loop's thread calls it."""

    def __init__(
        self,
        *,
        encode: Encode,
        call_soon: Callable[[Callable[[], None]], Any],
        clock: Callable[[], float],
        limits: HubLimits | None = None,
    ) -> None:
        self.limits = limits or HubLimits()
        self._encode = encode
        self._call_soon = call_soon
        self._clock = clock
        self._rooms: dict[str, Room] = {}
        self._process = secrets.token_hex(4)
        self._logs_begun = 0
        self._swept_at = clock()

    # -- joining and leaving ---------------------------------------------------------------------------------------

    def join(self, name: str, listener: Listener, since: Position | None = None) -> Joined:
        """Seat a listener; nothing is sent to it until `start`. From the returned position on it misses nothing.

        With `since`, it recovers when the log still holds everything after it under that epoch; never in part.
        """
        room = self._room(name)
        self.leave(name, listener)
        recovered = (
            since is not None
            and since.epoch == room.epoch
            and since.seq <= room.flushed  # one that nobody was sent yet would come a second time
            and room.log.holds_all_after(since.seq)
        )
        # Not the log's head: what is on its way to the others would come to this one with a seq it was told it had.
        seq = since.seq if recovered and since else room.flushed
        room.seats[listener] = Seat(listener, seq)
        room.presence_due |= listener.user_id not in room.users
        room.users[listener.user_id] = room.users.get(listener.user_id, 0) + 1
        return Joined(Position(room.epoch, seq), recovered, max(room.flushed - seq, 0), len(room.users))

    def start(self, name: str, listener: Listener) -> None:
        """Send what happened since the listener joined, then everything as it comes."""
        room = self._rooms.get(name)
        seat = room.seats.get(listener) if room else None
        if room and seat and seat.state is State.HELD:
            self._catch_up(room, seat)

    def drained(self, name: str, listener: Listener) -> None:
        """The listener's unsent bytes have gone: send what it missed meanwhile."""
        room = self._rooms.get(name)
        seat = room.seats.get(listener) if room else None
        if room and seat and seat.state is State.LAGGING:
            self._catch_up(room, seat)

    def leave(self, name: str, listener: Listener) -> None:
        """Unseat a listener; one that is not there is no error."""
        room = self._rooms.get(name)
        if room is None or room.seats.pop(listener, None) is None:
            return
        room.live.discard(listener)
        remaining = room.users[listener.user_id] - 1
        if remaining:
            room.users[listener.user_id] = remaining
        else:
            del room.users[listener.user_id]
            room.presence_due = True
        if not room.seats:
            room.idle_since = self._clock()

    def position(self, name: str) -> Position:
        """Where the room stands."""
        room = self._room(name)
        return Position(room.epoch, room.log.head)

    def present(self, name: str) -> int:
        """How many people, not connections, are in the room."""
        room = self._rooms.get(name)
        return len(room.users) if room else 0

    # -- events ----------------------------------------------------------------------------------------------------

    def publish(self, name: str, event: Mapping[str, Any]) -> Position:
        """Give a durable event its position and bring it to everybody in the room."""
        room = self._room(name)
        position = Position(room.epoch, room.log.head + 1)
        self.deliver(name, position, event)
        return position

    def deliver(self, name: str, position: Position, event: Mapping[str, Any]) -> None:
        """The one door by which events with a position enter, whoever gave it to them."""
        room = self._room(name)
        frame = self._encode({**event, "seq": position.seq})
        room.log.append(frame)
        room.pending.append(frame)
        self._flush_soon(room)

    def _flush_soon(self, room: Room) -> None:
        if not room.flush_due:
            room.flush_due = True
            self._call_soon(lambda: self._flush(room))

    def _flush(self, room: Room) -> None:
        room.flush_due = False
        frames, room.pending = room.pending, []
        data = frames[0] if len(frames) == 1 else b"".join(frames)
        room.flushed += len(frames)
        room.sent_at = self._clock()
        hard = self.limits.hard_bytes
        slow = [listener for listener in room.live if listener.send(data) > hard]
        for listener in slow:
            self._fall_behind(room, room.seats[listener])

    # -- slow listeners --------------------------------------------------------------------------------------------

    def _fall_behind(self, room: Room, seat: Seat) -> None:
        """Stop sending to a listener that does not read; one `gap` says so."""
        room.live.discard(seat.listener)
        seat.state, seat.seq = State.LAGGING, room.flushed
        seat.waiting, seat.stood_s = seat.listener.send(self._encode({"type": "gap", "seq": seat.seq})), 0.0

    def _catch_up(self, room: Room, seat: Seat) -> None:
        """Send from the log what a seat has not had, as far as the budget goes; then it is live."""
        if not room.log.holds_all_after(seat.seq):
            self._give_fresh_page(room, seat)
            return
        missed = room.log.after(seat.seq, room.flushed)
        taken, size = 0, 0
        for frame in missed:
            size += len(frame)
            taken += 1
            if size > self.limits.soft_bytes:
                break
        waiting = seat.listener.send(b"".join(missed[:taken])) if taken else seat.listener.unsent()
        seat.seq += taken
        if taken == len(missed):
            seat.state = State.LIVE
            room.live.add(seat.listener)
        else:
            seat.state, seat.waiting, seat.stood_s = State.LAGGING, waiting, 0.0
            if waiting <= self.limits.soft_bytes:  # never above the transport's mark: nobody will say that it drained
                self._call_soon(lambda: self.drained(room.name, seat.listener))

    def _give_fresh_page(self, room: Room, seat: Seat) -> None:
        """It missed more than the log holds: it has to join anew."""
        self.leave(room.name, seat.listener)
        seat.listener.refresh()

    # -- volatile events -------------------------------------------------------------------------------------------

    def _send_volatile(self, room: Room, event: Mapping[str, Any]) -> None:
        """To everybody who is live and reads; nobody waits for these."""
        frame, soft = self._encode(event), self.limits.soft_bytes
        for listener in room.live:
            if listener.unsent() <= soft:
                listener.send(frame)

    def _send_presence(self, room: Room) -> None:
        room.presence_due, room.presence_at = False, self._clock()
        event: dict[str, Any] = {"type": "presence", "count": len(room.users)}
        if len(room.users) <= self.limits.names_shown:
            event["usernames"] = sorted({seat.listener.username for seat in room.seats.values()})
        self._send_volatile(room, event)

    # -- time ------------------------------------------------------------------------------------------------------

    def sweep(self) -> None:
        """What is due by the clock; call it about four times a second."""
        at = self._clock()
        # A process that was stopped for a minute did not see its listeners stand still for a minute.
        passed_s, self._swept_at = min(at - self._swept_at, _SWEEP_COUNTS_S), at
        for room in list(self._rooms.values()):
            if not room.seats:
                if at - room.idle_since >= self.limits.idle_room_s and not room.pending:
                    del self._rooms[room.name]
                continue
            if room.presence_due and at - room.presence_at >= self.limits.presence_s:
                self._send_presence(room)
            if at - room.sent_at >= self.limits.sync_s:
                room.sent_at = at
                self._send_volatile(room, {"type": "sync", "seq": room.flushed})
            if len(room.live) < len(room.seats):
                self._sweep_lagging(room, passed_s)
        self._keep_node_budget()

    def _keep_node_budget(self) -> None:
        """Past the budget of the whole node the listeners with most unsent are given up, until it is kept again."""
        waiting = [
            (unsent, room, listener)
            for room in self._rooms.values()
            for listener in room.seats
            if (unsent := listener.unsent())
        ]
        over = sum(unsent for unsent, _, _ in waiting) - self.limits.node_bytes
        if over <= 0:
            return
        for unsent, room, listener in sorted(waiting, key=lambda row: row[0], reverse=True):
            self.leave(room.name, listener)
            listener.drop(STUCK, "too much is unsent")
            over -= unsent
            if over <= 0:
                return

    def _sweep_lagging(self, room: Room, passed_s: float) -> None:
        for seat in list(room.seats.values()):
            if seat.state is not State.LAGGING:
                continue
            waiting = seat.listener.unsent()
            if waiting == 0:
                self._catch_up(room, seat)
            elif waiting < seat.waiting:
                seat.waiting, seat.stood_s = waiting, 0.0
            else:
                seat.stood_s += passed_s
                if seat.stood_s >= self.limits.stuck_s:
                    self.leave(room.name, seat.listener)
                    seat.listener.drop(STUCK, "not reading")

    def _room(self, name: str) -> Room:
        room = self._rooms.get(name)
        if room is None:
            self._logs_begun += 1
            epoch = f"{self._process}-{self._logs_begun}"
            log = RoomLog(self.limits.log_events, self.limits.log_bytes)
            room = self._rooms[name] = Room(name, epoch, log, self._clock())
        return room
