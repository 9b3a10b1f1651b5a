"""The pictures: one small function per motif, each composing flat shapes on a `Canvas`.

A motif paints the whole sheet, puts what is worth looking at between the canvas' `top` and `base`, and leaves calm
ground below `base`. All its numbers come from the canvas' dice, so a title always gets the same picture.
`MOTIFS` at the end names them; `LETTER_ON_TOP` says which look good with the title above the picture.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from smovie.posters.canvas import Canvas
from smovie.posters.palettes import mix

Motif = Callable[[Canvas], None]


def _ground(c: Canvas, share: float = 1.0) -> None:
    """Fill everything below the base with the foreground colour."""
    c.rect(0, c.y(share), c.w, c.h - c.y(share) + 1, c.p.near)


def _figure(c: Canvas, x: float, foot: float, height: float, colour: str, *, hat: bool = False) -> None:
    """Draw a small standing person, `height` units tall; `hat` puts a conical hat on."""
    # Outline in hundredths of the height, upwards from the feet: right side, then its mirror image.
    right = ((1, 0), (5.8, 0), (6.2, 26), (10.8, 27), (9.8, 44), (12.6, 45), (12.2, 73), (9, 80), (3.4, 83))
    outline = [*right, *((-px, py) for px, py in reversed(right)), (0, 27)]
    s = height / 100
    c.path("M" + "L".join(f"{x + px * s:.1f} {foot - py * s:.1f}" for px, py in outline) + "z", colour)
    c.circle(x, foot - 91 * s, 7.6 * s, colour)
    if hat:
        brim = foot - 91 * s
        c.path(f"M{x - 23 * s:.1f} {brim:.1f}L{x:.1f} {brim - 18 * s:.1f}L{x + 23 * s:.1f} {brim:.1f}z", colour)


def hills(c: Canvas) -> None:
    """Moon or sun over rolling hills, with birds."""
    c.sky()
    d = c.dice
    r = c.u * d.between(70, 125)
    y = c.y(d.between(0.24, 0.4))
    c.orb(c.fx, y, r)
    c.streaks(y + r * 0.6, d.whole(2, 4), mix(c.p.haze, c.p.glow, 0.4))
    side = -1 if c.fx > c.w / 2 else 1
    c.birds(c.fx + side * c.u * d.between(150, 200), y - r * 0.2, d.whole(4, 8))
    c.land(d.between(0.5, 0.6), d.whole(4, 5), d.between(30, 60))


def terraces(c: Canvas) -> None:
    """Rice terraces: contour bands with water catching the light, and somebody in a conical hat."""
    c.sky()
    d = c.dice
    c.orb(c.fx, c.y(d.between(0.18, 0.28)), c.u * d.between(48, 80))
    c.path(c.peaks(c.y(0.5), 150 * c.u, 3), c.fade(mix(c.p.far, c.p.haze, 0.35), c.p.haze, stop=0.5))
    count = d.whole(9, 11)
    lean = d.pick((-1, 1)) * d.between(0.16, 0.3)
    wave = d.between(0, 6)
    for index in range(count):
        depth = index / (count - 1)
        y = c.y(0.44 + 0.56 * depth**1.25)
        # Every band shares one contour that slowly drifts, as terraces follow one hillside.
        slope = lean * (c.base - c.top) * (1 - depth)
        bend = c.u * (18 + 40 * depth) * math.sin(wave + depth * 3)
        third = c.w / 3
        crest = (
            f"M-9 {y + slope:.0f}C{third:.0f} {y + slope * 0.3 - bend:.0f} {2 * third:.0f}"
            f" {y - slope * 0.1 + bend:.0f} {c.w + 9:.0f} {y - slope * 0.5:.0f}"
        )
        c.path(f"{crest}V{c.h:.0f}H-9z", c.tone(depth))
        if index < count - 1:
            c.line(crest, mix(c.p.glow, c.tone(depth), 0.25 + 0.3 * depth), c.u * (2.5 + 6 * depth), 0.85)
    _figure(c, c.w - c.fx, c.y(0.88), 54 * c.u, c.p.near, hat=True)


def waves(c: Canvas) -> None:
    """A sun on the horizon, rows of swell, and a sail."""
    c.sky()
    d = c.dice
    horizon = c.y(d.between(0.5, 0.56))
    r = c.u * d.between(100, 150)
    c.orb(c.fx, horizon - r * d.between(0.1, 0.7), r)
    c.streaks(c.y(0.2), 3, mix(c.p.haze, c.p.glow, 0.4))
    c.rect(0, horizon, c.w, c.h - horizon, c.fade(mix(c.p.far, c.p.haze, 0.3), c.p.mid, stop=0.5))
    for row in range(9):  # the sun's path on the water
        half = r * (0.95 - 0.08 * row) * d.between(0.6, 1)
        c.rect(c.fx - half, horizon + c.u * (8 + row * 17), half * 2, c.u * 5, c.p.glow, 0.55 - row * 0.05, 3)
    rows = 6
    boat = d.whole(1, 2)
    bx = c.w - c.fx + c.u * d.between(-30, 30)
    for row in range(rows):
        depth = row / (rows - 1)
        y = horizon + (c.base - horizon) * (0.18 + 0.82 * depth)
        if row == boat:
            _sail(c, bx, y - 3 * c.u, c.u * d.between(0.9, 1.2))
        span, rise = c.u * (46 + 50 * depth), c.u * (7 + 13 * depth)
        start = -span * d.between(0.2, 2)
        crest = f"M{start:.0f} {y:.0f}q{span / 2:.0f} {-rise * 2:.0f} {span:.0f} 0"
        crest += f"t{span:.0f} 0" * (int((c.w - start) / span) + 1)
        c.path(f"{crest}V{c.h:.0f}H{start:.0f}z", c.tone(0.15 + 0.85 * depth))
        c.line(crest, mix(c.tone(depth * 0.8), c.p.glow, 0.35), 2.2 * c.u, 0.6)


def _sail(c: Canvas, x: float, y: float, s: float) -> None:
    """Draw a junk-rigged boat of scale `s` floating at (x, y)."""
    hull = c.p.near
    c.path(
        f"M{x - 62 * s:.0f} {y - 20 * s:.0f}Q{x:.0f} {y - 9 * s:.0f} {x + 66 * s:.0f} {y - 26 * s:.0f}"
        f"L{x + 44 * s:.0f} {y + 12 * s:.0f}H{x - 44 * s:.0f}z",
        hull,
    )
    c.path(
        f"M{x - 4 * s:.0f} {y - 18 * s:.0f}V{y - 150 * s:.0f}Q{x + 66 * s:.0f} {y - 96 * s:.0f} {x + 50 * s:.0f}"
        f" {y - 24 * s:.0f}z",
        c.p.spark,
    )
    c.path(
        f"M{x - 12 * s:.0f} {y - 18 * s:.0f}V{y - 118 * s:.0f}Q{x - 50 * s:.0f} {y - 70 * s:.0f}"
        f" {x - 48 * s:.0f} {y - 26 * s:.0f}z",
        mix(c.p.spark, c.p.glow, 0.5),
    )


def lanterns(c: Canvas) -> None:
    """Silk lanterns hanging at several depths over still water that holds their light."""
    d = c.dice
    dusk = mix(c.p.near, c.p.mid, 0.35)
    shore = c.y(0.8)
    c.sky(dusk, mix(c.p.mid, c.p.haze, 0.55))
    c.circle(c.fx, c.y(0.5), 400 * c.u, c.halo(c.p.glow, 0.4))
    c.path(c.peaks(shore, 90 * c.u, 4), c.fade(mix(c.p.mid, c.p.haze, 0.25), mix(c.p.mid, c.p.haze, 0.5), stop=0.3))
    c.rect(0, shore, c.w, c.h - shore, c.fade(mix(c.p.mid, dusk, 0.3), c.p.near, stop=0.5))
    count = 8 if c.h > c.w else 11
    hung = []
    glints: dict[str, list[str]] = {}
    for index in range(count):
        depth = index / (count - 1)
        size = c.u * (18 + 58 * depth**1.5)
        # Low-discrepancy spread: random places would clump.
        x = c.w * ((0.13 + c.fx / c.w + index * 0.618) % 1)
        y = c.y(d.between(0.22, 0.68) if depth < 0.6 else d.between(0.24, 0.56))
        colour = d.pick((c.p.glow, c.p.spark, mix(c.p.glow, c.p.spark, 0.5)))
        hung.append((x, y, size, mix(colour, c.p.mid, 0.15 * round(2 - 2 * depth))))
        for row in range(3):
            half = size * d.between(0.4, 1.0) * (1 - row * 0.22)
            glints.setdefault(colour, []).append(
                f"M{x - half:.0f} {shore + c.u * (14 + row * 17 + 34 * depth):.0f}h{half * 2:.0f}"
            )
    for colour, dashes in glints.items():
        c.line("".join(dashes), colour, 4 * c.u, 0.4)
    for x, y, size, colour in hung:
        _lantern(c, x, y, size, colour)
    c.path(c.ridge(c.y(1.0), 8 * c.u, 2), c.p.near)


def _lantern(c: Canvas, x: float, y: float, s: float, colour: str) -> None:
    """Draw one lantern of half-width `s` with its cord, ribs and tassel."""
    dark = mix(colour, c.p.near, 0.55)
    c.line(f"M{x:.0f} {c.top - c.h:.0f}V{y - s:.0f}", dark, s * 0.04 + 0.6)
    c.circle(x, y, s * 2.1, c.halo(colour, 0.4))
    c.add(f'<ellipse cx="{x:.0f}" cy="{y:.0f}" rx="{s:.0f}" ry="{s * 0.86:.0f}" fill="{colour}"/>')
    ribs = "".join(
        f"M{x:.0f} {y - s * 0.84:.0f}Q{x + s * k:.0f} {y:.0f} {x:.0f} {y + s * 0.84:.0f}"
        for k in (-1.2, -0.45, 0.45, 1.2)
    )
    c.line(ribs, dark, max(1.0, s * 0.035), 0.5)
    c.rect(x - s * 0.36, y - s * 0.96, s * 0.72, s * 0.16, dark, 1, 2)
    c.rect(x - s * 0.36, y + s * 0.8, s * 0.72, s * 0.16, dark, 1, 2)
    c.line(f"M{x:.0f} {y + s:.0f}v{s * 0.75:.0f}", colour, s * 0.13, 0.9)


def skyline(c: Canvas) -> None:
    """A night city in three depths, some windows lit, in front of a heavy moon."""
    d = c.dice
    c.sky()
    c.orb(c.fx, c.y(d.between(0.3, 0.42)), c.u * d.between(100, 160))
    c.streaks(c.y(0.3), 3, c.p.haze)
    for depth in range(3):
        colour = c.tone(0.15 + depth * 0.42)
        x, d_path = -10.0, [f"M-10 {c.h:.0f}"]
        windows: list[str] = []
        while x < c.w:
            width = c.u * d.between(46, 96) * (0.8 + 0.3 * depth)
            near_moon = 1 - min(1.0, abs(x + width / 2 - c.fx) / (c.w * 0.6))
            tall = (c.base - c.top) * d.between(0.12, 0.3) * (1.75 - 0.5 * depth) * (0.6 + 0.55 * near_moon)
            roof = c.base - tall
            d_path.append(f"V{roof:.0f}h{width:.0f}")
            if d.chance(0.3):
                mast = c.u * d.between(20, 60)
                c.line(f"M{x + width / 2:.0f} {roof:.0f}v{-mast:.0f}", colour, 2.5 * c.u)
            if depth:
                step = 15 * c.u
                rows, columns = int(tall / step) - 1, int(width / step) - 1
                windows.extend(
                    f"M{x + d.whole(1, columns) * step - 3 * c.u:.0f} {roof + d.whole(1, rows) * step:.0f}"
                    f"v{7 * c.u:.0f}"
                    for _ in range(int(rows * columns * 0.13))
                )
            x += width
        c.path("".join(d_path) + f"V{c.h:.0f}z", c.fade(colour, mix(colour, c.p.haze, 0.3 * (2 - depth) / 2)))
        if windows:
            c.add(
                f'<path d="{"".join(windows)}" stroke="{c.p.glow if depth == 2 else c.p.spark}"'
                f' stroke-width="{5.5 * c.u:.1f}" stroke-linecap="butt" opacity=".85"/>'
            )
    _ground(c)


def planet(c: Canvas) -> None:
    """A ringed planet, orbits and stars above a near horizon with a lone explorer."""
    d = c.dice
    c.sky()
    c.stars(90, 0.8)
    x, y, r = c.fx, c.y(d.between(0.36, 0.46)), c.u * d.between(110, 150)
    tilt = d.pick((-1, 1)) * d.between(12, 28)
    c.circle(x, y, r * 2.2, c.halo(c.p.spark, 0.35))
    for k in range(2):
        c.ring(x, y, r * (2.0 + k * 0.75), c.p.glow, 1.2 * c.u, 0.3)
        angle = d.between(0, 6.3)
        c.circle(
            x + math.cos(angle) * r * (2.0 + k * 0.75),
            y + math.sin(angle) * r * (2.0 + k * 0.75),
            c.u * (14 - 4 * k),
            c.p.spark,
        )
    rx, ry = r * 1.75, r * d.between(0.3, 0.45)
    ring = f'fill="none" stroke="{mix(c.p.glow, c.p.haze, 0.3)}" stroke-width="{13 * c.u:.0f}"'
    thin = f'fill="none" stroke="{c.p.spark}" stroke-width="{3.5 * c.u:.1f}"'
    c.add(f'<g transform="translate({x:.0f} {y:.0f})rotate({tilt:.0f})">')
    for sweep in (1, 0):  # the far half of the rings, the globe, then the near half
        for scale, style in ((1.0, ring), (1.2, thin)):
            c.add(
                f'<path d="M{-rx * scale:.0f} 0A{rx * scale:.0f} {ry * scale:.0f} 0 0 {sweep} {rx * scale:.0f} 0"'
                f" {style}/>"
            )
        if sweep:
            c.circle(0, 0, r, c.fade(c.p.glow, mix(c.p.spark, c.p.mid, 0.55), begin=0.15))
            mask = c.clip(f'<circle r="{r:.0f}"/>')
            c.add(f'<g clip-path="{mask}">')
            for _ in range(d.whole(4, 6)):
                c.rect(-r, d.between(-0.8, 0.75) * r, 2 * r, r * d.between(0.05, 0.16), c.p.mid, 0.2)
            c.path(
                f"M{r:.0f} {-r:.0f}V{r:.0f}H{-r:.0f}A{r * 1.6:.0f} {r * 1.6:.0f} 0 0 0 {r:.0f} {-r:.0f}z",
                c.p.near,
                0.35,
            )
            c.add("</g>")
    c.add("</g>")
    big = c.w * 1.3
    for k, share in enumerate((0.84, 0.93)):
        c.circle(c.w * (0.3 + 0.45 * k), c.y(share) + big, big, c.fade(c.tone(0.25 + 0.75 * k), c.p.near, stop=0.16))
    _figure(c, c.w - c.fx, c.y(0.945), 44 * c.u, c.p.glow)


def rays(c: Canvas) -> None:
    """A burst of rays behind a summit with somebody on it."""
    d = c.dice
    x, y = c.fx, c.y(d.between(0.42, 0.52))
    c.sky(c.p.sky, mix(c.p.sky, c.p.haze, 0.6))
    reach, count = c.w + c.h, d.pick((11, 13, 15))
    turn = d.between(0, 1)
    wedges = []
    for index in range(count):
        a = (index + turn) * math.tau / count
        b = a + math.pi / count
        wedges.append(
            f"M{x:.0f} {y:.0f}L{x + math.cos(a) * reach:.0f} {y + math.sin(a) * reach:.0f}"
            f"L{x + math.cos(b) * reach:.0f} {y + math.sin(b) * reach:.0f}z"
        )
    c.path("".join(wedges), c.p.haze, 0.6)
    c.circle(x, y, 330 * c.u, c.halo(c.p.glow, 0.7))
    c.orb(x, y, c.u * d.between(95, 130))
    c.path(c.peaks(c.y(0.9), 130 * c.u, 4), c.fade(c.p.far, mix(c.p.far, c.p.haze, 0.4), stop=0.5))
    c.path(c.peaks(c.y(1.0), 100 * c.u, 3), c.p.mid)
    summit, wide = c.y(0.7), c.u * 250
    c.path(
        f"M{x - wide:.0f} {c.base + 40:.0f}L{x - wide * 0.4:.0f} {c.y(0.83):.0f}L{x - 22 * c.u:.0f} {summit:.0f}"
        f"H{x + 24 * c.u:.0f}L{x + wide * 0.3:.0f} {c.y(0.8):.0f}L{x + wide:.0f} {c.base + 40:.0f}z",
        c.p.near,
    )
    tall = 82 * c.u
    c.path(
        f"M{x:.0f} {summit - tall * 0.8:.0f}Q{x + tall * 0.3:.0f} {summit - tall * 0.5:.0f} {x + tall * 0.85:.0f}"
        f" {summit - tall * 0.3:.0f}Q{x + tall * 0.35:.0f} {summit - tall * 0.1:.0f} {x:.0f}"
        f" {summit - tall * 0.12:.0f}z",
        c.p.spark,
    )
    _figure(c, x, summit + 2, tall, c.p.near)
    _ground(c, 1.04)


def rain(c: Canvas) -> None:
    """Slanting rain, a street lamp's cone, one umbrella, rings on the wet ground."""
    d = c.dice
    c.sky(c.p.sky, mix(c.p.sky, c.p.haze, 0.75))
    side = 1 if c.fx < c.w / 2 else -1
    lamp, head = c.fx - side * 60 * c.u, c.y(0.2)
    floor = c.y(0.9)
    c.path(
        f"M{lamp + side * 78 * c.u:.0f} {head:.0f}L{lamp - side * 110 * c.u:.0f} {floor:.0f}"
        f"H{lamp + side * 330 * c.u:.0f}z",
        c.fade(c.p.glow, c.p.haze, clear_end=True),
        0.55,
    )
    _ground(c, 0.9)
    c.add(
        f'<ellipse cx="{lamp + side * 110 * c.u:.0f}" cy="{floor + 14 * c.u:.0f}" rx="{230 * c.u:.0f}"'
        f' ry="{22 * c.u:.0f}" fill="{c.p.glow}" opacity=".22"/>'
    )
    c.line(
        f"M{lamp:.0f} {floor:.0f}V{head + 30 * c.u:.0f}q0 {-44 * c.u:.0f} {side * 44 * c.u:.0f} {-44 * c.u:.0f}"
        f"h{side * 34 * c.u:.0f}v{12 * c.u:.0f}",
        c.p.near,
        7 * c.u,
    )
    c.circle(lamp + side * 78 * c.u, head, 13 * c.u, c.p.glow)
    for width, opacity, count in ((1.4, 0.35, 60), (2.6, 0.4, 24)):
        drops = []
        for _ in range(count):
            length = c.u * d.between(18, 60)
            drops.append(
                f"M{d.between(0, c.w * 1.1):.0f} {d.between(c.top - 60, floor - 40):.0f}"
                f"l{-length * 0.28:.0f} {length:.0f}"
            )
        c.line("".join(drops), mix(c.p.haze, c.p.glow, 0.5), width * c.u, opacity)
    x, s = lamp + side * c.u * d.between(100, 135), c.u
    _figure(c, x, floor + 16 * s, 150 * s, c.p.near)
    top = floor - 156 * s
    c.path(
        f"M{x - 88 * s:.0f} {top + 44 * s:.0f}A{88 * s:.0f} {84 * s:.0f} 0 0 1 {x + 88 * s:.0f} {top + 44 * s:.0f}"
        f"q{-22 * s:.0f} {-15 * s:.0f} {-44 * s:.0f} 0q{-22 * s:.0f} {-15 * s:.0f} {-44 * s:.0f} 0"
        f"q{-22 * s:.0f} {-15 * s:.0f} {-44 * s:.0f} 0q{-22 * s:.0f} {-15 * s:.0f} {-44 * s:.0f} 0z",
        c.p.spark,
    )
    c.line(f"M{x:.0f} {top - 50 * s:.0f}v{12 * s:.0f}M{x:.0f} {top + 38 * s:.0f}v{60 * s:.0f}", c.p.near, 4 * s)
    for _ in range(5):
        px, py, rx = d.between(0.05, 0.95) * c.w, c.y(d.between(0.94, 1.04)), c.u * d.between(14, 40)
        c.add(
            f'<ellipse cx="{px:.0f}" cy="{py:.0f}" rx="{rx:.0f}" ry="{rx * 0.2:.0f}" fill="none"'
            f' stroke="{c.p.haze}" stroke-width="1.5" opacity=".5"/>'
        )


def mesa(c: Canvas) -> None:
    """Table mountains, a large sun, saguaros."""
    d = c.dice
    c.sky()
    c.orb(c.fx, c.y(d.between(0.34, 0.46)), c.u * d.between(120, 165))
    c.streaks(c.y(0.25), 3, mix(c.p.haze, c.p.glow, 0.5))
    for depth, share in ((0.1, 0.62), (0.4, 0.74)):
        x, colour = d.between(-0.2, 0.05) * c.w, c.tone(depth)
        floor = c.y(share + 0.08)
        while x < c.w:
            width, tall = c.u * d.between(120, 230), c.u * d.between(80, 170) * (1 - depth * 0.4)
            roof, lean = floor - tall, c.u * d.between(14, 34)
            c.path(
                f"M{x:.0f} {floor + 9:.0f}l{lean:.0f} {-tall * 0.45:.0f}h{lean * 0.4:.0f}L{x + lean * 1.8:.0f}"
                f" {roof:.0f}H{x + width - lean * 1.8:.0f}L{x + width - lean * 1.4:.0f} {floor - tall * 0.45:.0f}"
                f"h{lean * 0.4:.0f}L{x + width:.0f} {floor + 9:.0f}z",
                colour,
            )
            c.line(
                f"M{x + lean * 2:.0f} {roof + tall * 0.16:.0f}H{x + width * 0.62:.0f}"
                f"M{x + width * 0.5:.0f} {roof + tall * 0.32:.0f}H{x + width - lean * 1.8:.0f}",
                mix(colour, c.p.haze, 0.4),
                3 * c.u,
                0.7,
            )
            x += width * d.between(1.05, 1.9)
        c.path(c.ridge(floor, 8 * c.u, 3), c.fade(mix(colour, c.p.haze, 0.35), colour, stop=0.4))
    c.path(c.ridge(c.y(0.97), 14 * c.u, 2), c.p.near)
    for side in (-1, 1):
        x, s = c.w / 2 + side * c.w * d.between(0.27, 0.42), c.u * d.between(0.55, 1.15)
        y = c.y(1.0)
        c.line(
            f"M{x:.0f} {y:.0f}v{-190 * s:.0f}M{x:.0f} {y - 70 * s:.0f}h{-22 * s:.0f}q{-18 * s:.0f} 0"
            f" {-18 * s:.0f} {-18 * s:.0f}v{-34 * s:.0f}M{x:.0f} {y - 96 * s:.0f}h{20 * s:.0f}q{18 * s:.0f} 0"
            f" {18 * s:.0f} {-18 * s:.0f}v{-40 * s:.0f}",
            c.p.near,
            21 * s,
        )


def forest(c: Canvas) -> None:
    """Bare trunks fading into fog before a pale moon, and a pair of eyes."""
    d = c.dice
    c.sky()
    c.orb(c.fx, c.y(d.between(0.28, 0.4)), c.u * d.between(80, 120))
    for layer in range(3):
        colour = mix(c.tone(0.2 + layer * 0.4), c.p.haze, 0.25 * (2 - layer) / 2)
        x, trunks = d.between(-30, 20), []
        while x < c.w:
            w = c.u * d.between(7, 13) * (1 + layer * 1.1)
            foot = c.y(0.86 + layer * 0.08)
            # Near trunks frame the moon instead of crossing it.
            if layer < 2 or abs(x - c.fx) > 110 * c.u:
                bend = d.between(-14, 14) * c.u
                trunks.append(
                    f"M{x:.0f} -9Q{x + bend:.0f} {foot / 2:.0f} {x - w * 0.3:.0f} {foot + 40:.0f}"
                    f"h{w * 1.6:.0f}Q{x + bend + w:.0f} {foot / 2:.0f} {x + w * 0.8:.0f} -9z"
                )
                if d.chance(0.7):
                    y, arm = c.y(d.between(0.05, 0.55)), d.pick((-1, 1)) * c.u * d.between(26, 70)
                    trunks.append(
                        f"M{x + w / 2:.0f} {y:.0f}q{arm * 0.4:.0f} {-abs(arm) * 0.2:.0f} {arm:.0f}"
                        f" {-abs(arm) * 0.9:.0f}q{-arm * 0.4:.0f} {abs(arm):.0f} {-arm:.0f}"
                        f" {abs(arm) * 1.15:.0f}z"
                    )
            x += c.u * d.between(52, 110) * (1 + layer * 0.55)
        c.path("".join(trunks), colour)
        c.rect(
            0,
            c.y(0.45),
            c.w,
            c.h - c.y(0.45),
            c.fade(c.p.haze, c.p.haze, clear_start=True, stop=0.9),
            0.3 - layer * 0.12,
        )
        c.path(c.ridge(c.y(0.86 + layer * 0.07), 12 * c.u, 3), colour)
    ex, ey = c.w - c.fx, c.y(d.between(0.72, 0.8))
    for side in (-1, 1):
        c.add(
            f'<ellipse cx="{ex + side * 13 * c.u:.0f}" cy="{ey:.0f}" rx="{6.5 * c.u:.1f}" ry="{3.6 * c.u:.1f}"'
            f' fill="{c.p.spark}" transform="rotate({side * -14} {ex + side * 13 * c.u:.0f} {ey:.0f})"/>'
        )
    _ground(c, 1.03)


def shapes(c: Canvas) -> None:
    """A playful quilt of quarter discs, stripes, dots and eyes."""
    d = c.dice
    c.rect(0, 0, c.w, c.h, c.p.near)
    columns = 4 if c.h > c.w else 7
    size = c.w / columns
    rows = max(3, round(c.base / size))
    size_y = c.base / rows
    inks = (c.p.far, c.p.mid, c.p.glow, c.p.spark, c.p.sky, c.p.haze, c.p.near)
    for row in range(rows):
        for column in range(columns):
            x, y = column * size, row * size_y
            # Neighbours walk through the inks in different strides, so no two adjoining tiles share a ground.
            ground = inks[(row * 3 + column * 2 + d.whole(0, 1) * 4) % 6]
            ink = d.pick([colour for colour in inks if colour != ground])
            other = d.pick([colour for colour in inks if colour not in (ground, ink)])
            c.rect(x, y, size + 1, size_y + 1, ground)
            c.add(
                f'<g transform="translate({x + size / 2:.0f} {y + size_y / 2:.0f})scale({size / 100:.2f}'
                f' {size_y / 100:.2f})rotate({d.whole(0, 3) * 90})">'
            )
            _tile(c, d.whole(0, 7), ink, other)
            c.add("</g>")


def _tile(c: Canvas, form: int, ink: str, other: str) -> None:
    """Draw one of eight figures in the square from −50 to 50."""
    if form == 0:
        c.path("M-50 50A100 100 0 0 1 50-50V50z", ink)
        c.circle(18, 18, 15, other)
    elif form == 1:
        c.path("M-50 0A50 50 0 0 1 50 0zM-50 50A50 50 0 0 1 50 50z", ink)
    elif form == 2:
        c.circle(0, 0, 36, ink)
        c.circle(0, 0, 15, other)
    elif form == 3:
        c.path("M-50-50H50L-50 50z", ink)
    elif form == 4:
        c.path("M-50-34H50v16H-50zM-50-2H50v16H-50zM-50 30H50v16H-50z", ink)
    elif form == 5:
        c.path("M-50-50A50 50 0 0 1 0 0A50 50 0 0 1-50 50zM50-50A50 50 0 0 0 0 0A50 50 0 0 0 50 50z", ink)
    elif form == 6:
        c.line("M-25-25h0M25-25h0M-25 25h0M25 25h0", ink, 24)
        c.line("M0 0h0", other, 24)
    else:
        c.path("M-50 0A50 50 0 0 1 0-50A50 50 0 0 1 50 0A50 50 0 0 1 0 50A50 50 0 0 1-50 0z", ink)
        c.path("M-50 0A50 50 0 0 0 50 0z", other)


def vinyl(c: Canvas) -> None:
    """A spinning record cut by the sheet's edge, and an equaliser."""
    d = c.dice
    c.sky(c.p.sky, mix(c.p.sky, c.p.haze, 0.8))
    side = 1 if c.fx > c.w / 2 else -1
    x, y = c.w / 2 + side * c.w * d.between(0.16, 0.3), c.y(d.between(0.4, 0.48))
    r = c.u * d.between(245, 285)
    c.circle(x, y, r * 1.6, c.halo(c.p.spark, 0.5))
    c.circle(x, y, r, c.p.near)
    for k in range(9):
        c.ring(x, y, r * (0.44 + 0.062 * k), c.p.haze, 1.5 * c.u, 0.16 + 0.16 * (k % 3 == 0))
    turn = d.between(0.2, 1.2)
    shine = "".join(
        f"M{x:.0f} {y:.0f}L{x + math.cos(a) * r:.0f} {y + math.sin(a) * r:.0f}A{r:.0f} {r:.0f} 0 0 1"
        f" {x + math.cos(a + 0.36) * r:.0f} {y + math.sin(a + 0.36) * r:.0f}z"
        for a in (turn, turn + math.pi)
    )
    c.path(shine, c.p.glow, 0.16)
    c.circle(x, y, r * 0.36, c.fade(c.p.glow, c.p.spark))
    c.ring(x, y, r * 0.25, c.p.near, 2 * c.u, 0.4)
    c.circle(x, y, r * 0.05, c.p.near)
    c.stipple(x, y, r * 0.36, c.p.near, 40)
    ax, ay = x - side * r * 1.02, c.y(0.06)
    c.line(
        f"M{ax:.0f} {ay:.0f}L{ax + side * 14 * c.u:.0f} {y + r * 0.1:.0f}L{x - side * r * 0.52:.0f} {y + r * 0.5:.0f}",
        c.p.glow,
        7 * c.u,
    )
    c.circle(ax, ay, 22 * c.u, c.p.glow)
    c.circle(ax, ay, 9 * c.u, c.p.mid)
    bars = int(c.w / (30 * c.u))
    gap, wave = c.w / bars, d.between(0, 6)
    for index in range(bars):
        swell = 0.5 + 0.5 * math.sin(wave + index * 0.55) * math.sin(wave * 2 + index * 0.21)
        tall = c.u * (16 + 130 * swell * d.between(0.6, 1))
        c.rect(
            index * gap + gap * 0.2,
            c.base - tall,
            gap * 0.6,
            tall + 30,
            mix(c.p.spark, c.p.glow, round(swell, 1)),
            0.95,
            gap * 0.3,
        )
    _ground(c)


def stage(c: Canvas) -> None:
    """A curtain, two spotlights and one performer."""
    d = c.dice
    c.sky(mix(c.p.near, c.p.sky, 0.35), mix(c.p.mid, c.p.haze, 0.25))
    floor = c.y(0.86)
    centre = c.w / 2 + (c.fx - c.w / 2) * 0.4
    for source in (c.w * d.between(0.1, 0.25), c.w * d.between(0.75, 0.9)):
        half = 120 * c.u
        c.path(
            f"M{source - 8:.0f} {c.top - 20:.0f}h16L{centre + half:.0f} {floor + 14 * c.u:.0f}H{centre - half:.0f}z",
            c.fade(c.p.glow, c.p.glow, clear_start=True),
            0.42,
        )
    c.rect(0, floor, c.w, c.h - floor, c.fade(mix(c.p.mid, c.p.near, 0.4), c.p.near, stop=0.4))
    c.add(
        f'<ellipse cx="{centre:.0f}" cy="{floor + 16 * c.u:.0f}" rx="{128 * c.u:.0f}" ry="{22 * c.u:.0f}"'
        f' fill="{c.p.glow}"/>'
    )
    _figure(c, centre, floor + 16 * c.u, 180 * c.u, c.p.near)
    if d.chance(0.5):  # bowler and cane, or a microphone
        s = 180 * c.u
        c.line(f"M{centre - s * 0.17:.0f} {floor - s * 0.8:.0f}h{s * 0.34:.0f}", c.p.near, 5 * c.u)
        c.path(
            f"M{centre - s * 0.11:.0f} {floor - s * 0.8:.0f}a{s * 0.11:.0f} {s * 0.13:.0f} 0 0 1 {s * 0.22:.0f} 0z",
            c.p.near,
        )
        c.line(
            f"M{centre + s * 0.12:.0f} {floor - s * 0.45:.0f}L{centre + s * 0.3:.0f} {floor + 14 * c.u:.0f}",
            c.p.near,
            4 * c.u,
        )
    else:
        mx = centre + 44 * c.u
        c.line(f"M{mx:.0f} {floor + 18 * c.u:.0f}V{floor - 112 * c.u:.0f}", c.p.near, 4 * c.u)
        c.line(f"M{mx:.0f} {floor - 112 * c.u:.0f}l{-7 * c.u:.0f} {-7 * c.u:.0f}", c.p.near, 13 * c.u)
    folds = 4
    for edge, inward in ((0.0, 1), (c.w, -1)):
        for k in range(folds, 0, -1):
            reach = inward * c.w * 0.085 * k
            tie = c.y(0.55)
            c.path(
                f"M{edge:.0f} -9H{edge + reach * 1.25:.0f}Q{edge + reach * 1.1:.0f} {tie * 0.75:.0f}"
                f" {edge + reach * 0.5:.0f} {tie:.0f}Q{edge + reach * 0.8:.0f} {floor * 0.9:.0f}"
                f" {edge + reach * 0.72:.0f} {floor + 10:.0f}H{edge:.0f}z",
                mix(c.p.spark, c.p.near, 0.18 + 0.16 * ((k + 1) % 2) + 0.06 * k),
            )
    c.rect(0, 0, c.w, c.top + 26 * c.u, mix(c.p.spark, c.p.near, 0.5))


def track(c: Canvas) -> None:
    """Running lanes sweeping round a bend, a ball of light and its shadow."""
    d = c.dice
    c.rect(0, 0, c.w, c.h, c.fade(c.p.sky, c.p.haze, stop=0.7))
    side = 1 if c.fx > c.w / 2 else -1
    cx, cy = c.w / 2 + side * c.w * 0.5, c.y(d.between(0.9, 1.05))
    lane = c.u * d.between(52, 62)
    inner = c.u * d.between(120, 170)
    c.circle(cx, cy, inner + lane * 7, mix(c.p.far, c.p.haze, 0.25))
    for k in range(6, 0, -1):
        c.circle(cx, cy, inner + lane * k, mix(c.p.spark, c.p.near, 0.05 + 0.13 * (k % 2)))
        c.ring(cx, cy, inner + lane * k, c.p.sky, 3.5 * c.u, 0.9)
    c.circle(cx, cy, inner, c.fade(c.p.far, c.p.mid))
    c.ring(cx, cy, inner, c.p.sky, 3.5 * c.u, 0.9)
    for k in range(1, 7):  # staggered starts
        a = math.pi * 1.5 - side * (0.2 + 0.075 * k)
        r0, r1 = inner + lane * (k - 1), inner + lane * k
        c.line(
            f"M{cx + math.cos(a) * r0:.0f} {cy + math.sin(a) * r0:.0f}L{cx + math.cos(a) * r1:.0f}"
            f" {cy + math.sin(a) * r1:.0f}",
            c.p.sky,
            5 * c.u,
        )
    bx, by, r = c.w / 2 - side * c.w * 0.2, c.y(d.between(0.2, 0.3)), c.u * d.between(52, 74)
    trail = "".join(
        f"M{bx - side * (r + k * 20 * c.u):.0f} {by + (k - 1) * r * 0.5:.0f}h{-side * 70 * c.u:.0f}" for k in range(3)
    )
    c.line(trail, c.p.near, 5 * c.u, 0.4)
    c.orb(bx, by, r)
    _ground(c, 1.06)


def blinds(c: Canvas) -> None:
    """A man in a hat against light falling through venetian blinds."""
    d = c.dice
    c.rect(0, 0, c.w, c.h, c.fade(mix(c.p.mid, c.p.near, 0.3), c.p.near))
    left, right = c.fx - 230 * c.u, c.fx + 240 * c.u
    skew = d.pick((-1, 1)) * d.between(22, 60) * c.u
    slats = d.whole(11, 14)
    pitch = (c.base - c.top) / slats
    paint = c.fade(c.p.glow, mix(c.p.glow, c.p.haze, 0.6), across=True)
    bands = "".join(
        f"M{left:.0f} {y:.0f}L{right:.0f} {y + skew:.0f}v{pitch * 0.56:.0f}L{left:.0f} {y + pitch * 0.56:.0f}z"
        for y in (c.y(0.04) + pitch * k for k in range(slats - 1))
    )
    c.path(bands, paint, 0.92)
    s = c.u * d.between(0.95, 1.15)
    x, y = c.fx + d.between(-40, 40) * c.u, c.y(0.42)
    dark = c.p.near
    c.path(
        f"M{x - 210 * s:.0f} {c.h:.0f}V{y + 300 * s:.0f}Q{x - 196 * s:.0f} {y + 176 * s:.0f} {x - 62 * s:.0f}"
        f" {y + 142 * s:.0f}L{x - 34 * s:.0f} {y + 100 * s:.0f}H{x + 36 * s:.0f}L{x + 62 * s:.0f}"
        f" {y + 142 * s:.0f}Q{x + 196 * s:.0f} {y + 176 * s:.0f} {x + 210 * s:.0f} {y + 300 * s:.0f}"
        f"V{c.h:.0f}z",
        dark,
    )
    c.add(f'<ellipse cx="{x:.0f}" cy="{y + 56 * s:.0f}" rx="{58 * s:.0f}" ry="{76 * s:.0f}" fill="{dark}"/>')
    c.add(
        f'<ellipse cx="{x:.0f}" cy="{y + 6 * s:.0f}" rx="{128 * s:.0f}" ry="{21 * s:.0f}" fill="{dark}"'
        f' transform="rotate(-4 {x:.0f} {y + 6 * s:.0f})"/>'
    )
    c.path(
        f"M{x - 72 * s:.0f} {y + 4 * s:.0f}Q{x - 66 * s:.0f} {y - 96 * s:.0f} {x - 18 * s:.0f} {y - 84 * s:.0f}"
        f"Q{x:.0f} {y - 74 * s:.0f} {x + 20 * s:.0f} {y - 86 * s:.0f}Q{x + 66 * s:.0f} {y - 92 * s:.0f}"
        f" {x + 72 * s:.0f} {y + 4 * s:.0f}z",
        dark,
    )
    c.line(
        f"M{x - 70 * s:.0f} {y - 9 * s:.0f}Q{x:.0f} {y + 8 * s:.0f} {x + 70 * s:.0f} {y - 14 * s:.0f}",
        c.p.spark,
        11 * s,
    )


def pagoda(c: Canvas) -> None:
    """A tiered tower with upswept eaves before the sun, ridges in mist."""
    d = c.dice
    c.sky()
    c.orb(c.fx, c.y(d.between(0.34, 0.42)), c.u * d.between(130, 175))
    c.streaks(c.y(0.4), 3, mix(c.p.haze, c.p.glow, 0.5))
    c.path(c.peaks(c.y(0.74), 170 * c.u, 4), c.fade(mix(c.p.far, c.p.haze, 0.4), c.p.haze, stop=0.5), 0.9)
    c.path(c.ridge(c.y(0.8), 24 * c.u, 3), c.fade(c.p.far, mix(c.p.far, c.p.haze, 0.4), stop=0.4))
    tiers = d.whole(4, 6)
    x, foot = c.fx + d.between(-30, 30) * c.u, c.y(0.98)
    tall = (c.base - c.top) * 0.66 / (tiers + 0.5)
    dark, body = c.tone(0.9), mix(c.p.mid, c.p.spark, 0.18)
    for k in range(tiers):
        half = c.u * (118 - 72 * k / (tiers - 1))
        y = foot - tall * k
        c.rect(x - half * 0.6, y - tall, half * 1.2, tall, body)
        posts = "".join(f"M{x + half * p:.0f} {y:.0f}v{-tall * 0.7:.0f}" for p in (-0.5, -0.18, 0.18, 0.5))
        c.line(posts, dark, 4 * c.u)
        eave = y - tall * 0.58
        c.path(
            f"M{x - half * 1.32:.0f} {eave - tall * 0.22:.0f}Q{x - half:.0f} {eave + tall * 0.1:.0f}"
            f" {x - half * 0.7:.0f} {eave + tall * 0.06:.0f}H{x + half * 0.7:.0f}Q{x + half:.0f}"
            f" {eave + tall * 0.1:.0f} {x + half * 1.32:.0f} {eave - tall * 0.22:.0f}Q{x + half * 0.8:.0f}"
            f" {eave - tall * 0.2:.0f} {x + half * 0.5:.0f} {eave - tall * 0.46:.0f}H{x - half * 0.5:.0f}"
            f"Q{x - half * 0.8:.0f} {eave - tall * 0.2:.0f} {x - half * 1.32:.0f} {eave - tall * 0.22:.0f}z",
            dark,
        )
    peak = foot - tall * tiers
    c.line(
        f"M{x:.0f} {peak + 4 * c.u:.0f}v{-tall * 0.55:.0f}M{x - 9 * c.u:.0f} {peak - tall * 0.14:.0f}h{18 * c.u:.0f}",
        dark,
        5 * c.u,
    )
    c.birds(c.w - c.fx, c.y(0.2), d.whole(3, 6))
    c.path(c.ridge(c.y(0.97), 16 * c.u, 3), c.p.near)


def lotus(c: Canvas) -> None:
    """Two discs meeting over water, and a lotus."""
    d = c.dice
    c.sky()
    horizon, r = c.y(0.66), c.u * d.between(105, 130)
    y = c.y(d.between(0.32, 0.38))
    c.circle(c.fx, y, r * 2.6, c.halo(c.p.glow, 0.45))
    lean = r * d.between(0.5, 0.66)
    drop = r * d.between(-0.25, 0.25)
    for side, colour in ((-1, c.p.spark), (1, c.p.glow)):
        c.circle(c.fx + side * lean, y + side * drop, r, c.fade(colour, mix(colour, c.p.haze, 0.5)), 0.86)
    c.stipple(c.fx + lean, y + drop, r, c.p.mid, 60)
    c.rect(0, horizon, c.w, c.h - horizon, c.fade(mix(c.p.far, c.p.haze, 0.25), c.p.near, stop=0.45))
    for row in range(10):
        half = r * d.between(0.3, 1.5) * (1 - 0.05 * row)
        c.rect(
            c.fx - half + d.between(-30, 30),
            horizon + c.u * (10 + row * 15),
            half * 2,
            4.6 * c.u,
            c.p.glow if row % 2 else c.p.spark,
            0.5 - 0.035 * row,
            2,
        )
    x, foot, s = c.w - c.fx, c.y(0.985), c.u * d.between(0.9, 1.15)
    pale, deep = mix(c.p.glow, c.p.spark, 0.25), mix(c.p.spark, c.p.mid, 0.25)
    for offset in (-150, 0, 170):
        c.add(
            f'<ellipse cx="{x + offset * s:.0f}" cy="{foot + abs(offset) * 0.1 * s:.0f}" rx="{92 * s:.0f}"'
            f' ry="{17 * s:.0f}" fill="{mix(c.p.mid, c.p.near, 0.55)}"/>'
        )
    c.add(f'<g transform="translate({x:.0f} {foot:.0f})scale({s:.2f})">')
    petal = "M0 0C-34-34-30-78 0-108C30-78 34-34 0 0z"
    for angle, share in ((-78, 0.9), (78, 0.9), (-52, 0.65), (52, 0.65), (-26, 0.3), (26, 0.3), (0, 0.0)):
        c.add(f'<path d="{petal}" transform="rotate({angle})" fill="{mix(pale, deep, share)}"/>')
    c.add("</g>")


def leader(c: Canvas) -> None:
    """The countdown on a film leader: crosshair, rings, a sweeping hand, sprocket holes."""
    d = c.dice
    c.sky(c.p.sky, c.p.haze)
    x, y = c.w / 2 + (c.fx - c.w / 2) * 0.35, c.y(0.47)
    r = c.u * 215
    angle = d.between(0.3, 5.6)
    far = c.w + c.h
    large = 1 if angle > math.pi else 0
    ex, ey = x + math.sin(angle) * far, y - math.cos(angle) * far
    c.path(f"M{x:.0f} {y:.0f}V{y - far:.0f}A{far:.0f} {far:.0f} 0 {large} 1 {ex:.0f} {ey:.0f}z", c.p.far, 0.5)
    c.circle(x, y, r * 0.62, c.p.spark, 0.92)
    c.stipple(x, y, r * 0.62, c.p.near, 110)
    c.line(f"M{x:.0f} 0V{c.h:.0f}M0 {y:.0f}H{c.w:.0f}", c.p.near, 3 * c.u, 0.75)
    c.ring(x, y, r, c.p.near, 7 * c.u, 0.85)
    c.ring(x, y, r * 0.86, c.p.near, 7 * c.u, 0.85)
    c.line(
        f"M{x:.0f} {y:.0f}L{x + math.sin(angle) * r * 1.3:.0f} {y - math.cos(angle) * r * 1.3:.0f}", c.p.near, 5 * c.u
    )
    tall = c.h / 15
    for edge in (0.0, c.w - 46 * c.u):
        c.rect(edge, 0, 46 * c.u, c.h, c.p.near)
        for k in range(15):
            c.rect(edge + 12 * c.u, tall * (k + 0.28), 22 * c.u, tall * 0.44, c.p.haze, 0.9, 5)
    scratch = "".join(
        f"M{d.between(0.1, 0.9) * c.w:.0f} {d.between(0, 0.7) * c.base:.0f}v{c.u * d.between(40, 240):.0f}"
        for _ in range(7)
    )
    c.line(scratch, c.p.glow, 1.3, 0.6)
    _ground(c, 1.04)


def filmstrip(c: Canvas) -> None:
    """Strips of film crossing the sheet, every frame a small landscape."""
    d = c.dice
    c.sky()
    c.orb(c.fx, c.y(0.3), c.u * d.between(120, 170))
    frame, band = c.u * 165, c.u * 190
    tilt = d.pick((-1, 1)) * d.between(13, 22)
    c.add(f'<g transform="rotate({tilt:.0f} {c.w / 2:.0f} {c.y(0.5):.0f})">')
    for strip, share in enumerate((0.24, 0.72)):
        y = c.y(share) - band / 2
        c.rect(-c.w * 0.3, y, c.w * 1.6, band, c.p.near, 0.96)
        dashes = 11 * c.u
        for edge in (y + 14 * c.u, y + band - 14 * c.u):
            c.add(
                f'<path d="M{-c.w * 0.3:.0f} {edge:.0f}H{c.w * 1.3:.0f}" stroke="{c.p.haze}" opacity=".85"'
                f' stroke-width="{dashes:.0f}" stroke-linecap="butt"'
                f' stroke-dasharray="{14 * c.u:.0f} {13 * c.u:.0f}"/>'
            )
        x = -c.w * 0.28 + strip * frame * 0.5 + d.between(-30, 30)
        while x < c.w * 1.25:
            fy, fh, fw = y + 30 * c.u, band - 60 * c.u, frame - 10 * c.u
            base = d.pick((c.p.haze, c.p.far, c.p.mid, c.p.spark))
            c.rect(x, fy, fw, fh, base, 1, 5)
            sun = c.p.glow if base != c.p.glow else c.p.spark
            c.circle(x + fw * d.between(0.25, 0.75), fy + fh * d.between(0.3, 0.5), fh * d.between(0.13, 0.24), sun)
            peak = d.between(0.2, 0.8) * fw
            c.path(
                f"M{x:.0f} {fy + fh:.0f}V{fy + fh * 0.7:.0f}Q{x + peak:.0f} {fy + fh * 0.3:.0f} {x + fw:.0f}"
                f" {fy + fh * d.between(0.6, 0.85):.0f}V{fy + fh:.0f}z",
                mix(base, c.p.near, 0.5),
            )
            x += frame
    c.add("</g>")
    c.path(c.ridge(c.y(1.0), 16 * c.u, 3), c.p.near)


def bamboo(c: Canvas) -> None:
    """Bamboo before a red sun, one fighter in the distance."""
    d = c.dice
    c.sky()
    r, y = c.u * d.between(150, 185), c.y(d.between(0.4, 0.48))
    c.circle(c.fx, y, r, c.fade(c.p.spark, mix(c.p.spark, c.p.glow, 0.35)))
    c.stipple(c.fx, y, r, c.p.mid, 130)
    c.path(c.ridge(c.y(0.86), 20 * c.u, 3), c.fade(c.p.far, mix(c.p.far, c.p.haze, 0.5), stop=0.4))
    foot, tall = c.y(0.87), 92 * c.u
    _figure(c, c.fx, foot, tall, c.p.near, hat=True)
    c.line(
        f"M{c.fx - tall * 0.5:.0f} {foot - tall * 0.28:.0f}L{c.fx + tall * 0.62:.0f} {foot - tall * 0.72:.0f}",
        c.p.near,
        3.2 * c.u,
    )
    c.path(c.ridge(c.y(0.98), 14 * c.u, 2), c.p.near)
    for index in range(d.whole(5, 7)):
        side = index % 2
        x = c.w * (d.between(0.0, 0.19) if side else d.between(0.81, 1.0))
        width, colour = c.u * d.between(12, 26), c.tone(d.between(0.35, 0.95))
        lean = d.between(-24, 24) * c.u
        c.line(f"M{x:.0f} {c.base + 40:.0f}L{x + lean:.0f} -20", colour, width)
        joints, leaves = [], []
        for k in range(1, 7):
            share = (k + d.between(-0.15, 0.15)) / 7
            jx, jy = x + lean * share, c.base + (-20 - c.base) * share
            joints.append(f"M{jx - width * 0.5:.0f} {jy:.0f}h{width:.0f}")
            if d.chance(0.5):
                way = 1 if side else -1
                for fall in (0.15, 0.55):
                    length = c.u * d.between(50, 84)
                    leaves.append(
                        f"M{jx:.0f} {jy:.0f}q{way * length * 0.5:.0f} {-length * 0.18:.0f}"
                        f" {way * length:.0f} {length * fall:.0f}q{-way * length * 0.6:.0f}"
                        f" {-length * 0.02:.0f} {-way * length:.0f} {-length * fall:.0f}"
                    )
        c.line("".join(joints), mix(colour, c.p.haze, 0.55), 3 * c.u)
        c.path("".join(leaves), colour)


def door(c: Canvas) -> None:
    """One lit doorway in the dark, somebody in it, a long shadow."""
    d = c.dice
    c.rect(0, 0, c.w, c.h, c.fade(c.p.near, mix(c.p.mid, c.p.near, 0.35), stop=c.base / c.h))
    half, top, floor = c.u * d.between(58, 74), c.y(d.between(0.14, 0.2)), c.y(0.68)
    x = c.fx
    lean = d.between(-120, 120) * c.u
    c.circle(x, (top + floor) / 2, 420 * c.u, c.halo(c.p.spark, 0.35))
    c.rect(0, floor, c.w, c.h - floor, c.p.near, 0.55)
    c.path(
        f"M{x - half:.0f} {floor:.0f}H{x + half:.0f}L{x + lean + half * 3.1:.0f} {c.base + 30:.0f}"
        f"H{x + lean - half * 3.1:.0f}z",
        c.fade(c.p.glow, c.p.spark, clear_end=True),
        0.9,
    )
    c.rect(x - half, top, half * 2, floor - top, c.fade(c.p.glow, mix(c.p.glow, c.p.spark, 0.55)))
    tall = (floor - top) * d.between(0.62, 0.74)
    fx, width = x + d.between(-0.2, 0.2) * half, tall * 0.15
    c.path(
        f"M{fx - width:.0f} {floor:.0f}H{fx + width:.0f}L{x + lean * 0.95 + width * 2.8:.0f} {c.base + 30:.0f}"
        f"H{x + lean * 0.95 - width * 2.8:.0f}z",
        c.p.near,
        0.85,
    )
    _figure(c, fx, floor, tall, c.p.near)
    swing = half * d.between(0.7, 1.1) * d.pick((-1, 1))
    hinge = x + math.copysign(half, swing)
    c.path(
        f"M{hinge:.0f} {top:.0f}L{hinge + swing:.0f} {top - 26 * c.u:.0f}V{floor + 48 * c.u:.0f}L{hinge:.0f}"
        f" {floor:.0f}z",
        c.fade(mix(c.p.mid, c.p.spark, 0.3), c.p.near),
    )
    c.circle(hinge + swing * 0.84, (top + floor) / 2 + 20 * c.u, 5 * c.u, c.p.glow)


def portrait(c: Canvas) -> None:
    """A life as echoes of one bust in front of a halo."""
    d = c.dice
    c.sky()
    x = c.w / 2 + (c.fx - c.w / 2) * 0.5
    y = c.y(0.42)
    c.orb(x, y, c.u * d.between(195, 225))
    for k in range(3):
        c.ring(x, y, c.u * (245 + 34 * k), c.p.glow, 2.4 * c.u, 0.5 - 0.13 * k)
    drift = d.pick((-1, 1)) * d.between(34, 58) * c.u
    for k in range(3):
        colour = (c.p.far, c.p.mid, c.p.near)[k]
        s = c.u * (1.12 - 0.06 * k)
        bx, by = x + drift * (1 - k), y + c.u * (6 + 30 * k)
        c.path(
            f"M{bx - 200 * s:.0f} {c.h:.0f}V{by + 290 * s:.0f}C{bx - 200 * s:.0f} {by + 170 * s:.0f}"
            f" {bx - 60 * s:.0f} {by + 165 * s:.0f} {bx - 40 * s:.0f} {by + 128 * s:.0f}V{by + 70 * s:.0f}"
            f"H{bx + 40 * s:.0f}V{by + 128 * s:.0f}C{bx + 60 * s:.0f} {by + 165 * s:.0f} {bx + 200 * s:.0f}"
            f" {by + 170 * s:.0f} {bx + 200 * s:.0f} {by + 290 * s:.0f}V{c.h:.0f}z",
            colour,
        )
        c.add(f'<ellipse cx="{bx:.0f}" cy="{by + 10 * s:.0f}" rx="{78 * s:.0f}" ry="{98 * s:.0f}" fill="{colour}"/>')
    if d.chance(0.5):  # a bun, otherwise short hair
        c.circle(x - drift + c.u * 8, y - c.u * 40, 34 * c.u, c.p.near)
    _ground(c, 1.06)


def road(c: Canvas) -> None:
    """An empty road running at the sun between mountains."""
    d = c.dice
    c.sky()
    horizon, x = c.y(d.between(0.52, 0.58)), c.fx
    r = c.u * d.between(105, 150)
    c.orb(x, horizon - r * d.between(0.35, 0.85), r)
    c.streaks(c.y(0.2), 4, mix(c.p.haze, c.p.glow, 0.4))
    c.path(c.peaks(horizon, 130 * c.u, 4), c.fade(c.p.far, mix(c.p.far, c.p.haze, 0.6), stop=0.4), 0.95)
    c.path(c.peaks(horizon + 14 * c.u, 70 * c.u, 5), c.tone(0.3))
    c.rect(0, horizon, c.w, c.h - horizon, c.fade(mix(c.p.mid, c.p.haze, 0.15), c.p.near, stop=0.55))
    spread = c.w * 0.52
    foot = c.base + 60
    c.path(
        f"M{x - 5:.0f} {horizon:.0f}h10L{x + spread:.0f} {foot:.0f}V{c.h:.0f}H{x - spread:.0f}V{foot:.0f}z",
        c.fade(mix(c.p.near, c.p.mid, 0.5), c.p.near, stop=0.5),
    )
    dashes = []
    for k in range(8):
        a, b = (k / 8) ** 2.2, ((k + 0.5) / 8) ** 2.2
        ya, yb = horizon + (foot - horizon) * a + 3, horizon + (foot - horizon) * b + 3
        wa, wb = 1 + 13 * c.u * a, 1 + 13 * c.u * b
        dashes.append(f"M{x - wa:.1f} {ya:.0f}h{wa * 2:.1f}L{x + wb:.1f} {yb:.0f}h{-wb * 2:.1f}z")
    c.path("".join(dashes), c.p.glow, 0.9)
    for side in (-1, 1):
        poles = []
        for k in range(1, 6):
            near = (k / 5) ** 2
            px, py = x + side * (24 * c.u + spread * 1.0 * near), horizon + (foot - horizon) * near * 0.72
            high = c.u * (10 + 190 * near)
            poles.append(f"M{px:.0f} {py:.0f}v{-high:.0f}m{-high * 0.12:.0f} {high * 0.1:.0f}h{high * 0.24:.0f}")
        c.line("".join(poles), c.p.near, 3 * c.u)


def houses(c: Canvas) -> None:
    """A street of small gabled houses with lit windows, trees, a hill and a kite."""
    d = c.dice
    c.sky()
    c.orb(c.fx, c.y(d.between(0.24, 0.34)), c.u * d.between(70, 100))
    c.streaks(c.y(0.3), 3, mix(c.p.haze, c.p.glow, 0.5))
    c.land(0.6, 3, 34)
    kx = c.fx + (0.36 if c.fx < c.w / 2 else -0.36) * c.w
    ky, s = c.y(d.between(0.14, 0.26)), 26 * c.u
    c.line(
        f"M{kx:.0f} {ky + s * 1.4:.0f}q{s * 1.5:.0f} {s * 2:.0f} {-s * 0.5:.0f} {s * 4:.0f}t{s:.0f} {s * 5:.0f}",
        c.p.near,
        1.8 * c.u,
        0.6,
    )
    c.path(
        f"M{kx:.0f} {ky - s:.0f}l{s * 0.9:.0f} {s:.0f}l{-s * 0.9:.0f} {s * 1.4:.0f}l{-s * 0.9:.0f} {-s * 1.4:.0f}z",
        c.p.spark,
    )
    x, foot = d.between(-30, 10) * c.u, c.y(1.0)
    walls = (c.p.glow, c.p.spark, mix(c.p.glow, c.p.mid, 0.45), mix(c.p.far, c.p.glow, 0.35), c.p.haze)
    turn = d.whole(0, 4)
    while x < c.w:
        if d.chance(0.3):
            r = c.u * d.between(28, 44)
            c.line(f"M{x + r:.0f} {foot + 9:.0f}v{-r * 2.2:.0f}", c.p.near, 5 * c.u)
            c.circle(x + r, foot - r * 2.3, r, mix(c.p.mid, c.p.near, 0.25))
            x += r * 1.7
        width, tall = c.u * d.between(74, 112), c.u * d.between(62, 128)
        wall, roof = walls[turn % 5], c.u * d.between(36, 62)
        turn += d.whole(1, 2)
        c.rect(x, foot - tall, width, tall + 20, wall)
        c.path(
            f"M{x - 9 * c.u:.0f} {foot - tall + 2:.0f}L{x + width / 2:.0f} {foot - tall - roof:.0f}"
            f"L{x + width + 9 * c.u:.0f} {foot - tall + 2:.0f}z",
            mix(c.p.near, wall, 0.18),
        )
        pane = 15 * c.u
        lit = mix(wall, c.p.near, 0.75)
        holes = [
            f"M{x + width * wx:.0f} {foot - tall + 18 * c.u:.0f}h{pane:.0f}v{pane * 1.4:.0f}h{-pane:.0f}z"
            for wx in (0.22, 0.62)
        ]
        if tall > 84 * c.u:
            holes.append(f"M{x + width * 0.42:.0f} {foot + 9:.0f}v{-46 * c.u:.0f}h{20 * c.u:.0f}V{foot + 9:.0f}z")
        c.path("".join(holes), lit)
        x += width + c.u * d.between(2, 16)
    c.path(c.ridge(c.y(1.0) + 8 * c.u, 5 * c.u, 3), c.p.near)


MOTIFS: dict[str, Motif] = {
    motif.__name__: motif
    for motif in (
        hills,
        terraces,
        waves,
        lanterns,
        skyline,
        planet,
        rays,
        rain,
        mesa,
        forest,
        shapes,
        vinyl,
        stage,
        track,
        blinds,
        pagoda,
        lotus,
        leader,
        filmstrip,
        bamboo,
        door,
        portrait,
        road,
        houses,
    )
}
LETTER_ON_TOP = frozenset({"hills", "terraces", "waves", "skyline", "mesa", "houses", "road", "lotus", "pagoda"})
