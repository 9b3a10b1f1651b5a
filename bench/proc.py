"""What /proc tells of a process, and on which CPU it runs."""

import functools
import os
import resource
import time
from collections.abc import Mapping
from pathlib import Path

import click

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@functools.cache  # as it was at first: who has been pinned since sees one CPU
def cpus_for_bench() -> tuple[int, int]:
    """(CPU of the server under test, CPU of the load): apart where the machine has two."""
    mine = sorted(os.sched_getaffinity(0))
    return mine[0], mine[-1]


def pin(pid: int, cpu: int) -> None:
    """Keep a process, all its threads and those they start on one CPU."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        try:
            os.sched_setaffinity(int(thread.name), {cpu})
        except ProcessLookupError:
            continue  # a thread that has ended meanwhile


def cpu_s(pid: int) -> float:
    """CPU seconds that a process has used, all threads together."""
    # Behind the name, which may hold blanks and brackets.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def rss_bytes(pid: int) -> int:
    """Memory that a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES


def allow_many_files() -> None:
    """Raise this process's limit of open files, and so its children's, as far as it may."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def say_machine() -> None:
    """Which CPU does what, and how busy they are before anything starts: above 0.5 the figures are noisy."""
    server_cpu, load_cpu = cpus_for_bench()
    click.echo(f"server on CPU {server_cpu}, load and mongod on CPU {load_cpu}; load average {os.getloadavg()[0]:.2f}")


class CpuMeter:
    """CPU shares of named processes since it was made: 1.0 is a whole CPU."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = dict(pids)
        self._before = {name: cpu_s(pid) for name, pid in self._pids.items()}
        self._since = time.perf_counter()

    def shares(self) -> dict[str, float]:
        """The shares up to now."""
        passed_s = time.perf_counter() - self._since
        return {name: (cpu_s(pid) - self._before[name]) / passed_s for name, pid in self._pids.items()}
