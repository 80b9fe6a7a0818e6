"""What a plan would change, or has changed, and what is gone: the tables of these records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, ClassVar

from sc_spiders.dataset import Dataset

from . import html
from .html import Cell, Html, Label
from .names import Names

_MOST = 5_000
"""Rows of a table."""
_HOW = {"not_found": "not found", "left_out": "left out of an answer about several"}
_STATUS = {"in_doubt": "in doubt", "already": "there already"}
_LONGEST = 120  # characters of a value


class Actions:
    """The actions of a plan, in its order."""

    id: ClassVar[str] = "actions"
    title = "The plan"

    def __init__(self, data: Dataset) -> None:
        self._count = data.counts.get("action", 0)
        self._rows = list(islice(data.records("action"), _MOST))

    def urns(self) -> Iterable[str]:
        return filter(None, (row["target"] for row in self._rows))

    def html(self, names: Names) -> Html | None:
        if not self._rows:
            return None
        states = Counter(_status(row) for row in self._rows)
        told = ", ".join(f"{count:,} {status}" for status, count in states.most_common())
        headers = ["Do", "Target", "Status", "Before", "After", "Why"]
        rows = [self._row(row, names) for row in self._rows]
        return html.join(
            html.note(f"{html.counted(self._count, 'action')}: {told}."),
            html.table("Actions in their order", headers, rows, under_heading=True),
            html.and_more(self._count - len(rows)),
        )

    def _row(self, row: dict[str, Any], names: Names) -> list[Cell]:
        target: Cell = row["key"]
        if row["target"]:
            target = _target(row["target"], names, row["after"].get("title"))
        why = row["message"] or row["error"]
        before, after = (_fields(row[side]) or None for side in ("before", "after"))
        return [row["do"].replace("_", " "), target, _status(row), before, after, why]


class Gone:
    """Objects that were asked for by name, and that the API no longer has."""

    id: ClassVar[str] = "gone"
    title = "What is gone"

    def __init__(self, data: Dataset) -> None:
        self._count = data.counts.get("gone", 0)
        self._rows = list(islice(data.records("gone"), _MOST))

    def urns(self) -> Iterable[str]:
        return (row["urn"] for row in self._rows)

    def html(self, names: Names) -> Html | None:
        if not self._rows:
            return None
        rows: list[list[Cell]] = []
        for row in self._rows:
            kind = row["urn"].split(":")[1].removesuffix("s").replace("-", " ")
            rows.append([_object(row["urn"], names), kind, _HOW.get(row["how"], row["how"]), row["asked_at"][:10]])
        headers = ["Object", "Kind", "How the API shows it", "Asked"]
        return html.join(
            html.note("Deleted, made private, or not shown to who asked: the API does not tell these apart."),
            html.table("Objects that are gone", headers, rows, under_heading=True, narrow=True),
            html.and_more(self._count - len(rows)),
        )


def _object(urn: str, names: Names) -> Label:
    """The name of an object, and its URN where the name is another."""
    one = names[urn]
    if one.title == urn:
        return Label(urn)
    return Label(one.title, urn, one.href)


def _target(urn: str, names: Names, title: str | None) -> Label:
    """The name of an object; of one that no record names, the title that the plan gives it."""
    one = names[urn]
    if one.title == urn and title:
        return Label(title, urn)
    return one.label


def _status(row: Mapping[str, Any]) -> str:
    status = str(row["status"])
    return _STATUS.get(status, status)


def _fields(values: Mapping[str, Any]) -> str:
    """`liked: no`, or `title: A; 3 tracks`."""
    return "; ".join(filter(None, (_field(name, value) for name, value in values.items())))


def _field(name: str, value: Any) -> str:
    words = name.replace("_", " ")
    if isinstance(value, bool):
        return f"{words}: {'yes' if value else 'no'}"
    if isinstance(value, list):
        return html.counted(len(value), words.removesuffix("s"))
    if value in (None, "", {}):
        return ""
    text = str(value)
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST - 1]}…"
    return f"{words}: {text}"
