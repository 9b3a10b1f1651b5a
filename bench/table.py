"""Tables on a terminal, and the figures that go into them."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import click
import orjson


def percentile(ascending: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of the sorted values do not pass; NaN of none."""
    if not ascending:
        return math.nan
    return ascending[min(len(ascending) - 1, math.ceil(share * len(ascending)) - 1)]


def show_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table: the first column to the left, the others to the right."""
    texts = [list(columns), *([_to_text(value) for value in row] for row in rows)]
    widths = [max(len(row[i]) for row in texts) for i in range(len(columns))]
    click.echo(f"\n{title}")
    for first, *others in texts:
        cells = [first.ljust(widths[0]), *(text.rjust(width) for text, width in zip(others, widths[1:], strict=True))]
        click.echo("  " + "  ".join(cells).rstrip())


def write_json(path: Path, value: object) -> None:
    """The same figures for programs."""
    path.write_bytes(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def _to_text(value: object) -> str:
    if isinstance(value, float):
        return "–" if math.isnan(value) else f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
