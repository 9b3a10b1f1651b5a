"""Brings ends of sessions and changes of accounts to whom this instance serves, whichever instance made them.

It follows MongoDB's change stream, as the catalogue does: a sign-out, a ban or a new role is felt everywhere within
milliseconds, also when it was written by hand. Whatever interrupts the stream, the next one begins with a look at
everybody who is served live, so that no end is missed.
"""

import asyncio
from collections.abc import Collection
from typing import Protocol

import structlog

from smovie.models.accounts import AccountState
from smovie.models.base import now
from smovie.slices import in_slices
from smovie.store import sessions, users
from smovie.store.account_changes import open_account_changes
from smovie.store.changes import Change
from smovie.store.mongo import Database

log = structlog.get_logger("accounts")

RETRY_S = 0.5
_LOOKED_UP_TOGETHER = 500  # sessions a query


class Served(Protocol):
    """Whom this instance serves, and the doors by which they learn what happened to them."""

    def signed_in(self) -> Collection[tuple[str, str]]:
        """(session id, user id) of everybody with an open socket."""

    def forget_everybody(self) -> None:
        """Trust nothing that was looked up before now."""

    def end_session(self, session_id: str) -> None:
        """A session is over."""

    def bar_account(self, user_id: str) -> None:
        """An account is banned or gone."""

    def change_account(self, account: AccountState) -> None:
        """An account is now this."""


class AccountFeed:
    """Follows the changes; `is_following` says whether they arrive at present."""

    def __init__(self, db: Database, served: Served) -> None:
        self.is_following = False
        self._db = db
        self._served = served
        self._begun = asyncio.Event()

    async def wait_begun(self) -> None:
        """Return when it follows for the first time."""
        await self._begun.wait()

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            try:
                async with open_account_changes(self._db) as changes:
                    await self._look_at_everybody()  # the stream stands open first, so that no end falls in between
                    self.is_following = True
                    self._begun.set()
                    async for batch in changes.batches():
                        await self._apply(batch)
            except Exception as exc:  # MongoDB away, in whichever of the driver's words
                log.warning("account changes interrupted, trying again", problem=str(exc)[:300], retry_s=RETRY_S)
            self.is_following = False
            await asyncio.sleep(RETRY_S)

    async def _look_at_everybody(self) -> None:
        self._served.forget_everybody()
        everybody = list(self._served.signed_in())
        for start in range(0, len(everybody), _LOOKED_UP_TOGETHER):
            batch = everybody[start : start + _LOOKED_UP_TOGETHER]
            still_open, accounts = await asyncio.gather(
                sessions.find_open(self._db, [session_id for session_id, _ in batch], now()),
                users.read_states(self._db, [user_id for _, user_id in batch]),
            )
            async for session_id, user_id in in_slices(batch):
                if self._take_state(user_id, accounts.get(user_id)) and session_id not in still_open:
                    self._served.end_session(session_id)

    async def _apply(self, changes: list[Change]) -> None:
        async for change in in_slices(changes):
            if change.collection == "sessions":
                self._served.end_session(change.id)
            else:
                self._take_state(change.id, users.to_state(change.document))

    def _take_state(self, user_id: str, account: AccountState | None) -> bool:
        """Bring an account's state to its sockets; False when nobody may be served in its name."""
        if account is None or not account.is_active:
            self._served.bar_account(user_id)
            return False
        self._served.change_account(account)
        return True
