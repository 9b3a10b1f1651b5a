"""The hub: rooms of live listeners, gapless positions, recovery, and fan-out whose cost is bounded by budgets.

It knows nothing of HTTP, WebSockets, MongoDB or comments. An event enters by `publish`, gets its position, is encoded
once, and leaves in one write per listener and tick together with whatever else the tick brought. A listener that reads
too slowly costs others nothing: it falls back to the log, and is given up when it stands still (ROOMS.md 19).

    hub = Hub(codec=..., call_soon=loop.call_soon, call_later=loop.call_later, clock=time.monotonic)
    joined = await hub.join("room", listener, since=Position(epoch, seq))   # from here on nothing is missed
    ...send the listener its first page...
    hub.start("room", listener)                                             # what happened meanwhile, then live
    position = await hub.publish("room", {"type": "comment", ...}, subject="c1")

Alone, the hub numbers events itself. With a mirror (`hub.mirror = ...`) the mirror does, for all instances, and brings
every event back by `deliver`, the one door. While the mirror is away the hub goes on alone, under epochs of its own.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.fanout import Fanout
from hub.limits import HubLimits
from hub.log import Entry, RoomLog
from hub.mirror import Mirror, MirrorLost
from hub.parcel import Codec, Parcel
from hub.position import Position
from hub.presence import Presence
from hub.room import Listener, Room, Seat, State

_SWEEP_COUNTS_S = 1.0  # at most, of the time since the sweep before
_REFRESHED_AT_ONCE = 50  # listeners that get a fresh page together, before the loop serves others
STUCK = 4408  # close code of a listener that stands still


@dataclass(frozen=True)
class Joined:
    """Where a listener stands after joining; `missed` events follow when it recovered."""

    position: Position
    recovered: bool
    missed: int
    present: int


class Hub:
    """All rooms of this process. Only the event loop's thread calls it; nothing here waits but for the mirror."""

    def __init__(
        self,
        *,
        codec: Codec,
        call_soon: Callable[[Callable[[], None]], Any],
        call_later: Callable[[float, Callable[[], None]], Any],
        clock: Callable[[], float],
        limits: HubLimits | None = None,
    ) -> None:
        self.limits = limits or HubLimits()
        self.mirror: Mirror | None = None
        self.is_degraded = False
        self._codec = codec
        self._call_soon = call_soon
        self._clock = clock
        self._rooms: dict[str, Room] = {}
        self._process = secrets.token_hex(4)
        self._epochs_begun = 0
        self._spoke_alone: set[str] = set()  # rooms of which the mirror does not know everything
        self._swept_at = clock()
        self._presence = Presence(self._send_volatile, self.limits)
        self._fanout = Fanout(
            call_soon=call_soon, call_later=call_later, clock=clock, hard_bytes=self.limits.hard_bytes,
            fall_behind=self._fall_behind,
        )  # fmt: skip

    # -- joining and leaving ---------------------------------------------------------------------------------------

    async def join(self, name: str, listener: Listener, since: Position | None = None) -> Joined:
        """Seat a listener; nothing is sent to it until `start`. From the returned position on it misses nothing.

        With `since`, it recovers when the log still holds everything after it under that epoch; never in part.
        """
        room = await self._opened(name)
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
        room.people_changed |= listener.user_id not in room.users
        room.users[listener.user_id] = room.users.get(listener.user_id, 0) + 1
        present = self._presence.count(room)
        return Joined(Position(room.epoch, seq), recovered, max(room.flushed - seq, 0), present)

    def stand_at(self, name: str, listener: Listener, seq: int) -> bool:
        """Let a listener that has joined and not started begin earlier: it was given a page that was read at `seq`.

        False when the log does not hold everything after that any more.
        """
        room, seat = self._rooms.get(name), self._seat(name, listener)
        if not room or not seat or seat.state is not State.HELD or seq > seat.seq or not room.log.holds_all_after(seq):
            return False
        seat.seq = seq
        return True

    def start(self, name: str, listener: Listener) -> None:
        """Send what happened since the listener joined, then everything as it comes."""
        room, seat = self._rooms.get(name), self._seat(name, listener)
        if room and seat and seat.state is State.HELD:
            self._catch_up(room, seat)

    def drained(self, name: str, listener: Listener) -> None:
        """The listener's unsent bytes have gone: send what it missed meanwhile."""
        room, seat = self._rooms.get(name), self._seat(name, listener)
        if room and seat and seat.state is State.LAGGING:
            self._catch_up(room, seat)

    def leave(self, name: str, listener: Listener) -> None:
        """Unseat a listener; one that is not there is no error."""
        room = self._rooms.get(name)
        seat = room.seats.pop(listener, None) if room else None
        if room is None or seat is None:
            return
        seat.state = State.GONE
        room.live.discard(seat)
        remaining = room.users[listener.user_id] - 1
        if remaining:
            room.users[listener.user_id] = remaining
        else:
            del room.users[listener.user_id]
            room.people_changed = True
            self._presence.has_written(room, listener.username)
        if not room.seats:
            room.idle_since = self._clock()

    def position(self, name: str) -> Position:
        """Where the room stands."""
        room = self._room(name)
        return Position(room.epoch, room.log.head)

    def redactions(self, name: str) -> int:
        """How often something that was said in the room has been taken back or changed since it began here."""
        room = self._rooms.get(name)
        return room.redactions if room else 0

    def present(self, name: str) -> int:
        """How many people, not connections, are in the room."""
        room = self._rooms.get(name)
        return self._presence.count(room) if room else 0

    def occupied(self) -> list[str]:
        """The rooms in which this instance has listeners."""
        return [room.name for room in self._rooms.values() if room.seats]

    def knows(self, name: str, subject: str) -> bool:
        """Whether the room's log holds an event about the subject."""
        room = self._rooms.get(name)
        return room is not None and room.log.holds_subject(subject)

    def forgotten_upto(self, name: str) -> str:
        """Up to which subject, of those that sort by time, the room's log can no longer tell (`RoomLog`)."""
        room = self._rooms.get(name)
        return room.log.forgotten_upto() if room else ""

    def may_return(self, name: str) -> bool:
        """Whether anybody may be in the room, or come back to where they stood in it.

        Rooms that are forgotten begin anew, so who returns to one gets a fresh page. Only the mirror knows all rooms.
        """
        return self._mirror_in_use is not None or name in self._rooms

    async def follow(self, name: str) -> None:
        """Have the room's log here, though nobody listens: for who wants to know what it holds."""
        await self._opened(name)

    def _seat(self, name: str, listener: Listener) -> Seat | None:
        room = self._rooms.get(name)
        return room.seats.get(listener) if room else None

    # -- events ----------------------------------------------------------------------------------------------------

    async def publish(
        self, name: str, event: Mapping[str, Any], *, subject: str = "", redacts: bool = False, once: bool = False
    ) -> Position | None:
        """Give a durable event its position and bring it to everybody in the room, on every instance.

        `subject` is what the event is about; one that `redacts` takes the place of all earlier ones about it in the
        log. With `once` the event is dropped, and None returned, when the log holds one about its subject already.
        """
        parcel = Parcel(self._codec.pack(event), subject, redacts)
        if mirror := self._mirror_in_use:
            with contextlib.suppress(MirrorLost):
                return await mirror.append(name, parcel, once=once)
        room = self._room(name)
        if once and room.log.holds_subject(subject):
            return None
        if self.mirror is not None:
            self._go_alone(room)
        position = Position(room.epoch, room.log.head + 1)
        self.deliver(name, position, parcel)
        return position

    def deliver(self, name: str, position: Position, parcel: Parcel) -> None:
        """The one door by which events with a position enter, whoever gave it to them."""
        room = self._room(name)
        if parcel.redacts:
            room.redactions += 1
            room.log.redact(parcel.subject, lambda seq: self._codec.frame(parcel.body, seq))
        entry = Entry(self._codec.frame(parcel.body, position.seq), parcel.subject)
        room.log.append(entry)
        self._fanout.send(room, entry)

    def say_typing(self, name: str, listener: Listener) -> None:
        """A listener writes a comment."""
        room = self._rooms.get(name)
        if room and listener in room.seats:
            self._presence.hear_typing(room, listener.username, self._clock())
            if self.mirror is not None and room.is_mirrored:
                self.mirror.say_typing(name, listener.username)

    def has_written(self, name: str, username: str) -> None:
        """What somebody wrote was published: they do not write any more."""
        room = self._rooms.get(name)
        if room and self._presence.has_written(room, username) and self.mirror is not None and room.is_mirrored:
            self.mirror.say_written(name, username)

    # -- slow listeners --------------------------------------------------------------------------------------------

    def _fall_behind(self, room: Room, seat: Seat) -> None:
        """Stop sending to a listener that does not read; one `gap` says so."""
        room.live.discard(seat)
        seat.state, seat.seq = State.LAGGING, room.flushed
        seat.waiting, seat.stood_s = seat.send(self._volatile({"type": "gap", "seq": seat.seq})), 0.0

    def _catch_up(self, room: Room, seat: Seat) -> None:
        """Send from the log what a seat has not had, as far as the budget goes; then it is live."""
        if not room.log.holds_all_after(seat.seq):
            self._give_fresh_page(room, seat)
            return
        if seat.renumbered:
            seat.renumbered = False
            seat.send(self._renumbering(room, seat.seq))
        missed = room.log.after(seat.seq, room.flushed)
        taken, size = 0, 0
        for frame in missed:
            size += len(frame)
            taken += 1
            if size > self.limits.soft_bytes:
                break
        waiting = seat.send(b"".join(missed[:taken])) if taken else seat.listener.unsent()
        seat.seq += taken
        if taken == len(missed):
            seat.state = State.LIVE
            room.live.add(seat)
        else:
            seat.state, seat.waiting, seat.stood_s = State.LAGGING, waiting, 0.0
            if waiting <= self.limits.soft_bytes:  # never above the transport's mark: nobody will say that it drained
                self._call_soon(lambda: self.drained(room.name, seat.listener))

    def _give_fresh_page(self, room: Room, seat: Seat) -> None:
        """It missed more than the log holds: it has to join anew."""
        self.leave(room.name, seat.listener)
        seat.listener.refresh()

    # -- volatile events -------------------------------------------------------------------------------------------

    def _volatile(self, event: Mapping[str, Any]) -> bytes:
        return self._codec.frame(self._codec.pack(event), None)

    def _send_volatile(self, room: Room, event: Mapping[str, Any]) -> None:
        """To everybody who is live and reads; nobody waits for these."""
        frame, soft = self._volatile(event), self.limits.soft_bytes
        for seat in room.live:
            if seat.listener.unsent() <= soft:
                seat.send(frame)

    # -- time ------------------------------------------------------------------------------------------------------

    def sweep(self) -> None:
        """What is due by the clock; call it about four times a second."""
        at = self._clock()
        # A process that was stopped for a minute did not see its listeners stand still for a minute.
        passed_s, self._swept_at = min(at - self._swept_at, _SWEEP_COUNTS_S), at
        mirror = self._mirror_in_use
        for room in list(self._rooms.values()):
            self._presence.sweep(room, at, mirror)
            if not room.seats:
                self._forget_idle(room, at)
                continue
            if at - room.sent_at >= self.limits.sync_s:
                room.sent_at = at
                self._send_volatile(room, {"type": "sync", "seq": room.flushed})
            if len(room.live) < len(room.seats):
                self._sweep_lagging(room, passed_s)
        self._keep_node_budget()

    def _forget_idle(self, room: Room, at: float) -> None:
        if at - room.idle_since >= self.limits.idle_room_s and not room.flush_due and room.opening is None:
            del self._rooms[room.name]
            if self.mirror is not None and room.is_mirrored:
                self.mirror.close(room.name)

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

    # -- rooms -----------------------------------------------------------------------------------------------------

    @property
    def _mirror_in_use(self) -> Mirror | None:
        """The mirror while it is up."""
        return self.mirror if self.mirror is not None and self.mirror.is_up else None

    def _room(self, name: str) -> Room:
        room = self._rooms.get(name)
        if room is None:
            log = RoomLog(self.limits.log_events, self.limits.log_bytes)
            room = self._rooms[name] = Room(name, self._new_epoch(), log, self._clock())
        return room

    def _new_epoch(self) -> str:
        self._epochs_begun += 1
        return f"{self._process}-{self._epochs_begun}"

    async def _opened(self, name: str) -> Room:
        """The room, followed on the mirror where there is one. When that is lost meanwhile, the room is ours alone."""
        room = self._room(name)
        if self._mirror_in_use and not room.is_mirrored and room.opening is None:
            self._open(room)
        if room.opening is not None:
            await asyncio.shield(room.opening)
        return room

    def _open(self, room: Room) -> None:
        room.opening = asyncio.ensure_future(self._follow(room.name))
        room.opening.add_done_callback(lambda _done: setattr(room, "opening", None))

    async def _follow(self, name: str) -> None:
        assert self.mirror is not None
        with contextlib.suppress(MirrorLost):
            await self.mirror.open(name, renew=name in self._spoke_alone)

    # -- the mirror's door -----------------------------------------------------------------------------------------

    def begin(self, name: str, position: Position, held: Sequence[Parcel]) -> None:
        """The mirror has the room at `position`; `held` led there. Who listens gets what it lacks, or a fresh page."""
        room = self._room(name)
        self._spoke_alone.discard(name)
        first = position.seq - len(held)
        room.is_mirrored, room.people_changed = True, True
        if room.epoch == position.epoch and first <= room.log.head <= position.seq:  # we were away for a moment
            for number, parcel in enumerate(held, first + 1):
                if number > room.log.head:
                    self.deliver(name, Position(position.epoch, number), parcel)
            return
        room.epoch = position.epoch
        room.log = RoomLog(self.limits.log_events, self.limits.log_bytes, first)
        for number, parcel in enumerate(held, first + 1):
            room.log.append(Entry(self._codec.frame(parcel.body, number), parcel.subject))
        room.flushed = room.log.head
        room.pending.clear()
        room.outgoing.clear()
        self._refresh(room)

    def _refresh(self, room: Room) -> None:
        """Give everybody in a room a fresh page, some at a time; one `gap` says so."""
        gap = self._volatile({"type": "gap", "seq": room.flushed})
        waiting = list(room.seats.values())
        for seat in waiting:
            room.live.discard(seat)
            seat.state = State.HELD
        room.refreshing += waiting

        def some() -> None:
            for _ in range(min(_REFRESHED_AT_ONCE, len(room.refreshing))):
                seat = room.refreshing.pop()
                if room.seats.get(seat.listener) is seat:
                    seat.send(gap)
                    self._give_fresh_page(room, seat)
            if room.refreshing:
                self._call_soon(some)

        if len(room.refreshing) == len(waiting):
            some()

    def hear_presence(self, name: str, count: int, names: list[str] | None) -> None:
        """How many people are in a room on all instances."""
        room = self._rooms.get(name)
        if room and (room.shared_count, room.shared_names) != (count, names):
            room.shared_count, room.shared_names = count, names
            room.presence_due = True

    def hear_typing(self, name: str, username: str) -> None:
        """Somebody writes, on whichever instance."""
        if room := self._rooms.get(name):
            self._presence.hear_typing(room, username, self._clock())

    def hear_written(self, name: str, username: str) -> None:
        """Who wrote does not any more, on whichever instance."""
        if room := self._rooms.get(name):
            self._presence.has_written(room, username)

    def degrade(self) -> None:
        """The mirror is lost: rooms go on here alone."""
        self.is_degraded = True
        for room in self._rooms.values():
            room.is_mirrored = False
            room.announced, room.people_changed = {}, True
            self._send_volatile(room, {"type": "degraded", "value": True})

    def restore(self) -> None:
        """The mirror is back: follow every room there; who listens gets what other instances said, or a fresh page."""
        self.is_degraded = False
        for name in {*self.occupied(), *self._spoke_alone}:
            room = self._room(name)
            self._send_volatile(room, {"type": "degraded", "value": False})
            if room.opening is None:
                self._open(room)

    def _go_alone(self, room: Room) -> None:
        """Number a room's events here: what follows stands in no other instance's log, so the epoch is another."""
        if room.name in self._spoke_alone:
            return
        self._spoke_alone.add(room.name)
        room.epoch, room.is_mirrored = self._new_epoch(), False
        told = self._renumbering(room, room.flushed)
        unwritten, room.outgoing = set(room.outgoing), []  # of a tick that is under way: it counts as flushed
        for seat in room.seats.values():
            if seat.state is State.LIVE:
                seat.send(room.outgoing_data + told if seat in unwritten else told)
            else:
                seat.renumbered = True

    def _renumbering(self, room: Room, seq: int) -> bytes:
        """The word that a room goes on under another epoch, for one who has been sent everything up to `seq`."""
        return self._volatile({"type": "degraded", "value": True, "epoch": room.epoch, "seq": seq})
