"""Colour: the palettes, the few sums on colours the posters need, and which genre uses which palette and motif."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})\Z")


@dataclass(frozen=True, slots=True)
class Palette:
    """Seven `#rrggbb` colours, from the top of the sky to the foreground, then the light and its companion.

    `near` is always dark enough to carry light lettering.
    """

    sky: str
    haze: str
    far: str
    mid: str
    near: str
    glow: str
    spark: str

    def with_accent(self, accent: str) -> Palette:
        """Return the palette lit by `accent` (`#rgb` or `#rrggbb`; anything else is ignored)."""
        if not _HEX.match(accent):
            return self
        digits = accent[1:].lower()
        return replace(self, spark="#" + (digits if len(digits) == 6 else "".join(d * 2 for d in digits)))


def _p(colours: str) -> Palette:
    return Palette(*(f"#{colour}" for colour in colours.split()))


#                       sky    haze   far    mid    near   glow   spark
PALETTES: dict[str, Palette] = {
    "dusk": _p("          27335c e8936a 8a5a7c 4c3a66 1b1835 ffdca6 ff8f5c"),
    "jade": _p("          0f4a45 9fd0a4 54a085 226b60 08292a f7f3cf f0b44c"),
    "meadow": _p("        f4ead0 f8ce7a a8bd68 5a8c4d 1a3a2c f0803c d9482b"),
    "indigo": _p("        0e1538 4a5ca3 313f7a 1d2755 0a0f29 f8e9bd ff7f5c"),
    "rose": _p("          5a1d42 f9a893 c9607a 8a2f58 350d2a ffe5cb ff8d7a"),
    "ember": _p("         2a0d13 dc4a2c 93271f 571317 19070b ffc864 ff6f3d"),
    "sand": _p("          fae0b4 f49a61 d66c42 9b3c2e 3a171a fff3d8 e4572e"),
    "ink": _p("           ece6da c3bbaa 918a7d 4f4b46 161514 fffaf0 b8321f"),
    "midnight": _p("      0e1014 41464f 2a2e36 191b20 08090b f4ead1 d3182f"),
    "space": _p("         060a1f 24588c 173963 0f2548 050918 ff9a66 5ce1e6"),
    "violet": _p("        14082f 7b3497 4f2380 2e1559 10062a ffd672 f0517a"),
    "pop": _p("           fdf0d9 fbdcb6 2a9d8f e9b949 213f4d f4845f e4533b"),
    "candy": _p("         ffe3e3 ffc9cf 5b8def ffbf47 2a1d5a ff6577 17b08a"),
    "sepia": _p("         f2e3c6 dcb98c bb8f60 7d583a 2d1e16 fff7e3 a83f2e"),
    "ocean": _p("         c4e6e2 fbe6bf 5fb3ba 29798e 0b3648 f26f52 ffcf70"),
    "forest": _p("        0d201d 68977f 38614f 1c3d36 071412 ecf3d4 e0673f"),
    "blood": _p("         14070a 861524 530f1b 2e0911 0b0304 f6e6d6 e8233d"),
    "steel": _p("         dce2e6 f2b885 8a9baa 4e6273 17222b e65a30 f5c04a"),
    "imperial": _p("      7a1b1f e8a940 b9552b 792a20 2a0b10 ffe39a ffc94d"),
    "court": _p("         e9f0d8 bfdc9a 3f9b6c 1f6e54 0b3430 f9a03f e9503a"),
    "cobalt": _p("        123a8c 58b0e6 2f74c4 1d4d9a 0a1f4d ffe07a ff5a4d"),
    "plum": _p("          2b1740 d9829a 8d4a84 552c66 1e0e31 ffe9d6 f7b267"),
}

# Each genre: the palettes and the motifs its posters choose from.
GENRES: dict[str, tuple[str, str]] = {
    "action": ("ember steel cobalt", "road rays skyline"),
    "adventure": ("ocean sand jade", "waves road hills"),
    "animation": ("candy pop ocean", "shapes houses hills"),
    "biography": ("sepia plum steel", "portrait"),
    "comedy": ("pop candy court", "shapes houses"),
    "crime": ("midnight blood indigo", "skyline blinds door"),
    "documentary": ("meadow sepia ocean", "terraces filmstrip waves"),
    "drama": ("dusk jade indigo meadow plum rose", "hills terraces waves houses lanterns lotus road"),
    "family": ("meadow pop court", "houses terraces hills"),
    "fantasy": ("violet jade dusk", "pagoda lanterns hills"),
    "history": ("imperial sepia dusk", "pagoda lanterns"),
    "horror": ("blood forest midnight", "forest door"),
    "martial-arts": ("sand imperial ink court", "bamboo pagoda"),
    "music": ("violet plum cobalt", "vinyl"),
    "musical": ("rose candy violet", "vinyl stage"),
    "mystery": ("indigo forest midnight", "rain forest door"),
    "romance": ("rose plum dusk", "lotus lanterns"),
    "science-fiction": ("space violet cobalt", "planet"),
    "sport": ("court cobalt steel", "track"),
    "superhero": ("cobalt ember pop", "rays skyline"),
    "thriller": ("midnight ember indigo", "door rain skyline"),
    "war": ("ember steel dusk", "rays road"),
    "western": ("sand ember dusk", "mesa"),
    "noir": ("midnight ink", "blinds rain"),
    "silent": ("ink sepia", "leader stage"),
}
DEFAULT_GENRE = ("dusk jade indigo meadow sepia", "filmstrip hills waves leader")


@lru_cache(maxsize=1024)
def channels(colour: str) -> tuple[int, int, int]:
    """Return red, green and blue (0–255) of a `#rrggbb` colour."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


@lru_cache(maxsize=4096)
def mix(first: str, second: str, share: float) -> str:
    """Return the colour `share` (0–1) of the way from `first` to `second`, as `#rrggbb`."""
    pairs = zip(channels(first), channels(second), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


@lru_cache(maxsize=1024)
def luminance(colour: str) -> float:
    """Return the WCAG relative luminance (0–1) of a `#rrggbb` colour."""
    red, green, blue = (
        value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in channels(colour))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """Return the WCAG contrast ratio (1–21) of two `#rrggbb` colours."""
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)
