"""Whatever happens in a room, and in whatever order: nobody misses an event, gets one twice, or out of order."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hub.limits import HubLimits
from hub.position import Position
from tests.hub.fakes import ROOM, Box, FakeListener

SOFT, HARD = 400, 800
LIMITS = HubLimits(
    soft_bytes=SOFT, hard_bytes=HARD, stuck_s=10, log_events=30, log_bytes=3_000, sync_s=5, idle_room_s=15
)
PEOPLE = st.integers(0, 4)
EVENTS = ("said", "gap", "sync")


class Client:
    """One connection of somebody, and what its stream must look like: from `start` on, rising by one."""

    def __init__(self, box: Box, user_id: str, since: Position | None, *, reads: bool) -> None:
        self.box = box
        self.listener = FakeListener(user_id, reads=reads, high=SOFT)
        self.started = self.seated = False
        self.join(since)

    def join(self, since: Position | None) -> None:
        joined = self.box.join(self.listener, since)
        self.epoch, self.start_seq = joined.position
        self.first_write = len(self.listener.writes)
        self.refreshes = self.listener.refreshed
        self.seated, self.started = True, False
        if since is not None and joined.recovered:
            assert joined.position == since
            assert joined.missed >= 0

    def start(self) -> None:
        self.box.hub.start(ROOM, self.listener)
        self.started = True

    def check(self, *, upto: int | None = None) -> int:
        """Its stream since it joined has no hole, no double and no false number; the seq it ends with."""
        seq = self.start_seq
        fresh = FakeListener()
        fresh.writes = self.listener.writes[self.first_write :]
        assert self.started or not fresh.writes
        for event in fresh.events:
            if event["type"] in EVENTS:
                assert event["seq"] == seq + (event["type"] == "said")
                seq = event["seq"]
        assert upto is None or seq == upto
        return seq

    def position(self) -> Position:
        """What this client itself knows: the last event that came out of its socket whole."""
        said = [event["seq"] for event in self.listener.taken if event["type"] == "said"]
        return Position(self.epoch, max(self.start_seq, said[-1] if said else 0))


class Room(RuleBasedStateMachine):
    """Five people at most, who join, read or do not, leave and come back, while things are said."""

    def __init__(self) -> None:
        super().__init__()
        self.box = Box(LIMITS)
        self.clients: dict[int, Client] = {}
        self.known: dict[int, Position] = {}

    @rule(who=PEOPLE, reads=st.booleans(), started=st.booleans(), resumes=st.booleans())
    def join(self, who: int, reads: bool, started: bool, resumes: bool) -> None:
        self.leave(who)
        since = self.known.get(who) if resumes else None
        # Two connections in a row are two tabs of one user.
        self.clients[who] = Client(self.box, f"u{who // 2}", since, reads=reads)
        if started:
            self.clients[who].start()

    @rule(who=PEOPLE)
    def start(self, who: int) -> None:
        if who in self.clients and not self.clients[who].started:
            self.clients[who].start()

    @rule(who=PEOPLE)
    def leave(self, who: int) -> None:
        if client := self.clients.pop(who, None):
            self.known[who] = client.position()
            self.box.hub.leave(ROOM, client.listener)

    @rule(count=st.integers(1, 12), size=st.sampled_from([0, 50, 150]))
    def publish(self, count: int, size: int) -> None:
        self.box.publish(count, size=size)

    @rule()
    def tick(self) -> None:
        self.box.loop.tick()

    @rule(who=PEOPLE, reads=st.booleans())
    def change_pace(self, who: int, reads: bool) -> None:
        if who in self.clients:
            self.clients[who].listener.reads = reads
            if reads:
                self.box.drain(self.clients[who].listener)

    @rule(who=PEOPLE, most=st.integers(1, 600))
    def read_some(self, who: int, most: int) -> None:
        if who in self.clients:
            self.box.drain(self.clients[who].listener, most)

    @rule(seconds=st.sampled_from([0.25, 1, 4, 16]))
    def pass_s(self, seconds: float) -> None:
        self.box.clock.pass_s(seconds)
        self.box.hub.sweep()

    @rule(who=PEOPLE)
    @precondition(lambda self: any(client.listener.refreshed > client.refreshes for client in self.clients.values()))
    def answer_a_refresh(self, who: int) -> None:
        client = self.clients.get(who)
        if client and client.listener.refreshed > client.refreshes:
            client.join(None)
            client.start()

    @invariant()
    def nobody_is_told_anything_false(self) -> None:
        for who, client in list(self.clients.items()):
            client.check()
            if client.listener.dropped:
                assert client.listener.waiting, "dropped, though it had read everything"
                self.leave(who)

    @invariant()
    def buffers_are_bounded(self) -> None:
        for client in self.clients.values():
            biggest = max(map(len, client.listener.writes), default=0)
            assert client.listener.waiting <= HARD + biggest + 100

    def teardown(self) -> None:
        """Everybody reads to the end: then everybody has everything."""
        for _ in range(50):
            for client in self.clients.values():
                client.listener.reads = True
                if not client.started:
                    client.start()
                if client.listener.refreshed > client.refreshes:
                    client.join(None)
                    client.start()
                self.box.drain(client.listener)
            self.box.loop.run()
        head = self.box.hub.position(ROOM) if self.clients else None
        for client in self.clients.values():
            assert head is not None
            assert client.epoch == head.epoch
            client.check(upto=head.seq)
        assert self.box.hub.present(ROOM) == len({client.listener.user_id for client in self.clients.values()})


TestARoomLivesThroughAnything = Room.TestCase
TestARoomLivesThroughAnything.settings = settings(
    derandomize=True, deadline=None, max_examples=150, stateful_step_count=40
)
