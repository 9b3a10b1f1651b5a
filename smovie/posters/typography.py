"""Set a title in a box without a font engine: clean it, measure it, break it, size it.

The real font is only known to the viewer's browser, so widths come from a table that is an upper bound over the
common sans-serif bolds (the wider of Noto Sans Bold and Arial Bold for each letter). Lengths are in **em** when they
belong to text alone, and in SVG user units (1 unit = 1 px at natural size) once a size is chosen.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise

FONT_STACK = "'Be Vietnam Pro','Inter','Noto Sans',system-ui,sans-serif"

# Advance widths in em, grouped by width.
_WIDTHS: dict[str, float] = {
    letter: width
    for width, letters in (
        (0.28, "' ‘’"),
        (0.32, "ijl,.łı·"),
        (0.36, "!()-:;[]"),
        (0.40, "fI`{}•"),
        (0.44, "t/\\"),
        (0.48, 'r"'),
        (0.52, "z“”"),
        (0.56, "csJ*_|–"),
        (0.60, "0123456789evxy$+<=>^~"),
        (0.64, "abdgkopqFLTZ?ø«»"),
        (0.68, "hnuEPSVXY#đơ"),
        (0.76, "ABCDKRU&ĐưßƠ"),
        (0.80, "GHOQØ"),
        (0.84, "NƯ"),
        (0.88, "w"),
        (0.92, "%æ"),
        (0.96, "M"),
        (1.00, "mW@œÆŒ—…"),
    )
    for letter in letters
}
_HORN = {"o": 0.68, "u": 0.76, "O": 0.84, "U": 0.92}  # ơ ư Ơ Ư once decomposed
_SPACE = _WIDTHS[" "]
_VOWELS = frozenset("aeiouyAEIOUY")
_UNSEEN = frozenset({"Mn", "Me", "Cf"})
_CLOSERS = frozenset("、。，．・：；？！）」』】〕〉》”’…ー々")  # must not open a line
_OPENERS = frozenset("（「『【〔〈《“‘")  # must not close a line
_MAX_MARKS = 3  # more combining marks on one letter is a prank, and would smear over the neighbouring lines


@dataclass(frozen=True, slots=True)
class Block:
    """A set paragraph: its lines, the font size and the distance between baselines (both in px)."""

    lines: tuple[str, ...]
    size: float
    leading: float

    @property
    def height(self) -> float:
        """Height in px from the top of the first line's capitals to under the last line's descenders."""
        return self.leading * len(self.lines)


@dataclass(frozen=True, slots=True)
class _Atom:
    """A piece that is never broken: its text and its width in em.

    A `spaced` one has a space before it unless it opens a line; a `hyphened` one has a hyphen after it where it ends
    one (its width allows for that).
    """

    text: str
    width: float
    spaced: bool
    hyphened: bool = False


_Line = list[_Atom]


def clean(text: str, limit: int) -> str:
    """Return `text` in NFC, whitespace collapsed, without anything XML 1.0 forbids, cut to `limit` characters."""
    kept: list[str] = []
    marks = 0
    for char in unicodedata.normalize("NFC", text[: limit * 4]):
        category = unicodedata.category(char)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if char.isspace() or category in ("Zl", "Zp"):
            kept.append(" ")
        elif category in ("Cc", "Cs", "Cn") or marks > _MAX_MARKS:
            continue  # controls, lone surrogates, unassigned and non-characters
        elif category == "Cf" and char not in "\u200c\u200d":
            continue  # direction overrides and the like; the joiners shape Persian, Indic and emoji
        else:
            kept.append(char)
    words = "".join(kept).split()
    result = " ".join(words)
    return result if len(result) <= limit else result[: limit - 1].rstrip() + "…"


@lru_cache(maxsize=4096)
def _char_width(char: str) -> float:
    """Width of one character in em."""
    known = _WIDTHS.get(char)
    if known is not None:
        return known
    if unicodedata.category(char) in _UNSEEN:
        return 0.0
    if unicodedata.east_asian_width(char) in "WF":
        return 1.4 if ord(char) >= 0x1F000 else 1.0  # emoji are drawn wider than their em
    base = unicodedata.normalize("NFD", char)
    if base[0] in _WIDTHS and len(base) > 1:
        return _HORN.get(base[0], _WIDTHS[base[0]]) if "\u031b" in base else max(_WIDTHS[base[0]], 0.36)
    if ord(char) < 0x0590:  # Greek, Cyrillic, Armenian and the rarer Latin
        return 0.9 if char.isupper() else 0.78
    return 0.95


def text_width(text: str) -> float:
    """Return the (over-)estimated width of `text` in em."""
    return sum(map(_char_width, text))


def leading_for(text: str) -> float:
    """Return the line height, in em, at which accents above and below of two neighbouring lines cannot touch."""
    stacked = marked = False
    for char in text:
        if char < "\x80":
            continue
        marks = len(unicodedata.normalize("NFD", char)) - 1
        marked = marked or marks > 0 or ord(char) > 0x0590
        stacked = stacked or (marks > 1 and char.isupper()) or unicodedata.category(char) == "Mn"
    return 1.34 if stacked else 1.24 if marked else 1.13


def _is_wide(char: str) -> bool:
    return char > "\u1100" and unicodedata.east_asian_width(char) in "WF"


def _atoms(text: str) -> _Line:
    """Break opportunities: at spaces, and between ideographs except around their punctuation."""
    atoms: _Line = []
    for word in text.split():
        pieces: list[str] = []
        if not any(map(_is_wide, word)):
            pieces.append(word)
        else:
            for char in word:
                glued = pieces and (
                    char in _CLOSERS
                    or pieces[-1][-1] in _OPENERS
                    or not (_is_wide(char) or _is_wide(pieces[-1][-1]))
                    or unicodedata.category(char) in _UNSEEN
                    or pieces[-1][-1] == "\u200d"
                )
                if glued:
                    pieces[-1] += char
                else:
                    pieces.append(char)
        atoms.extend(_Atom(piece, text_width(piece), index == 0) for index, piece in enumerate(pieces))
    return atoms


def _split_atom(atom: _Atom, limit: float) -> list[_Atom]:
    """Cut an atom wider than `limit` em into near-equal parts, hyphenated where the script has hyphens."""
    if atom.width <= limit:
        return [atom]
    text = atom.text
    parts = int(atom.width / max(limit - 1.0, 1.0)) + 1
    edges = list(accumulate(map(_char_width, text)))  # right edge of each character
    bases = [unicodedata.normalize("NFD", char)[0] for char in text]
    cuts = [0]
    for part in range(1, parts):
        target = atom.width * part / parts
        # Never part a letter from its marks, nor the members of a joined emoji; prefer to cut between syllables.
        options = [
            (abs(edges[i - 1] - target) + (0.0 if _syllable_ends(bases, i) else 1.2), i)
            for i in range(cuts[-1] + 1, len(text))
            if edges[i] > edges[i - 1] and text[i - 1] != "\u200d" and abs(edges[i - 1] - target) < 2.0
        ]
        if options:
            cuts.append(min(options)[1])
    result = []
    for start, end in pairwise([*cuts, len(text)]):
        hyphened = end < len(text) and all(char.isalpha() and char < "\u0590" for char in bases[end - 1 : end + 1])
        width = edges[end - 1] - (edges[start - 1] if start else 0.0) + (_WIDTHS["-"] if hyphened else 0.0)
        result.append(_Atom(text[start:end], width, atom.spaced and start == 0, hyphened))
    return result


def _syllable_ends(bases: list[str], index: int) -> bool:
    """Tell whether a consonant-and-vowel starts at `index` right after a vowel: a rough, language-blind syllable."""
    return (
        index + 1 < len(bases)
        and bases[index - 1] in _VOWELS
        and bases[index] not in _VOWELS
        and bases[index + 1] in _VOWELS
    )


def _wrap(atoms: _Line, limit: float, most: int) -> list[_Line] | None:
    """Greedy lines no wider than `limit` em, or None when an atom is too wide or more than `most` lines are needed."""
    lines: list[_Line] = []
    current: _Line = []
    width = 0.0
    for atom in atoms:
        if atom.width > limit:
            return None
        step = atom.width + (_SPACE if atom.spaced and current else 0.0)
        if current and width + step > limit:
            lines.append(current)
            if len(lines) >= most:
                return None
            current, width = [atom], atom.width
        else:
            current.append(atom)
            width += step
    return [*lines, current] if current else lines


def _balanced(atoms: _Line, lines: list[_Line], limit: float) -> list[_Line]:
    """Spread the atoms so that the lines' empty ends, squared and summed, are least: no lonely last word."""
    count = len(atoms)
    best: list[tuple[float, int, int]] = [(0.0, 0, 0)] * (count + 1)  # cost, next break and lines from each atom on
    for start in range(count - 1, -1, -1):
        width, found = 0.0, (float("inf"), count, 0)
        for end in range(start, count):
            atom = atoms[end]
            width += atom.width + (_SPACE if atom.spaced and end > start else 0.0)
            if width > limit:
                break
            cost = (limit - width) ** 2 + best[end + 1][0]
            if cost < found[0]:
                found = (cost, end + 1, best[end + 1][2] + 1)
        best[start] = found
    if best[0][2] != len(lines):  # rarely, evenness would cost a line
        return lines
    result, start = [], 0
    while start < count:
        end = best[start][1]
        result.append(atoms[start:end])
        start = end
    return result


def _text(line: _Line) -> str:
    joined = "".join((" " if atom.spaced and index else "") + atom.text for index, atom in enumerate(line))
    return joined + ("-" if line[-1].hyphened else "")


def fit(text: str, width: float, height: float, *, largest: float, smallest: float, most_lines: int = 8) -> Block:
    """Set cleaned `text` as large as `width` × `height` px allow; sizes in px.

    Whole words come first. Only when a word would have to shrink under half of `largest` is it broken, and only when
    even `smallest` does not hold everything is the tail replaced by an ellipsis.
    """
    leading = leading_for(text)
    whole = _atoms(text)
    if not whole:
        return Block((), largest, largest * leading)
    hinge = max(smallest, largest * 0.45)
    parted = [part for atom in whole for part in _split_atom(atom, width / hinge)]
    for atoms, start, stop in ((whole, largest, hinge), (parted, hinge, smallest)):
        size = start
        while size >= stop - 0.01:
            most = min(most_lines, int(height / (size * leading)))
            # A big title reads as a poster on up to four lines; beyond that it had better get smaller first.
            if size > hinge:
                most = min(most, 4)
            lines = _wrap(atoms, width / size, most) if most else None
            if lines is not None:
                # One line less is worth a slightly smaller letter.
                for smaller in (size * 0.94, size * 0.88, size * 0.82):
                    fewer = _wrap(atoms, width / smaller, len(lines) - 1) if smaller >= stop and lines[1:] else None
                    if fewer is not None:
                        lines, size = fewer, smaller
                        break
                return Block(tuple(map(_text, _balanced(atoms, lines, width / size))), size, size * leading)
            size *= 0.94
    return Block(
        _clipped(parted, width / smallest, max(1, int(height / (smallest * leading)))), smallest, smallest * leading
    )


def _clipped(atoms: _Line, limit: float, most: int) -> tuple[str, ...]:
    """As many atoms as `most` lines of `limit` em hold, ending in an ellipsis."""
    small = [part for atom in atoms for part in _split_atom(atom, limit - 2.5)]
    while small:
        tail = small[-1]
        lines = _wrap([*small[:-1], _Atom(tail.text + "…", tail.width + 1.0, tail.spaced)], limit, most)
        if lines is not None:
            return tuple(map(_text, lines))
        small.pop()
    return ("…",)


def one_line(text: str, width: float, size: float) -> str:
    """Return cleaned `text` shortened with an ellipsis to `width` px at `size` px."""
    limit = width / size
    if text_width(text) <= limit:
        return text
    room = limit - _WIDTHS["…"]
    for index, char in enumerate(text):
        room -= _char_width(char)
        if room < 0:
            return text[:index].rstrip() + "…"
    return text
