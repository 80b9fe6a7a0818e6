"""Markdown of all records' fields, from the schemas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sc_spiders.records import KINDS, schema

_FIRST = ("user", "track", "playlist", "comment", "selection", "edge", "listing", "crawl")


def records() -> Iterator[str]:
    """A section for each kind: its description and its fields."""
    for kind in dict.fromkeys((*_FIRST, *sorted(KINDS))):
        declared = schema(kind)
        yield f"## {kind}"
        yield ""
        yield declared["description"]
        yield ""
        fields = declared["properties"]
        from_api = any("source" in field for field in fields.values())
        head = ["field", "type", "meaning", "personal"]
        if from_api:
            head += ["in v2", "in public"]
        yield f"| {' | '.join(head)} |"
        yield f"|{'---|' * len(head)}"
        for name, field in fields.items():
            cells = [f"`{name}`", _type(field), _cell(field.get("description", "")), _personal(field)]
            if from_api:
                cells += [_source(field, "v2"), _source(field, "public")]
            yield f"| {' | '.join(cells)} |"
        yield ""


def _type(field: dict[str, Any]) -> str:
    types = field.get("type", "any")
    if isinstance(types, str):
        return types
    return ", ".join(types)


def _personal(field: dict[str, Any]) -> str:
    if field["personal"] == "no":
        return ""
    return str(field["personal"])


def _source(field: dict[str, Any], api: str) -> str:
    if "source" not in field:
        return "(ours)"
    source = field["source"].get(api)
    if not source:
        return ""
    return f"`{_cell(source)}`"


def _cell(text: str) -> str:
    # A bar would end the cell. Brackets and angles are text here, not markup.
    for mark in ("|", "<", "*", "["):
        text = text.replace(mark, f"\\{mark}")
    return text
