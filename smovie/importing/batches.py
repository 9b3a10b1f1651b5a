"""Rows in batches that fit into memory and into one round trip, whatever a file holds."""

from collections.abc import Iterable, Iterator

from smovie.importing.formats import BadLine, Entry

_MOST_ROWS = 1_000
_MOST_WEIGHT = 4 * 1024 * 1024  # bytes; rows like those of the demo weigh 4.7 KB each


def in_batches(rows: Iterable[Entry | BadLine]) -> Iterator[list[Entry | BadLine]]:
    """The same rows in order, never an empty batch; a row beyond the weight stands alone or last."""
    batch: list[Entry | BadLine] = []
    weight = 0
    for row in rows:
        batch.append(row)
        weight += row.weight if isinstance(row, Entry) else 0
        if len(batch) >= _MOST_ROWS or weight >= _MOST_WEIGHT:
            yield batch
            batch, weight = [], 0
    if batch:
        yield batch
