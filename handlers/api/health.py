"""Whether the process lives, and whether it can do its work."""

from handlers.access import Access
from handlers.base import ApiHandler
from handlers.operation import operation
from smovie.errors import Unavailable
from smovie.models.base import Model


class Health(Model):
    status: str


class Readiness(Model):
    """`reasons` names what is not as it should be; empty when all is."""

    ready: bool
    reasons: list[str]
    titles: int
    live_sockets: int


class HealthHandler(ApiHandler):
    @operation(access=Access.PUBLIC, answer=Health)
    async def get(self) -> None:
        """Tell that the process answers."""
        self.send(Health(status="ok"))


class ReadinessHandler(ApiHandler):
    @operation(access=Access.PUBLIC, answer=Readiness)
    async def get(self) -> None:
        """Tell whether everything needed is there; 503 with reasons when not."""
        reasons = []
        try:
            await self.runtime.db.ping()
        except Unavailable:
            reasons.append("mongodb does not answer")
        if not self.runtime.catalog.is_following:
            reasons.append("catalogue changes do not arrive")
        if not self.runtime.account_feed.is_following:
            reasons.append("account changes do not arrive")
        titles = len(self.runtime.catalog.snapshot.entries)
        answer = Readiness(ready=not reasons, reasons=reasons, titles=titles, live_sockets=len(self.runtime.live))
        self.send(answer, status=503 if reasons else 200)
