"""What the motifs draw on: a seeded source of numbers and a growing list of SVG elements.

Coordinates and lengths are SVG user units (1 unit = 1 px at natural size), y growing downwards; opacities are 0–1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

from smovie.posters.palettes import Palette, mix

T = TypeVar("T")
_MASK = (1 << 64) - 1


class Dice:
    """Numbers that look random and depend only on the seed text (splitmix64; the same on every machine)."""

    def __init__(self, seed: str) -> None:
        """Seed from any text."""
        digest = blake2b(seed.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        self._state = int.from_bytes(digest, "big")

    def between(self, low: float, high: float) -> float:
        """Return a number in [low, high)."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        z = self._state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return low + (high - low) * ((z ^ (z >> 31)) / 2.0**64)

    def whole(self, low: int, high: int) -> int:
        """Return an integer in [low, high], both ends included."""
        return low + int(self.between(0, high - low + 1))

    def pick(self, options: Sequence[T]) -> T:
        """Return one of `options`, all equally likely."""
        return options[int(self.between(0, len(options)))]

    def chance(self, share: float) -> bool:
        """Return True in `share` (0–1) of the cases."""
        return self.between(0, 1) < share


class Canvas:
    """A sheet of `w` × `h` units whose composition lives between y = `top` and y = `base`.

    Below `base` (and above `top`) the lettering goes, so a motif must keep its foreground there and nothing busy.
    `fx` is the x the composition turns around; `u` scales sizes designed for the 600-unit-wide poster.
    """

    def __init__(
        self,
        size: tuple[float, float],
        frame: tuple[float, float],
        palette: Palette,
        dice: Dice,
        key: str,
        focus: tuple[float, float] = (0.3, 0.7),
    ) -> None:
        """Take the size and (top, base) in units, the id prefix, and the range of `fx` as shares of the width."""
        self.w, self.h = size
        self.top, self.base = frame
        self.p = palette
        self.dice = dice
        self.u = min(self.w, self.base - self.top) / 600
        self.fx = self.w * dice.between(*focus)
        self.key = key  # prefixes every id: several posters may be inlined in one page
        self._names: dict[str, str] = {}  # the same paint asked for twice is defined once
        self.defs: list[str] = []
        self.body: list[str] = []

    def y(self, share: float) -> float:
        """Return the y that lies `share` of the way down the composition (0 = `top`, 1 = `base`)."""
        return self.top + (self.base - self.top) * share

    def tone(self, share: float) -> str:
        """Return the ground colour at depth `share`: 0 far, 0.5 middle, 1 near."""
        p = self.p
        return mix(p.far, p.mid, share * 2) if share < 0.5 else mix(p.mid, p.near, share * 2 - 1)

    def _define(self, markup: str) -> str:
        name = self._names.get(markup)
        if name is None:
            name = self._names[markup] = f"{self.key}{len(self.defs)}"
            self.defs.append(markup.replace("@", name, 1))
        return f"url(#{name})"

    def fade(
        self,
        start: str,
        end: str,
        *,
        begin: float = 0.0,
        stop: float = 1.0,
        across: bool = False,
        clear_start: bool = False,
        clear_end: bool = False,
    ) -> str:
        """Return a paint running from `start` to `end` down (or `across`) the shape; `clear_*` makes an end fade out.

        `begin` and `stop` (0–1) are where along the shape the change happens.
        """
        axis = "" if across else ' x2="0" y2="1"'
        first = ' stop-opacity="0"' if clear_start else ""
        last = ' stop-opacity="0"' if clear_end else ""
        return self._define(
            f'<linearGradient id="@"{axis}><stop offset="{begin:.2f}" stop-color="{start}"{first}/>'
            f'<stop offset="{stop:.2f}" stop-color="{end}"{last}/></linearGradient>'
        )

    def halo(self, colour: str, strength: float = 0.6) -> str:
        """Return a paint that glows in the middle of the shape and vanishes at its edge."""
        return self._define(
            f'<radialGradient id="@"><stop offset=".2" stop-color="{colour}" stop-opacity="{strength:.2f}"/>'
            f'<stop offset="1" stop-color="{colour}" stop-opacity="0"/></radialGradient>'
        )

    def clip(self, shape: str) -> str:
        """Return a reference to a clip made of the element markup `shape`."""
        return self._define(f'<clipPath id="@">{shape}</clipPath>')

    def add(self, markup: str) -> None:
        """Append raw element markup."""
        self.body.append(markup)

    def rect(self, x: float, y: float, w: float, h: float, fill: str, opacity: float = 1, radius: float = 0) -> None:
        """Fill a rectangle."""
        corner = f' rx="{radius:.0f}"' if radius else ""
        self.add(
            f'<rect x="{x:.0f}" y="{y:.0f}" width="{w:.0f}" height="{h:.0f}"{corner} fill="{fill}"{_opacity(opacity)}/>'
        )

    def circle(self, x: float, y: float, r: float, fill: str, opacity: float = 1) -> None:
        """Fill a disc."""
        self.add(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{r:.1f}" fill="{fill}"{_opacity(opacity)}/>')

    def ring(self, x: float, y: float, r: float, stroke: str, width: float, opacity: float = 1) -> None:
        """Stroke a circle."""
        self.add(
            f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{r:.1f}" fill="none" stroke="{stroke}"'
            f' stroke-width="{width:.1f}"{_opacity(opacity)}/>'
        )

    def path(self, d: str, fill: str, opacity: float = 1) -> None:
        """Fill a path."""
        self.add(f'<path d="{d}" fill="{fill}"{_opacity(opacity)}/>')

    def line(self, d: str, stroke: str, width: float, opacity: float = 1) -> None:
        """Stroke a path (with round ends, which the document's root asks for)."""
        self.add(f'<path d="{d}" fill="none" stroke="{stroke}" stroke-width="{width:.1f}"{_opacity(opacity)}/>')

    # Shapes several motifs share -------------------------------------------------------------------------------

    def sky(self, start: str = "", end: str = "") -> None:
        """Fill the sheet from sky to haze, the haze reached at the foot of the composition."""
        self.rect(
            0,
            0,
            self.w,
            self.h,
            self.fade(start or self.p.sky, end or self.p.haze, begin=self.top / self.h, stop=self.base / self.h),
        )

    def orb(self, x: float, y: float, r: float, colour: str = "") -> None:
        """Draw a sun or moon: halo, disc, and stippled shade on its lower right."""
        colour = colour or self.p.glow
        self.circle(x, y, r * 2.5, self.halo(colour, 0.5))
        self.circle(x, y, r, self.fade(colour, mix(colour, self.p.spark, 0.45), begin=0.25))
        self.stipple(x, y, r, mix(colour, self.p.mid, 0.55))

    def stipple(self, x: float, y: float, r: float, colour: str, count: int = 70) -> None:
        """Shade a disc with dots that thicken towards its lower-right edge."""
        dots = []
        for _ in range(count):
            angle = self.dice.between(-0.35, 1.95)
            reach = r * (0.97 - 0.5 * self.dice.between(0, 1) ** 2)
            dots.append(f"M{x + math.cos(angle) * reach:.0f} {y + math.sin(angle) * reach:.0f}h0")
        self.line("".join(dots), colour, 1.9 * self.u, 0.5)

    def stars(self, count: int, low: float = 1.0) -> None:
        """Scatter stars over the composition's upper `low` share."""
        floor = self.y(low)
        for size, share in ((1.8, 0.75), (3.4, 0.25)):
            spots = (
                f"M{self.dice.between(0, self.w):.0f} {self.dice.between(0, floor):.0f}h0"
                for _ in range(int(count * share))
            )
            self.line("".join(spots), self.p.glow, size * self.u, 0.75)

    def ridge(self, y: float, swing: float, steps: int) -> str:
        """Return the path of a rolling hill whose crest wanders `swing` around `y`, closed at the sheet's foot."""
        stride = self.w / steps
        level = y + self.dice.between(-swing, swing)
        d = [f"M0 {self.h:.0f}V{level:.0f}"]
        for index in range(steps):
            nxt = y + self.dice.between(-swing, swing)
            left, right = index * stride, (index + 1) * stride
            d.append(
                f"C{left + stride * 0.45:.0f} {level:.0f} {right - stride * 0.45:.0f} {nxt:.0f} {right:.0f} {nxt:.0f}"
            )
            level = nxt
        return "".join(d) + f"V{self.h:.0f}z"

    def peaks(self, y: float, height: float, count: int) -> str:
        """Return the path of an angular mountain range rising up to `height` above `y`."""
        stride = self.w / count
        d = [f"M0 {self.h:.0f}V{y - self.dice.between(0, height * 0.6):.0f}"]
        for index in range(count):
            top = stride * (index + self.dice.between(0.3, 0.6))
            d.append(
                f"L{top:.0f} {y - self.dice.between(height * 0.45, height):.0f}"
                f"L{stride * (index + 1):.0f} {y - self.dice.between(0, height * 0.3):.0f}"
            )
        return "".join(d) + f"V{self.h:.0f}z"

    def land(self, start: float, count: int, swing: float = 36) -> None:
        """Stack `count` hills from `start` down to the base, hazier the farther away."""
        for index in range(count):
            depth = index / max(count - 1, 1)
            colour = self.tone(depth)
            share = start + (1 - start) * depth
            foot = mix(colour, self.p.haze, 0.45 * (1 - depth))
            height = swing * self.u * (1.1 - 0.5 * depth)
            stop = 1.0 if depth == 1 else 0.55
            self.path(self.ridge(self.y(share), height, self.dice.whole(2, 4)), self.fade(colour, foot, stop=stop))

    def birds(self, x: float, y: float, count: int) -> None:
        """Draw a loose flock around (x, y)."""
        d = []
        for _ in range(count):
            s = self.u * self.dice.between(7, 15)
            bx = x + self.u * self.dice.between(-90, 90)
            by = y + self.u * self.dice.between(-40, 40)
            d.append(
                f"M{bx:.0f} {by:.0f}q{s * 0.6:.1f} {-s * 0.6:.1f} {s:.1f} 0q{s * 0.4:.1f} {-s * 0.6:.1f} {s:.1f} 0"
            )
        self.line("".join(d), self.p.near, 2.4 * self.u, 0.85)

    def streaks(self, y: float, count: int, colour: str) -> None:
        """Draw flat, round-ended clouds around `y`."""
        for _ in range(count):
            length = self.u * self.dice.between(90, 260)
            thick = self.u * self.dice.between(8, 15)
            self.rect(
                self.dice.between(-0.1, 0.9) * self.w,
                y + self.u * self.dice.between(-60, 60),
                length,
                thick,
                colour,
                self.dice.between(0.25, 0.55),
                thick / 2,
            )


def _opacity(value: float) -> str:
    return "" if value >= 1 else f' opacity="{value:.2f}"'
