"""The page that shows what changed between two data sets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sc_spiders.dataset import Dataset, replacing
from sc_spiders.dataset.diff import Diff

from . import html
from .frame import Part, whole
from .html import Cell, Html, counted, h
from .titles import number_name, shortened

_MOST = 25
"""Rows of a table of accounts, or of nodes with changed numbers."""
_NAMED = 200
"""At most this many nodes that came or went are named."""
_HEADINGS = {"gained": "New", "lost": "No longer there", "unknown": "Unknown"}


def write(diff: Diff, path: Path) -> None:
    """Writes the page. Raises OutputRefused, OSError."""
    page = render(diff)
    with replacing(path) as new:
        new.write_text(page, encoding="utf-8")


def render(diff: Diff) -> str:
    """The page."""
    bodies = (
        ("edges", "Edges", _sides("Relation", diff.edges)),
        ("accounts", "Accounts", _accounts(diff)),
        ("nodes", "What came and went", _nodes(diff)),
        ("numbers", "Numbers", _numbers(diff)),
        ("compared", "What is compared", _compared(diff)),
    )
    sections: list[Part] = [(id_, title, body) for id_, title, body in bodies if body]
    return whole(_title(diff), diff.after, [_summary(diff), _verdict(diff)], sections)


def _title(diff: Diff) -> str:
    """What changed, and about whom. Only those are named whose lists changed."""
    names = list(dict.fromkeys(name for name, *_ in diff.accounts(_MOST) if not name.startswith("soundcloud:")))
    if not names:
        return "What changed"
    return f"What changed around {shortened(names)}"


def _summary(diff: Diff) -> Html:
    first, last = _day(diff.before), _day(diff.after)
    edges = _sums(diff.edges)
    told = f"{counted(edges['gained'], 'edge')} gained, {edges['lost']:,} lost"
    return h("p", f"{first} to {last} · {told}", class_="summary")


def _day(data: Dataset) -> str:
    """The day on which the last crawl began."""
    return max((str(crawl["started_at"])[:10] for crawl in data.crawls), default="an unknown day")


def _verdict(diff: Diff) -> Html:
    unknown = _sums(diff.edges)["unknown"]
    if not unknown:
        words = "Every edge that is in one data set only was in a list that was walked completely for the other."
        return h("p", h("strong", "All is known. "), words, class_="verdict good")
    words = (
        f"Of {counted(unknown, 'edge')}, one data set tells nothing: the lists that would show them were not walked, "
        "or not completely."
    )
    return h("p", h("strong", "Not all is known. "), words, class_="verdict short")


def _sums(found: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    return {side: sum(sides[side] for sides in found.values()) for side in _HEADINGS}


def _sides(what: str, found: Mapping[str, Mapping[str, int]]) -> Html | None:
    """A table of what was gained, was lost and is unknown."""
    most = max((max(sides["gained"], sides["lost"]) for sides in found.values()), default=0) or 1
    rows: list[list[Cell]] = [
        [
            name.replace("_", " "),
            sides["gained"],
            html.bar(sides["gained"] / most),
            sides["lost"],
            html.bar(sides["lost"] / most),
            sides["unknown"],
        ]
        for name, sides in found.items()
        if any(sides.values())
    ]
    if not rows:
        return None
    headers = [what, "Gained", "", "Lost", "", "Unknown"]
    return html.table(f"Gained, lost and unknown, by {what.lower()}", headers, rows, numeric=[1, 3, 5])


def _accounts(diff: Diff) -> Html | None:
    rows: list[list[Cell]] = [
        [html.name(name, diff.after.origin.link(link)), list_, gained, lost]
        for name, link, list_, gained, lost in diff.accounts(_MOST)
    ]
    if not rows:
        return None
    headers = ["Account", "List", "Gained", "Lost"]
    return html.table("Accounts whose lists changed most", headers, rows, numeric=[2, 3], narrow=True)


def _nodes(diff: Diff) -> Html | None:
    parts = [_sides("Kind", diff.nodes)]
    if diff.gone:
        told = ", ".join(counted(count, kind) for kind, count in diff.gone.items())
        parts.append(html.note(f"Gone, as the API has told: {told}."))
    for kind, sides in diff.nodes.items():
        parts += [_named(diff, kind, side, count) for side, count in sides.items() if count]
    return html.join(parts) or None


def _named(diff: Diff, kind: str, side: str, count: int) -> Html:
    """The names of the nodes of a kind that were gained, say."""
    found = diff.came_and_went(kind, side, _NAMED)
    items = [h("li", html.name(name, diff.after.origin.link(link))) for name, link in found]
    more = html.and_more(count - len(found))
    summary = h("summary", f"{_HEADINGS[side]}: {counted(count, kind)}")
    return h("details", summary, h("ul", items, class_="names"), more)


def _numbers(diff: Diff) -> Html | None:
    parts = []
    for kind, fields in diff.counts.items():
        rows: list[list[Cell]] = []
        for name, one in fields.items():
            rows.append([number_name(name).capitalize(), one["risen"], one["fallen"], one["change"]])
        headers = ["Number", "Risen", "Fallen", "All together"]
        parts.append(html.table(f"Numbers of {kind}s that changed", headers, rows, numeric=[1, 2, 3], narrow=True))
        parts += [_grown(diff, kind, name) for name in fields]
    return html.join(parts) or None


def _grown(diff: Diff, kind: str, field: str) -> Html:
    found = diff.grown(kind, field, _MOST)
    most = max(abs(after - before) for _, _, before, after in found)
    rows: list[list[Cell]] = [
        [
            html.name(name, diff.after.origin.link(link)),
            before,
            after,
            f"{after - before:+,}",
            html.bar(abs(after - before) / most),
        ]
        for name, link, before, after in found
    ]
    title = f"{kind.capitalize()}s: {number_name(field)}"
    table = html.table(title, ["Name", "Before", "After", "Change", ""], rows, numeric=[1, 2, 3], under_heading=True)
    return h("details", h("summary", title), table)


def _compared(diff: Diff) -> Html:
    facts = [
        h("div", h("dt", title), h("dd", f"{data.content}; {next(data.completeness.lines())}"))
        for title, data in (("Before", diff.before), ("After", diff.after))
    ]
    return h("dl", facts)
