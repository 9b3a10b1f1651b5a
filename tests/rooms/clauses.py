"""Which tests show which clause of the protocol: `python -m tests.rooms.clauses` writes docs/rooms-conformance.md."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "rooms-conformance.md"
CLAUSES = {
    1: "Where rooms are, and the upgrade",
    2: "Three ways to bring the token",
    3: "Who is refused, and how",
    4: "What a frame is, and what becomes of others",
    5: "A message without a type",
    6: "`joined`, and the newest page",
    7: "Numbers without a hole",
    8: "Resuming, or a fresh page",
    9: "Older comments",
    10: "Heartbeats and `sync`",
    11: "What a comment may be",
    12: "Stored before it is seen",
    13: "Acknowledgements and retries",
    14: "Edits, deletions, reactions, pins, and rules of a room",
    15: "Presence and typing",
    16: "Refusals",
    17: "Limits",
    18: "Slow mode",
    19: "A listener that does not read",
    20: "Tokens renewed in place",
    21: "Sign-outs, bans and deletions",
    22: "A server that stops",
    23: "When a client comes back",
    24: "One order on all instances",
    25: "Without Redis, and after",
    26: "A subscription gone silent",
    27: "An instance killed before it told",
    28: "Notifications",
    29: "Long poll",
    30: "The socket of a new user",
}
TO_COME: set[int] = set()  # clauses that nothing serves yet
HEAD = """# Conformance of a rooms server, clause by clause

The tests of `tests/rooms` run against any server that speaks the protocol of [rooms.md](rooms.md), yours included:

```sh
export SMOVIE_ROOMS_USERS='an@example.com:password binh@example.com:password …'
SMOVIE_ROOMS_URL=https://movies.example make conformance
```

| variable | |
|---|---|
| `SMOVIE_ROOMS_URL` | where the server is, `http` or `https` |
| `SMOVIE_ROOMS_USERS` | at least 12 verified users without a role; more are quicker: each rests 11 s after a test |
| `SMOVIE_ROOMS_MODERATORS` | moderators, in the same way, else tests that need one are skipped |
| `SMOVIE_ROOMS_TITLES` | slugs of series whose rooms may be used, else any series; comments stay in them |
| `SMOVIE_ROOMS_ORIGIN` | a web site that the server allows, else one test is skipped |
| `SMOVIE_ROOMS_OUTBOX` | the server's folder of mails, if it is on this machine, else tests that open one are skipped |

Only rooms without comments are used. A few tests register an account at example.com, whose mail goes nowhere. Users
sign in before every test; a server that limits sign-ins per address is waited for.

Tests that need the inside of a server, its database or a second instance are skipped. Without `SMOVIE_ROOMS_URL` all of
them run, against servers that they start.

This page is written by `python -m tests.rooms.clauses`.
"""


def shown_by() -> dict[int, list[tuple[str, str]]]:
    """(file, function) of every test that names a clause."""
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name in _functions(path):
            if named := re.match(r"test_clause_(\d+)_", name):
                found[int(named[1])].append((str(path.relative_to(ROOT)), name))
    return found


def page() -> str:
    """The whole page."""
    parts, found = [HEAD], shown_by()
    for number, title in CLAUSES.items():
        parts.append(f"\n## {number}. {title}\n\n")
        parts.extend(["Not served yet.\n"] if number in TO_COME else [])
        parts.extend(f"- [{_words(name)}](../{path})\n" for path, name in found[number])
    return "".join(parts)


def _functions(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name


def _words(name: str) -> str:
    return re.sub(r"^test_clause_\d+_", "", name).replace("_", " ")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
