"""Titles to measure with: the Wikipedia lists where they are at hand, else as many made up ones."""

import gzip
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from bench.processes import ROOT

WIKIPEDIA = ROOT.parent / "shared" / "data" / "wikipedia-movies.jsonl.gz"
MADE_UP = 36_273  # as many as the Wikipedia lists hold
_SEED = 7
_WORDS = ("amber", "bridge", "canyon", "dragon", "echo", "forest", "garden", "island", "jade", "lantern", "monsoon")
_GENRES = ("action", "comedy", "crime", "drama", "family", "fantasy", "horror", "mystery", "romance", "war", "western")
_NATIONS = ("us", "vn", "fr", "jp", "kr", "gb", "it", "in")


def titles_file(given: Path | None, folder: Path) -> Path:
    """The file that was asked for, else the Wikipedia lists, else one made up in `folder`."""
    if given:
        return given
    return WIKIPEDIA if WIKIPEDIA.exists() else _write_made_up(folder / "made-up.jsonl.gz")


def _write_made_up(file: Path) -> Path:
    with gzip.open(file, "wb", compresslevel=1) as output:
        for row in made_up_rows(MADE_UP):
            output.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
    return file


def made_up_rows(count: int) -> Iterator[dict[str, Any]]:
    """Rows in the import format, the same at every call."""
    dice = random.Random(_SEED)
    people = [f"{first.title()} {last.title()}son" for first in _WORDS for last in _WORDS]
    for number in range(count):
        title = " ".join(dice.sample(_WORDS, 3)).title()
        year = dice.randint(1900, 2026)
        text = " ".join(dice.choices(_WORDS, k=60)).capitalize() + "."
        yield {
            "kind": "movie",
            "slug": f"made-up-{number}",
            "title": title,
            "original_title": title,
            "aliases": [],
            "translations": {"en": {"title": title, "description": text}},
            "release_date": f"{year}-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}",
            "year": year,
            "runtime_min": dice.randint(60, 180),
            "nation": dice.choice(_NATIONS),
            "genres": dice.sample(_GENRES, 2),
            "directors": [dice.choice(people)],
            "cast": [{"name": name, "role": dice.choice(_WORDS).title()} for name in dice.sample(people, 6)],
            "exclusivity": None,
            "seasons": [],
        }
