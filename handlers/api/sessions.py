"""A caller's devices over REST (API.md "Accounts")."""

from handlers.access import Access
from handlers.base import ApiHandler
from handlers.operation import operation
from smovie import devices
from smovie.models.devices import OpenSessions


class LogoutAllHandler(ApiHandler):
    @operation(access=Access.USER, status=204)
    async def post(self) -> None:
        """End all sessions of the caller, this one too."""
        self.runtime.endings.end_sessions(await devices.end_all_sessions(self.runtime.db, self.caller), "logged out")
        self.send_nothing()


class SessionListHandler(ApiHandler):
    @operation(access=Access.VERIFIED, answer=OpenSessions)
    async def get(self) -> None:
        """List where the caller is signed in, newest first."""
        self.send(await devices.list_sessions(self.runtime.db, self.caller))


class SessionHandler(ApiHandler):
    @operation(access=Access.VERIFIED, status=204)
    async def delete(self, session_id: str) -> None:
        """Sign one of the caller's devices out."""
        await devices.end_session(self.runtime.db, self.caller, session_id)
        self.runtime.endings.end_sessions([session_id], "logged out")
        self.send_nothing()
