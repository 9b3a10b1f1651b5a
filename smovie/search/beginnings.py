"""Names in order, for what begins with what somebody has typed so far."""

from bisect import bisect_left, insort
from collections.abc import Iterator

_LAST = "\U0010ffff"
_DRAWER = 2  # letters; no drawer holds more than a few in a hundred names, so that taking one in moves little


class Beginnings:
    """(name, row) in order, in drawers by their first two letters."""

    def __init__(self) -> None:
        self._drawers: dict[str, list[tuple[str, int]]] = {}

    def add(self, name: str, row: int) -> None:
        """Take in a name of a row."""
        insort(self._drawers.setdefault(name[:_DRAWER], []), (name, row))

    def remove(self, name: str, row: int) -> None:
        """Take out a name of a row that is there."""
        drawer = self._drawers[name[:_DRAWER]]
        del drawer[bisect_left(drawer, (name, row))]
        if not drawer:
            del self._drawers[name[:_DRAWER]]

    def starting_with(self, prefix: str, most: int) -> list[int] | None:
        """Rows with a name that begins so; None when there are more than `most`."""
        rows: list[int] = []
        for drawer in self._open(prefix):
            start = bisect_left(drawer, (prefix,))
            end = bisect_left(drawer, (prefix + _LAST,))
            if len(rows) + end - start > most:
                return None
            rows += [row for _, row in drawer[start:end]]
        return rows

    def _open(self, prefix: str) -> Iterator[list[tuple[str, int]]]:
        if len(prefix) >= _DRAWER:
            drawer = self._drawers.get(prefix[:_DRAWER])
            return iter([drawer] if drawer else [])
        return (drawer for key, drawer in self._drawers.items() if key.startswith(prefix))
