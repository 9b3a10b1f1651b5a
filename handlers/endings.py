"""The doors by which sessions and accounts end, or change, for whom this instance serves.

A request that ends a session goes through them, so that it is felt here before it is answered; the account feed goes
through them for what happened anywhere. Always in this order: refuse tokens, then close sockets; none slips in between.
"""

from collections.abc import Collection

from handlers.live.connections import LiveConnections
from handlers.live.wire import FORBIDDEN, UNAUTHENTICATED
from smovie.identities import IdentityCheck
from smovie.models.accounts import AccountState


class Endings:
    """What this instance knows and serves of sessions and accounts."""

    def __init__(self, identities: IdentityCheck, live: LiveConnections) -> None:
        self._identities = identities
        self._live = live

    def end_sessions(self, session_ids: Collection[str], reason: str) -> None:
        """These sessions are over: their sockets close with 4401."""
        for session_id in session_ids:
            self._identities.forget(session_id)
            self._live.end_session(session_id, UNAUTHENTICATED, reason)

    def end_session(self, session_id: str) -> None:
        """A session is over, nobody says why."""
        self.end_sessions([session_id], "the session has ended")

    def bar_account(self, user_id: str) -> None:
        """An account is banned or gone: its sockets close with 4403."""
        self._identities.forget_account(user_id)
        self._live.end_account(user_id, FORBIDDEN, "the account is closed")

    def change_account(self, account: AccountState) -> None:
        """An account is now this: its sockets go on as that."""
        self._identities.forget_account(account.id)
        self._live.change_account(account)

    def forget_everybody(self) -> None:
        """Trust nothing that was looked up before now."""
        self._identities.forget_everybody()

    def signed_in(self) -> Collection[tuple[str, str]]:
        """(session id, user id) of everybody with an open socket."""
        return self._live.sign_ins()
