"""What a server of rooms may say, whatever it was sent, and what became of a run (ROOMS.md 3, 4, 16 to 20)."""

from collections import Counter
from dataclasses import dataclass, field

from bench.websocket import ABNORMAL, Frame

EVENTS = frozenset(
    ("joined", "comment", "edited", "deleted", "reaction", "pinned", "unpinned", "slow_mode", "closed", "presence",
     "typing", "account_changed", "muted", "unmuted", "sync", "gap", "degraded", "reconnect", "notification", "read",
     "email_verified")
)  # fmt: skip
ANSWERS = frozenset(("ack", "auth_ok", "error", "history"))
REFUSALS = frozenset(
    ("invalid", "too_long", "rate_limited", "slow_mode", "muted", "not_found", "forbidden", "unavailable",
     "unknown_type", "malformed")
)  # fmt: skip
CLOSES = frozenset((1000, 1002, 1003, 1007, 1008, 1009, 4401, 4403, 4404, 4408, 4429))
STATUSES = frozenset((101, 200, 400, 401, 403, 404, 405, 422, 426, 429))
_SHOWN = 50


def fault_of(message: Frame) -> str | None:
    """What is wrong with a message of the server's, by its own lights; None when nothing is."""
    kind = message.get("type")
    if kind == "error":
        return _fault_of_refusal(message)
    if kind not in EVENTS and kind not in ANSWERS:
        return f"a message of type {kind!r}"
    return None


def _fault_of_refusal(message: Frame) -> str | None:
    if message["code"] not in REFUSALS:
        return f"a refusal with code {message['code']!r}"
    if not (isinstance(message["message"], str) and message["message"] and isinstance(message["temporary"], bool)):
        return f"a refusal that is not whole: {message}"
    retry_after_ms = message.get("retry_after_ms", 0)
    if not (isinstance(retry_after_ms, int) and retry_after_ms >= 0):
        return f"a refusal that says to wait {retry_after_ms!r} ms"
    return None


@dataclass
class Findings:
    """What a run has sent and got."""

    frames: Counter[str] = field(default_factory=Counter)  # sent, by the kind of life that sent them
    lives: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)  # by code
    answers: Counter[str] = field(default_factory=Counter)  # those that are no refusals, by type
    closes: Counter[int] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)  # of HTTP
    violations: list[str] = field(default_factory=list)
    violated: int = 0

    @property
    def sent(self) -> int:
        """Frames, all in all."""
        return self.frames.total()

    def violation(self, life: str, what: str) -> None:
        """The server did what it may not; the first of these are kept in words."""
        self.violated += 1
        if len(self.violations) < _SHOWN:
            self.violations.append(f"{life}: {what}")

    def closed(self, life: str, code: int, allowed: frozenset[int] = CLOSES) -> None:
        """A socket ended with this code; 1006 without one."""
        self.closes[code] += 1
        if code not in allowed:
            word = "without a close frame" if code == ABNORMAL else f"with {code}"
            self.violation(life, f"closed {word}, not {' or '.join(map(str, sorted(allowed)))}")
