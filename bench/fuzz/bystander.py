"""Somebody in the fuzzed room who talks at an even pace: they must notice nothing."""

import asyncio
import time

from bench.fuzz.rules import Findings
from bench.fuzz.socket import FuzzSocket
from bench.fuzz.stage import Person, Stage
from bench.websocket import Frame

LATE_S = 15.0
_NAME = "bystander"


class Bystander(FuzzSocket):
    """Their socket, and when each of their comments was due and acknowledged."""

    def __init__(self, findings: Findings, stage: Stage) -> None:
        super().__init__(_NAME, findings, stage.parser)
        self.due: dict[str, float] = {}  # of what is not acknowledged, by cmid
        self.sent = 0
        self.took_s: list[float] = []
        self.comments: set[str] = set()  # ids of all that was said in the room
        self._gaps = 0

    def on_message(self, message: Frame) -> None:
        super().on_message(message)
        kind = message["type"]
        if kind == "comment":
            self.comments.add(message["id"])
        elif kind == "ack":
            self.took_s.append(time.perf_counter() - self.due.pop(message["cmid"]))
        elif kind in ("error", "gap"):
            self._findings.violation(_NAME, f"was told {message}")

    async def talk(self, pause_s: float) -> None:
        """A comment after every pause, until cancelled."""
        begun = time.perf_counter()
        while True:
            due = begun + (self.sent + 1) * pause_s
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            self.sent += 1
            cmid = f"{_NAME} {begun} {self.sent}"
            self.due[cmid] = due
            self.send({"type": "comment", "message": f"Câu số {self.sent} của người ngoài cuộc", "cmid": cmid})

    async def finish(self, said: list[str]) -> None:
        """Wait for what is under way; everything that anybody was told is said must have come."""
        deadline = time.perf_counter() + LATE_S
        while (self.due or not self.comments.issuperset(said)) and time.perf_counter() < deadline:
            await asyncio.sleep(0.02)
        if self.due:
            self._findings.violation(_NAME, f"{len(self.due)} comments were not acknowledged")
        if missing := len(set(said) - self.comments):
            self._findings.violation(_NAME, f"{missing} comments that were acknowledged did not come")
        if self.closed.done():
            self._findings.violation(_NAME, f"was closed with {self.closed.result()}")
        self.close()
        await self.ending()


async def take_seat(stage: Stage, person: Person) -> Bystander:
    """Join the room. Errors: ConnectionError when that is not possible."""
    socket = Bystander(stage.findings, stage)
    await socket.open(stage.port, f"/ws/comments/{stage.room}?token={person.access}", host=stage.host)
    if not await socket.has_joined():
        raise ConnectionRefusedError(f"the bystander was closed with {await socket.ending()}")
    return socket
