"""Films to play: real files in a media folder, hand-written HLS among them, and the titles that name them."""

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from smovie.importing.importer import import_titles
from smovie.store.mongo import Database
from tests.support.api import Answer, Api

HLS = "phố/hls"  # a folder with a name that has to be encoded in an address
MP4 = "phố/1080.mp4"
VTT = "phố/vi.vtt"
MP4_BYTES = random.Random(1).randbytes(300_001)  # more than one chunk, and no round number

_MASTER = """#EXTM3U
#EXT-X-VERSION:7
#EXT-X-SESSION-KEY:METHOD=AES-128,URI="keys/1.key"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="Tiếng Việt, URI",LANGUAGE="vi",URI="audio/index.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="Tiếng Việt",LANGUAGE="vi",URI="/media/ph%E1%BB%91/hls/subtitles/vi.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=5000000,RESOLUTION=1920x1080,AUDIO="a",SUBTITLES="s"
1080/index.m3u8

#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=854x480,AUDIO="a",SUBTITLES="s"
/media/phố/hls/480/index.m3u8
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=90000,URI="480/i%20frames.m3u8"
"""
_FRAGMENTS = """#EXTM3U
#EXT-X-TARGETDURATION:4
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-KEY:METHOD=AES-128,URI="../keys/1.key",IV=0x1
#EXT-X-MAP:URI="init.mp4",BYTERANGE="100@0"
#EXTINF:4.0,
1.m4s
#EXTINF:2.5, a title with URI="of no address"
./2.m4s?part=2
#EXT-X-ENDLIST
"""
_PIECES = """#EXTM3U
#EXT-X-TARGETDURATION:4
#EXT-X-KEY:METHOD=AES-128,URI="/media/phố/hls/keys/2.key"
#EXTINF:4.0,
/media/phố/hls/480/1.ts
#EXTINF:4.0,
2.ts
#EXT-X-ENDLIST
"""
_SUBTITLES = "#EXTM3U\r\n#EXT-X-TARGETDURATION:60\r\n#EXTINF:60,\r\nvi-0.vtt\r\n#EXT-X-ENDLIST\r\n"
_CUES = "WEBVTT\n\n00:00.000 --> 00:02.000\nMùa thu Hà Nội\n"

FILES: dict[str, bytes] = {
    f"{HLS}/master.m3u8": _MASTER.encode(),
    f"{HLS}/1080/index.m3u8": _FRAGMENTS.encode(),
    f"{HLS}/480/index.m3u8": _PIECES.encode(),
    f"{HLS}/480/i frames.m3u8": _PIECES.encode(),
    f"{HLS}/audio/index.m3u8": _FRAGMENTS.encode(),
    f"{HLS}/subtitles/vi.m3u8": _SUBTITLES.encode(),
    f"{HLS}/subtitles/vi-0.vtt": _CUES.encode(),
    **{f"{HLS}/keys/{n}.key": random.Random(f"key{n}").randbytes(16) for n in (1, 2)},
    **{f"{HLS}/480/{n}.ts": random.Random(f"ts{n}").randbytes(9_400) for n in (1, 2)},
    **{
        f"{HLS}/{folder}/{name}": random.Random(f"{folder}{name}").randbytes(5_000)
        for folder in ("1080", "audio")
        for name in ("init.mp4", "1.m4s", "2.m4s")
    },
    MP4: MP4_BYTES,
    VTT: _CUES.encode(),
    "phố/hls-2/1.ts": b"another source",
    "phố/hls.key": b"not in the folder",
    "khác/1.mp4": b"another film",
}

_SOURCE = {"type": "mp4", "path": "khác/1.mp4"}
FILM = {
    "kind": "movie", "slug": "pho", "title": "Phố",
    "sources": [{"type": "hls", "path": f"{HLS}/master.m3u8"}, {"type": "mp4", "path": MP4, "height": 1080}],
    "subtitles": [
        {"language": "vi", "label": "Tiếng Việt", "path": VTT, "hearing_impaired": True},
        {"language": "en", "label": "English", "path": "phố/en.vtt", "forced": True},
    ],
    "intro": {"start_s": 12, "end_s": 71.5},
}  # fmt: skip
SERIES = {
    "kind": "series", "slug": "nha", "title": "Nhà", "seasons": [
        {"number": 2, "episodes": [{"number": 1, "title": "Về", "runtime_min": 40}]},
        {"number": 0, "episodes": [{"number": 1, "sources": [_SOURCE]}, {"number": 2, "sources": [_SOURCE]}]},
        {"number": 1, "episodes": [{"number": 3, "sources": [_SOURCE]}, {"number": 1, "sources": [_SOURCE]}]},
    ],
}  # fmt: skip


def make_files(folder: Path) -> None:
    """Every file of FILES, below the folder."""
    for path, content in FILES.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)


async def add_titles(db: Database, folder: Path, *titles: dict[str, Any]) -> None:
    """Import titles as an operator does."""
    rows = folder / "titles.jsonl"
    rows.write_text("\n".join(json.dumps(title) for title in titles))
    report = await import_titles(db, rows, dry_run=False, on_progress=lambda _: None)
    assert not report.bad_count, report


def addresses_in(playlist: str) -> Iterator[str]:
    """Every address a player would open, as it stands."""
    for line in playlist.splitlines():
        if line.startswith("#EXTINF"):
            continue
        if line.startswith("#"):
            yield from re.findall(r'[A-Z-]*URI="([^"]*)"', line)
        elif line:
            yield line


async def walk(api: Api, url: str) -> dict[str, Answer]:
    """Open an address and all that its playlists lead to, as a player does: address → answer."""
    found: dict[str, Answer] = {}
    waiting = [url]
    while waiting:
        address = waiting.pop()
        if address in found:
            continue
        answer = found[address] = await api.call("GET", address)
        if answer.headers["content-type"] == "application/vnd.apple.mpegurl":
            waiting += [urljoin(address, child) for child in addresses_in(answer.body.decode())]
    return found
