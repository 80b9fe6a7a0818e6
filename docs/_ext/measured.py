"""Tables of the results that the programs in bench/ have written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

BENCH = Path(__file__).parents[2] / "bench"


def table(name: str) -> Iterator[str]:
    """A table in Markdown, line by line."""
    found = json.loads((BENCH / f"{name}.json").read_text(encoding="utf-8"))
    yield "| | measured | aim |"
    yield "|---|---|---|"
    for one in found["figures"]:
        aim = one["bound"]
        if not one["ok"]:
            aim += ", **missed**"
        yield f"| {one['what']} | {one['measured']:.2f} | {aim} |"
    yield ""
    yield "Measured with " + ", ".join(f"{name} {value}" for name, value in found["environment"].items()) + "."
