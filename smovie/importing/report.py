"""What an import did, told while it runs and when it is over."""

from dataclasses import dataclass, field

MOST_BAD_KEPT = 1_000  # lines; past it they are counted only


@dataclass(slots=True)
class ImportReport:
    """How many titles a file held and what became of them; read = created + changed + unchanged + bad_count.

    `bad` lists (line, why) of the first 1,000 refused lines. After a dry run the figures say what would become of them.
    """

    dry_run: bool = False
    read: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    bad_count: int = 0
    bad: list[tuple[int, str]] = field(default_factory=list)

    def refuse(self, line: int, text: str) -> None:
        """Count a line that did not become a title."""
        self.bad_count += 1
        if len(self.bad) < MOST_BAD_KEPT:
            self.bad.append((line, text))

    def add(self, other: "ImportReport", name: str) -> None:
        """Join the report of another file to this one; its bad lines carry the file's name."""
        self.read += other.read
        self.created += other.created
        self.changed += other.changed
        self.unchanged += other.unchanged
        for line, text in other.bad:
            self.refuse(line, f"{name}: {text}")
        self.bad_count += other.bad_count - len(other.bad)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is; `bytes_read` of the file as it lies on disk, gzipped or not (0 from a pipe)."""

    read: int
    created: int
    changed: int
    unchanged: int
    bad_count: int
    bytes_read: int
