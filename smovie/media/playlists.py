"""HLS playlists as they are sent: every address in them opens below the token that opened the playlist, or none does.

A relative address inherits the token by itself. An absolute one to our own media is made relative; so a sent playlist
holds no token, and is the same for everybody. One that leads out of its source's folder is not sent at all: a hole in
a film is worse than another source. Source: RFC 8216, and its successor's attributes.
"""

import posixpath
import re
from urllib.parse import SplitResult, quote, unquote, urlsplit

from smovie.models.media import is_media_path

_LINE_END = re.compile(r"(\r\n|\n|\r)")
_ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^",]*)')
_HARMLESS = re.compile(r"(?:[\w-][\w.-]*/)*[\w-][\w.-]*", re.ASCII)  # a file at or below the playlist's own folder
# What clients read in different ways: control characters, backslashes, variables (EXT-X-DEFINE).
_AMBIGUOUS = re.compile(r"[\x00-\x1f\x7f\\]|\{\$")


class LeadsOutside(Exception):
    """An address in the playlist leads out of the source's folder; `line` counts from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


class _Outside(Exception):
    pass


class PlaylistPlace:
    """Where a playlist lies: its path, the folder it may lead into, and where our media begin for the outside."""

    def __init__(self, path: str, *, prefix: str, media_url: str) -> None:
        self._folder = posixpath.dirname(path)
        self._prefix = prefix
        own = urlsplit(media_url)
        self._scheme, self._host = own.scheme, own.netloc.lower()
        self._own_root = own.path.rstrip("/") + "/"

    def rewrite(self, text: str) -> str:
        """The playlist as it is sent. Errors: LeadsOutside."""
        parts = _LINE_END.split(text)  # lines, and between them what ended each
        for place in range(0, len(parts), 2):
            try:
                parts[place] = self._line(parts[place])
            except (_Outside, ValueError) as exc:  # ValueError: urlsplit's, of what is no address
                raise LeadsOutside(place // 2 + 1) from exc
        return "".join(parts)

    def _line(self, line: str) -> str:
        bare = line.strip()
        if bare.startswith("#EXT") and not bare.startswith("#EXTINF"):
            return _ATTRIBUTE.sub(lambda found: self._attribute(found[0], found[1], found[2]), line)
        return line if not bare or bare.startswith("#") else self._address(bare)

    def _attribute(self, whole: str, name: str, value: str) -> str:
        if not name.endswith("URI") and name != "X-ASSET-LIST":
            return whole
        mark = '"' if value.startswith('"') else ""
        return f"{name}={mark}{self._address(value.strip(mark).strip())}{mark}"

    def _address(self, address: str) -> str:
        if _HARMLESS.fullmatch(address):
            return address
        if _AMBIGUOUS.search(address):
            raise _Outside
        parts = urlsplit(address)
        is_relative = not (parts.scheme or parts.netloc or parts.path.startswith("/"))
        path = unquote(parts.path, errors="strict")
        if is_relative:
            target = posixpath.normpath(posixpath.join(self._folder, path))
        elif self._is_ours(parts) and path.startswith(self._own_root):
            target = path.removeprefix(self._own_root)
        else:
            raise _Outside
        if not is_media_path(target) or not target.startswith(f"{self._prefix}/"):
            raise _Outside
        if is_relative:
            return address
        query = f"?{parts.query}" if parts.query else ""
        return quote(posixpath.relpath(target, self._folder)) + query

    def _is_ours(self, parts: SplitResult) -> bool:
        if not (parts.scheme or parts.netloc):
            return True
        return (parts.scheme or self._scheme, parts.netloc.lower()) == (self._scheme, self._host)
