"""Posters and backdrops drawn as SVG from nothing but a title's own data.

A film without a picture still deserves a cover: its genre picks a palette and a motif, its title seeds every choice in
them. The result is one self-contained SVG document: no pictures, fonts, links or scripts, the same input always giving
the same bytes, at most `MAX_BYTES` long. The lettering uses whatever sans-serif the viewer has.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from xml.sax.saxutils import escape, quoteattr

from smovie.posters.canvas import Canvas, Dice
from smovie.posters.motifs import LETTER_ON_TOP, MOTIFS
from smovie.posters.palettes import DEFAULT_GENRE, GENRES, PALETTES, Palette, contrast, mix
from smovie.posters.typography import FONT_STACK, Block, clean, fit, one_line

__all__ = ["BACKDROP_SIZE", "MAX_BYTES", "POSTER_SIZE", "draw_backdrop", "draw_poster"]

POSTER_SIZE = (600, 900)
"""Width and height of a poster in px."""
BACKDROP_SIZE = (1280, 720)
"""Width and height of a backdrop in px."""
MAX_BYTES = 12 * 1024
"""Upper bound on the UTF-8 size of a drawing."""

_TITLE_LIMIT = 120  # characters
_MARGIN = 46.0  # px between the lettering and the poster's edge
_SMALL = 23.0  # px, size of the year and the subtitle
_SERIES = frozenset({"series", "tv", "show", "season", "episode", "miniseries", "tv-series"})
# Genres that say least about what a film looks like; any other genre of the film wins.
_VAGUE = frozenset({"drama", "family"})


def draw_poster(
    title: str, *, year: int | None, kind: str, genres: Sequence[str], subtitle: str = "", accent: str = ""
) -> str:
    """Return a 600 × 900 px SVG poster.

    `genres` are genre ids, most important first (unknown ones are fine); `kind` "series" adds three small pips;
    `subtitle` is set in small letters (an original title, say); `accent` is a `#rgb` or `#rrggbb` colour for the
    picture's highlights, anything else is ignored. Any text is accepted: what XML forbids is dropped, the rest escaped.
    """
    return _draw(POSTER_SIZE, title, year, kind, genres, subtitle, accent, lettered=True)


def draw_backdrop(
    title: str,
    *,
    year: int | None,
    kind: str,
    genres: Sequence[str],
    subtitle: str = "",
    accent: str = "",
    lettered: bool = False,
) -> str:
    """Return a 1280 × 720 px SVG backdrop in the poster's colours and motif; parameters as for `draw_poster`.

    Pages lay their own heading over a backdrop, so it carries no lettering unless `lettered` (for share cards). The
    picture's weight sits to the right, leaving the left calm.
    """
    return _draw(BACKDROP_SIZE, title, year, kind, genres, subtitle, accent, lettered=lettered)


def _draw(
    size: tuple[int, int],
    title: str,
    year: int | None,
    kind: str,
    genres: Sequence[str],
    subtitle: str,
    accent: str,
    *,
    lettered: bool,
) -> str:
    title, subtitle = clean(title, _TITLE_LIMIT), clean(subtitle, _TITLE_LIMIT)
    date = str(year) if year is not None and 0 < year < 10_000 else ""
    series = kind.strip().lower() in _SERIES
    genre = _leading_genre(genres)
    palettes, motifs = GENRES.get(genre, DEFAULT_GENRE)
    # The picture depends on title and genre alone: correcting a year must not change a film's face.
    dice = Dice(f"{title}\n{genre}")
    palette = PALETTES[dice.pick(palettes.split())].with_accent(accent)
    motif = dice.pick(motifs.split())
    key = "p" + blake2b(repr((size, title, genre, accent)).encode(), digest_size=4).hexdigest()

    width, height = size
    tall = height > width
    column = width - 2 * _MARGIN
    block = fit(title, column, height / 3, largest=88, smallest=22)
    meta = bool(date or series)
    small = _SMALL + 11
    lettering = block.height + (small if subtitle else 0) + (small if meta else 0) + 26 if lettered else 0.0
    on_top = tall and motif in LETTER_ON_TOP and dice.chance(0.5) and _legible_on_sky(palette)
    if not lettered:
        frame = (height * 0.03, height * 0.9)
    elif on_top:
        frame = (_MARGIN + lettering - 20, height * 0.93)
    else:
        frame = (0.0, height - _MARGIN - lettering - 26)
    canvas = Canvas(size, frame, palette, dice, key, (0.3, 0.7) if tall else (0.62, 0.76))
    MOTIFS[motif](canvas)
    _grain(canvas)
    if lettered:
        ground = palette.sky if on_top else palette.near
        ink = _ink(ground, palette)
        top = _MARGIN if on_top else height - _MARGIN - lettering
        _scrim(canvas, top - 70, ground, on_top)
        _letter(
            canvas,
            block,
            top,
            ink,
            _legible_accent(palette, ground, ink),
            one_line(subtitle, column, _SMALL),
            date,
            series,
        )
    label = f"{title} ({date})" if date else title
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        f' stroke-linecap="round" stroke-linejoin="round" role="img" aria-label={quoteattr(label)}>'
        f"<defs>{''.join(canvas.defs)}</defs>{''.join(canvas.body)}</svg>"
    )


def _leading_genre(genres: Sequence[str]) -> str:
    """Return the first telling genre id, or "" when none is known."""
    known = [genre for genre in (name.strip().lower() for name in genres) if genre in GENRES]
    telling = [genre for genre in known if genre not in _VAGUE]
    return (telling or known or [""])[0]


def _ink(ground: str, palette: Palette) -> str:
    """Return the lettering colour that reads best on `ground`: the palette's light, paled, or its dark, deepened."""
    return max(
        mix(palette.glow, "#ffffff", 0.88),
        mix(palette.near, "#000000", 0.2),
        key=lambda colour: contrast(colour, ground),
    )


def _legible_on_sky(palette: Palette) -> bool:
    return contrast(_ink(palette.sky, palette), palette.sky) >= 7


def _legible_accent(palette: Palette, ground: str, ink: str) -> str:
    """Return the accent, moved towards the ink until it shows on `ground` (it may be anybody's colour)."""
    for share in (0.0, 0.25, 0.5, 0.75):
        colour = mix(palette.spark, ink, share)
        if contrast(colour, ground) >= 2.4:
            return colour
    return ink


def _scrim(c: Canvas, edge: float, ground: str, on_top: bool) -> None:
    """Calm the picture behind the lettering; `edge` is the y where it starts to."""
    if on_top:
        c.rect(0, 0, c.w, c.top, c.fade(ground, ground, begin=0.7, clear_end=True))
    else:
        rest = c.h - edge
        c.rect(0, edge, c.w, rest, c.fade(ground, ground, clear_start=True, stop=70 / rest))


# Grain is two small tiles of fixed dots with unrelated periods. feTurbulence would look finer, but a page of posters
# made of filters takes a phone seconds to paint.
_GRAIN_TILES = ((113, 46, "#000", 0.10), (89, 34, "#fff", 0.11))


def _grain_path(side: int, count: int) -> str:
    dice = Dice(f"grain {side}")
    return "".join(f"M{dice.whole(1, side - 1)} {dice.whole(1, side - 1)}h0" for _ in range(count))


_GRAIN_PATHS = tuple(_grain_path(side, count) for side, count, _, _ in _GRAIN_TILES)


def _grain(c: Canvas) -> None:
    """Lay paper grain over the whole sheet."""
    for (side, _, colour, opacity), path in zip(_GRAIN_TILES, _GRAIN_PATHS, strict=True):
        name = f"{c.key}g{side}"
        c.defs.append(
            f'<pattern id="{name}" width="{side}" height="{side}" patternUnits="userSpaceOnUse"><path d="{path}"'
            f' stroke="{colour}" stroke-width="1.7" opacity="{opacity}"/></pattern>'
        )
        c.rect(0, 0, c.w, c.h, f"url(#{name})")


def _letter(c: Canvas, block: Block, top: float, ink: str, accent: str, subtitle: str, date: str, series: bool) -> None:
    """Set rule, title, subtitle and year flush left, the rule's upper edge at y = `top`."""
    c.rect(_MARGIN, top, 54, 5, accent)
    y = top + 22
    # The first baseline leaves the capitals and their accents room below the rule.
    y += block.size * (0.5 * block.leading / block.size + 0.36)
    spans = []
    for index, line in enumerate(block.lines):
        spans.append(f'<tspan x="{_MARGIN:.0f}" y="{y + index * block.leading:.1f}">{escape(line)}</tspan>')
    y += (len(block.lines) - 1) * block.leading + block.size * 0.24
    c.add(f'<g fill="{ink}" font-family="{FONT_STACK}">')
    if spans:
        c.add(f'<text font-size="{block.size:.1f}" font-weight="700" letter-spacing="-.01em">{"".join(spans)}</text>')
    if subtitle:
        y += _SMALL + 11
        c.add(f'<text x="{_MARGIN:.0f}" y="{y:.1f}" font-size="{_SMALL:.0f}" opacity=".82">{escape(subtitle)}</text>')
    if date or series:
        y += _SMALL + 11
        if date:
            c.add(
                f'<text x="{_MARGIN:.0f}" y="{y:.1f}" font-size="{_SMALL:.0f}" font-weight="600"'
                f' letter-spacing=".08em">{date}</text>'
            )
        if series:
            x = _MARGIN + (_SMALL * 2.9 + 14 if date else 6)
            c.line(f"M{x:.0f} {y - 8:.1f}h0m16 0h0m16 0h0", accent, 9)
    c.add("</g>")
