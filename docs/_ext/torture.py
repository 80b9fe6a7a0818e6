"""A table of the results of the last long `bench.torture`, from the file that it wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[2] / "bench" / "torture.json"


def figures() -> Iterator[str]:
    """A line for each spider, and one for all."""
    seeds = json.loads(FILE.read_text(encoding="utf-8"))["seeds"]
    yield "| spider | worlds | kills | power cuts | full disks | machine | faults | records | result |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for spider in dict.fromkeys(one["spider"] for one in seeds):
        yield _row(f"`{spider}`", [one for one in seeds if one["spider"] == spider])
    yield _row("all", seeds)


def line() -> Iterator[str]:
    """All of it in two sentences."""
    seeds = json.loads(FILE.read_text(encoding="utf-8"))["seeds"]
    exact = sum(not one["wrong"] for one in seeds)
    kills, power = (sum(one.get(what, 0) for one in seeds) for what in ("kills", "power"))
    yield f"The last long test killed crawls {kills} times, {power} of these by a simulated power cut, while their"
    yield f"server and their machine failed. The output equalled the truth in {exact} of {len(seeds)} worlds"
    yield "([how](faults.md#what-is-kept))."


def _row(name: str, seeds: list[dict[str, Any]]) -> str:
    differ = sum(bool(one["wrong"]) for one in seeds)
    kills, power, full, records = (
        sum(one.get(what, 0) for one in seeds) for what in ("kills", "power", "full", "records")
    )
    machine, faults = (sum(sum(one.get(what, {}).values()) for one in seeds) for what in ("machine", "faults"))
    counts = " | ".join(f"{count:,}" for count in (len(seeds), kills, power, full, machine, faults, records))
    result = "exact"
    if differ:
        result = f"{differ} of {len(seeds)} differ"
    return f"| {name} | {counts} | {result} |"
