"""Whether titles are parts of one franchise, as far as their names tell."""

import re

from smovie.text import fold

_SUBTITLE = re.compile(r"\s*(?::|\s[-–—]\s|\().*", re.DOTALL)
_PART = r"\s+(?:part|phan|vol|volume|chapter|chuong|tap|episode|season|mua)"
_NUMBER = re.compile(rf"(?:{_PART})?\s+(?:\d{{1,3}}|[ivx]{{1,4}}|one|two|three)$")


def franchise_of(title: str) -> str:
    """What a franchise's titles have in common: "Lật mặt 7: Một điều ước", "Lật Mặt 6" and "Lật mặt" give one key."""
    name = fold(_SUBTITLE.sub("", title, count=1)) or fold(title)
    return _NUMBER.sub("", name) or name
