"""Throttles: how often one client, account or mailbox may do what could be abused.

A verb asks before it does anything that costs, so that a refused request is cheap:

    await means.throttles.take(Throttle.EMAIL_CHANGES_PER_USER, caller.user_id)  # TooMany past the limit
    await means.throttles.take(Throttle.LOGINS_PER_ADDRESS, device.address)  # also for a sign-in by others' token

Where the answer must be the same past the limit, and only the mail is left out:

    may_write = await means.throttles.allows(Throttle.REGISTRATION_MAILS_PER_MAILBOX, address_key(address))

A subject is a client's address as it stands in `Device`, an account's or mailbox's `address_key`, or a user's id. Known
and unknown accounts are counted alike. A new limit is a member of `Throttle` and a setting of its name.
"""

import hmac
from collections.abc import Mapping
from enum import StrEnum, auto

from limits import RateLimitItem, parse_many

from smovie.errors import TooMany
from smovie.throttles.clients import counted_as
from smovie.throttles.counters import Counters
from smovie.throttles.windows import Window


class Throttle(StrEnum):
    """What is counted, and of whom; the setting SMOVIE_LIMIT_… of its name says how often. An address is a client's."""

    LOGINS_PER_ADDRESS = auto()
    FAILED_LOGINS_PER_ADDRESS = auto()
    FAILED_LOGINS_PER_ACCOUNT = auto()
    REFRESHES_PER_ADDRESS = auto()
    REGISTRATIONS_PER_ADDRESS = auto()
    REGISTRATION_MAILS_PER_MAILBOX = auto()
    CONFIRMATIONS_PER_ADDRESS = auto()
    CONFIRMATION_MAILS_PER_ADDRESS = auto()
    CONFIRMATION_MAILS_PER_MAILBOX = auto()
    FORGOTTEN_PASSWORDS_PER_ADDRESS = auto()
    FORGOTTEN_PASSWORDS_PER_ACCOUNT = auto()
    PASSWORD_RESETS_PER_ADDRESS = auto()
    PASSWORD_CHANGES_PER_USER = auto()
    EMAIL_CHANGES_PER_USER = auto()
    NAME_CHANGES_PER_USER = auto()
    AVATARS_PER_USER = auto()
    EXPORTS_PER_USER = auto()
    REAUTHENTICATIONS_PER_USER = auto()
    REACTIONS_PER_USER = auto()
    REPORTS_PER_USER = auto()
    REVIEWS_PER_USER = auto()
    PROGRESS_PER_USER = auto()
    SEARCH_CLICKS_PER_ADDRESS = auto()
    WATCHLIST_CHANGES_PER_USER = auto()
    NOTIFICATIONS_PER_USER = auto()
    NOTIFICATIONS_PER_SENDER = auto()


def parse_limit(text: str) -> RateLimitItem | None:
    """A limit in the notation of `limits`; None for an empty one and 0, which lift it. Errors: ValueError."""
    if text.strip() in ("", "0"):
        return None
    try:
        (limit,) = parse_many(text)
    except ValueError:
        limit = None
    if limit is None or not limit.amount:
        raise ValueError("not a limit")
    return limit


class Throttles:
    """What verbs ask. `limits` names every throttle; `secret` keys the hashes by which subjects are known in Redis."""

    def __init__(self, limits: Mapping[Throttle, str], counters: Counters, secret: str) -> None:
        self._limits = {throttle: limit for throttle, text in limits.items() if (limit := parse_limit(text))}
        self._counters = counters
        self._key = hmac.digest(secret.encode(), b"throttle", "sha256")

    async def take(self, throttle: Throttle, subject: str) -> None:
        """Count one. Errors: TooMany past the limit; what is refused is not counted."""
        await self._take([(throttle, subject)])

    async def allows(self, throttle: Throttle, subject: str) -> bool:
        """Count one; False past the limit."""
        return not await self._counters.count(self._windows([(throttle, subject)]))

    async def take_guess(self, address: str, account: str) -> "Guess":
        """Count a sign-in by password, as a wrong one until it is known. Errors: TooMany."""
        of_address = [(Throttle.FAILED_LOGINS_PER_ADDRESS, address)]
        of_account = [(Throttle.FAILED_LOGINS_PER_ACCOUNT, account)]
        await self._take([(Throttle.LOGINS_PER_ADDRESS, address), *of_address, *of_account])
        return Guess(self._counters, self._windows(of_address), self._windows(of_account))

    async def _take(self, wanted: list[tuple[Throttle, str]]) -> None:
        wait_s = await self._counters.count(self._windows(wanted))
        if wait_s:
            raise TooMany("too_many_attempts", retry_after_s=wait_s, seconds=wait_s)

    def _windows(self, wanted: list[tuple[Throttle, str]]) -> list[Window]:
        """The windows to count in: none for a limit that is lifted."""
        return [
            (self._limits[throttle], self._known_as(throttle, subject))
            for throttle, subject in wanted
            if throttle in self._limits
        ]

    def _known_as(self, throttle: Throttle, subject: str) -> str:
        """A name that tells nobody who is counted, who does not have the secret."""
        if throttle.endswith("_per_address"):
            subject = counted_as(subject)
        return f"{throttle}:{hmac.digest(self._key, f'{throttle} {subject}'.encode(), 'sha256').hex()[:32]}"


class Guess:
    """A password that is being tried. It stays counted as a wrong one, unless something else is said."""

    def __init__(self, counters: Counters, of_address: list[Window], of_account: list[Window]) -> None:
        self._counters = counters
        self._of_address = of_address
        self._of_account = of_account

    async def was_right(self) -> None:
        """Earlier wrong ones for the account are forgotten; those of the address for other accounts are not."""
        await self._counters.take_back(self._of_address, cleared=self._of_account)

    async def was_not_tried(self) -> None:
        """Something of ours failed."""
        await self._counters.take_back([*self._of_address, *self._of_account])
