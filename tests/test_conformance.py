"""The tests of rooms against a server at a URL, and the page that lists them by clause."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rooms.clauses import CLAUSES, PAGE, ROOT, TO_COME, page, shown_by
from tests.support.process import Programs
from tests.support.server import FrontDoor
from tests.support.wait import until

USERS = 24  # more than the chosen tests need, so that none waits for a user to have rested
LIFTED = {f"SMOVIE_LIMIT_{name}_PER_ADDRESS": "0" for name in ("LOGINS", "REGISTRATIONS", "CONFIRMATIONS")}
SOME = "clause_2_ or clause_8_ or clause_21_ or clause_30_"


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    with Programs(tmp_path) as programs:
        yield programs


async def test_a_server_somewhere_else_is_tested_by_its_url(programs: Programs, tmp_path: Path) -> None:
    demo = await programs.serve("demo", env=LIFTED)
    door = FrontDoor(demo.address, demo.api)
    door.outbox = demo.data_dir / "outbox"
    users = []
    for _ in range(USERS):
        registered = await door.register(password="mat-khau-dai")
        assert (await demo.api.post_to(await door.proof_for(registered))).status == 200
        users.append(f"{registered['email']}:{registered['password']}")
    given = {
        "SMOVIE_ROOMS_URL": demo.address, "SMOVIE_ROOMS_USERS": " ".join(users), "SMOVIE_ROOMS_OUTBOX": str(door.outbox)
    }  # fmt: skip
    told = tmp_path / "told"
    with told.open("wb") as out:
        run = subprocess.Popen(
            [sys.executable, "-m", "pytest", "tests/rooms", "-k", SOME], cwd=ROOT, env={**os.environ, **given},
            stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        await until(lambda: run.poll() is not None, within_s=120)
    finally:
        run.kill()
    assert run.returncode == 0, told.read_text()
    counts = {word: int(count) for count, word in re.findall(r"(\d+) (passed|skipped)", told.read_text())}
    assert counts["passed"] > 15, "what a client can see is tested"
    assert counts["skipped"] > 5, "what needs a second instance is skipped"


def test_every_clause_that_is_served_is_shown_by_a_test() -> None:
    assert shown_by().keys() == CLAUSES.keys() - TO_COME


def test_the_page_of_clauses_lists_the_tests_as_they_are() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.rooms.clauses"
