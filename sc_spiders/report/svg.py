"""Charts as SVG, which prints, scales and follows the page's colours. Each chart has a label for screen readers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from math import ceil, floor, log10

from .html import Html, h

Point = tuple[float, float]

_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 18, 12, 40


def bar(share: float) -> Html:
    """A bar in a table's row. `share`: of its full length, 0 to 1. Screen readers skip it and read the number beside
    it."""
    inner = h("rect", width=f"{max(share, 0.004) * 100:.2f}%", height="100%", rx="2")
    return h("svg", inner, class_="bar", aria_hidden="true")


def log_lines(label: str, x_title: str, y_title: str, series: Sequence[tuple[str, Sequence[Point]]]) -> Html:
    """Lines over two logarithmic axes. All values must be above 0."""
    frame = _Frame(640)
    every = list(chain.from_iterable(points for _, points in series))
    x_top, y_top = _magnitude(x for x, _ in every), _magnitude(y for _, y in every)

    def place(point: Point) -> Point:
        return frame.x(log10(point[0]) / x_top), frame.y(log10(point[1]) / y_top)

    parts = [frame.tick_x(power / x_top, f"{10**power:,}") for power in range(x_top + 1)]
    parts += [frame.tick_y(power / y_top, f"{10**power:,}") for power in range(y_top + 1)]
    for number, (_, points) in enumerate(series):
        parts += _line([place(point) for point in points], number)
    keys = [h("span", h("i", class_=f"key s{n}"), title) for n, (title, _) in enumerate(series)]
    return h("figure", h("div", keys, class_="legend"), frame.chart(label, x_title, y_title, parts))


def area(
    label: str,
    x_title: str,
    y_title: str,
    values: Sequence[float],
    ticks: Sequence[tuple[float, str]],
    width: int = 640,
) -> Html:
    """An area under `values`, which are evenly spaced. `ticks`: place (0 to 1) and words under the axis."""
    count = max(len(values) - 1, 1)
    frame = _Frame(width)
    parts, points = _linear(frame, [(n / count, value) for n, value in enumerate(values)], ticks)
    ground = [(frame.x(1), frame.y(0)), (frame.x(0), frame.y(0))]
    parts.append(h("path", d=f"{_path([*points, *ground])} Z", class_="area"))
    parts.append(h("path", d=_path(points), class_="line s0"))
    return h("figure", frame.chart(label, x_title, y_title, parts))


def curve(
    label: str, x_title: str, y_title: str, points: Sequence[Point], ticks: Sequence[tuple[float, str]], width: int
) -> Html:
    """A line through points, each with a dot. `points`: place (0 to 1) and value. `ticks`: as of `area`."""
    frame = _Frame(width)
    parts, places = _linear(frame, points, ticks)
    parts += _line(places, 0)
    return h("figure", frame.chart(label, x_title, y_title, parts))


def _linear(
    frame: _Frame, points: Sequence[Point], ticks: Sequence[tuple[float, str]]
) -> tuple[list[Html], list[Point]]:
    """The ticks of a chart whose axis of values is linear and begins at 0, and the places of the points in it."""
    top = max([*(value for _, value in points), 1])
    step = _step(top)
    parts = [frame.tick_y(n * step / top, f"{n * step:,}") for n in range(int(top // step) + 1)]
    parts += [frame.tick_x(at, words) for at, words in ticks]
    return parts, [(frame.x(place), frame.y(value / top)) for place, value in points]


class _Frame:
    """The axes of a chart, `width` units wide. Turns shares of an axis (0 to 1) into coordinates."""

    def __init__(self, width: int, height: int = 260) -> None:
        self.width, self.height = width, height

    def x(self, share: float) -> float:
        return _LEFT + share * (self.width - _LEFT - _RIGHT)

    def y(self, share: float) -> float:
        return self.height - _BOTTOM - share * (self.height - _BOTTOM - _TOP)

    def tick_x(self, share: float, words: str) -> Html:
        return h("text", words, x=f"{self.x(share):.1f}", y=self.height - _BOTTOM + 15, text_anchor="middle")

    def tick_y(self, share: float, words: str) -> Html:
        y = self.y(share)
        line = h("line", x1=_LEFT, x2=self.width - _RIGHT, y1=f"{y:.1f}", y2=f"{y:.1f}", class_="grid")
        return h("g", line, h("text", words, x=_LEFT - 6, y=f"{y + 4:.1f}", text_anchor="end"))

    def chart(self, label: str, x_title: str, y_title: str, parts: list[Html]) -> Html:
        middle = (self.width - _RIGHT + _LEFT) / 2, -(self.height - _BOTTOM + _TOP) / 2
        axes = [
            h("line", x1=_LEFT, x2=self.width - _RIGHT, y1=self.y(0), y2=self.y(0), class_="axis"),
            h("text", x_title, x=middle[0], y=self.height - 4, text_anchor="middle"),
            h("text", y_title, x=middle[1], y=11, transform="rotate(-90)", text_anchor="middle"),
        ]
        box = f"0 0 {self.width} {self.height}"
        return h("svg", parts, axes, viewBox=box, role="img", aria_label=label, class_="chart")


def _line(places: Sequence[Point], number: int) -> Iterator[Html]:
    """The line of a series. With few points, each has a dot."""
    yield h("path", d=_path(places), class_=f"line s{number}")
    if len(places) <= 60:
        for x, y in places:
            yield h("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r="2.5", class_=f"dot s{number}")


def _magnitude(values: Iterable[float]) -> int:
    """The power of ten at the end of a logarithmic axis for these values; at least 1."""
    return max(ceil(log10(max(values, default=1))), 1)


def _step(top: float) -> int:
    """A round number as the distance between ticks of an axis up to `top`, which gets three to eight ticks."""
    power = 10 ** floor(log10(top))
    for part in (0.2, 0.5, 1):
        if power * part >= 1 and top / (power * part) <= 8:
            return int(power * part)
    if top / power <= 8:
        return int(max(power, 1))
    return int(power * 2)


def _path(points: Sequence[Point]) -> str:
    if not points:
        return ""
    return "M" + " L".join(f"{x:.1f},{y:.1f}" for x, y in points)
