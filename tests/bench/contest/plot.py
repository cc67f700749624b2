"""A plot of measured points on two logarithmic axes, as SVG by hand: no library, and a diff that can be read."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640, 400, 70, 50, 20
COLOURS = ("#1f4e79", "#c0504d", "#4f8f3a", "#8064a2")


@dataclass(frozen=True)
class Curve:
    """A name, and points as (how many, milliseconds)."""

    name: str
    points: Sequence[tuple[int, float]]


def write_plot(path: Path, curves: Sequence[Curve]) -> None:
    """Write the curves; each decade has a line."""
    path.write_text("\n".join(_lines(curves)) + "\n", encoding="utf-8")


def _lines(curves: Sequence[Curve]) -> Iterator[str]:
    xs = [count for curve in curves for count, _ in curve.points]
    ys = [ms for curve in curves for _, ms in curve.points]
    x0, x1 = math.floor(math.log10(min(xs))), math.ceil(math.log10(max(xs)))
    y0, y1 = math.floor(math.log10(min(ys))), math.ceil(math.log10(max(ys)))

    def x(count: float) -> float:
        return LEFT + (math.log10(count) - x0) / (x1 - x0) * (WIDTH - LEFT - 20)

    def y(ms: float) -> float:
        return HEIGHT - BOTTOM - (math.log10(ms) - y0) / (y1 - y0) * (HEIGHT - BOTTOM - TOP)

    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">'
    yield f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>'
    for decade in range(x0, x1 + 1):
        at = x(10**decade)
        yield f'<path d="M{at:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#ddd"/>'
        yield f'<text x="{at:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{10**decade:,}</text>'
    for decade in range(y0, y1 + 1):
        at = y(10.0**decade)
        yield f'<path d="M{LEFT} {at:.1f}H{WIDTH - 20}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{10.0**decade:g} ms</text>'
    for number, curve in enumerate(curves):
        colour = COLOURS[number % len(COLOURS)]
        points = [(x(count), y(ms)) for count, ms in curve.points]
        yield f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in points)}"/>'
        for a, b in points:
            yield f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/>'
        yield f'<text x="{LEFT + 10}" y="{TOP + 16 + 16 * number}" fill="{colour}">{curve.name}</text>'
    yield f'<text x="{(WIDTH + LEFT) / 2:.0f}" y="{HEIGHT - 12}" text-anchor="middle">how many 数量</text>'
    yield "</svg>"
