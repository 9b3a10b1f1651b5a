"""How Vietnamese (and other) text is compared: folding for look-ups and slugs, collation for order."""

import re
import string
import unicodedata
from functools import lru_cache

# NFD takes marks off letters but leaves these whole; each is a letter with a stroke or a ligature.
_STROKES = str.maketrans(
    {"đ": "d", "ð": "d", "ł": "l", "ø": "o", "œ": "oe", "æ": "ae", "ß": "ss", "þ": "th", "ı": "i", "ħ": "h", "ŧ": "t"}
)
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
# Tones in dictionary order: level, huyền, hỏi, ngã, sắc, nặng.
_TONES = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}
_TONED = re.compile("[aeiouy][^a-z]*|$")  # the first vowel with its other marks
_SHAPES = "\u0302\u0306\u031b"  # circumflex, breve, horn: they make another letter, not another tone


def fold(text: str) -> str:
    """Lower case without marks, runs of anything but letters and digits as one space: "Đất rừng!" -> "dat rung"."""
    if text.isascii():  # most of a catalogue, ten times as fast
        return " ".join(_ASCII_WORD.findall(text.lower()))
    # Decomposed first: a stroke may hide below a mark (ǿ) and a capital in a sign (™, ℌ).
    plain = unicodedata.normalize("NFKD", text.lower()).lower().translate(_STROKES)
    letters = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join(letters.split())


def marked_key(text: str) -> str:
    """Like `fold`, with the marks kept and one spelling of where tones stand: "hoà" and "hòa" give the same.

    Which tone a word has makes the word; on which of its vowels it is written is a matter of taste (thuỵ, thụy). Here
    it follows the first one, decomposed, so that what somebody has typed of a word is the beginning of its key.
    """
    if text.isascii():
        return fold(text)
    words = []
    for word in _spaced(unicodedata.normalize("NFKD", text.lower()).lower()).split():
        tones = "".join(char for char in word if char in _TONES)
        plain = "".join(char for char in word if char not in _TONES) if tones else word
        vowel = _TONED.search(plain) if tones else None
        place = vowel.end() if vowel else len(plain)
        words.append(plain[:place] + tones + plain[place:])
    return " ".join(words)


def _spaced(text: str) -> str:
    return "".join(c if c.isalnum() or unicodedata.combining(c) else " " for c in text)


def slugify(text: str) -> str:
    """ASCII for addresses: "Mùi đu đủ xanh" -> "mui-du-du-xanh"; empty when nothing of the text is ASCII."""
    return _NOT_SLUG.sub("-", fold(text)).strip("-")[:80].rstrip("-")


def first_letter(text: str) -> str:
    """The index letter of a title, "a" to "z", or "#" for everything else."""
    letter = next((folded for char in text if (folded := fold(char))), "")[:1]
    return letter if "a" <= letter <= "z" else "#"


@lru_cache(maxsize=4096)
def _letter_rank(letter: str) -> tuple[int, int]:
    marks = unicodedata.normalize("NFD", letter)
    tone = next((_TONES[m] for m in marks if m in _TONES), 0)
    shaped = unicodedata.normalize("NFC", marks[0] + "".join(m for m in marks[1:] if m in _SHAPES))
    place = _ALPHABET.find(shaped)
    if place < 0:  # é is e with a tone, ö is o: their base letter decides
        place = _ALPHABET.find(fold(letter)[:1] or letter)
    return (place + 100, tone) if place >= 0 else (min(ord(letter), 0xFFFF), tone) if letter.isdigit() else (999, tone)


_ASCII_RANKS = str.maketrans({letter: chr(_letter_rank(letter)[0]) for letter in string.ascii_lowercase})


def collation_key(text: str) -> str:
    """A key whose plain order is Vietnamese dictionary order: letters first (a ă â … d đ …), tones to break ties."""
    if text.isascii():
        return " ".join(_ASCII_WORD.findall(text.lower())).translate(_ASCII_RANKS) + "\x00"
    letters, tones = [], []
    for char in unicodedata.normalize("NFC", text.lower().strip()):
        if char.isalnum():
            place, tone = _letter_rank(char)
            letters.append(chr(place))
            tones.append(chr(48 + tone))
            if place == 999:
                letters.append(char)
        elif letters and letters[-1] != " ":
            letters.append(" ")
    return "".join(letters).strip() + "\x00" + "".join(tones).rstrip("0")
