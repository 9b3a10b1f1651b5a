"""An instance killed or stopped, while the other goes on."""

from bench.faults.deployment import Deployment
from bench.faults.fault import Fault


async def _kill(deployment: Deployment) -> None:
    deployment.one.kill()


async def _start(deployment: Deployment) -> None:
    await deployment.one.start()


async def _pause(deployment: Deployment) -> None:
    deployment.one.pause()


async def _resume(deployment: Deployment) -> None:
    deployment.one.resume()


FAULTS = (
    Fault("server-kill", "kill -9 of an instance, started again", _kill, _start),
    Fault("server-stop", "SIGSTOP of an instance for 4 s: others take it for dead", _pause, _resume, lasts_s=4.0),
)
ROUNDS = tuple(fault.as_round() for fault in FAULTS)
