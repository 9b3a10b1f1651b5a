"""What SMovie may refuse, as values that know nothing of HTTP or sockets.

Verbs and store raise these; `handlers/problems.py` turns them into statuses and frames. `code` is a stable name and the
key of the text in `templates/locale/*.csv`; `facts` fill the text's placeholders and must be safe to show.
"""


class Refusal(Exception):
    """Something the caller asked for and does not get."""

    def __init__(self, code: str, *, retry_after_s: int | None = None, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after_s = retry_after_s
        self.facts = facts


class Invalid(Refusal):
    """The input is wrong; `errors` lists (JSON pointer, code, facts) of each wrong member."""

    def __init__(
        self, code: str = "invalid", *, errors: list[tuple[str, str, dict[str, object]]] | None = None, **facts: object
    ) -> None:
        super().__init__(code)
        self.facts = facts
        self.errors = errors or []


class Unauthenticated(Refusal):
    """Nobody is known: no credentials, or wrong, expired or ended ones."""


class Forbidden(Refusal):
    """Somebody is known and may not do this."""


class NotFound(Refusal):
    """There is no such thing, or the caller may not know that there is."""


class Conflict(Refusal):
    """It collides with what is stored."""


class TooLarge(Refusal):
    """More bytes than the stated bound."""


class Unsupported(Refusal):
    """Of a kind that is not taken."""


class TooMany(Refusal):
    """A limit on how often; `retry_after_s` says when again."""


class Unavailable(Refusal):
    """Something we need is away or full; the same request may work later."""

    def __init__(self, code: str = "unavailable", *, retry_after_s: int = 2, **facts: object) -> None:
        super().__init__(code, retry_after_s=retry_after_s)
        self.facts = facts
