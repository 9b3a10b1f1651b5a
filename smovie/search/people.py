"""Directors and actors as the search knows them: by name, with the rows of their titles."""

from array import array
from bisect import bisect_left, insort
from dataclasses import dataclass, field

from smovie.search.keys import exact_key, folded_key
from smovie.search.postings import Postings
from smovie.search.vocabulary import Vocabulary
from smovie.wide_dict import WideDict


@dataclass(slots=True)
class Somebody:
    """A person. `titles` holds rows, ascending."""

    id: str
    name: str
    folded: str
    exact: str
    titles: "array[int]" = field(default_factory=lambda: array("I"))


class People:
    """Everybody who has a title."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.words = Postings(vocabulary)
        self.counts = array("I")  # titles by row
        self._rows: WideDict[str, int] = WideDict()
        self._people: list[Somebody | None] = []
        self._free: list[int] = []

    def __getitem__(self, row: int) -> Somebody:
        somebody = self._people[row]
        assert somebody is not None, "no title names them"
        return somebody

    def credit(self, person_id: str, name: str, title: int) -> int:
        """Give somebody a title; the name is the one they have now. Returns their row."""
        row = self._rows.get(person_id)
        if row is None:
            row = self._take_row()
            self._rows[person_id] = row
            self._name(row, Somebody(person_id, name, "", ""))
        elif self[row].name != name:
            self._unname(row)
            self._name(row, Somebody(person_id, name, "", "", self[row].titles))
        insort(self[row].titles, title)
        self.counts[row] += 1
        return row

    def discredit(self, row: int, title: int) -> None:
        """Take a title from somebody; who has none left is forgotten."""
        titles = self[row].titles
        del titles[bisect_left(titles, title)]
        self.counts[row] -= 1
        if not titles:
            self._unname(row)
            del self._rows[self[row].id]
            self._people[row] = None
            self._free.append(row)

    def _take_row(self) -> int:
        if self._free:
            return self._free.pop()
        self._people.append(None)
        self.counts.append(0)
        return len(self._people) - 1

    def _name(self, row: int, somebody: Somebody) -> None:
        somebody.folded = folded_key(somebody.name)
        exact = exact_key(somebody.name)
        somebody.exact = somebody.folded if exact == somebody.folded else exact  # one text in memory, not two
        self._people[row] = somebody
        self.words.add(row, set(somebody.folded.split()))

    def _unname(self, row: int) -> None:
        self.words.remove(row, set(self[row].folded.split()))
