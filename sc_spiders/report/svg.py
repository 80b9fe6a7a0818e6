"""Charts as SVG, which prints, scales and follows the page's colours. Each chart has a label for screen readers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, product
from math import ceil, floor, log10
from typing import Any, NamedTuple

from .html import Html, h

Place = tuple[float, float]
Project = Callable[[float, float], Place]
"""Puts a latitude and longitude on a map."""

_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 18, 30, 42
WIDTH = 420
"""Of a chart, in its own units: a phone is as wide, so its letters stay readable there."""
WIDE = 980


class Point(NamedTuple):
    """A point of a scatter: `x` from 0 to 1, `y` above 0, and words for when the pointer rests on it, or none."""

    x: float
    y: float
    words: str


class Block(NamedTuple):
    """A part of a strip: its length, the number of its colour, and words for when the pointer rests on it."""

    length: float
    colour: int
    words: str


def figure(label: str, *parts: Any) -> Html:
    """A picture with its label. The page's script lets readers save it."""
    return h("figure", parts, aria_label=label)


def log_lines(label: str, x_title: str, y_title: str, series: Sequence[tuple[str, Sequence[Place]]]) -> Html:
    """Lines over two logarithmic axes. All values must be above 0."""
    frame = _Frame(WIDTH)
    every = list(chain.from_iterable(points for _, points in series))
    x_top, y_top = _magnitude(x for x, _ in every), _magnitude(y for _, y in every)

    def place(point: Place) -> Place:
        return frame.x(log10(point[0]) / x_top), frame.y(log10(point[1]) / y_top)

    parts = [frame.tick_x(power / x_top, f"{10**power:,}") for power in range(x_top + 1)]
    parts += [frame.tick_y(power / y_top, f"{10**power:,}") for power in range(y_top + 1)]
    for number, (_, points) in enumerate(series):
        parts += _line([place(point) for point in points], number)
    keys = [h("span", h("i", class_=f"key s{n}"), title) for n, (title, _) in enumerate(series)]
    return figure(label, h("div", keys, class_="legend"), frame.chart(label, x_title, y_title, parts))


def columns(
    label: str,
    x_title: str,
    y_title: str,
    bars: Sequence[tuple[str, int]],
    ticks: Sequence[tuple[float, str]] | None = None,
    width: int = WIDTH,
) -> Html:
    """Columns side by side: a name, which shows when the pointer rests on it, and a count. `ticks`: places
    (0 to 1) and words under the axis; without them, as many of the names as there is space for.
    """
    return figure(label, _columns(label, x_title, y_title, bars, ticks, width))


def wide_columns(
    label: str, x_title: str, y_title: str, bars: Sequence[tuple[str, int]], ticks: Sequence[tuple[float, str]]
) -> Html:
    """Columns as wide as the page. A narrow window shows them in a drawing of its own, with every other tick."""
    wide = _columns(label, x_title, y_title, bars, ticks, WIDE)
    return both(label, [wide, _columns(label, x_title, y_title, bars, ticks[:: 1 + len(ticks) // 7], WIDTH)])


def heat(label: str, rows: Sequence[str], hours: Sequence[int], counts: dict[tuple[int, int], int]) -> Html:
    """A heat map: the more of a count, the darker its cell. `counts`: by the places of row and column."""
    left, step, high = 40, (WIDTH - 48) / len(hours), 20
    most = max(counts.values())
    parts = [h("text", row, x=left - 8, y=n * high + 14, text_anchor="end") for n, row in enumerate(rows)]
    bottom = len(rows) * high + 16
    parts += [
        h("text", hour, x=f"{left + (n + 0.5) * step:.1f}", y=bottom, text_anchor="middle")
        for n, hour in enumerate(hours)
        if n % 3 == 0
    ]
    for (row, column), count in sorted(counts.items()):
        rect = h(
            "rect",
            h("title", f"{rows[row]} {hours[column]}:00: {count:,}"),
            x=f"{left + column * step:.1f}",
            y=row * high,
            width=f"{step - 1:.1f}",
            height=high - 1,
            fill_opacity=f"{0.06 + 0.94 * count / most:.2f}",
            class_="column",
        )
        parts.append(rect)
    return _chart(label, parts, bottom + 8)


def _chart(label: str, parts: Sequence[Html], height: float) -> Html:
    """A figure of the full width."""
    box = f"0 0 {WIDTH} {height}"
    return figure(label, h("svg", parts, viewBox=box, role="img", aria_label=label, class_="chart"))


def scatter(
    label: str,
    x_title: str,
    y_title: str,
    points: Sequence[Point],
    titles: Sequence[str],
    ticks: Sequence[tuple[float, str]],
) -> Html:
    """Points over a linear axis and a logarithmic one. `titles`: written beside the first points, if there is room."""

    def drawing(width: int, ticks: Sequence[tuple[float, str]]) -> Html:
        frame = _Frame(width, 320)
        steps = _round_steps(min(y for _, y, _ in points), max(y for _, y, _ in points))
        low, top = log10(steps[0]), log10(steps[-1])
        parts = [frame.tick_y((log10(step) - low) / (top - low), f"{step:,}") for step in steps]
        parts += [frame.tick_x(at, words) for at, words in ticks]
        radius = 4
        if len(points) > 400:
            radius = 2
        places = [(frame.x(x), frame.y((log10(y) - low) / (top - low))) for x, y, _ in points]
        for (x, y), point in reversed(list(zip(places, points, strict=True))):
            words = point.words and h("title", point.words)
            parts.append(h("circle", words, cx=f"{x:.1f}", cy=f"{y:.1f}", r=radius, class_="point"))
        parts += labels(width, [(*place, title) for place, title in zip(places, titles, strict=False)], _LEFT)
        return frame.chart(label, x_title, y_title, parts)

    return both(label, [drawing(WIDE, ticks), drawing(WIDTH, ticks[:: 1 + len(ticks) // 6])])


def both(label: str, drawings: Sequence[Html]) -> Html:
    """A picture as wide as the page, and its drawing for a narrow window."""
    wide, narrow = drawings
    return h("figure", h("div", wide, class_="wide"), h("div", narrow, class_="slim"), aria_label=label, class_="hero")


def labels(width: int, named: Sequence[tuple[float, float, str]], left: float = 0) -> Iterator[Html]:
    """The words beside points, given by coordinates, without those that would lie on others, or left of `left`."""
    taken: list[tuple[float, float, float]] = []
    for x, y, words in named:
        shown = _short(words, 28)
        length = 6.2 * len(shown)
        at, down = x + 8, y + 4
        if at + length > width:
            at = x - 8 - length
        if at < left or any(abs(down - y) < 13 and at < b and at + length > a for a, b, y in taken):
            continue
        taken.append((at, at + length, down))
        yield h("text", shown, x=f"{at:.1f}", y=f"{down:.1f}", class_="name")


def grid(label: str, rows: Sequence[str], columns: Sequence[str], ranks: Sequence[dict[int, int]]) -> Html:
    """A grid of ranks: one row for each title, one column for each list. `ranks`: of each row, by column."""
    left, high, top = 190, 18, 66
    step = (WIDTH - left - 24) / len(columns)
    lowest = max(chain.from_iterable(row.values() for row in ranks))
    parts = []
    for at, column in enumerate(columns):
        x = f"{left + (at + 0.5) * step:.1f}"
        parts.append(h("text", _short(column, 16), x=x, y=top - 6, transform=f"rotate(-38 {x} {top - 6})"))
    for n, (title, of_row) in enumerate(zip(rows, ranks, strict=True)):
        parts.append(h("text", _short(title, 30), x=left - 8, y=top + n * high + 13, text_anchor="end"))
        for number, rank in sorted(of_row.items()):
            place = (left + number * step, top + n * high, step - 1, high - 1)
            share = 1 - (rank - 1) / max(lowest, 2)
            parts.append(_cell(place, f"{title}: rank {rank} in {columns[number]}", rank, share))
    return _chart(label, parts, top + len(rows) * high + 6)


def _cell(place: tuple[float, float, float, float], words: str, rank: int, share: float) -> Html:
    """A cell of a grid: its rank, and a ground that is the darker the higher the rank. `place`: x, y, width, height."""
    x, y, width, height = place
    ground = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{width:.1f}", "height": f"{height:.1f}"}
    rect = h("rect", fill_opacity=f"{0.08 + 0.5 * share:.2f}", class_="column", **ground)
    number = h("text", rank, x=f"{x + width / 2:.1f}", y=f"{y + 12.5:.1f}", text_anchor="middle", class_="name")
    return h("g", h("title", words), rect, number)


def strips(label: str, strips: Sequence[tuple[str, str, Sequence[Block]]]) -> Html:
    """Strips of blocks, below each other: title, facts, and the blocks of each. The longest strip is as wide as the
    drawing."""
    high, inside = 44, WIDTH - 8
    longest = max(sum(block.length for block in blocks) for _, _, blocks in strips)
    parts = []
    for n, (title, facts, blocks) in enumerate(strips):
        parts.append(h("text", _short(title, 36), x=4, y=n * high + 13, class_="name"))
        parts.append(h("text", facts, x=WIDTH - 4, y=n * high + 13, text_anchor="end"))
        x = 4.0
        for block in blocks:
            width = block.length / longest * inside
            rect = h(
                "rect",
                h("title", block.words),
                x=f"{x:.1f}",
                y=n * high + 19,
                width=f"{max(width - 0.8, 0.4):.1f}",
                height=17,
                class_=f"f{block.colour}",
            )
            parts.append(rect)
            x += width
    return _chart(label, parts, len(strips) * high)


def _columns(
    label: str,
    x_title: str,
    y_title: str,
    bars: Sequence[tuple[str, int]],
    ticks: Sequence[tuple[float, str]] | None,
    width: int,
) -> Html:
    frame = _Frame(width)
    counts = [count for _, count in bars]
    if ticks is None:
        every = -(-len(bars) * max(len(name) for name, _ in bars) // 34)
        ticks = [((n + 0.5) / len(bars), name) for n, (name, _) in enumerate(bars) if n % every == 0]
    parts, top = _axes(frame, counts, ticks)
    step = 1 / len(bars)
    for n, (name, count) in enumerate(bars):
        left, right, high = frame.x(n * step), frame.x((n + 1) * step), frame.y(count / top)
        gap = min((right - left) * 0.12, 2)
        rect = h(
            "rect",
            h("title", f"{name}: {count:,}"),
            x=f"{left + gap:.1f}",
            y=f"{high:.1f}",
            width=f"{right - left - 2 * gap:.1f}",
            height=f"{frame.y(0) - high:.1f}",
            class_="column",
        )
        parts.append(rect)
    return frame.chart(label, x_title, y_title, parts)


def _axes(frame: _Frame, values: Sequence[float], ticks: Sequence[tuple[float, str]]) -> tuple[list[Html], float]:
    """The ticks of both axes, and the value at the top."""
    top = max([*values, 1])
    step = _step(top)
    parts = [frame.tick_y(n * step / top, f"{n * step:,}") for n in range(int(top // step) + 1)]
    return parts + [frame.tick_x(at, words) for at, words in ticks], top


def curve(label: str, x_title: str, y_title: str, points: Sequence[Place], ticks: Sequence[tuple[float, str]]) -> Html:
    """A line through points, each with a dot. `points`: place (0 to 1) and value. `ticks`: place and words under the
    axis.
    """
    frame = _Frame(WIDTH)
    parts, top = _axes(frame, [value for _, value in points], ticks)
    parts += _line([(frame.x(place), frame.y(value / top)) for place, value in points], 0)
    return figure(label, frame.chart(label, x_title, y_title, parts))


class _Frame:
    """The axes of a chart, `width` units wide. Turns shares of an axis (0 to 1) into coordinates."""

    def __init__(self, width: int, height: int = 270) -> None:
        self.width, self.height = width, height

    def x(self, share: float) -> float:
        return _LEFT + share * (self.width - _LEFT - _RIGHT)

    def y(self, share: float) -> float:
        return self.height - _BOTTOM - share * (self.height - _BOTTOM - _TOP)

    def tick_x(self, share: float, words: str) -> Html:
        anchor = "middle"
        if len(words) > 7 and share > 0.95:  # it would leave the drawing
            anchor = "end"
        return h("text", words, x=f"{self.x(share):.1f}", y=self.height - _BOTTOM + 15, text_anchor=anchor)

    def tick_y(self, share: float, words: str) -> Html:
        y = self.y(share)
        line = h("line", x1=_LEFT, x2=self.width - _RIGHT, y1=f"{y:.1f}", y2=f"{y:.1f}", class_="grid")
        return h("g", line, h("text", words, x=_LEFT - 6, y=f"{y + 4:.1f}", text_anchor="end"))

    def chart(self, label: str, x_title: str, y_title: str, parts: list[Html]) -> Html:
        middle = (self.width - _RIGHT + _LEFT) / 2
        axes = [
            h("line", x1=_LEFT, x2=self.width - _RIGHT, y1=self.y(0), y2=self.y(0), class_="axis"),
            h("text", x_title, x=middle, y=self.height - 4, text_anchor="middle"),
            h("text", y_title, x=0, y=12),
        ]
        box = f"0 0 {self.width} {self.height}"
        return h("svg", parts, axes, viewBox=box, role="img", aria_label=label, class_="chart")


def _line(places: Sequence[Place], number: int) -> Iterator[Html]:
    """The line of a series. With few points, each has a dot."""
    yield h("path", d=_path(places), class_=f"line s{number}")
    if len(places) <= 60:
        for x, y in places:
            yield h("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r="2.5", class_=f"dot s{number}")


def _short(words: str, most: int) -> str:
    """At most so many characters of a name."""
    if len(words) > most:
        return f"{words[: most - 1]}…"
    return words


def _round_steps(low: float, high: float) -> list[int]:
    """Ticks of a logarithmic axis for values from `low` (at least 1) to `high`: 1, 2, 5, 10 …; or powers of ten."""
    powers = range(ceil(log10(max(high, 2))) + 1)
    every = [10**power * part for power, part in product(powers, (1, 2, 5))]
    first = max(n for n, step in enumerate(every) if step <= low)
    last = next(n for n, step in enumerate(every) if step >= high and n > first)
    inside = every[first : last + 1]
    if len(inside) <= 7:
        return inside
    return [inside[0], *(step for step in inside[1:-1] if str(step).strip("0") == "1"), inside[-1]]


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


def _path(points: Sequence[Place]) -> str:
    if not points:
        return ""
    return "M" + " L".join(f"{x:.1f},{y:.1f}" for x, y in points)
