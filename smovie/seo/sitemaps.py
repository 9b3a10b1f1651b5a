"""`/sitemap.xml`, an index, and its parts: all visible titles, oldest first, so that a new one changes the last part.

Made from the snapshot when somebody asks, in slices; what has not changed since the last time is not made again. The
same catalogue gives the same bytes on every instance. Compressed off the loop and kept so: XML takes a tenth of it.
"""

import asyncio
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import chain, islice, repeat

from smovie.catalog.feed import CatalogFeed
from smovie.catalog.snapshot import Entry, Snapshot
from smovie.errors import NotFound
from smovie.seo.entries import home_entry, title_entry
from smovie.seo.site import Site
from smovie.slices import in_slices

MOST_ENTRIES = 50_000  # of a file: sitemaps.org
MOST_BYTES = 50 << 20  # before it is compressed
_PIECE_BYTES = 256 << 10
_AT_ONCE = 500  # entries joined at once, some 100 KB to some MB
_XML = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_SITEMAPS = b'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_HEAD = _XML + b"<urlset " + _SITEMAPS + b' xmlns:video="http://www.google.com/schemas/sitemap-video/1.1">\n'
_TAIL = b"</urlset>\n"
_INDEX_HEAD = _XML + b"<sitemapindex " + _SITEMAPS + b">\n"
_INDEX_TAIL = b"</sitemapindex>\n"


@dataclass(frozen=True)
class SitemapFile:
    """A file to be sent: compressed, with how long it is otherwise. `digest` is of its content."""

    gzipped: bytes
    size_bytes: int
    digest: str

    def pieces(self) -> Iterator[bytes]:
        """The file as it is without compression, bit by bit."""
        opened, waiting = zlib.decompressobj(wbits=31), self.gzipped
        while piece := opened.decompress(waiting, _PIECE_BYTES):
            yield piece
            waiting = opened.unconsumed_tail


@dataclass(eq=False)
class Part:
    """Some of the entries; the file is made of them when it is asked for."""

    entries: list[bytes]
    changed_at: str | None = None  # of what changed last
    size_bytes: int = len(_HEAD) + len(_TAIL)
    file: SitemapFile | None = None

    def add(self, entry: bytes, changed_at: str | None) -> None:
        self.entries.append(entry)
        self.size_bytes += len(entry)
        self.changed_at = max(filter(None, (self.changed_at, changed_at)), default=None)


@dataclass
class Sitemaps:
    """Answers with sitemaps of what the catalogue shows now. The two bounds hold for each file."""

    catalog: CatalogFeed
    site: Site
    most_entries: int = MOST_ENTRIES
    most_bytes: int = MOST_BYTES
    _parts: list[Part] = field(default_factory=list)
    _index: SitemapFile | None = None
    _version: int | None = None
    _titles: list[Entry] = field(default_factory=list)  # what the entries behind the first one were made of
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def index(self) -> SitemapFile:
        """The file that names all parts."""
        async with self._one_at_a_time:
            await self._follow()
            if self._index is None:
                self._index = _pack(_INDEX_HEAD, self._index_entries(), _INDEX_TAIL)
            return self._index

    async def part(self, number: int) -> SitemapFile:
        """A part, counted from 1. Errors: NotFound."""
        async with self._one_at_a_time:
            await self._follow()
            if not 1 <= number <= len(self._parts):
                raise NotFound("not_found")
            part = self._parts[number - 1]
            if part.file is None:
                part.file = await asyncio.to_thread(_pack, _HEAD, part.entries, _TAIL)
            return part.file

    async def _follow(self) -> None:
        """Lay out the parts of the catalogue as it is now."""
        snapshot = self.catalog.snapshot
        if snapshot.version == self._version:
            return
        version = snapshot.version  # what changes while slices are made is seen the next time
        parts, titles = await self._lay_out(snapshot)
        for number, (before, part) in enumerate(zip(self._parts, parts, strict=False)):
            if before.entries == part.entries:  # the same objects, mostly
                parts[number] = before
            await asyncio.sleep(0)
        self._parts, self._titles, self._index, self._version = parts, titles, None, version

    async def _lay_out(self, snapshot: Snapshot) -> tuple[list[Part], list[Entry]]:
        parts, titles = [Part([])], []
        parts[0].add(home_entry(self.site), None)
        earlier = self._made_before()
        made_of, made = next(earlier)
        async for place in in_slices(snapshot.by_creation()):
            if (entry := snapshot.entries.get(place[1])) is None:
                continue  # it has gone since the first slice
            while made_of and (made_of.keys["created_at"], made_of.id) < place:
                made_of, made = next(earlier)
            xml = made if made_of is entry else title_entry(entry, self.site)
            if self._is_full(parts[-1], xml):
                parts.append(Part([]))
            parts[-1].add(xml, entry.changed_at)
            titles.append(entry)
        return parts, titles

    def _made_before(self) -> Iterator[tuple[Entry | None, bytes]]:
        """What was made the last time of which title, in order; then None without end."""
        entries = chain.from_iterable(part.entries for part in self._parts)
        yield from zip(self._titles, islice(entries, 1, None), strict=True)
        yield from repeat((None, b""))

    def _is_full(self, part: Part, xml: bytes) -> bool:
        return len(part.entries) >= self.most_entries or part.size_bytes + len(xml) > self.most_bytes

    def _index_entries(self) -> list[bytes]:
        entries = []
        for number, part in enumerate(self._parts, 1):
            changed = f"<lastmod>{part.changed_at}</lastmod>" if part.changed_at else ""
            place = f"{self.site.absolute('/sitemap')}-{number}.xml"
            entries.append(f"<sitemap><loc>{place}</loc>{changed}</sitemap>\n".encode())
        return entries


def _pack(head: bytes, entries: Sequence[bytes], tail: bytes) -> SitemapFile:
    packer, digest = zlib.compressobj(6, wbits=31), blake2b(digest_size=12)
    packed, size_bytes = [], 0
    for piece in _joined(head, entries, tail):
        packed.append(packer.compress(piece))
        digest.update(piece)
        size_bytes += len(piece)
    return SitemapFile(b"".join([*packed, packer.flush()]), size_bytes, digest.hexdigest())


def _joined(head: bytes, entries: Iterable[bytes], tail: bytes) -> Iterator[bytes]:
    waiting = iter(entries)
    yield head
    while some := b"".join(islice(waiting, _AT_ONCE)):
        yield some
    yield tail
