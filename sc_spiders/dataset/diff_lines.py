"""Tells what changed between two data sets, as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sc_spiders.records.words import listed
from sc_spiders.redaction.printable import printable

from .diff import Diff

_SHOWN = 10  # accounts
_LONGEST = 40  # characters of a name


def lines(diff: Diff) -> Iterator[str]:
    """The numbers as text, and what changed most."""
    yield from dict.fromkeys([*diff.before.notes(), *diff.after.notes()])
    for place, data in (("before", diff.before), ("after", diff.after)):
        yield f"{place}: {data.content}; {next(data.completeness.lines())}"
    for title, found in (("edges", diff.edges), ("nodes", diff.nodes)):
        rows = [[name, *map(_grouped, sides.values())] for name, sides in found.items() if any(sides.values())]
        yield from _table([title, "gained", "lost", "unknown"], rows, texts=1)
    yield from _table(["numbers", "risen", "fallen", "change"], list(_numbers(diff)), texts=1)
    accounts = [
        [printable(name, _LONGEST), list_, _grouped(gained), _grouped(lost)]
        for name, _, list_, gained, lost in diff.accounts(_SHOWN)
    ]
    yield from _table(["accounts that changed most", "list", "gained", "lost"], accounts, texts=2)
    sides = [*diff.edges.values(), *diff.nodes.values()]
    if not any(sum(one.values()) for one in sides):
        yield "No edge and no node was gained or lost."
    if diff.gone:
        yield ""
        yield f"gone, as the API has told: {listed(diff.gone)}"


def _numbers(diff: Diff) -> Iterator[list[str]]:
    for kind, fields in diff.counts.items():
        for field, one in fields.items():
            yield [f"{kind} {field}", _grouped(one["risen"]), _grouped(one["fallen"]), f"{one['change']:+,}"]


def _grouped(number: int) -> str:
    return f"{number:,}"


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]], texts: int) -> Iterator[str]:
    """A table, after an empty line; nothing without rows. `texts`: so many columns are text, the others numbers."""
    if not rows:
        return
    yield ""
    widths = [max(map(len, column)) for column in zip(headers, *rows, strict=True)]
    for row in (headers, *rows):
        words = [cell.ljust(width) for cell, width in zip(row[:texts], widths[:texts], strict=True)]
        numbers = [cell.rjust(width) for cell, width in zip(row[texts:], widths[texts:], strict=True)]
        yield "  ".join([*words, *numbers]).rstrip()
