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


def exports() -> Iterator[str]:
    """CPU and memory of exports, beside plain DuckDB and beside the project at an earlier commit."""
    found = json.loads((BENCH / "exports-million.json").read_text(encoding="utf-8"))
    yield f"| {found['edges']:,} edges | ours | peak | plain DuckDB | before | ours ÷ plain | before ÷ ours |"
    yield "|---|---|---|---|---|---|---|"
    for name, runs in found["runs"].items():
        cpu = {who: run["cpu"] for who, run in runs.items()}
        cells = [name, f"{cpu['export']:.1f} s", f"{runs['export']['peak']:.0f} MiB"]
        cells += [f"{cpu[who]:.1f} s" if who in cpu else "" for who in ("plain", "before")]
        cells.append(f"{cpu['export'] / cpu['plain']:.2f}" if "plain" in cpu else "")
        cells.append(f"{cpu['before'] / cpu['export']:.1f}" if "before" in cpu else "")
        yield f"| {' | '.join(cells)} |"
