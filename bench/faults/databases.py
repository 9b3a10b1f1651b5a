"""MongoDB killed, stopped, or with answers that are lost."""

import signal

from bench.faults.deployment import Deployment
from bench.faults.fault import Fault

_STALL_S = 3.0  # longer than an instance waits for MongoDB's answer


async def _kill(deployment: Deployment) -> None:
    deployment.mongod.signal(signal.SIGKILL)


async def _serves(deployment: Deployment) -> None:
    await deployment.mongod.serves()


async def _pause(deployment: Deployment) -> None:
    deployment.mongod.signal(signal.SIGSTOP)


async def _resume(deployment: Deployment) -> None:
    deployment.mongod.signal(signal.SIGCONT)


async def _break_off(deployment: Deployment) -> None:
    await deployment.mongod.fail_inserts(closeConnection=True)


async def _deny(deployment: Deployment) -> None:
    """What was written stays; its author is told that nobody knows."""
    await deployment.mongod.fail_inserts(writeConcernError={"code": 91, "errmsg": "lost", "errorLabels": []})


async def _obey(deployment: Deployment) -> None:
    await deployment.mongod.fail_inserts()


async def _mute(deployment: Deployment) -> None:
    await deployment.mongo_line.mute()


async def _unmute(deployment: Deployment) -> None:
    """The old connections have lost bytes: they are broken, as they are when a network comes back."""
    await deployment.mongo_line.cut()
    await deployment.mongo_line.unmute()


FAULTS = (
    Fault("mongod-kill", "kill -9 of mongod, started again", _kill, _serves, lasts_s=1.0),
    Fault("mongod-stop", f"SIGSTOP of mongod for {_STALL_S:g} s", _pause, _resume, lasts_s=_STALL_S),
    Fault("insert-closed", "mongod closes the connection on every insert, 2 s", _break_off, _obey, lasts_s=2.0),
    Fault("insert-denied", "mongod stores, and answers with an error, 2 s", _deny, _obey, lasts_s=2.0),
    Fault("mongod-answers", "mongod's answers are lost to one instance, 2 s", _mute, _unmute, lasts_s=2.0),
)
ROUNDS = tuple(fault.as_round() for fault in FAULTS)
