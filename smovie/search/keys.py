"""What names and queries are compared by: words, joined keys, numbers, articles."""

import re

from smovie.text import fold, marked_key

# "It's" and "Tiffany's" are one word each, as people type them; "l'odeur" stays two.
CONTRACTION = re.compile(r"(?<=\w)['’ʼ`´](?=(?:s|t|d|m|re|ll|ve)\b)", re.IGNORECASE)
_ARTICLES = ("the ", "a ", "an ")
_NUMBERS = (
    ("1", "one", "mot", "i"), ("2", "two", "hai", "ii"), ("3", "three", "ba", "iii"), ("4", "four", "bon", "iv"),
    ("5", "five", "nam", "v"), ("6", "six", "sau", "vi"), ("7", "seven", "bay", "vii"),
    ("8", "eight", "tam", "viii"), ("9", "nine", "chin", "ix"), ("10", "ten", "muoi", "x"),
    ("11", "eleven", "xi"), ("12", "twelve", "xii"), ("13", "thirteen", "xiii"), ("14", "fourteen", "xiv"),
    ("15", "fifteen", "xv"), ("16", "sixteen", "xvi"), ("20", "twenty", "xx"),
)  # fmt: skip
_DIGITS = {form: forms[0] for forms in _NUMBERS for form in forms}
_FORMS = {form: tuple(other for other in forms if other != form) for forms in _NUMBERS for form in forms}


def folded_key(text: str) -> str:
    """Words without marks, by single spaces: "Breakfast at Tiffany's" -> "breakfast at tiffanys".

    A text without a letter or digit ("$", "???") stands for itself, so that a title of signs can be found.
    """
    return fold(CONTRACTION.sub("", text)) or " ".join(text.lower().split())


def exact_key(text: str) -> str:
    """The same with marks, and one spelling of where tones stand."""
    return marked_key(CONTRACTION.sub("", text)) or " ".join(text.lower().split())


def joined(folded: str) -> str:
    """A folded key without its spaces: "spider man" and "spiderman" are one."""
    return folded.replace(" ", "")


def without_article(folded: str) -> str:
    """A folded key without a leading English article; one that is nothing else stays."""
    return folded.partition(" ")[2] if folded.startswith(_ARTICLES) else folded


def in_digits(folded: str) -> str:
    """A folded key with its numbers as digits: "rocky ii" and "rocky two" -> "rocky 2"."""
    return " ".join(_DIGITS.get(word, word) for word in folded.split(" "))


def has_number(word: str) -> bool:
    """Whether the word is a number in any of its forms; some are words as well (ba, nam, i)."""
    return word in _FORMS


def number_forms(word: str) -> tuple[str, ...]:
    """The other ways of writing a number: "2" -> two, hai, ii. Empty for what is none."""
    return _FORMS.get(word, ())


def joined_keys(folded: str) -> set[str]:
    """All the joined keys by which somebody who types a whole name finds it."""
    plain = without_article(folded)
    return {joined(folded), joined(plain), joined(in_digits(folded)), joined(in_digits(plain))}
