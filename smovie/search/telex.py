"""Vietnamese typed by the Telex rules with no input method to read them: "duwowngf" is "dường" (đ is "dd")."""

import re
import unicodedata

_SHAPES = {"aa": "â", "ee": "ê", "oo": "ô", "aw": "ă", "ow": "ơ", "uw": "ư", "dd": "đ", "w": "ư"}
_SHAPE = re.compile("aa|ee|oo|aw|ow|uw|dd|w")
_TONES = {"f": "\u0300", "r": "\u0309", "x": "\u0303", "s": "\u0301", "j": "\u0323"}
_LATE_W = re.compile(r"^(.*?)(uo|[aou])([^aouw]*)w([sfrxj]?)$")  # "rungwf": the horn typed behind its syllable
# Vowels, a tone key after them, then what may close a syllable; or the closing first and the tone key last.
_TONE_AFTER_VOWEL = re.compile(r"^(.*[aeiouywăâêôơư])([sfrxj])((?:ch|ng|nh|[cmnpt])?)$")
_TONE_LAST = re.compile(r"^(.*[aeiouywăâêôơư](?:ch|ng|nh|[cmnpt])?)([sfrxj])$")


def read_telex(text: str) -> str:
    """The text as an input method would have made it; words that say nothing in Telex stay."""
    return " ".join(_read_word(word) for word in text.lower().split())


def _read_word(word: str) -> str:
    if not word.isascii() or not word.isalpha():
        return word
    if (late := _LATE_W.match(word)) is not None:
        word = f"{late[1]}{late[2]}w{late[3]}{late[4]}"
    shaped = _SHAPE.sub(lambda found: _SHAPES[found[0]], word.replace("uow", "uwow"))
    if (toned := _TONE_LAST.match(shaped)) is not None:
        shaped = toned[1] + _TONES[toned[2]]
    elif (toned := _TONE_AFTER_VOWEL.match(shaped)) is not None:
        shaped = toned[1] + _TONES[toned[2]] + toned[3]
    return unicodedata.normalize("NFC", shaped)
