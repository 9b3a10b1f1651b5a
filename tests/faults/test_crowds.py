"""Crowds that behave badly, the short form of `make faults`: the others notice nothing."""

import shutil
from pathlib import Path

import pytest

from bench.faults.storm import run_storm
from bench.faults.stuck import Size, run_stuck


@pytest.mark.skipif(shutil.which("cc") is None, reason="the load generator is written in C")
async def test_readers_who_do_not_read_end_with_a_gap_or_are_closed_and_others_lose_nothing(tmp_path: Path) -> None:
    size = Size(readers=50, stuck=50, users=2, per_second=100, alone_s=0.2, beside_s=1.5, judges_p99=False)
    outcome = await run_stuck(tmp_path, size, SMOVIE_LIMIT_LISTENER_BYTES=str(16 << 10))
    assert outcome.violations == []
    assert outcome.figures["deliveries"] == 50 * 170


async def test_all_who_come_back_at_once_are_brought_up_to_date(tmp_path: Path) -> None:
    outcome = await run_storm(tmp_path, 200, users=2, asked_s=1.0, per_second=50)
    assert outcome.violations == []
    assert outcome.figures["resumed"] == 200
