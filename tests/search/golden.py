"""The golden queries (docs/search.md): what people type, and what they mean by it."""

from dataclasses import dataclass
from pathlib import Path

from smovie.models.catalog import Movie

FILE = Path(__file__).with_name("golden.tsv")


@dataclass(frozen=True)
class Golden:
    """`wanted`: titles, "Titanic (1997)" where the year matters, "@Tom Hanks" for anything of theirs; any of them."""

    group: str
    text: str
    wanted: tuple[str, ...]

    def is_met_by(self, movie: Movie) -> bool:
        people = {f"@{person.name}" for person in (*movie.directors, *movie.cast)}
        return any(one in (movie.title, f"{movie.title} ({movie.year})") or one in people for one in self.wanted)


def read_golden() -> list[Golden]:
    """All of them, in the order of the file."""
    rows = [line.split("\t") for line in FILE.read_text(encoding="utf-8").splitlines()]
    return [Golden(group, text, tuple(wanted.split(" | "))) for group, text, wanted in rows]
