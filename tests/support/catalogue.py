"""Titles as nouns, without a database: the demo catalogue, or a file in the import format."""

from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import orjson

from smovie.importing.formats import BadLine, read_rows
from smovie.importing.titles import Known, to_new_movie
from smovie.models.base import now
from smovie.models.catalog import LocalName, Movie, Tag


class _Ids(dict[str, str]):
    """An id for each name, made when it is first asked for."""

    def __missing__(self, name: str) -> str:
        return self.setdefault(name, f"p{len(self)}")


def demo_files() -> list[Path]:
    """The packaged files of the demo catalogue."""
    return sorted(Path(str(file)) for file in (resources.files("smovie") / "demo").iterdir() if ".jsonl" in file.name)


def movies_of(*files: Path) -> Iterator[Movie]:
    """The titles of files, in order; their people are known by name across all of them."""
    vocabulary = orjson.loads((resources.files("smovie.importing") / "vocabulary.json").read_bytes())
    tags = {
        name: {tag: Tag(id=tag, name=LocalName(**names)) for tag, names in vocabulary[name].items()}
        for name in ("genres", "nations", "exclusivities")
    }
    known = Known(_Ids(), tags["genres"], tags["nations"], tags["exclusivities"])
    at = now()
    for file in files:
        with file.open("rb") as opened:
            for entry in read_rows(opened):
                assert not isinstance(entry, BadLine), entry
                for genre, name in entry.genre_names.items():
                    tags["genres"].setdefault(genre, Tag(id=genre, name=LocalName(vi=name, en=name)))
                slug = f"{file.name.partition('.')[0]}-{entry.line}"
                yield to_new_movie(entry.row, known, slug=slug, key=entry.key, at=at)
